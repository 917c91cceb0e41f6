"""The Hum page, as a person sings to it and corrects what was heard."""

import base64
import re
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import WIDTHS, watched
from tests.conftest import CLIPS

A_WHILE = 60_000  # ms
VOICE = CLIPS / "vocadito_10.flac"
NAME = re.compile(r"^[A-G][#b]?[1-5]\b")
MAGIC = {"WAV": b"RIFF", "FLAC": b"fLaC", "OGG": b"OggS", "Notes": b"MThd", "Score": b"<?xml", "Sheet": b"<svg"}
TONES = """async () => {
  const { PitchDetector } = await import("/static/js/hum/pitch-detector.js");
  const heard = {};
  for (const rate of [44100, 48000]) {
    for (let midi = 45; midi <= 80; midi += 1) {
      const turn = (2 * Math.PI * 440 * 2 ** ((midi - 69) / 12)) / rate;
      // A voice has overtones, and the first ones are often louder than its fundamental.
      const tone = Float32Array.from({ length: rate / 4 }, (_, at) =>
        0.1 * Math.sin(turn * at) + 0.15 * Math.sin(2 * turn * at) + 0.08 * Math.sin(3 * turn * at));
      heard[`${rate} ${midi}`] = new PitchDetector(rate).push(tone).map((reading) => reading.midi);
    }
  }
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const quiet = new PitchDetector(48000).push(new Float32Array(12000));
  const hiss = new PitchDetector(48000).push(Float32Array.from({ length: 12000 }, (_, at) => random() - 0.5));
  return { heard, none: [...quiet, ...hiss].map((reading) => reading.midi) };
}"""


@pytest.fixture(params=WIDTHS)
def stage(request: pytest.FixtureRequest, singer: Browser, live_server: str) -> Iterator[Page]:
    """A page with a singer before its microphone."""
    yield from watched(singer, live_server, request.param)


@pytest.fixture
def sung(page: Page) -> Locator:
    """A clip that was sung, written down."""
    page.goto("/hum")
    page.set_input_files("#hum-file", VOICE)
    return ready(page)


def ready(page: Page) -> Locator:
    """The studio of what was written down."""
    found = page.locator("hum-studio[data-ready]")
    expect(found).to_be_visible(timeout=A_WHILE)
    return found


def roll_of(studio: Locator) -> Locator:
    return studio.get_by_role("application", name="Notes over time")


def rows_of(studio: Locator) -> Locator:
    return studio.locator("[data-notes] tr")


def said(studio: Locator) -> Locator:
    """What was last said of the chosen note."""
    return studio.locator(".bench [data-said]")


def chosen(studio: Locator) -> tuple[str, float, float]:
    """Name, beginning and length of the chosen note, as they are said."""
    expect(said(studio)).to_have_text(re.compile("long$"))
    found = re.fullmatch(r"(\S+) at ([\d.]+) s, ([\d.]+) s long", said(studio).text_content() or "")
    assert found is not None
    return found[1], float(found[2]), float(found[3])


def test_a_recorded_voice_becomes_notes(stage: Page) -> None:
    stage.goto("/hum")
    expect(stage.get_by_role("link", name="Hum")).to_have_attribute("aria-current", "page")
    recorder = stage.locator("hum-recorder")
    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder.locator("meter")).not_to_have_js_property("value", 0)
    # The curve follows the voice while it sings, with the name of its note above.
    expect(recorder.locator(".trace-note")).to_have_text(re.compile(r"^[A-G]#?[2-3] .\d+ cents$"), timeout=A_WHILE)
    expect(recorder.locator(".recorded-time")).to_have_text("0:04", timeout=A_WHILE)
    sung = recorder.locator("pitch-trace").evaluate("trace => trace.readings.map((reading) => reading.midi)")
    pitches = [midi for midi in sung if midi is not None]
    assert len(sung) > 150
    assert len(pitches) > len(sung) / 3
    assert all(40 < midi < 62 for midi in pitches)
    recorder.get_by_role("button", name="Stop").click()
    studio = ready(stage)
    expect(studio.locator(".track-title")).to_have_text(re.compile("^Sung on "))
    assert rows_of(studio).count() > 5
    expect(studio.locator("melody-roll canvas")).to_be_visible()
    expect(studio.get_by_role("img", name="Sheet music, page 1 of 1")).not_to_have_js_property("naturalWidth", 0)
    expect(stage).to_have_url(re.compile(r"/hum\?job=[0-9a-f]{16}$"))
    assert stage.evaluate("document.documentElement.scrollWidth <= innerWidth")
    stage.reload()
    assert rows_of(ready(stage)).count() > 5


def test_the_metronome_tells_tempo_and_beat(stage: Page) -> None:
    stage.goto("/hum")
    recorder = stage.locator("hum-recorder")
    recorder.get_by_text("Metronome", exact=True).click()
    recorder.get_by_text("Count in").click()
    stage.fill("#click-tempo", "180")
    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder.locator("[data-time]")).to_have_text("count-in")
    expect(recorder.locator(".beat-lights i.on")).to_have_count(1)
    expect(recorder.locator("[data-time]")).to_have_text("0:03", timeout=A_WHILE)
    recorder.get_by_role("button", name="Stop").click()
    studio = ready(stage)
    expect(studio.get_by_label("Tempo in BPM")).to_have_value("180")
    expect(studio.get_by_label("Even tempo")).to_be_checked()
    settings = stage.request.get(studio.get_attribute("data-transcription") or "").json()["settings"]
    # The recording begins a beat before the bar.
    assert settings["downbeat"] == pytest.approx(60 / 180, abs=0.2)


def test_a_count_in_can_be_broken_off(stage: Page) -> None:
    stage.goto("/hum")
    recorder = stage.locator("hum-recorder")
    recorder.get_by_text("Count in").click()
    stage.fill("#click-tempo", "40")
    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder.locator("[data-time]")).to_have_text("count-in")
    recorder.get_by_role("button", name="Stop").click()
    expect(recorder.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    expect(stage.locator("#hum-result")).to_be_empty()


def test_a_note_is_corrected_and_played_anew(page: Page, sung: Locator) -> None:
    many = rows_of(sung).count()
    render = sung.get_by_role("button", name="Play these notes")
    expect(render).to_be_disabled()
    sung.get_by_text("The notes as a table").click()
    rows_of(sung).nth(2).get_by_role("button").click()
    before, onset, _ = chosen(sung)
    sung.get_by_role("button", name="Higher").click()
    expect(said(sung)).not_to_have_text(re.compile(f"^{before} "))
    after, _, _ = chosen(sung)
    expect(rows_of(sung).nth(2).locator("td").first).to_have_text(after)
    expect(sung.locator("[data-pending-said]")).to_contain_text("Changed")
    # The sheet follows before anything is rendered.
    expect(sung.locator("[data-leaves] img")).to_have_attribute("src", re.compile("^blob:"))
    address = page.url
    render.click()
    expect(page.locator("hum-studio[data-ready]:not([data-pending])")).to_be_visible(timeout=A_WHILE)
    anew = ready(page)
    expect(page).not_to_have_url(address)
    expect(rows_of(anew)).to_have_count(many)
    expect(rows_of(anew).nth(2).locator("td").first).to_have_text(after)
    heard = page.request.get(anew.get_attribute("data-transcription") or "").json()["heard"]
    assert heard[2]["onset"] == pytest.approx(onset, abs=0.01)
    # What was done can still be taken back.
    anew.get_by_role("button", name="Undo").click()
    expect(rows_of(anew).nth(2).locator("td").first).to_have_text(before)
    expect(anew.get_by_role("button", name="Play these notes")).to_be_enabled()


def test_everything_in_the_roll_goes_by_keyboard(page: Page, sung: Locator) -> None:
    many = rows_of(sung).count()
    roll = roll_of(sung)
    roll.focus()
    page.keyboard.press("n")
    name, onset, length = chosen(sung)
    page.keyboard.press("ArrowUp")
    expect(said(sung)).not_to_have_text(re.compile(f"^{name} "))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    assert chosen(sung)[0] == f"{name[:-1]}{int(name[-1]) + 1}"
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert chosen(sung) == (name, pytest.approx(onset - 0.02), length)
    page.keyboard.press(",")
    assert chosen(sung)[2] == pytest.approx(length - 0.01)
    page.keyboard.press("s")
    expect(rows_of(sung)).to_have_count(many + 1)
    page.keyboard.press("j")
    expect(rows_of(sung)).to_have_count(many)
    page.keyboard.press("Delete")
    expect(rows_of(sung)).to_have_count(many - 1)
    page.keyboard.press("Home")
    page.keyboard.press("a")
    expect(rows_of(sung)).to_have_count(many)
    expect(rows_of(sung).first.locator("th")).to_have_text("0.00 s")
    for _ in range(8):
        page.keyboard.press("Control+z")
    expect(sung.locator("[data-pending-said]")).to_be_empty()
    page.keyboard.press("n")
    assert chosen(sung) == (name, onset, length)
    page.keyboard.press("Control+Shift+z")
    expect(sung.locator("[data-pending-said]")).to_contain_text("Changed")
    sung.get_by_role("button", name="Back to what is played").click()
    expect(sung.locator("[data-pending-said]")).to_be_empty()


def test_notes_are_dragged_and_added_by_pointer(page: Page, sung: Locator) -> None:
    roll = roll_of(sung)
    roll.scroll_into_view_if_needed()
    box = roll.bounding_box()
    assert box is not None
    many = rows_of(sung).count()
    place = "({ axes, scene: { bars: [bar] } }) => [axes.x(bar.onset), axes.x(bar.offset), axes.y(bar.midi), axes.tall]"
    left, right, middle, tall = roll.evaluate(place)
    page.mouse.click(box["x"] + (left + right) / 2, box["y"] + middle)
    name, onset, length = chosen(sung)
    page.mouse.move(box["x"] + (left + right) / 2, box["y"] + middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (left + right) / 2, box["y"] + middle - 3 * tall, steps=5)
    page.mouse.up()
    expect(said(sung)).not_to_have_text(re.compile(f"^{name} "))
    assert chosen(sung)[1:] == (onset, length)
    left, right, middle, tall = roll.evaluate(place)
    page.mouse.move(box["x"] + right - 2, box["y"] + middle)
    expect(roll).to_have_attribute("data-over", "stretch")
    page.mouse.down()
    page.mouse.move(box["x"] + right + 20, box["y"] + middle, steps=5)
    page.mouse.up()
    expect(said(sung)).not_to_have_text(re.compile(f" {length:.2f} s long$"))
    assert chosen(sung)[2] > length
    free = roll.evaluate("({ axes }) => [axes.x(0.02), axes.y(axes.low + 2)]")
    page.mouse.dblclick(box["x"] + free[0], box["y"] + free[1])
    expect(rows_of(sung)).to_have_count(many + 1)


def test_rules_are_followed_at_once(sung: Locator) -> None:
    first = rows_of(sung).first.locator("th")
    before = first.text_content() or ""
    sung.get_by_label("Note values").select_option("1/4")
    expect(first).not_to_have_text(before)
    expect(sung.locator("[data-leaves] img")).to_have_attribute("src", re.compile("^blob:"))
    many = rows_of(sung).count()
    sung.get_by_label("Simplify").fill("1")
    expect(rows_of(sung)).not_to_have_count(many)
    assert rows_of(sung).count() < many / 2
    sung.get_by_label("Tempo in BPM").fill("500")  # out of range: nothing is asked for it
    sung.get_by_label("Tempo in BPM").fill("")
    sung.get_by_label("Instrument").select_option("flute")
    expect(sung.locator("[data-pending-said]")).to_contain_text("flute")  # which cannot play so low
    sung.get_by_role("button", name="Back to what is played").click()
    expect(first).to_have_text(before)
    expect(sung.get_by_label("Note values")).to_have_value("off")
    expect(sung.locator("[data-leaves] img")).to_have_attribute("src", re.compile("^/tracks/"))


def test_voice_and_piano_play_in_step(sung: Locator) -> None:
    player = sung.locator("hum-player")
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible(timeout=A_WHILE)
    expect(player.locator("[data-time]")).to_have_text(re.compile("^0:01 / 0:09$"), timeout=A_WHILE)
    levels = "player => player.sound.gains.map((gain) => gain.gain.value)"
    # Equal power in the middle.
    assert player.evaluate(levels) == pytest.approx([0.5**0.5, 0.5**0.5], abs=0.02)
    player.get_by_role("button", name="Voice").click()
    expect(player.get_by_role("slider")).to_have_value("0")
    expect(player.get_by_role("button", name="Voice")).to_have_attribute("aria-pressed", "true")
    lengths = player.evaluate("player => player.sound.buffers.map((buffer) => buffer.duration)")
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-4)
    player.get_by_role("button", name="Pause").click()
    roll = roll_of(sung)
    roll.press("Home")
    roll.press("Shift+ArrowRight")
    expect(player.locator("[data-time]")).to_have_text("0:01 / 0:09")
    roll.press("x")
    expect(player.get_by_role("button", name="Piano")).to_have_attribute("aria-pressed", "true")


def test_all_files_can_be_downloaded(page: Page, sung: Locator) -> None:
    for name, magic in MAGIC.items():
        with page.expect_download() as waiting:
            sung.locator(".downloads a", has_text=name).first.click()
        assert waiting.value.path().read_bytes().lstrip().startswith(magic), name
    with page.expect_download() as waiting:
        sung.locator(".downloads a", has_text="MP3").click()
    assert waiting.value.suggested_filename == "vocadito_10.mp3"
    page.evaluate("window.print = () => (window.printed = document.querySelectorAll('.print-sheet img').length)")
    sung.get_by_role("button", name="Print").click()
    expect(page.locator(".print-sheet img")).to_have_count(1)
    page.emulate_media(media="print")
    expect(page.locator(".print-sheet img")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()


def test_a_dropped_file_is_written_down(page: Page) -> None:
    page.goto("/hum")
    content = base64.b64encode(VOICE.read_bytes()).decode()
    dropped = page.evaluate_handle(
        """(content) => {
          const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "a tune.flac", { type: "audio/flac" }));
          return transfer;
        }""",
        content,
    )
    page.dispatch_event("#hum-form file-drop", "drop", {"dataTransfer": dropped})
    studio = ready(page)
    expect(studio.locator(".track-title")).to_have_text("a tune")
    expect(page.get_by_role("status").last).to_contain_text("Written down")
    expect(page.locator("#hum-recent")).to_contain_text("a tune")
    expect(studio.get_by_text("sure").first).to_be_visible()
    expect(studio.get_by_role("img", name=re.compile("compared with itself"))).to_be_visible()
    # The same sound by other rules.
    page.get_by_text("How it is heard and written down").click()
    page.locator("#hum-form").get_by_label("Instrument", exact=True).select_option("violin")
    page.get_by_role("button", name="Write it down again").click()
    expect(page.locator("hum-studio[data-ready] .track-facts")).to_contain_text("violin", timeout=A_WHILE)


def test_a_melody_becomes_a_song(page: Page, sung: Locator) -> None:
    sung.locator(".sleeve", has_text="Reggae").click()
    sung.get_by_role("button", name="Make the song").click()
    song = sung.locator("[data-song]")
    expect(song.locator(".track-title")).to_have_text("vocadito_10 (Reggae)", timeout=A_WHILE)
    expect(song.locator("piano-roll canvas")).to_be_visible()
    expect(song.locator(".provenance")).to_contain_text("Arranged from vocadito_10")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_silence_is_told_of(page: Page, tmp_path: Path) -> None:
    page.goto("/hum")
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000))
    page.set_input_files("#hum-file", path)
    studio = ready(page)
    expect(studio.locator(".notice")).to_contain_text("silent")
    expect(studio.get_by_text("Make it a song")).to_have_count(0)
    # What nobody sang can be written all the same.
    studio.get_by_role("button", name="Add", exact=True).click()
    expect(rows_of(studio)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_no_sound_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    page.goto("/hum")
    path = tmp_path / "tune.wav"
    path.write_text("la la la")
    page.set_input_files("#hum-file", path)
    error = page.locator('#hum-form [data-error-for="file"]')
    expect(error).to_be_visible()
    expect(error).not_to_be_empty()


def test_the_queue_and_the_track_know_it(page: Page, sung: Locator) -> None:
    track = sung.get_attribute("data-track")
    page.goto("/queue")
    row = page.locator(".job").first
    expect(row).to_contain_text("vocadito_10")
    expect(row).to_contain_text("a transcription, piano")
    page.goto(f"/t/{track}")
    roll_of(ready(page)).press("n")
    expect(page.get_by_text("Rename or delete")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_live_detector_hears_tones(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server)
    page = context.new_page()
    page.goto("/hum")
    found = page.evaluate(TONES)
    for name, heard in found["heard"].items():
        assert len(heard) > 8, name
        assert heard == pytest.approx([float(name.split()[1])] * len(heard), abs=0.3), name
    assert set(found["none"]) == {None}
    context.close()


def test_without_scripts_the_same_is_there(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/hum")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator('[data-error-for="file"]')).to_have_text("Choose a recording first.")
    page.set_input_files("#hum-file", VOICE)
    page.get_by_text("How it is heard and written down").click()
    page.get_by_label("Note values").select_option("1/8")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator(".track-title")).to_have_text("vocadito_10", timeout=A_WHILE)
    expect(page.locator("hum-player audio")).to_have_count(2)
    expect(page.locator("hum-player audio").first).to_be_visible()
    expect(page.get_by_role("img", name="Sheet music, page 1 of 1")).to_be_visible()
    expect(page.get_by_label("Note values")).to_have_value("1/8")
    page.get_by_text("The notes as a table").click()
    expect(page.locator("[data-notes] td").first).to_have_text(NAME)
    # By other rules, and as a song.
    page.get_by_label("Instrument", exact=True).select_option("organ")
    page.get_by_role("button", name="Play these notes").click()
    expect(page.locator(".track-facts")).to_contain_text("organ", timeout=A_WHILE)
    expect(page.get_by_label("Note values")).to_have_value("1/8")
    page.locator(".sleeve", has_text="Jazz").click()
    page.get_by_role("button", name="Make the song").click()
    expect(page.locator(".track-title")).to_have_text("vocadito_10 (Jazz)", timeout=A_WHILE)
    context.close()
