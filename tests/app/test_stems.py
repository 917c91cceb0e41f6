"""Ordering stems and what is answered before, while and after they are made; no worker runs here."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import jobs, stems
from app.context import Context
from app.tables import Track, TrackFile
from models import audio
from tests.app.test_scores import track

__all__ = ["track"]

RATE = 44_100


@pytest.fixture
def made(context: Context, track: Track, tmp_path: Path) -> Track:
    """The track with two stems of a second."""
    time = np.arange(RATE) / RATE
    with context.writes.begin() as session:
        row = session.get(Track, track.id)
        assert row is not None
        row.stems = [
            {"part": 0, "name": "Flute/1", "role": "melody", "instrument": "flute"},
            {"part": 1, "name": "Drums", "role": "drums", "instrument": "drums"},
        ]
        for number, hertz in enumerate((440, 220)):
            path = tmp_path / f"{number}.flac"
            sound = np.tile(np.sin(2 * np.pi * hertz * time) * 0.3, (2, 1)).astype(np.float32)
            audio.encode(sound, RATE, path, "flac")
            stored = context.storage.put(path, "flac")
            row.files.append(TrackFile(name=stems.file_name(number, "flac"), key=stored.key, size=stored.size))
    return row


def test_asking_twice_gives_one_job(client: FlaskClient, context: Context, track: Track) -> None:
    empty = client.get(f"/tracks/{track.id}/stems").json
    assert (empty["ready"], empty["job"], empty["stems"]) == (False, None, [])
    first = client.post(f"/tracks/{track.id}/stems")
    assert first.status_code == 202
    assert first.json["kind"] == "stems"
    assert client.post(f"/tracks/{track.id}/stems").json["id"] == first.json["id"]
    assert client.get(f"/tracks/{track.id}/stems").json["job"]["id"] == first.json["id"]
    listed = client.get("/jobs?kind=stems").json["jobs"]
    assert [job["id"] for job in listed] == [first.json["id"]]
    assert client.get(f"/tracks/{track.id}/stems/0").status_code == 404
    assert client.get(f"/tracks/{track.id}/stems.zip").status_code == 404
    assert client.delete(f"/tracks/{track.id}").status_code == 409


def test_an_id_that_cannot_be_is_refused_as_such(client: FlaskClient) -> None:
    answer = client.post(f"/tracks/{'0' * 300}/stems")
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == "track_id"


def test_after_a_cancel_there_is_a_new_job(client: FlaskClient, track: Track) -> None:
    first = client.post(f"/tracks/{track.id}/stems").json["id"]
    client.delete(f"/jobs/{first}")
    second = client.post(f"/tracks/{track.id}/stems").json["id"]
    assert second != first
    client.delete(f"/jobs/{second}")
    page = client.post(f"/j/{second}/retry")
    third = page.headers["Location"].rsplit("/", 1)[1]
    assert client.get(f"/tracks/{track.id}/stems").json["job"]["id"] == third


def test_a_done_job_is_not_done_again(client: FlaskClient, context: Context, track: Track) -> None:
    first = client.post(f"/tracks/{track.id}/stems").json["id"]
    assert jobs.claim(context, first, "me") is not None
    assert jobs.finish(context, first, "me", {"track_id": track.id})
    again = client.post(f"/tracks/{track.id}/stems").json
    assert (again["id"], again["state"]) == (first, "done")


def test_stems_are_listed_and_sent_in_every_format(client: FlaskClient, made: Track) -> None:
    listed = client.get(f"/tracks/{made.id}/stems").json
    assert listed["ready"]
    assert [(s["number"], s["part"], s["name"], s["role"]) for s in listed["stems"]] == [
        (0, 0, "Flute/1", "melody"),
        (1, 1, "Drums", "drums"),
    ]
    assert client.get(f"/tracks/{made.id}").json["stems"] == listed["stems"]
    magic = {"wav": b"RIFF", "flac": b"fLaC", "ogg": b"OggS", "mp3": b"ID3"}
    for name, start in magic.items():
        answer = client.get(listed["stems"][1]["links"][name] + "&download=1")
        assert answer.data.startswith(start)
        assert f'filename="Under the  Lamp  & co - 2 Drums.{name}"' in answer.headers["Content-Disposition"]
    part = client.get(listed["stems"][0]["links"]["flac"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"fLaC")
    assert client.get(f"/tracks/{made.id}/stems/2").status_code == 404
    assert client.get(f"/tracks/{made.id}/stems/1?format=aiff").status_code == 422


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_all_stems_come_in_one_zip(client: FlaskClient, made: Track, kind: str) -> None:
    answer = client.get(f"/tracks/{made.id}/stems.zip?format={kind}")
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    assert packed.testzip() is None
    assert packed.namelist() == [
        f"Under the  Lamp  & co - 1 Flute 1.{kind}",
        f"Under the  Lamp  & co - 2 Drums.{kind}",
    ]
    for number, name in enumerate(packed.namelist()):
        assert packed.read(name) == client.get(f"/tracks/{made.id}/stems/{number}?format={kind}").data


def test_a_deleted_track_takes_its_stems_along(client: FlaskClient, context: Context, made: Track) -> None:
    keys = [file.key for file in made.files]
    client.get(f"/tracks/{made.id}/stems/0?format=wav")
    assert client.delete(f"/tracks/{made.id}").status_code == 204
    assert not any(context.storage.exists(key) for key in keys)
    assert context.storage.sweep(set(), older_than=-1) == []


def test_the_pages_show_stems_and_the_button(client: FlaskClient, track: Track) -> None:
    page = client.get(f"/t/{track.id}").text
    assert "Split into stems" in page
    sent = client.post(f"/t/{track.id}/stems")
    assert sent.status_code == 303
    assert "The stems" in client.get(sent.headers["Location"]).text
    queue = client.get("/queue").text
    assert "Under the &lt;Lamp&gt; &amp; co" in queue


def test_the_page_plays_each_part(client: FlaskClient, made: Track) -> None:
    page = client.get(f"/t/{made.id}").text
    assert "Split into stems" not in page
    assert f"/tracks/{made.id}/stems/1?format=mp3" in page
    assert f"/tracks/{made.id}/stems.zip?format=wav" in page
