"""The library: searched, judged, filled and put into playlists; what is like a track, and the way to another."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.running import Studio

A_WHILE = 60_000  # ms
ALL = 8  # tracks of the analysed library


@pytest.fixture
def plain(browser: Browser, heard_library: Studio) -> Iterator[Page]:
    """A browser without scripts."""
    context = browser.new_context(base_url=heard_library.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """What has the name of a sound and is none."""
    path = tmp_path / "shopping list.mp3"
    path.write_text("bread, milk and a dozen eggs")
    return path


def rows(page: Page) -> Locator:
    return page.locator("#results .tune")


def row(page: Page, title: str) -> Locator:
    return rows(page).filter(has=page.get_by_role("link", name=title, exact=True))


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen, once the page's scripts have run."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def id_of(studio: Studio, title: str) -> str:
    _, found = studio.call("GET", f"/tracks?search={title.replace(' ', '+')}")
    return str(found["tracks"][0]["id"])


def test_what_is_looked_for_is_found_while_it_is_typed(shelf: Page) -> None:
    shelf.goto("/library")
    expect(rows(shelf)).to_have_count(ALL)
    expect(shelf.locator(".state")).to_contain_text("8 tracks, all of them analysed")
    shelf.get_by_role("searchbox", name="Search").press_sequentially("metal")
    expect(rows(shelf)).to_have_count(2)
    expect(shelf.locator(".found")).to_contain_text("2 tracks found")
    expect(shelf.get_by_role("searchbox", name="Search")).to_be_focused()
    expect(shelf).to_have_url(re.compile("search=metal"))
    shelf.reload()
    expect(rows(shelf)).to_have_count(2)
    shelf.get_by_role("link", name="show all").click()
    expect(rows(shelf)).to_have_count(ALL)
    assert fits(shelf)


def test_facets_narrow_it_down(shelf: Page) -> None:
    shelf.goto("/library")
    shelf.locator(".chip", has_text="Jazz").click()
    expect(rows(shelf)).to_have_count(2)
    # The other genres can still be chosen.
    expect(shelf.locator(".chip")).to_have_count(5)
    shelf.locator(".chip", has_text="Disco").click()
    expect(rows(shelf).first).to_contain_text("disco number")
    shelf.locator(".chip", has_text="All genres").click()
    expect(rows(shelf)).to_have_count(ALL)
    shelf.get_by_text("Narrow it down").click()
    shelf.get_by_label("Tempo from").fill("900")
    expect(shelf.get_by_text("Nothing like that here")).to_be_visible()
    shelf.get_by_label("Tempo from").fill("")
    shelf.get_by_label("Key").select_option(index=1)
    count = int(re.sub(r"\D", "", shelf.locator("#by-key option:checked").inner_text().split("(")[1]))
    expect(rows(shelf)).to_have_count(count)
    shelf.get_by_label("Order").select_option("title")
    expect(shelf).to_have_url(re.compile("sort=title"))
    assert fits(shelf)


def test_a_wrong_filter_is_told_of(shelf: Page) -> None:
    shelf.goto("/library?tempo_min=fast&key=H")
    expect(shelf.get_by_role("alert").first).to_be_visible()
    expect(rows(shelf)).to_have_count(ALL)


def test_a_row_plays_in_place(shelf: Page) -> None:
    shelf.goto("/library")
    first, second = row(shelf, "jazz number 1"), row(shelf, "disco number 1")
    first.get_by_role("button", name="Play").click()
    expect(first.get_by_role("button", name="Pause")).to_be_visible()
    expect(first.get_by_role("slider")).to_be_visible()
    second.get_by_role("button", name="Play").click()
    expect(second.get_by_role("button", name="Pause")).to_be_visible()
    expect(first.get_by_role("button", name="Play")).to_be_visible()
    # It goes on while other rows are looked for, as long as it is among them.
    shelf.get_by_role("searchbox", name="Search").fill("disco")
    expect(rows(shelf)).to_have_count(2)
    expect(second.get_by_role("button", name="Pause")).to_be_visible()
    shelf.get_by_role("searchbox", name="Search").fill("metal")
    expect(shelf.get_by_role("button", name=re.compile("^Pause"))).to_have_count(0)


def test_likes_make_a_shelf_for_you(shelf: Page) -> None:
    shelf.goto("/library")
    like = row(shelf, "jazz number 1").get_by_role("button", name="Like")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(shelf.get_by_role("heading", name="For you")).to_be_visible()
    # Nothing that was judged already.
    expect(shelf.locator(".for-you li").filter(has_text="jazz number 1")).to_have_count(0)
    assert shelf.locator(".for-you li").count() > 2
    assert fits(shelf)
    shelf.reload()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    expect(shelf.get_by_role("heading", name="For you")).to_have_count(0)


def test_a_playlist_is_gathered_over_searches(shelf: Page, heard_library: Studio) -> None:
    shelf.goto("/library?search=jazz")
    row(shelf, "jazz number 1").get_by_role("checkbox").check()
    shelf.get_by_role("searchbox", name="Search").fill("metal")
    row(shelf, "metal number 2").get_by_role("checkbox").check()
    expect(shelf.get_by_text("2 tracks ticked")).to_be_visible()
    shelf.get_by_label("Name of the playlist").fill("From jazz to metal")
    shelf.get_by_role("button", name="Make a playlist").click()
    expect(shelf.get_by_role("heading", name="From jazz to metal")).to_be_visible()
    expect(shelf.locator(".tune")).to_have_count(2)
    assert fits(shelf)
    address = shelf.get_by_role("link", name="M3U").get_attribute("href") or ""
    status, text, _ = heard_library.fetch("GET", address)
    assert status == 200
    assert text.startswith(b"#EXTM3U")
    shelf.get_by_role("link", name="Playlists").click()
    shelf.get_by_role("button", name="Delete the playlist From jazz to metal").first.click()
    expect(shelf.get_by_role("link", name="From jazz to metal")).to_have_count(0)


def test_many_files_come_in_and_a_bad_one_is_named(page: Page, sounds: list[Path], bad: Path) -> None:
    page.goto("/library")
    page.set_input_files("#files", [*sounds, bad])
    sum_of_it = page.locator(".upload-sum")
    expect(sum_of_it).to_have_text("8 of 9 files added, 1 refused.", timeout=A_WHILE)
    refused = page.locator(".refused li")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("shopping list.mp3")
    expect(refused).to_contain_text(re.compile("audio|sound", re.I))
    page.goto("/library")
    assert rows(page).count() >= ALL
    expect(rows(page).first).to_contain_text("not analysed yet")
    expect(page.locator(".state")).to_contain_text("waiting to be analysed")
    expect(page.get_by_text("switched off")).to_be_visible()
    assert fits(page)


def test_what_is_there_twice_can_be_thrown_away(page: Page, studio: Studio, sounds: list[Path]) -> None:
    for name in ("one copy.flac", "other copy.flac"):
        studio.upload("/tracks", sounds[0], name)
    page.goto("/library")
    page.get_by_role("link", name="Recordings that are there twice").click()
    group = page.locator(".twins").filter(has_text="one copy")
    expect(group).to_be_visible()
    before = group.locator(".tune").count()
    group.get_by_role("button", name="Delete other copy").last.click()
    expect(page).to_have_url(re.compile("/library/duplicates$"))
    expect(page.locator(".twins").filter(has_text="copy").locator(".tune")).to_have_count(
        before - 1 if before > 2 else 0
    )
    assert fits(page)


def test_more_like_this_says_why_and_follows_the_sliders(shelf: Page) -> None:
    shelf.goto("/library")
    row(shelf, "jazz number 1").get_by_role("link", name="More like this").click()
    expect(rows(shelf)).to_have_count(ALL - 1)
    for reasons in shelf.locator("#results .reasons").all_inner_texts():
        assert reasons.strip()
    expect(rows(shelf).first.locator(".score")).to_contain_text("% alike")
    before = shelf.locator("#results .score").all_inner_texts()
    shelf.wait_for_load_state()  # the sliders' scripts have run
    shelf.get_by_role("slider", name="Tempo").fill("1")
    shelf.get_by_role("slider", name="Sound").fill("0")
    expect(shelf).to_have_url(re.compile("weight_sound=0&.*weight_tempo=1"))
    expect(shelf.locator('output[for="weight-tempo"]')).to_have_text("1")
    expect(shelf.locator("#results .score").first).not_to_have_text(before[0])
    # By tempo alone, so they stand in the order of its likeness.
    aspects = shelf.locator("#results .aspects").all_inner_texts()
    tempi = [int(found[1]) for text in aspects if (found := re.search(r"tempo (\d+)", text))]
    assert tempi == sorted(tempi, reverse=True)
    shelf.get_by_label("Genre").select_option("metal")
    expect(rows(shelf)).to_have_count(2)
    assert fits(shelf)
    shelf.get_by_role("button", name="Make a playlist of these").click()
    expect(shelf.locator(".tune")).to_have_count(3)
    expect(shelf.locator(".tune").first).to_contain_text("jazz number 1")


def test_what_was_not_heard_yet_is_told_kindly(page: Page, studio: Studio, sounds: list[Path]) -> None:
    _, answer = studio.upload("/tracks", sounds[1], "unheard.flac")
    page.goto(f"/t/{answer['outcomes'][0]['track']['id']}/similar")
    expect(page.get_by_role("heading", name="Not heard yet")).to_be_visible()
    expect(page.get_by_text("It is waiting to be analysed")).to_be_visible()
    assert fits(page)


def test_there_is_a_way_from_one_track_to_another(shelf: Page, heard_library: Studio) -> None:
    shelf.goto(f"/t/{id_of(heard_library, 'classical number 1')}")
    shelf.get_by_role("link", name="More like this").click()
    shelf.get_by_role("link", name="Find the way").click()
    shelf.get_by_role("searchbox").fill("metal number 1")
    shelf.get_by_role("button", name="Search").click()
    shelf.locator(".shelf-row", has_text="metal number 1").click()
    steps = shelf.locator(".tune")
    expect(steps.first).to_contain_text("classical number 1")
    expect(steps.last).to_contain_text("metal number 1")
    assert steps.count() > 3
    assert fits(shelf)


def test_music_is_found_by_a_description(shelf: Page) -> None:
    shelf.goto("/library")
    shelf.get_by_label("Describe it").fill("heavy metal, loud guitars")
    shelf.locator("form", has=shelf.get_by_label("Describe it")).get_by_role("button", name="Find").click()
    expect(shelf.locator(".tune").first).to_contain_text("metal number", timeout=A_WHILE)
    assert fits(shelf)


def test_the_library_works_without_scripts(plain: Page) -> None:
    plain.goto("/library")
    expect(plain.locator(".tune audio").first).to_have_attribute("controls", "")
    plain.get_by_role("searchbox", name="Search").fill("disco")
    plain.locator(".chip", has_text="Disco").click()
    plain.get_by_role("button", name="Search").click()
    expect(rows(plain)).to_have_count(2)
    first = row(plain, "disco number 1")
    first.get_by_role("button", name="Like").click()
    expect(plain).to_have_url(re.compile("search=disco"))
    expect(first.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    first.get_by_role("button", name="Like").click()
    expect(first.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "false")
    plain.get_by_role("button", name="Make a playlist").click()
    expect(plain.get_by_role("alert")).to_have_text("Choose some tracks first.")
    plain.go_back()
    first.get_by_role("checkbox").check()
    plain.get_by_label("Name of the playlist").fill("Without scripts")
    plain.get_by_role("button", name="Make a playlist").click()
    expect(plain.get_by_role("heading", name="Without scripts")).to_be_visible()
    plain.get_by_role("link", name="More like this").click()
    plain.get_by_role("slider", name="Key").fill("1")
    plain.get_by_role("button", name="Show them").click()
    expect(plain).to_have_url(re.compile("weight_key=1"))
    expect(rows(plain)).to_have_count(ALL - 1)


def test_many_files_come_in_without_scripts(browser: Browser, live_server: str, sounds: list[Path], bad: Path) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/library")
    page.set_input_files("#files", [sounds[0], bad, sounds[1]])
    page.get_by_role("button", name="Add to the library").click()
    expect(page.locator(".upload-sum")).to_have_text("2 of 3 files added.")
    expect(page.locator(".refused li")).to_contain_text("shopping list.mp3")
    context.close()


def test_an_empty_library_says_what_to_do(client: Any) -> None:
    text = client.get("/library").get_data(as_text=True)
    assert "A shelf for all you hear" in text
    assert 'name="files"' in text
    assert "White paper so far" in client.get("/atlas").get_data(as_text=True)
