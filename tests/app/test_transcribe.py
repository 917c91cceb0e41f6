"""Asking for a transcription: what is refused, what the job says, melodies by other rules; no worker runs here."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
HEARD = [
    {"onset": 0.5 + 0.6 * i, "offset": 1.0 + 0.6 * i, "midi": key, "pitch": key + 0.1} for i, key in enumerate(SCALE)
]


def sent(client: FlaskClient, clip: Path, **fields: Any) -> Any:
    data = {"file": (io.BytesIO(clip.read_bytes()), "A tune.flac"), **fields}
    return client.post("/transcribe", data=data, content_type="multipart/form-data")


def test_a_transcription_is_a_job_of_the_fast_queue(client: FlaskClient, clip: Path) -> None:
    answer = sent(client, clip, quantize="1/8", strength="0.8", scale="am", instrument="Electric Piano", title=" Hm ")
    assert answer.status_code == 202, answer.json
    job = answer.json
    assert (job["kind"], job["queue"], job["state"]) == ("transcribe", "fast", "queued")
    assert job["params"]["title"] == "Hm"
    settings = job["params"]["settings"]
    wanted = {"quantize": "1/8", "strength": 0.8, "scale": "A minor", "instrument": "electric_piano", "kind": "melody"}
    assert {name: settings[name] for name in wanted} == wanted
    assert [row["id"] for row in client.get("/jobs?kind=transcribe").json["jobs"]] == [job["id"]]
    of_track = client.post("/transcribe", data={"track_id": job["params"]["track_id"]})
    assert of_track.status_code == 202, of_track.json
    assert of_track.json["params"]["title"] == "A tune"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "duet"),
        ("tracker", "crepe"),
        ("mix", "maybe"),
        ("quantize", "1/7"),
        ("strength", "1.5"),
        ("constant_tempo", "perhaps"),
        ("tempo", "20"),
        ("downbeat", "-1"),
        ("scale", "H major"),
        ("simplify", "2"),
        ("instrument", "drums"),
        ("volume", "11"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client: FlaskClient, clip: Path, field: str, value: str) -> None:
    answer = sent(client, clip, **{field: value})
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field
    assert client.get("/jobs").json["total"] == 0


def test_it_takes_one_sound(client: FlaskClient, clip: Path) -> None:
    assert client.post("/transcribe", data={}).json["error"]["field"] == "file"
    assert sent(client, clip, track_id="x").json["error"]["field"] == "file"
    assert client.post("/transcribe", data={"track_id": "nothing"}).status_code == 404
    text = {"file": (io.BytesIO(b"no sound at all"), "song.mp3")}
    assert client.post("/transcribe", data=text, content_type="multipart/form-data").status_code == 422


def test_the_same_key_gives_the_same_job(client: FlaskClient, clip: Path) -> None:
    def again(**fields: Any) -> Any:
        data = {"file": (io.BytesIO(clip.read_bytes()), "A tune.flac"), **fields}
        headers = {"Idempotency-Key": "one"}
        return client.post("/transcribe", data=data, content_type="multipart/form-data", headers=headers)

    assert again().json["id"] == again().json["id"]
    assert again(quantize="1/8").status_code == 422


def test_a_melody_by_other_rules(client: FlaskClient) -> None:
    body = {"heard": HEARD, "seconds": 6.0}
    plain = client.post("/melody", json=body).json
    assert [note["midi"] for note in plain["notes"]] == SCALE
    assert [note["from"] for note in plain["notes"]] == [[i] for i in range(8)]
    assert plain["tempo"]["bpm"] == pytest.approx(100, rel=0.02)
    assert plain["key"]["name"] == "C major"
    assert plain["tuning"] == pytest.approx(10, abs=4)
    assert plain["sheet"] is None
    asked = body | {"settings": {"quantize": "1/4", "simplify": 1.0}, "sheet": True}
    simple = client.post("/melody", json=asked).json
    assert len(simple["notes"]) == 2
    assert simple["sheet"].startswith("<svg")
    assert "<script" not in simple["sheet"]
    assert simple["pages"] == 1
    assert client.post("/melody", json=asked | {"page": 2}).status_code == 404
    moved = [HEARD[0] | {"midi": 72}, *HEARD[1:]]
    assert client.post("/melody", json=body | {"heard": moved}).json["notes"][0]["pitch"] == 72
    empty = client.post("/melody", json={"heard": [], "seconds": 1.0, "sheet": True}).json
    assert (empty["notes"], empty["key"], empty["pages"]) == ([], None, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": 901}, "seconds"),
        ({"heard": [{"onset": 1.0, "offset": 1.0, "midi": 60}]}, "heard.0"),
        ({"heard": [{"onset": 1.0, "offset": 2.0, "midi": 128}]}, "heard.0.midi"),
        ({"heard": [{"onset": 1.0, "offset": 2.0}]}, "heard.0.midi"),
        ({"heard": HEARD[:1] * 5001}, "heard"),
        ({"settings": {"quantize": "1/3"}}, "settings.quantize"),
        ({"settings": {"kind": "melody"}}, "settings.kind"),
    ],
)
def test_a_melody_that_cannot_be(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post("/melody", json={"heard": HEARD, "seconds": 6.0} | change)
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field


def test_only_a_transcription_has_its_files(client: FlaskClient, clip: Path) -> None:
    answer = client.post("/tracks", data={"file": (io.BytesIO(clip.read_bytes()), "a.flac")})
    track = answer.json["outcomes"][0]["track"]
    assert (track["links"]["voice"], track["links"]["transcription"], track["links"]["sheet"]) == (None, None, None)
    for path in ("transcription.json", "voice", "form.png", "sheet.svg"):
        assert client.get(f"/tracks/{track['id']}/{path}").status_code == 404, path
    body = {"heard": HEARD}
    assert client.post(f"/tracks/{track['id']}/transcription", json=body).status_code == 404
