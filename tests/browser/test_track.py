"""The page of a composed track: piano roll, sheets, and the mixer of its stems."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.running import Studio

A_WHILE = 60_000  # ms
SECONDS = 12
NOW = "player => player.sound.currentTime"


def compose(studio: Studio, **changes: object) -> str:
    """The id of a new track."""
    body = {"genre": "jazz", "instruments": ["flute", "piano", "bass", "drums"], "tempo": 120, "length": SECONDS}
    _, job = studio.call("POST", "/generate", body | {"seed": 77} | changes)
    done = studio.wait(job["id"])
    assert done["state"] == "done", done
    return str(done["result"]["track"]["id"])


@pytest.fixture(scope="module")
def split(studio: Studio) -> str:
    """A track whose stems are made."""
    track = compose(studio)
    _, job = studio.call("POST", f"/tracks/{track}/stems")
    assert studio.wait(job["id"])["state"] == "done"
    return track


@pytest.fixture(scope="module")
def long(studio: Studio) -> str:
    """A track that does not fit on the screen."""
    return compose(studio, seed=79, length=90)


@pytest.fixture
def mixer(page: Page, split: str) -> Locator:
    page.goto(f"/t/{split}")
    found = page.locator("stem-mixer")
    expect(found.get_by_role("button", name="Mute Piano")).to_be_visible()
    return found


def levels(mixer: Locator) -> list[float]:
    found: list[float] = mixer.evaluate("mixer => mixer.levels()")
    return found


def test_stems_are_made_with_real_progress_and_take_the_buttons_place(page: Page, studio: Studio) -> None:
    track = compose(studio, seed=78, length=20)
    page.goto(f"/t/{track}")
    expect(page.locator(".parts button")).to_have_count(4)
    page.get_by_role("button", name="Split into stems").click()
    expect(page.locator("stem-mixer .meter")).to_be_visible()
    expect(page.get_by_role("button", name="Mute Bass")).to_be_visible(timeout=A_WHILE)
    # The mixer names the parts, so the roll need not.
    expect(page.locator(".parts")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_mute_solo_and_volume(page: Page, mixer: Locator) -> None:
    assert levels(mixer) == [1, 1, 1, 1]
    mute = mixer.get_by_role("button", name="Mute Piano")
    mute.focus()
    page.keyboard.press("Space")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(mixer.get_by_text("you hear the parts themselves")).to_be_visible(timeout=A_WHILE)
    assert levels(mixer) == [1, 0, 1, 1]
    mixer.get_by_role("button", name="Solo Flute").click()
    mixer.get_by_role("button", name="Solo Drums").click()
    assert levels(mixer) == [1, 0, 0, 1]
    assert page.locator("piano-roll").evaluate("roll => [...roll.hushed].sort()") == [1, 2]
    mixer.get_by_role("slider", name="Volume of Flute").fill("0.5")
    assert levels(mixer) == [0.5, 0, 0, 1]
    gains = mixer.evaluate("mixer => mixer.player.gains.length")
    assert gains == 4
    mixer.get_by_role("button", name="Solo Flute").click()
    mixer.get_by_role("button", name="Solo Drums").click()
    mute.click()
    assert levels(mixer) == [0.5, 1, 1, 1]


def test_the_parts_play_in_step_and_where_the_track_was(page: Page, mixer: Locator) -> None:
    player = page.locator("track-player")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".times span").first).to_have_text("0:02", timeout=A_WHILE)
    mixer.get_by_role("button", name="Mute Bass").click()
    expect(mixer.get_by_text("you hear the parts themselves")).to_be_visible(timeout=A_WHILE)
    assert player.evaluate("player => player.sound.constructor.name") == "StemPlayer"
    assert player.evaluate("player => player.audio.paused")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert player.evaluate(NOW) > 1.9
    # One clock drives all parts: every voice began at the same sample with the same part of its sound.
    lengths = player.evaluate("player => player.sound.buffers.map(buffer => buffer.length)")
    assert len(set(lengths)) == 1
    assert player.evaluate("player => player.sound.duration") == pytest.approx(SECONDS, abs=0.01)
    page.get_by_role("button", name="Pause").click()
    wave = page.locator("wave-form")
    wave.press("Home")
    assert player.evaluate(NOW) == 0
    wave.press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    # At the end it begins again.
    expect(page.locator(".times span").first).to_have_text("0:01", timeout=A_WHILE)
    page.get_by_role("button", name="Pause").click()


def test_the_parts_add_up_in_the_browser_too(page: Page, mixer: Locator) -> None:
    mixer.get_by_role("button", name="Solo Piano").click()
    expect(mixer.get_by_text("you hear the parts themselves")).to_be_visible(timeout=A_WHILE)
    rest = page.locator("track-player").evaluate("""async player => {
        const { buffers } = player.sound;
        const decoder = new OfflineAudioContext(2, 1, buffers[0].sampleRate);
        const file = await fetch(player.audio.src.replace("mp3", "wav"));
        const whole = await decoder.decodeAudioData(await file.arrayBuffer());
        const sum = new Float64Array(whole.length);
        for (const buffer of buffers) buffer.getChannelData(0).forEach((value, at) => { sum[at] += value; });
        let error = 0, power = 0;
        whole.getChannelData(0).forEach((value, at) => { error += (value - sum[at]) ** 2; power += value ** 2; });
        return error / power;
    }""")
    assert rest < 1e-4


def test_the_roll_seeks_zooms_and_follows(page: Page, long: str) -> None:
    page.goto(f"/t/{long}")
    roll, player = page.locator("piano-roll"), page.locator("track-player")
    expect(roll.locator("canvas")).to_be_visible()
    expect(page.locator(".times span").last).to_have_text("1:30", timeout=A_WHILE)
    expect(roll).to_have_attribute("aria-label", re.compile("Flute, Piano, Bass, Drums"))
    box = roll.bounding_box()
    assert box is not None
    start, span, beats = (roll.evaluate(f"roll => roll.{name}") for name in ("start", "span", "beats"))
    roll.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    wanted = (start + span / 2) / beats * 90
    assert player.evaluate(NOW) == pytest.approx(wanted, abs=0.3)
    page.get_by_role("button", name="Show it larger").click()
    smaller = roll.evaluate("roll => roll.span")
    assert smaller < span
    assert roll.evaluate("roll => roll.start") <= wanted / 90 * beats <= roll.evaluate("roll => roll.start + roll.span")
    # A drag moves the paper and not the sound.
    before = roll.evaluate("roll => roll.start")
    roll.hover(position={"x": box["width"] * 0.7, "y": 80})
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80, steps=4)
    page.mouse.up()
    assert roll.evaluate("roll => roll.start") > before
    assert player.evaluate(NOW) == pytest.approx(wanted, abs=0.3)
    # Seeking far ahead while it plays brings the playhead back on the paper.
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("wave-form").press("Home")
    for _ in range(20):
        page.locator("wave-form").press("ArrowRight")
    expect(page.locator(".times span").first).to_have_text(re.compile(r"0:[34]\d"), timeout=A_WHILE)
    assert roll.evaluate("r => r.start <= r.position * r.beats && r.position * r.beats <= r.start + r.span")
    page.get_by_role("button", name="Pause").click()


def test_the_legend_hides_and_shows_parts(page: Page, long: str) -> None:
    page.goto(f"/t/{long}")
    piano = page.get_by_role("button", name="Show Piano")
    expect(piano).to_have_attribute("aria-pressed", "true")
    piano.press("Enter")
    expect(piano).to_have_attribute("aria-pressed", "false")
    assert page.locator("piano-roll").evaluate("roll => [...roll.hushed]") == [1]
    piano.press("Enter")
    assert page.locator("piano-roll").evaluate("roll => [...roll.hushed]") == []


def test_sheets_and_stems_are_downloaded(page: Page, mixer: Locator) -> None:
    for link, start, ending in (
        ("Score", b"<?xml", ".musicxml"),
        ("Lead sheet", b"<?xml", "(lead sheet).musicxml"),
        ("Chords", b"{title:", "(chords).txt"),
        ("Piano as WAV", b"RIFF", "2 Piano.wav"),
        ("FLAC", b"PK", "stems.zip"),
    ):
        place = mixer if link in ("Piano as WAV", "FLAC") else page.get_by_role("group", name="Sheet music")
        with page.expect_download() as waiting:
            place.get_by_role("link", name=link).click()
        assert waiting.value.path().read_bytes().startswith(start)
        assert waiting.value.suggested_filename.endswith(ending)


def test_without_scripts_every_part_has_a_player(browser: Browser, live_server: str, studio: Studio) -> None:
    track = compose(studio, seed=81, length=3)
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/t/{track}")
    page.get_by_role("button", name="Split into stems").click()
    # The page of the job loads itself anew until the job is over.
    expect(page.locator(".stem audio")).to_have_count(4, timeout=A_WHILE)
    expect(page.get_by_role("link", name="Bass as WAV")).to_be_visible()
    context.close()
