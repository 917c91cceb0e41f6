"""The map of the library, by pointer, by keys and without scripts."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.running import Studio

ALL = 8
STEP = 20  # pixels between the places where the pointer looks


@pytest.fixture
def room(shelf: Page) -> Locator:
    """The map with all its points, in sight."""
    shelf.goto("/atlas")
    expect(shelf.locator("sound-map")).to_have_attribute("data-points", str(ALL))
    found = shelf.locator("[data-room]")
    found.scroll_into_view_if_needed()
    return found


def box_of(room: Locator) -> tuple[float, float, float, float]:
    box = room.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def until(element: Locator, becomes: str, argument: object = None) -> None:
    """Wait until something is true of an element, frame by frame."""
    look = f"""(element, argument) => new Promise(done => {{
        const look = () => ({becomes}) ? done() : requestAnimationFrame(look); look(); }})"""
    element.evaluate(look, argument)


def point_at_something(page: Page, room: Locator) -> None:
    """Move the pointer over the map until it is on a track."""
    left, top, width, height = box_of(room)
    tip = page.locator("[data-tip]")
    for y in range(STEP, int(height), STEP):
        for x in range(STEP, int(width), STEP):
            page.mouse.move(left + x, top + y)
            if tip.is_visible():
                return
    pytest.fail("there is nothing to point at")


def test_all_tracks_are_on_it(shelf: Page, room: Locator) -> None:
    expect(shelf.locator("[data-said]")).to_have_text("8 tracks.")
    expect(shelf.locator("[data-legend] button:visible")).to_have_count(4)
    assert shelf.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The picture has more colours than that of the paper.
    canvas = room.locator("canvas").first
    colours = canvas.evaluate("""canvas => new Set(new Uint32Array(canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size""")
    assert colours > 4


def test_pointing_tells_the_title_and_a_click_opens_it(shelf: Page, room: Locator) -> None:
    point_at_something(shelf, room)
    title = re.search(r"^\w+ number \d", shelf.locator("[data-tip]").inner_text())
    assert title
    expect(shelf.locator("[data-said]")).to_contain_text(title[0])
    shelf.mouse.down()
    shelf.mouse.up()
    card = shelf.locator("[data-card]")
    expect(card).to_contain_text(title[0])
    # After the first click what is pointed at is heard; the card's button does the same.
    sound = shelf.locator("sound-map > audio")
    if card.get_by_role("button", name="Play").is_visible():
        card.get_by_role("button", name="Play").click()
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    expect(sound).to_have_js_property("paused", False)
    until(sound, "element.currentTime > 2")  # from its middle
    card.get_by_role("button", name="Pause").click()
    expect(sound).to_have_js_property("paused", True)
    card.get_by_role("link", name="More like this").click()
    expect(shelf.get_by_role("heading", name=f"More like {title[0]}")).to_be_visible()


def test_keys_go_from_track_to_track(shelf: Page, room: Locator) -> None:
    room.focus()
    tip = shelf.locator("[data-tip]")
    shelf.keyboard.press("ArrowRight")
    expect(tip).to_be_visible()
    seen = {tip.inner_text()}
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown") * 2:
        shelf.keyboard.press(key)
        seen.add(tip.inner_text())
    assert len(seen) > 2
    for key in ("+", "+", "-", "Shift+ArrowLeft", "0"):
        shelf.keyboard.press(key)
    shelf.keyboard.press("Enter")
    expect(shelf.locator("[data-card]").get_by_role("link", name="Open")).to_be_focused()
    shelf.keyboard.press("Escape")
    expect(shelf.locator("[data-card]")).to_be_hidden()
    expect(room).to_be_focused()


def test_the_legend_hides_genres(shelf: Page, room: Locator) -> None:
    metal = shelf.locator("[data-legend]").get_by_role("button", name="Metal")
    metal.click()
    expect(metal).to_have_attribute("aria-pressed", "false")
    expect(shelf.locator("sound-map")).to_have_attribute("data-shown", "6")
    expect(shelf.locator("[data-said]")).to_have_text("6 of 8 tracks.")
    metal.click()
    expect(shelf.locator("sound-map")).to_have_attribute("data-shown", "8")


@pytest.mark.parametrize("way", ["button", "shift"])
def test_a_loop_becomes_a_playlist(shelf: Page, room: Locator, way: str) -> None:
    if way == "button":
        shelf.get_by_role("button", name="Draw a loop").click()
    else:
        shelf.keyboard.down("Shift")
    left, top, width, height = box_of(room)
    corners = [(4, 4), (width - 4, 4), (width - 4, height - 4), (4, height - 4)]
    shelf.mouse.move(left + 4, top + 4)
    shelf.mouse.down()
    for x, y in corners[1:]:
        shelf.mouse.move(left + x, top + y)
    shelf.mouse.up()
    shelf.keyboard.up("Shift")
    expect(shelf.locator("sound-map")).to_have_attribute("data-chosen", str(ALL))
    expect(shelf.locator("[data-count]")).to_have_text("8 tracks in the loop")
    shelf.get_by_label("Name of the playlist").fill("A loop")
    shelf.get_by_role("button", name="Make a playlist").click()
    expect(shelf.get_by_role("heading", name="A loop")).to_be_visible()
    expect(shelf.locator(".tune")).to_have_count(ALL)


def test_dragging_and_the_wheel_move_the_view(shelf: Page, room: Locator) -> None:
    canvas = room.locator("canvas").first
    seen = [canvas.evaluate("canvas => canvas.toDataURL()")]
    left, top, width, height = box_of(room)
    shelf.mouse.move(left + width / 2, top + height / 2)
    shelf.mouse.wheel(0, -400)
    until(canvas, "element.toDataURL() !== argument", seen[0])
    seen.append(canvas.evaluate("canvas => canvas.toDataURL()"))
    shelf.mouse.down()
    shelf.mouse.move(left + width / 2 + 60, top + height / 2 + 30, steps=4)
    shelf.mouse.up()
    until(canvas, "element.toDataURL() !== argument", seen[1])
    shelf.get_by_role("button", name="All", exact=True).click()
    until(canvas, "element.toDataURL() === argument", seen[0])


def test_without_scripts_the_map_is_a_list(browser: Browser, heard_library: Studio) -> None:
    context = browser.new_context(base_url=heard_library.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/atlas")
    expect(page.get_by_role("heading", name="Jazz 2 tracks")).to_be_visible()
    page.get_by_role("link", name="jazz number 2").click()
    expect(page.locator(".track-title")).to_have_text("jazz number 2")
    context.close()
