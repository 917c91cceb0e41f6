"""Modes that are asked in words, on Create: the prompt follows the form until it is edited."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.generators.music_server import Server, running
from tests.running import Studio, start_studio, stop_studio


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def outside_page(browser: Browser, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    studio: Studio = start_studio(tmp_path_factory.mktemp("outside"), env={"MUSIC_API_URL": f"{server.url}/sound"})
    page = browser.new_page()
    page.goto(studio.url)
    yield page
    page.close()
    stop_studio(studio)


def test_the_prompt_follows_the_form_until_it_is_edited(outside_page: Page, server: Server) -> None:
    page = outside_page
    page.get_by_text("How it is made").click()
    page.get_by_text("Outside model", exact=True).click()
    prompt = page.locator('[name="option:api:prompt"]')
    expect(prompt).to_have_attribute("placeholder", "Upbeat jazz, piano, bass, drums and saxophone, 140 BPM")
    page.get_by_text("Reggae", exact=True).first.click()
    expect(prompt).to_have_attribute("placeholder", "Upbeat reggae, organ, guitar, bass, drums and trombone, 140 BPM")
    page.locator('[name="option:api:mood"]').fill("dreamy")
    page.locator('[name="option:api:mood"]').blur()
    expect(prompt).to_have_attribute("placeholder", re.compile("^Dreamy upbeat reggae, "))
    page.locator('[name="option:api:mood"]').fill("")
    page.locator('[name="option:api:mood"]').blur()
    expect(prompt).to_have_attribute("placeholder", re.compile("^Upbeat reggae, "))
    prompt.focus()
    expect(prompt).to_have_value("Upbeat reggae, organ, guitar, bass, drums and trombone, 140 BPM")
    prompt.blur()
    expect(prompt).to_have_value("")  # left as it was, it goes on following
    prompt.fill("bells under water")
    page.get_by_text("Metal", exact=True).first.click()
    expect(prompt).to_have_value("bells under water")
    page.fill("#length", "4")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck .track-facts")).to_contain_text("120 BPM", timeout=60_000)
    assert server.asked[-1][1]["inputs"] == "bells under water"
