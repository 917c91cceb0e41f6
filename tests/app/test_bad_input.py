"""What bad input gets: PRODUCT's table, row by row, against the application on both databases."""

import io
import struct
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app import create_app
from app.context import Context
from app.settings import load
from app.tables import Job, Track

RATE = 16_000
SOUND = (0.3 * np.sin(np.arange(RATE) * 0.1)).astype(np.float32)


def written(data: np.ndarray, rate: int = RATE, **how: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, data, rate, **({"format": "WAV"} | how))
    return buffer.getvalue()


def upload(client: FlaskClient, content: bytes, name: str = "clip.wav", url: str = "/tracks") -> Any:
    # Encoded here, because the test client would leave its temporary file open for a large body.
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
    return client.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def stored(context: Context) -> list[Path]:
    folders = (context.settings.var_dir / "files", context.settings.scratch_dir)
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


NOT_SOUND = {
    "empty": b"",
    "text": b"this is not audio\n" * 100,
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "wav header alone": written(SOUND)[:44],
    "wav without samples": written(SOUND[:0]),
    "half a header": written(SOUND)[:20],
    "random bytes": np.random.default_rng(0).bytes(5000),
    "nothing but NaN": written(np.full(RATE, np.nan, np.float32), subtype="FLOAT"),
    "a truncated mp3 frame": b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x64",
}


@pytest.mark.parametrize("content", NOT_SOUND.values(), ids=NOT_SOUND.keys())
def test_what_is_no_sound_is_refused_and_not_kept(client: FlaskClient, context: Context, content: bytes) -> None:
    for url in ("/tracks", "/classify"):
        answer = upload(client, content, url=url)
        assert answer.status_code == 422, answer.json
        assert answer.json["error"]["field"] == "file"
        assert len(answer.json["error"]["message"]) > 10
    assert stored(context) == []
    with context.reads() as session:
        assert session.scalar(select(func.count()).select_from(Track)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def eight_bit() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 40)
    return buffer.getvalue()


ODD_SOUND = {
    "8 bits": eight_bit(),
    "192 kHz": written(SOUND, 192_000),
    "20 channels": written(np.tile(SOUND[:, None], (1, 20))),
    "wrong extension": written(SOUND, format="FLAC"),
    "truncated": written(SOUND)[:20_000],
    "some NaN": written(np.where(np.arange(RATE) % 1000 == 0, np.nan, SOUND).astype(np.float32), subtype="FLOAT"),
    "au": written(SOUND, format="AU"),
    "one sample": written(SOUND[:1]),
}


@pytest.mark.parametrize("content", ODD_SOUND.values(), ids=ODD_SOUND.keys())
def test_odd_sound_is_taken_if_it_can_be_decoded(client: FlaskClient, content: bytes) -> None:
    answer = upload(client, content)
    assert answer.status_code == 201, answer.json
    track = answer.json["outcomes"][0]["track"]
    assert track["length"] > 0
    for link in ("peaks", "spectrogram", "wav", "mp3"):
        got = client.get(track["links"][link])
        assert got.status_code == 200, link
        assert len(got.data) > 0


def test_a_rate_of_0_hz_in_the_header(client: FlaskClient) -> None:
    content = bytearray(written(SOUND))
    content[24:28] = struct.pack("<I", 0)
    assert upload(client, bytes(content)).status_code in {201, 422}


@pytest.fixture
def server_with(context: Context) -> Iterator[Callable[..., FlaskClient]]:
    """Makes a client of a server on the same database with other settings."""
    opened: list[Context] = []

    def build(**changes: Any) -> FlaskClient:
        same = {"database_url": context.settings.database_url, "broker_url": context.settings.broker_url}
        settings = load(**(same | {"var_dir": context.settings.var_dir} | changes))
        opened.append(Context.open(settings))
        return create_app(settings, opened[-1]).test_client()

    yield build
    for other in opened:
        other.close()


def test_over_the_limits_is_413_and_not_stored(server_with: Callable[..., FlaskClient], context: Context) -> None:
    small = server_with(max_upload_mb=1, max_seconds=10)
    for content in (written(np.zeros(11 * RATE, np.float32)), bytes(1_100_000), bytes(3_000_000)):
        for url in ("/classify", "/tracks"):
            answer = upload(small, content, url=url)
            if url == "/classify" or len(content) > 2_000_000:
                assert answer.status_code == 413, answer.json
            else:
                assert answer.status_code in {413, 422}
            assert answer.json["error"]["field"] == "file"
    assert stored(context) == []


WRONG = [
    ({"genre": "polka"}, "genre", "reggae"),
    ({}, "genre", "required"),
    ({"genre": "jazz", "mode": "telepathy"}, "mode", "compose"),
    ({"genre": "jazz", "generate_mode": 77}, "mode", "compose"),
    ({"genre": "jazz", "instruments": ["kazoo"]}, "instruments.0", "piano"),
    ({"genre": "jazz", "tempo": 39}, "tempo", "40"),
    ({"genre": "jazz", "tempo": 221}, "tempo", "220"),
    ({"genre": "jazz", "tempo": "brisk"}, "tempo", "very_fast"),
    ({"genre": "jazz", "length": 0.5}, "length", "1"),
    ({"genre": "jazz", "length": 301}, "length", "300"),
    ({"genre": "jazz", "length": "30"}, "length", "number"),
    ({"genre": "jazz", "key": "H minor"}, "key", "C major"),
    ({"genre": "jazz", "seed": -1}, "seed", "0"),
    ({"genre": "jazz", "colour": "red"}, "colour", "not permitted"),
    ({"genre": "jazz", "options": {"colour": "red"}}, "options.colour", "not permitted"),
    ({"genre": "jazz", "guide_strength": 2}, "guide_strength", "1"),
    ({"genre": "jazz", "title": "x" * 10_001}, "title", "10000"),
    ({"genre": "jazz", "mode": 0, "generate_mode": 1}, None, "either"),
]


@pytest.mark.parametrize(("body", "field", "hint"), WRONG, ids=[str(row[0])[:60] for row in WRONG])
def test_a_wrong_request_is_422_and_names_the_field(
    client: FlaskClient, body: dict[str, Any], field: str | None, hint: str
) -> None:
    answer = client.post("/generate", json=body)
    assert answer.status_code == 422
    error = answer.json["error"]
    assert error.get("field") == field
    assert hint in error["message"]


def test_words_are_read_as_people_write_them(client: FlaskClient) -> None:
    body = {"genre": "Jazz", "instruments": ["Electric Guitar", "bass", "bass"], "tempo": "Very fast", "key": "f#m"}
    params = client.post("/generate", json=body).json["params"]
    assert params["instruments"] == ["electric_guitar", "bass"]
    assert (params["genre"], params["tempo"], params["key"]) == ("jazz", 180, "F# minor")


def test_older_clients_numbers_of_modes(client: FlaskClient) -> None:
    assert client.post("/generate", json={"genre": "jazz", "generate_mode": 0}).json["params"]["mode"] == "dataset"
    assert client.post("/generate", json={"genre": "jazz", "mode": "0"}).json["params"]["mode"] == "dataset"


def test_a_mode_that_is_not_ready_is_409_with_the_reason(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from models import registry

    # The checkpoint's folder is elsewhere, so its files are missing.
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    answer = client.post("/generate", json={"genre": "jazz"})
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "not_ready"
    assert "missing" in answer.json["error"]["message"]


def test_without_a_worker_a_job_waits_and_says_so(client: FlaskClient) -> None:
    answer = client.post("/generate", json={"genre": "jazz"})
    assert answer.status_code == 202
    job = client.get(answer.json["links"]["self"]).json
    assert (job["state"], job["position"]) == ("queued", 1)
    assert "No worker" in job["notice"]
    health = client.get("/health").json
    assert health["ready"]
    assert not health["working"]


def test_a_broker_that_is_down_is_503_and_nothing_is_written(server_with: Callable[..., FlaskClient]) -> None:
    # Nothing listens on port 1 of loopback.
    client = server_with(broker_url="redis://127.0.0.1:1/0")
    answer = client.post("/generate", json={"genre": "jazz"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/jobs").json["total"] == 0
    assert client.get("/health").status_code == 503


def test_a_full_disk_is_503(client: FlaskClient, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    answer = upload(client, written(SOUND))
    assert answer.status_code == 503
    assert stored(context) == []
    monkeypatch.undo()
    assert upload(client, written(SOUND)).status_code == 201


def test_a_locked_database_is_503_and_recovers(client: FlaskClient, context: Context) -> None:
    if context.engine.dialect.name != "sqlite":
        return  # PostgreSQL has no lock over the whole database
    with context.writes.begin() as session:
        session.execute(select(1))
        answer = client.post("/generate", json={"genre": "jazz"})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert client.post("/generate", json={"genre": "jazz"}).status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/007",
        "/tracks/0000000000000000",
        "/tracks/00/audio",
        "/tracks/../../etc/passwd",
        "/tracks/%2e%2e%2fsecret",
        "/tracks/x/midi",
        "/tracks/x/peaks.json",
        "/tracks/%F0%9F%8E%B5",
        "/nowhere",
    ],
)
def test_unknown_ids_are_404(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_strange_titles_are_stored_as_they_are(client: FlaskClient) -> None:
    track = upload(client, written(SOUND), "007 <b>bold</b> 🎵.wav").json["outcomes"][0]["track"]
    assert track["title"] == "b> 🎵"
    for title in ("<script>alert(1)</script>", "🎵" * 100, "x" * 10_000, "../../etc/passwd", "001"):
        answer = client.patch(track["links"]["self"], json={"title": title})
        assert answer.status_code == 200
        assert client.get(track["links"]["self"]).json["title"] == title
        sound = client.get(track["links"]["flac"] + "&download=1")
        assert sound.status_code == 200
        assert "/" not in sound.headers["Content-Disposition"].split("filename", 1)[1].replace("UTF-8''", "")


def test_many_files_have_an_outcome_each(client: FlaskClient) -> None:
    files = [
        (io.BytesIO(written(SOUND)), "a.wav"),
        (io.BytesIO(b"nothing"), "b.wav"),
        (io.BytesIO(written(SOUND)), "c.wav"),
    ]
    answer = client.post("/tracks", data={"files": files}, content_type="multipart/form-data")
    assert answer.status_code == 201
    assert (answer.json["added"], answer.json["refused"]) == (2, 1)
    assert [bool(row["error"]) for row in answer.json["outcomes"]] == [False, True, False]
    assert client.get("/tracks").json["total"] == 2


def test_a_sound_sent_for_analysis_stays_out_of_the_library_until_it_is_kept(client: FlaskClient) -> None:
    job = upload(client, written(SOUND), url="/classify").json
    assert client.get("/tracks").json["total"] == 0
    link = f"/tracks/{job['params']['track_id']}"
    assert client.delete(link).status_code == 409
    assert client.patch(link, json={"kept": True}).json["kept"]
    assert client.get("/tracks").json["total"] == 1


def test_other_bodies_and_methods(client: FlaskClient) -> None:
    assert client.post("/generate", data="genre=jazz").status_code == 415
    assert client.post("/generate", data="{", content_type="application/json").status_code == 422
    assert client.post("/generate", json=["jazz"]).status_code == 422
    assert client.put("/generate", json={}).status_code == 405
    assert client.post("/classify").status_code == 422
    assert client.post("/classify", data={"track_id": "x"}).status_code == 404
