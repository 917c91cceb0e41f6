"""Create, as a person uses it."""

import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, expect

MAGIC = {"WAV": b"RIFF", "MP3": b"ID3", "FLAC": b"fLaC", "OGG": b"OggS", "MIDI": b"MThd"}
A_WHILE = 60_000  # ms


def ask(page: Page, genre: str, seconds: int) -> str:
    """Ask for a track with a seed of its own, so that it cannot be taken for an earlier one; the facts to wait for."""
    seed = secrets.randbelow(10**9)
    page.goto("/")
    page.get_by_text(genre, exact=True).first.click()
    page.fill("#length", str(seconds))
    page.fill("#seed", str(seed))
    page.get_by_role("button", name="Make it").click()
    return f"seed {seed}"


def test_choose_generate_hear_and_download(page: Page) -> None:
    facts = ask(page, "Reggae", 6)
    expect(page.locator("#deck job-progress .meter")).to_be_visible()
    expect(page.locator("#deck .track-facts")).to_contain_text(facts, timeout=A_WHILE)
    expect(page.locator("#deck .track-facts")).to_contain_text("140 BPM")
    expect(page.locator("#deck piano-roll canvas")).to_be_visible()
    page.locator("#deck").get_by_role("button", name="Play").click()
    expect(page.locator("#deck").get_by_role("button", name="Pause")).to_be_visible()
    audio = page.locator("#deck audio")
    position = re.compile(r"0:0[1-5]")
    expect(page.locator("#deck .times span").first).to_have_text(position, timeout=15_000)
    assert audio.evaluate("element => element.currentTime") > 0.9
    page.locator("#deck").get_by_role("button", name="Pause").click()
    for name, magic in MAGIC.items():
        with page.expect_download() as waiting:
            page.locator("#deck .downloads").get_by_text(name, exact=True).click()
        download = waiting.value
        assert download.path().read_bytes().startswith(magic)
        assert "/" not in download.suggested_filename


def test_the_waveform_seeks_by_mouse_and_keyboard(page: Page) -> None:
    facts = ask(page, "Blues", 8)
    # The deck shows an earlier track until the new one takes its place.
    expect(page.locator("#deck .track-facts")).to_contain_text(facts, timeout=A_WHILE)
    audio, wave = page.locator("#deck audio"), page.locator("#deck wave-form")
    expect(page.locator("#deck .times span").last).to_have_text("0:08", timeout=15_000)
    box = wave.bounding_box()
    assert box is not None
    wave.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert audio.evaluate("element => element.currentTime") == pytest.approx(4, abs=0.3)
    wave.press("Home")
    assert audio.evaluate("element => element.currentTime") == 0
    wave.press("ArrowRight")
    assert audio.evaluate("element => element.currentTime") == pytest.approx(0.16, abs=0.05)


def test_cancel_while_it_runs(page: Page) -> None:
    ask(page, "Rock", 300)
    expect(page.locator("#deck [data-percent]")).not_to_have_text("0 %", timeout=A_WHILE)
    page.locator("#deck").get_by_role("button", name="Cancel").click()
    expect(page.locator("#deck")).to_contain_text("This was cancelled.", timeout=5_000)
    expect(page.locator("#deck").get_by_role("button", name="Try again")).to_be_visible()


def test_a_refusal_stands_beside_its_field(page: Page) -> None:
    page.goto("/")
    page.locator("#create-form").evaluate("form => form.noValidate = true")
    page.fill("#tempo", "500")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator('[data-error-for="tempo"]')).to_contain_text("220")
    page.fill("#tempo", "100")
    expect(page.locator('[data-error-for="tempo"]')).to_be_hidden()


def test_a_genre_brings_its_band_and_tempo_until_the_user_chooses(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Metal", exact=True).click()
    expect(page.locator("#tempo")).to_have_value("120")
    assert page.locator("input[name=instruments]:checked").count() == 3
    page.get_by_text("Flute", exact=True).click()
    page.get_by_text("Classical", exact=True).click()
    assert page.locator("input[name=instruments]:checked").count() == 4
    expect(page.locator("#tempo")).to_have_value("100")


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    for path in ("/", "/listen", "/queue"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for reached in (page.locator("#describe"), page.get_by_role("button", name="Fill in")):
        page.keyboard.press("Tab")
        expect(reached).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Start from a MIDI file")).to_be_focused()
    page.keyboard.press("Tab")
    # The genre that is chosen takes the focus; an arrow chooses the next.
    expect(page.locator("input[name=genre]:checked")).to_be_focused()
    before = page.locator("input[name=genre]:checked").get_attribute("value")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=genre]:checked").get_attribute("value") != before
    page.locator("#title").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#deck job-progress, #deck track-player").first).to_be_visible(timeout=A_WHILE)


def test_colours_are_remembered(page: Page) -> None:
    page.goto("/")
    before = page.evaluate("document.documentElement.dataset.theme")
    page.locator("theme-switch button").click()
    after = page.evaluate("document.documentElement.dataset.theme")
    assert {before, after} == {"light", "dark"}
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == after


def test_without_scripts_the_form_still_makes_a_track(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#length", "2")
    page.get_by_role("button", name="Make it").click()
    expect(page).to_have_url(re.compile("/j/[0-9a-f]{16}"))
    expect(page.locator("audio")).to_be_visible(timeout=A_WHILE)
    expect(page.get_by_text("FLAC")).to_be_visible()
    context.close()


def test_html_in_a_title_is_text(page: Page) -> None:
    page.goto("/")
    page.fill("#title", "<img src=x onerror=alert(1)> & co")
    page.fill("#length", "1")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck .track-title")).to_have_text("<img src=x onerror=alert(1)> & co", timeout=A_WHILE)
    page.goto("/queue")
    expect(page.locator(".job-what").first).to_have_text("<img src=x onerror=alert(1)> & co")


def test_the_guides_strength_is_asked_where_a_mode_follows_it(page: Page) -> None:
    page.goto("/")
    page.get_by_text("How it is made").click()
    slider = page.get_by_label("Follow the guide")
    expect(slider).to_be_hidden()
    page.locator("input[name=mode][value=rave]").check()
    expect(slider).to_be_visible()
    page.locator("#guide_strength").fill("0.5")
    expect(page.locator("output[for=guide_strength]")).to_have_text("0.5")
    page.fill("#length", "4")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#deck .track-facts")).to_contain_text("rave, guide 0.5", timeout=A_WHILE)
    again = page.locator("#deck [data-again]").get_attribute("href") or ""
    assert "mode=rave" in again
    assert "guide_strength=0.5" in again
    expect(page.locator("#deck piano-roll canvas")).to_be_visible()


def test_a_sentence_fills_the_form(page: Page) -> None:
    page.goto("/")
    page.fill("#describe", "slow blues with harmonica and kazoo, half a minute, in E")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_role("status")).to_contain_text("Filled in: Blues · harmonica · 70 BPM · 30 s · E major")
    expect(page.get_by_role("status")).to_contain_text("Made nothing of: kazoo")
    expect(page.locator("#tempo")).to_have_value("70")
    expect(page.locator("#length")).to_have_value("30")
    expect(page.locator("#key")).to_have_value("E major")
    assert page.locator("input[name=instruments]:checked").evaluate_all("all => all.map(one => one.value)") == [
        "harmonica"
    ]
    assert page.locator("input[name=genre]:checked").get_attribute("value") == "blues"
    page.fill("#describe", "???")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing in it that the form knows")
