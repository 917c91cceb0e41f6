"""Listen and Queue, as a person uses them."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

A_WHILE = 60_000  # ms


def test_a_recording_is_understood(page: Page, clip: Path) -> None:
    page.goto("/listen")
    page.set_input_files("#file", clip)
    findings = page.locator("#findings")
    expect(findings.locator(".bars").first).to_be_visible(timeout=A_WHILE)
    expect(findings.get_by_role("heading", name="Genre")).to_contain_text("of 100 recordings")
    expect(findings.locator(".bars").first.locator("li")).to_have_count(5)
    expect(findings.get_by_role("heading", name="Tags")).to_be_visible()
    expect(findings.get_by_role("heading", name="Over time")).to_be_visible()
    picture = findings.locator(".spectrogram")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1200)
    findings.get_by_role("button", name="Play").click()
    expect(findings.get_by_role("button", name="Pause")).to_be_visible()
    findings.get_by_role("button", name="Pause").click()


def test_the_microphone_is_understood(page: Page) -> None:
    page.goto("/listen")
    page.get_by_role("button", name="Record", exact=True).click()
    stop = page.get_by_role("button", name="Stop recording")
    expect(stop).to_be_visible()
    # Chromium's fake microphone beeps; the meter shows it.
    expect(page.locator("sound-recorder meter")).not_to_have_js_property("value", 0)
    stop.click()
    expect(page.locator("#findings .bars").first).to_be_visible(timeout=A_WHILE)


def test_what_is_no_sound_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    page.goto("/listen")
    path = tmp_path / "notes.wav"
    path.write_text("this is not audio")
    page.set_input_files("#file", path)
    error = page.locator('[data-error-for="file"]')
    expect(error).to_be_visible()
    expect(error).not_to_be_empty()


def test_the_queue_is_live_and_cancels(page: Page) -> None:
    page.goto("/")
    page.fill("#length", "300")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck job-progress")).to_be_visible()
    page.goto("/queue")
    row = page.locator(".job").first
    expect(row).to_have_attribute("data-state", re.compile("queued|running"))
    row.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job").first).to_have_attribute("data-state", "cancelled", timeout=5_000)
    page.get_by_role("link", name="cancelled").click()
    expect(page.locator(".job").first).to_have_attribute("data-state", "cancelled")


def test_a_track_can_be_renamed_and_deleted(page: Page) -> None:
    page.goto("/")
    page.fill("#length", "1")
    page.fill("#title", "A first name")
    page.get_by_role("button", name="Make it").click()
    page.locator("#deck .track-title a").get_by_text("A first name").click(timeout=A_WHILE)
    page.get_by_text("Rename or delete").click()
    page.fill("#new-title", "A better name")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".track-title")).to_have_text("A better name")
    page.get_by_text("Rename or delete").click()
    page.get_by_role("button", name="Delete this track").click()
    expect(page).to_have_url(re.compile("/$"))


def test_swagger_opens_without_the_internet(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_text("/generate", exact=True).first).to_be_visible(timeout=A_WHILE)
