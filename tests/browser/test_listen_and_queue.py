"""Listen and Queue, as a person uses them."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.settings import ROOT
from models import audio

A_WHILE = 60_000  # ms


@pytest.fixture(scope="module")
def medley(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds each of four genres of the starter library, so that something changes over time."""
    parts = []
    for genre in ("jazz", "classical", "metal", "disco"):
        track = next(iter(sorted((ROOT / "genres" / genre).glob("*.opus"))))
        sound, rate = audio.decode(track, sample_rate=44_100, max_seconds=10)
        parts.append(audio.to_stereo(sound))
    path: Path = tmp_path_factory.mktemp("medley") / "medley.mp3"
    audio.encode(np.concatenate(parts, axis=1), rate, path, "mp3")
    return path


@pytest.fixture
def heard(page: Page, medley: Path) -> Locator:
    """The findings of the medley on the Listen page."""
    page.goto("/listen")
    expect(page.get_by_role("heading", name="What it listens for")).to_be_visible()
    page.set_input_files("#file", medley)
    findings = page.locator("#findings")
    expect(findings.locator(".analysis")).to_be_visible(timeout=A_WHILE)
    return findings


def seconds_of(heard: Locator) -> float:
    """Where the player is."""
    return float(heard.locator("audio").evaluate("audio => audio.currentTime"))


def test_a_recording_is_understood(page: Page, heard: Locator) -> None:
    expect(heard.get_by_role("heading", name="Genre")).to_contain_text("of 100 recordings")
    expect(heard.locator("[data-task=genre] > .bars li")).to_have_count(5)
    expect(heard.locator("[data-task=tags] > .bars li")).to_have_count(10)
    expect(heard.get_by_role("heading", name="Key")).to_be_visible()
    expect(page.get_by_role("status").last).to_contain_text("Heard")
    picture = heard.locator(".spectrogram")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1200)
    heard.get_by_role("button", name="Play", exact=True).click()
    expect(heard.get_by_role("button", name="Pause")).to_be_visible()
    heard.get_by_role("button", name="Pause").click()
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_lies_on_one_time_axis(heard: Locator) -> None:
    boxes = [room.bounding_box() for room in heard.locator(".lane-room").all()]
    assert len(boxes) > 8
    assert len({(round(box["x"]), round(box["width"])) for box in boxes if box}) == 1
    bands = heard.locator(".lane", has_text=re.compile("^ *Genre")).locator("i")
    assert bands.count() > 1
    starts = [float(band.get_attribute("data-from") or 0) for band in bands.all()]
    assert starts == sorted(starts)
    last = bands.last
    assert float(last.get_attribute("data-to") or 0) == pytest.approx(40, abs=1.6)  # no window for a short rest


def test_the_pointer_reads_the_timeline_and_a_click_seeks(heard: Locator) -> None:
    lane = heard.locator(".lane-heat .lane-room").first
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    assert box is not None
    reading = heard.locator(".lanes-reading")
    lane.hover(position={"x": box["width"] * 0.6, "y": 5})
    expect(reading).to_have_text(re.compile(r"^0:2[345] · .*%"))
    lane.click(position={"x": box["width"] * 0.5, "y": 5})
    assert seconds_of(heard) == pytest.approx(20, abs=0.5)


def test_the_keyboard_reaches_the_timeline(page: Page, heard: Locator) -> None:
    slider = heard.get_by_role("slider")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert seconds_of(heard) == pytest.approx(4, abs=0.5)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("%"))
    heard.get_by_text("Over time, as a table").press("Enter")
    rows = heard.locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() > 5
    wanted = float(rows.nth(3).locator("th").get_attribute("data-seek") or 0)
    assert wanted > 5
    rows.nth(3).get_by_role("button").press("Enter")
    assert seconds_of(heard) == pytest.approx(wanted, abs=0.1)


def test_a_tempo_can_be_counted_in_another_way(heard: Locator) -> None:
    tempo = heard.locator("[data-task=tempo]")
    first, other = tempo.locator(".readings button").first, tempo.locator(".readings button").nth(1)
    expect(first).to_have_attribute("aria-pressed", "true")
    bpm = other.get_attribute("data-bpm") or ""
    other.click()
    expect(tempo.locator("[data-shown]")).to_have_text(bpm)
    expect(other).to_have_attribute("aria-pressed", "true")
    expect(first).to_have_attribute("aria-pressed", "false")
    address = heard.get_by_role("link", name="Make a track like this").get_attribute("href") or ""
    assert (f"tempo={bpm}" in address) == (40 <= int(bpm) <= 220)


def test_without_scripts_the_same_is_there(browser: Browser, live_server: str, medley: Path) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/listen")
    page.set_input_files("#file", medley)
    page.get_by_role("button", name="Listen to it").click()
    # The page of a waiting job loads itself anew until the job is over.
    expect(page.locator(".analysis")).to_be_visible(timeout=A_WHILE)
    expect(page.locator("audio")).to_have_attribute("controls", "")
    page.get_by_text("Over time, as a table").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    context.close()


def test_the_microphone_is_understood(page: Page) -> None:
    page.goto("/listen")
    page.get_by_role("button", name="Record", exact=True).click()
    recorder = page.locator("sound-recorder")
    expect(recorder.get_by_role("button", name="Stop recording")).to_be_visible()
    expect(recorder.locator("meter")).not_to_have_js_property("value", 0)
    # The microphone hears one chord without end, so what was recorded after the first second holds sound for sure.
    expect(recorder.locator(".recorded-time")).to_have_text("0:01", timeout=A_WHILE)
    recorder.get_by_role("button", name="Stop recording").click()
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
