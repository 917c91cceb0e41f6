"""A real Chromium on a running studio, at the widths of a desk and of a phone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, live_server: str) -> Iterator[Page]:
    """A page whose test fails when it asks another host for anything, or when the console shows an error."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(
        base_url=live_server, viewport={"width": width, "height": height}, permissions=["microphone"]
    )
    opened = context.new_page()
    trouble: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # A refused form is shown to the user; that the browser logs its status is no error of the page.
        if message.type == "error" and "status of 4" not in message.text:
            trouble.append(message.text)

    def on_request(sent: Request) -> None:
        if urlsplit(sent.url).hostname not in {"127.0.0.1", "localhost", None}:
            trouble.append(f"request to {sent.url}")

    opened.on("console", on_console)
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", on_request)
    yield opened
    context.close()
    assert trouble == []
