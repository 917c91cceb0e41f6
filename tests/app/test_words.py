"""GET /prompt and GET /wish, and the address that a description becomes."""

from __future__ import annotations

import pytest

from tests.running import Studio


def test_a_request_in_words(studio: Studio) -> None:
    status, body = studio.call("GET", "/prompt?genre=HipHop&instruments=synth&instruments=drums&tempo=90&key=am")
    assert (status, body) == (200, {"prompt": "Mid-tempo hip-hop, synth and drums, 90 BPM, in A minor"})
    status, body = studio.call("GET", "/prompt?genre=polka")
    assert status == 422
    assert "genre" in body["error"]["field"]


def test_words_as_a_request(studio: Studio) -> None:
    status, body = studio.call("GET", "/wish?text=fast%20rock%20with%20kazoo,%2020%20s")
    assert status == 200
    assert body == {
        "genre": "rock", "instruments": [], "tempo": 145.0, "length": 20.0, "key": None, "unread": ["kazoo"],
    }  # fmt: skip
    assert studio.call("GET", f"/wish?text={'x' * 1001}")[0] == 422


@pytest.mark.parametrize("text", ["slow+jazz+with+sax+%26+piano", "%F0%9F%8E%B7"])
def test_a_description_becomes_an_address_that_fills_the_form(studio: Studio, text: str) -> None:
    status, page, _ = studio.fetch("GET", f"/?describe={text}", headers={"Accept": "text/html"})
    assert status == 200
    assert b"Describe it" in page
    assert (b"70 BPM" in page) == ("jazz" in text)
