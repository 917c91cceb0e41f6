"""Going on from music, as a person does: from the page of a track, and from a MIDI file."""

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Studio

A_WHILE = 90_000  # ms
TITLE = "Harbour Lights"


@pytest.fixture(scope="module")
def track(studio: Studio) -> str:
    """The id of a track of eight bars or so."""
    body = {"genre": "jazz", "instruments": ["flute", "piano", "bass", "drums"], "tempo": 120, "length": 20}
    _, job = studio.call("POST", "/generate", body | {"seed": 41, "title": TITLE})
    done = studio.wait(job["id"])
    assert done["state"] == "done", done
    return str(done["result"]["track"]["id"])


@pytest.fixture(scope="module")
def midi(studio: Studio, track: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("midi") / "Lighthouse.mid"
    path.write_bytes(studio.fetch("GET", f"/tracks/{track}/midi")[1])
    return path


def open_way(page: Page, name: str) -> None:
    page.locator("go-on summary").filter(has_text=re.compile(f"^{name}")).press("Enter")


def new_page(page: Page, track: str) -> None:
    """Wait for the page of another track."""
    expect(page).not_to_have_url(re.compile(f"/t/{track}"), timeout=A_WHILE)
    expect(page).to_have_url(re.compile("/t/[0-9a-f]{16}$"))


def test_extend_shows_its_progress_and_goes_to_the_new_track(page: Page, track: str) -> None:
    page.goto(f"/t/{track}")
    open_way(page, "Extend")
    expect(page.get_by_label("New length in seconds")).to_have_value("50")
    page.get_by_label("New length in seconds").fill("26")
    page.get_by_role("button", name="Extend it").click()
    expect(page.locator("go-on job-progress .meter")).to_be_visible()
    new_page(page, track)
    expect(page.locator(".track-title")).to_have_text(f"{TITLE} (extended)")
    expect(page.locator(".track-facts")).to_contain_text("0:26")
    page.locator(".provenance").get_by_role("link", name=TITLE).click()
    expect(page).to_have_url(re.compile(f"/t/{track}"))


def test_only_one_way_is_open(page: Page, track: str) -> None:
    page.goto(f"/t/{track}")
    for name in ("Extend", "Vary", "Rewrite bars", "Arrange"):
        open_way(page, name)
        expect(page.locator("go-on .way[open]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_bars_are_drawn_on_the_roll_or_typed(page: Page, track: str) -> None:
    page.goto(f"/t/{track}")
    roll = page.locator("piano-roll")
    expect(roll.locator("canvas")).to_be_visible()
    open_way(page, "Rewrite bars")
    first, last = page.get_by_label("First bar"), page.get_by_label("Last bar")
    assert roll.evaluate("roll => roll.marked") == [int(first.input_value()), int(last.input_value())]
    first.fill("2")
    last.fill("5")
    assert roll.evaluate("roll => roll.marked") == [2, 5]
    roll.evaluate("roll => roll.move(0)")
    roll.scroll_into_view_if_needed()
    box = roll.bounding_box()
    assert box is not None
    bar = roll.evaluate("roll => roll.bar / roll.span") * box["width"]
    page.mouse.move(box["x"] + 3.5 * bar, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 2.5 * bar, box["y"] + 80, steps=5)
    page.mouse.up()
    expect(first).to_have_value("3")
    expect(last).to_have_value("4")
    page.get_by_role("button", name="Rewrite them").click()
    new_page(page, track)
    expect(page.locator(".provenance")).to_contain_text(f"Bars 3 to 4 rewritten in {TITLE}")


def test_bars_that_are_not_there_are_refused_in_the_form(page: Page, track: str) -> None:
    page.goto(f"/t/{track}")
    open_way(page, "Rewrite bars")
    page.locator('.way[data-task="infill"] form').evaluate("form => form.noValidate = true")
    page.get_by_label("First bar").fill("90")
    page.get_by_label("Last bar").fill("91")
    page.get_by_role("button", name="Rewrite them").click()
    expect(page.locator('.way[data-task="infill"] [data-form-error]')).to_contain_text("The music has bars 1 to")


def test_an_arrangement_in_another_style(page: Page, track: str) -> None:
    page.goto(f"/t/{track}")
    open_way(page, "Arrange in another style")
    page.get_by_label("Style").select_option("reggae")
    page.get_by_text("Choose the players").click()
    page.locator(".band").get_by_text("Organ", exact=True).click()
    page.locator(".band").get_by_text("Bass", exact=True).click()
    page.get_by_role("button", name="Arrange it").click()
    new_page(page, track)
    expect(page.locator(".track-title")).to_have_text(f"{TITLE} (Reggae)")
    expect(page.locator(".track-band")).to_have_text(re.compile("organ, bass|bass, organ"))


def test_start_from_a_midi_file(page: Page, midi: Path) -> None:
    # A title of its own: the deck shows an earlier track until the new one takes its place.
    title = f"From the file {secrets.randbelow(10**6)}"
    page.goto("/")
    page.fill("#title", title)
    page.get_by_text("Start from a MIDI file").click()
    page.set_input_files("#midi", midi)
    start = page.locator("#start")
    expect(start).to_contain_text("Lighthouse")
    expect(start).to_contain_text("120 BPM")
    expect(start.locator(".found-parts li")).to_have_count(4)
    expect(page.locator("#tempo")).to_have_value("")
    expect(page.locator("#tempo")).to_have_attribute("placeholder", "120")
    # An arrangement brings the style's band; who goes on keeps the players.
    page.locator("#create-form").get_by_text("Metal", exact=True).click()
    assert page.locator("input[name=instruments]:checked").count() == 3
    start.get_by_text("Vary").click()
    assert page.locator("input[name=instruments]:checked").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck .track-title")).to_have_text(title, timeout=A_WHILE)
    expect(page.locator("#deck .provenance")).to_have_text("A variation of Lighthouse")
    expect(page.locator("#deck .track-band")).to_have_text("flute, piano, bass, drums")


def test_what_is_no_midi_file_is_refused(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "notes.mid"
    path.write_text("this is no music")
    page.goto("/")
    page.get_by_text("Start from a MIDI file").click()
    page.set_input_files("#midi", path)
    expect(page.locator('[data-error-for="file"]')).to_have_text("This is not a MIDI file.")


def test_chords_are_asked_for_and_a_wrong_one_is_named_at_its_field(page: Page) -> None:
    page.goto("/")
    page.get_by_text("How it is made").click()
    chords = page.get_by_role("textbox", name="Chords")
    expect(chords).to_have_attribute("placeholder", "C Am F G")
    chords.fill("C Am F X9")
    page.get_by_role("button", name="Make it").click()
    error = page.locator('.options:not([hidden]) [data-error-for="options.chords"]')
    expect(error).to_contain_text("X9")
    expect(chords).to_be_focused()
    chords.fill("C Am F G")
    expect(error).to_be_hidden()
    page.fill("#length", "8")
    title = f"By the chords {secrets.randbelow(10**6)}"
    page.fill("#title", title)
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck .track-title")).to_have_text(title, timeout=A_WHILE)


def test_without_scripts_the_same_works(browser: Browser, live_server: str, track: str, midi: Path) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/t/{track}")
    page.locator("go-on summary").filter(has_text="Vary").click()
    page.get_by_role("button", name="Vary it").click()
    expect(page.locator(".provenance")).to_have_text(f"A variation of {TITLE}", timeout=A_WHILE)
    page.goto("/")
    page.get_by_text("Start from a MIDI file").click()
    page.set_input_files("#midi", midi)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#start")).to_contain_text("Lighthouse")
    page.fill("#length", "25")
    page.locator("#start").get_by_text("Extend").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator(".provenance")).to_have_text("Extended from Lighthouse", timeout=A_WHILE)
    context.close()
