"""Asking for a note: what is refused, what the job says, and the page; no worker runs here."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.notes import pitch_name
from models import note_words, registry

ASKED = {"family": "brass", "source": "acoustic", "qualities": ["bright"], "pitch": 62, "velocity": 90, "seed": 4}


def test_a_note_is_a_job_of_the_fast_queue(client: FlaskClient) -> None:
    answer = client.post("/notes", json=ASKED)
    assert answer.status_code == 202
    job = answer.json
    assert (job["kind"], job["queue"], job["state"], job["seed"]) == ("note", "fast", "queued", 4)
    assert job["params"]["note"] == {name: value for name, value in ASKED.items() if name != "seed"}
    assert job["params"]["title"] == "Brass D4, acoustic"
    assert answer.headers["Location"] == f"/jobs/{job['id']}"
    assert [row["id"] for row in client.get("/jobs?kind=note").json["jobs"]] == [job["id"]]


def test_what_is_left_out_is_as_usual(client: FlaskClient) -> None:
    params = client.post("/notes", json={"family": "Synth Lead"}).json["params"]
    note = params["note"]
    assert (note["family"], note["source"], note["pitch"], note["qualities"]) == ("synth_lead", "synthetic", 60, [])
    assert params["seed_chosen"]
    assert set(note_words.USUAL_SOURCES) == set(note_words.FAMILIES)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family": "kazoo"}, "family"),
        ({"source": "plastic"}, "source"),
        ({"qualities": ["bright", "shiny"]}, "qualities.1"),
        ({"qualities": ["bright", "dark"]}, "qualities"),
        ({"pitch": 20}, "pitch"),
        ({"pitch": "H4"}, "pitch"),
        ({"pitch": "D8"}, "pitch"),
        ({"pitch": 60.5}, "pitch"),
        ({"velocity": 0}, "velocity"),
        ({"velocity": 128}, "velocity"),
        ({"seed": -1}, "seed"),
        ({"length": 3}, "length"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client: FlaskClient, change: dict[str, object], field: str) -> None:
    answer = client.post("/notes", json=ASKED | change)
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field


@pytest.mark.parametrize(
    ("name", "pitch"), [("C4", 60), ("a0", 21), ("Bb2", 46), ("F#3", 54), ("C8", 108), ("Cb4", 59)]
)
def test_a_pitch_has_names(client: FlaskClient, name: str, pitch: int) -> None:
    assert client.post("/notes", json=ASKED | {"pitch": name}).json["params"]["note"]["pitch"] == pitch
    assert client.post("/notes", json=ASKED | {"pitch": pitch_name(pitch)}).json["params"]["note"]["pitch"] == pitch


def test_the_same_key_gives_the_same_job(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": "a note"}
    first = client.post("/notes", json=ASKED, headers=headers).json["id"]
    assert client.post("/notes", json=ASKED, headers=headers).json["id"] == first
    assert client.post("/notes", json=ASKED | {"pitch": 70}, headers=headers).status_code == 422


def test_without_the_network_it_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    answer = client.post("/notes", json=ASKED)
    assert answer.status_code == 409
    assert "missing" in answer.json["error"]["message"]
    page = client.get("/notes").text
    assert "Not ready" in page


def test_the_page_shows_what_the_address_says(client: FlaskClient) -> None:
    page = client.get("/notes?family=reed&source=electronic&qualities=dark&qualities=reverb&pitch=50&seed=9").text
    for value in ("reed", "electronic", "dark", "reverb"):
        assert f'value="{value}" checked' in page
    assert '<option value="50" selected>D3</option>' in page
    assert 'value="9"' in page
    assert 'value="bright" checked' not in page


def test_a_plain_form_goes_to_the_job(client: FlaskClient) -> None:
    form = {"family": "flute", "source": "acoustic", "qualities": ["dark", "reverb"], "pitch": "72", "velocity": "80"}
    answer = client.post("/notes/make", data=form | {"seed": ""})
    assert answer.status_code == 303
    job = client.get(answer.headers["Location"].replace("/j/", "/jobs/")).json
    assert job["params"]["note"]["qualities"] == ["dark", "reverb"]
    assert "Flute C5, acoustic" in client.get("/queue").text
    refused = client.post("/notes/make", data=form | {"qualities": ["bright", "dark"], "seed": "-"})
    assert refused.status_code == 422
    assert "Flute" not in refused.headers.get("Location", "")
    assert 'value="bright" checked' in refused.text
