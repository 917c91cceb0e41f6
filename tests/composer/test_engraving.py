"""Sheet music as pictures: whole, the same each time, from any thread."""

import threading
import xml.etree.ElementTree as ET

import pytest

from models.composer.engine import compose
from models.composer.engraving import NoSuchPage, engrave
from models.composer.musicxml import to_lead_sheet, to_musicxml
from models.spec import GenerateRequest

SVG = "{http://www.w3.org/2000/svg}"


def heads(svg: str) -> int:
    """Notes on a page."""
    return sum("note" in (group.get("class") or "").split() for group in ET.fromstring(svg).iter(f"{SVG}g"))


def test_every_note_of_a_piece_is_on_its_pages() -> None:
    score = compose(GenerateRequest("classical", ("piano",), 100.0, 60.0, 4))
    xml = to_musicxml(score)
    first, pages = engrave(xml)
    drawn = [first, *(engrave(xml, page)[0] for page in range(2, pages + 1))]
    written = sum(not note.findall("rest") for note in ET.fromstring(xml).iter("note"))
    assert sum(heads(page) for page in drawn) == written
    assert pages > 1
    with pytest.raises(NoSuchPage):
        engrave(xml, pages + 1)


def test_it_needs_nothing_from_elsewhere_and_is_the_same_each_time() -> None:
    xml = to_lead_sheet(compose(GenerateRequest("jazz", (), 120.0, 16.0, 4)))
    page, _ = engrave(xml)
    assert "<script" not in page
    links = [value for node in ET.fromstring(page).iter() for name, value in node.attrib.items() if "href" in name]
    assert all(link.startswith("#") for link in links)
    assert engrave(xml)[0] == page


def test_any_thread_can_engrave() -> None:
    xml = to_musicxml(compose(GenerateRequest("pop", ("piano",), 100.0, 8.0, 4)))
    expected = engrave(xml)[0]
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(engrave(xml)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
