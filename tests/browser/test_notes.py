"""The Notes page, as a person plays with it."""

import re

from playwright.sync_api import Browser, Page, expect

A_WHILE = 60_000  # ms


def test_a_note_is_made_and_played(page: Page) -> None:
    page.goto("/notes")
    expect(page.get_by_role("link", name="Notes")).to_have_attribute("aria-current", "page")
    page.get_by_text("brass", exact=True).click()
    page.locator(".note-quality", has_text="reverb").click()
    page.select_option("#pitch", label="D4")
    page.fill("#seed", "7")
    page.get_by_role("button", name="Make the note").click()
    card = page.locator("#note .note")
    expect(card.locator(".track-title")).to_have_text("Brass D4, acoustic", timeout=A_WHILE)
    expect(card.locator(".track-facts")).to_contain_text("reverb")
    expect(card.locator(".track-facts")).to_contain_text("seed 7")
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    expect(card.locator(".note-picture")).to_have_js_property("naturalWidth", 1200)
    with page.expect_download() as download:
        card.get_by_role("link", name="WAV").click()
    assert download.value.suggested_filename == "Brass D4, acoustic.wav"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_piano_chooses_and_plays(page: Page) -> None:
    page.goto("/notes?family=flute&seed=3")
    keys = page.get_by_role("group", name=re.compile("Piano keys"))
    expect(keys.get_by_role("button", name="C4", exact=True)).to_have_attribute("aria-pressed", "true")
    keys.get_by_role("button", name="F#4", exact=True).click()
    expect(page.locator("#pitch")).to_have_value("66")
    expect(page.locator("#note .track-title")).to_have_text("Flute F#4, acoustic", timeout=A_WHILE)
    page.get_by_role("button", name="An octave higher").click()
    higher = keys.get_by_role("button", name="A5", exact=True)
    higher.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#pitch")).to_have_value("82")
    expect(page.locator("#note .track-title")).to_have_text("Flute A#5, acoustic", timeout=A_WHILE)
    # The same timbre all over the keyboard.
    expect(page.locator("#note .track-facts")).to_contain_text("seed 3")


def test_contrary_qualities_exclude_each_other(page: Page) -> None:
    page.goto("/notes")
    bright, dark = (page.locator(f'[name=qualities][value="{word}"]') for word in ("bright", "dark"))
    page.locator(".note-quality", has_text="bright").click()
    expect(bright).to_be_checked()
    page.locator(".note-quality", has_text="dark").click()
    expect(dark).to_be_checked()
    expect(bright).not_to_be_checked()


def test_what_cannot_be_is_said_beside_its_field(page: Page) -> None:
    page.goto("/notes")
    page.locator("#seed").evaluate("field => { field.removeAttribute('pattern'); field.value = 'mine'; }")
    page.get_by_role("button", name="Make the note").click()
    expect(page.locator('[data-error-for="seed"]')).to_be_visible()
    page.fill("#seed", "1")
    expect(page.locator('[data-error-for="seed"]')).to_be_hidden()


def test_a_note_can_be_changed_and_kept(page: Page) -> None:
    seed = str((page.viewport_size or {})["width"])  # another note than that of the other width
    page.goto(f"/notes?family=mallet&qualities=dark&pitch=72&velocity=50&seed={seed}")
    page.get_by_role("button", name="Make the note").click()
    card = page.locator("#note .note")
    expect(card.locator(".track-facts")).to_contain_text(f"seed {seed}", timeout=A_WHILE)
    expect(card.locator(".track-title")).to_have_text("Mallet C5, acoustic")
    card.get_by_role("link", name="Change it").click()
    expect(page).to_have_url(re.compile("family=mallet"))
    expect(page.locator("#velocity")).to_have_value("50")
    expect(page.locator("#seed")).to_have_value(seed)
    page.locator("#note").get_by_role("button", name="Add to library").click()
    expect(page).to_have_url(re.compile("/t/"))
    expect(page.get_by_role("link", name="Change it")).to_be_visible()
    expect(page.get_by_role("button", name="Add to library")).to_have_count(0)


def test_without_scripts_the_same_is_there(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/notes")
    page.get_by_text("organ", exact=True).click()
    page.get_by_text("electronic", exact=True).click()
    page.select_option("#pitch", label="G3")
    page.get_by_role("button", name="Make the note").click()
    expect(page.locator(".track-title")).to_have_text("Organ G3, electronic", timeout=A_WHILE)
    expect(page.locator("audio")).to_have_attribute("controls", "")
    page.get_by_role("link", name="Change it").click()
    expect(page.locator('[name=family][value="organ"]')).to_be_checked()
    context.close()
