"""A real Chromium on a running studio, at the widths of a desk and of a phone."""

import os
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright

from app.settings import ROOT
from models import audio
from tests.conftest import CLIPS
from tests.running import Studio, start_studio, stop_studio

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
MICROPHONE_RATE = 48_000  # Hz
CHORD = (220.0, 277.2, 329.6, 440.0)  # Hz, what the microphone hears
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
LIBRARY_GENRES = ("jazz", "classical", "metal", "disco")
SOUND_SECONDS = 6.0
ANALYSIS_SECONDS = 120.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears, over and over: a chord. Chromium's own only beeps now and then."""
    time = np.arange(MICROPHONE_RATE * 4) / MICROPHONE_RATE
    chord = sum(np.sin(2 * np.pi * round(hertz) * time) for hertz in CHORD) / (2 * len(CHORD))
    path = tmp_path_factory.mktemp("microphone") / "chord.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MICROPHONE_RATE)
        file.writeframes((chord * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What another fake microphone hears: a real voice. Chromium reads WAV alone."""
    sound, rate = audio.decode(CLIPS / "vocadito_10.flac")
    path: Path = tmp_path_factory.mktemp("voice") / "voice.wav"
    audio.encode(sound, rate, path, "wav")
    return path


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright, microphone: Path) -> Iterator[Browser]:
    yield from launched(driver, microphone)


@pytest.fixture(scope="session")
def singer(driver: Playwright, voice: Path) -> Iterator[Browser]:
    """A browser whose microphone hears a voice."""
    yield from launched(driver, voice)


def launched(driver: Playwright, heard: Path) -> Iterator[Browser]:
    """A Chromium whose microphone hears a sound over and over."""
    arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={heard}"]
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, live_server: str) -> Iterator[Page]:
    """A page whose test fails when it asks another host for anything, or when the console shows an error."""
    yield from watched(browser, live_server, request.param)


@pytest.fixture(params=WIDTHS)
def shelf(request: pytest.FixtureRequest, browser: Browser, heard_library: Studio) -> Iterator[Page]:
    """The same on a studio whose library was analysed."""
    yield from watched(browser, heard_library.url, request.param)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A few seconds each of eight tracks of the starter library, two of a genre, named by it."""
    folder = tmp_path_factory.mktemp("sounds")
    made = []
    for genre in LIBRARY_GENRES:
        for number, path in enumerate(sorted((ROOT / "genres" / genre).glob("*.opus"))[:2], start=1):
            sound, rate = audio.decode(path, sample_rate=44_100, max_seconds=SOUND_SECONDS)
            made.append(folder / f"{genre} number {number}.flac")
            audio.encode(audio.to_stereo(sound), rate, made[-1], "flac")
    return made


@pytest.fixture(scope="session")
def heard_library(tmp_path_factory: pytest.TempPathFactory, sounds: list[Path]) -> Iterator[Studio]:
    """A studio of its own with those sounds, which its workers have analysed and put on the map."""
    running = start_studio(tmp_path_factory.mktemp("heard") / "var", env={"ANALYSE_LIBRARY": "true"})
    for path in sounds:
        status, answer = running.upload("/tracks", path, path.name)
        assert status == 201, answer
        track = answer["outcomes"][0]["track"]["id"]
        running.call("PATCH", f"/tracks/{track}", {"genre": path.name.split()[0]})
    end = time.monotonic() + ANALYSIS_SECONDS
    while len((points := running.call("GET", "/map")[1])["ids"]) < len(sounds):
        assert time.monotonic() < end, f"{points}\n{running.log.read_text()[-3000:]}"
        time.sleep(0.1)
    yield running
    stop_studio(running)


def watched(browser: Browser, live_server: str, size: str) -> Iterator[Page]:
    """A page of that size that is watched for errors and for requests to other hosts."""
    width, height = WIDTHS[size]
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
