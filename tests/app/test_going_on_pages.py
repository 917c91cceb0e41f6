"""The pages from which music goes on, as a browser without scripts sees them."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import jobs
from app.context import Context
from app.tables import Track
from models.composer.midi import to_midi
from tests.app.music import add_track, music, send

BOUNDARY = {"content_type": "multipart/form-data; boundary=x"}


@pytest.fixture
def composed(context: Context, tmp_path: Path) -> str:
    """The id of a track with what its page shows."""
    track = add_track(context, music(), tmp_path)
    with context.writes.begin() as session:
        row = session.get(Track, track)
        row.tempo, row.params = 120.0, {"instruments": ["flute", "bass"], "tempo": 120.0, "length": 20.0}
    return track


def test_the_page_of_a_composed_track_offers_four_ways_on(client: FlaskClient, composed: str) -> None:
    page = client.get(f"/t/{composed}").text
    assert re.findall(r'name="source_task" value="(\w+)"', page) == ["extend", "vary", "infill", "arrange"]
    assert 'name="length" value="50"' in page
    assert re.search(r'name="last"[^>]* max="8"', page)
    assert "#go-on" in client.get(f"/t/{composed}?fragment=1").text


def test_the_page_of_a_recording_offers_none(client: FlaskClient, context: Context, composed: str) -> None:
    with context.writes.begin() as session:
        row = session.get(Track, composed)
        row.files.clear()
    page = client.get(f"/t/{composed}").text
    assert "source_task" not in page
    assert "#go-on" not in page


def test_a_form_becomes_a_job(client: FlaskClient, context: Context, composed: str) -> None:
    sent = client.post(f"/t/{composed}/go-on", data={"source_task": "infill", "first": "2", "last": "3"})
    assert sent.status_code == 303
    params = jobs.get(context, sent.headers["Location"].rsplit("/", 1)[1]).params
    assert (params["source"]["bars"], params["source"]["track_id"], params["genre"]) == ([2, 3], composed, "pop")
    form = {"source_task": "arrange", "genre": "jazz", "tempo": "100", "instruments": ["piano", "bass"]}
    sent = client.post(f"/t/{composed}/go-on", data=form, headers={"Accept": "application/json"})
    assert sent.status_code == 202
    params = sent.json["params"]
    assert (params["genre"], params["tempo"], params["instruments"]) == ("jazz", 100.0, ["piano", "bass"])


def test_a_refusal_stands_in_its_form(client: FlaskClient, composed: str) -> None:
    form = {"source_task": "infill", "first": "7", "last": "12"}
    page = client.post(f"/t/{composed}/go-on", data=form)
    assert page.status_code == 422
    assert re.search(r'<details class="way" name="go-on" open data-task="infill">', page.text)
    assert "The music has bars 1 to 8" in page.text
    assert 'name="last" value="12"' in page.text
    answer = client.post(f"/t/{composed}/go-on", data=form, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "source.bars")
    assert client.post("/t/nothing/go-on", data=form).status_code == 404


def test_the_same_again_with_a_new_seed(client: FlaskClient, context: Context, composed: str) -> None:
    job = client.post(f"/t/{composed}/go-on", data={"source_task": "vary", "seed": "5"})
    params = jobs.get(context, job.headers["Location"].rsplit("/", 1)[1]).params
    with context.writes.begin() as session:
        row = session.get(Track, composed)
        row.params, row.mode = params | {"notice": None}, "compose"
    page = client.get(f"/t/{composed}").text
    assert "A variation of" in page
    again = client.post(f"/t/{composed}/again")
    kept = jobs.get(context, again.headers["Location"].rsplit("/", 1)[1])
    assert kept.params["source"] == params["source"]
    assert (kept.source, kept.seed == 5) == (params["source"]["content"], False)


def test_a_midi_file_first_then_the_form(client: FlaskClient, context: Context) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="My Song.mid"\r\n\r\n'
    data = head + to_midi(music(tempo=96.0)) + b"\r\n--x--\r\n"
    sent = client.post("/from-midi", data=data, **BOUNDARY)
    assert sent.status_code == 303
    page = client.get(sent.headers["Location"]).text
    for words in ("My Song", "8 bars", "96 BPM", "C major", "Flute <small>tune"):
        assert words in page
    assert re.search(r'id="tempo" value="" placeholder="96"', page)
    score_id = re.search(r'name="score_id" value="(\w+)"', page)[1]
    form = {"score_id": score_id, "source_task": "extend", "genre": "jazz", "tempo": "", "length": ""}
    made = client.post("/", data=form)
    params = jobs.get(context, made.headers["Location"].rsplit("/", 1)[1]).params
    assert (params["tempo"], params["genre"], params["instruments"]) == (96.0, "jazz", ["flute", "bass"])
    assert params["source"]["score_id"] == score_id
    assert client.get("/?score_id=nothing").status_code == 404


def test_what_is_no_midi_file_is_refused_beside_its_field(client: FlaskClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mid"\r\n\r\nsound\r\n--x--\r\n'
    page = client.post("/from-midi", data=body, **BOUNDARY)
    assert page.status_code == 422
    assert re.search(r'data-error-for="file" role="alert">This is not a MIDI file', page.text)
    assert client.post("/from-midi", data=b"--x--\r\n", **BOUNDARY).status_code == 422


def test_an_option_that_is_wrong_says_so_at_its_field(client: FlaskClient) -> None:
    score = send(client, to_midi(music())).json["id"]
    form = {"genre": "jazz", "score_id": score, "source_task": "vary", "option:compose:chords": "C X9"}
    page = client.post("/", data=form)
    assert page.status_code == 422
    assert re.search(r'data-error-for="options.chords" role="alert">[^<]*X9', page.text)
    assert page.text.count("is not a chord") == 1
    assert 'value="C X9"' in page.text
    assert 'placeholder="C Am F G"' in page.text
