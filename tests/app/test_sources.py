"""Music to go on from: MIDI files sent, sources checked and completed, their files kept; on both databases."""

import os
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import housekeeping, jobs, sources
from app.context import Context
from app.tables import Score as Row
from app.tables import Track
from models.composer.midi import MAX_BYTES, to_midi
from models.spec import Note, Part, Score
from tests.app.music import BARS, add_track, music, send

DAY = 86_400.0  # seconds


@pytest.fixture
def track(context: Context, tmp_path: Path) -> str:
    """The id of a composed track."""
    return add_track(context, music(), tmp_path)


def ask(client: FlaskClient, source: dict[str, Any], **body: Any) -> Any:
    return client.post("/generate", json={"source": source} | body)


def test_a_midi_file_is_told_of_and_forgotten(client: FlaskClient, context: Context) -> None:
    sent = send(client, to_midi(music()))
    assert sent.status_code == 201
    told = sent.json
    assert sent.headers["Location"] == told["links"]["self"]
    assert (told["title"], told["tempo"], told["key"], told["metre"]) == ("My Song", 120.0, "C major", [4, 4])
    assert told["bars"] == BARS
    assert told["length"] == pytest.approx(17.5)
    assert [(p["name"], p["role"], p["instrument"], p["notes"]) for p in told["parts"]] == [
        ("Flute", "melody", "flute", 33),
        ("Bass", "bass", "bass", 16),
    ]
    assert client.get(f"/scores/{told['id']}").json == told
    again = send(client, to_midi(music())).json
    with context.reads() as session:
        keys = {session.get(Row, score["id"]).content for score in (told, again)}
    (key,) = keys
    for score, stays in ((told, True), (again, False)):
        assert client.delete(f"/scores/{score['id']}").status_code == 204
        assert context.storage.exists(key) is stays
        for call in (client.get, client.delete):
            assert call(f"/scores/{score['id']}").status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"ID3 not midi", 422, "not a MIDI file"),
        (b"", 422, "empty"),
        (b"MThd" + struct.pack(">IHHH", 6, 1, 0, 480), 422, "no notes"),
        (b"MThd" + b"\0" * MAX_BYTES, 413, "larger than"),
    ],
    ids=["sound", "nothing", "no notes", "too large"],
)
def test_what_is_no_score_is_refused_and_leaves_nothing(
    client: FlaskClient, context: Context, data: bytes, status: int, words: str
) -> None:
    answer = send(client, data)
    assert answer.status_code == status
    assert answer.json["error"]["field"] == "file"
    assert words in answer.json["error"]["message"]
    assert list(Path(context.storage.root).rglob("*.json")) == []
    assert list(context.settings.scratch_dir.iterdir()) == []


def test_without_a_file_it_says_so(client: FlaskClient) -> None:
    answer = client.post("/scores", data={}, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "file")


@pytest.mark.parametrize(
    ("task", "changes", "wanted"),
    [
        ("extend", {}, {"length": 50.0, "instruments": ["flute", "bass"], "title": "Under the Lamp (extended)"}),
        ("vary", {}, {"length": 20.0, "instruments": ["flute", "bass"], "title": "Under the Lamp (variation)"}),
        ("arrange", {"genre": "jazz"}, {"genre": "jazz", "length": 23.0, "instruments": []}),
        ("arrange", {"genre": "jazz"}, {"title": "Under the Lamp (Jazz)"}),
        ("infill", {}, {"length": 20.0, "title": "Under the Lamp (rewritten)"}),
        ("vary", {"tempo": 60}, {"tempo": 60.0, "length": 40.0}),
        ("extend", {"tempo": "slow"}, {"tempo": 70.0, "length": 64.286}),
        ("extend", {"length": 25, "title": "Mine"}, {"length": 25.0, "title": "Mine"}),
        ("vary", {"instruments": ["piano"]}, {"instruments": ["piano"]}),
    ],
)
def test_what_is_left_out_comes_from_the_source(
    client: FlaskClient, track: str, task: str, changes: dict[str, Any], wanted: dict[str, Any]
) -> None:
    bars = {"bars": [3, 4]} if task == "infill" else {}
    answer = ask(client, {"task": task, "track_id": track} | bars, **changes)
    assert answer.status_code == 202, answer.json
    params = answer.json["params"]
    assert {name: params[name] for name in wanted} == wanted
    assert params["genre"] == changes.get("genre", "pop")
    assert params["tempo"] == wanted.get("tempo", 120.0)
    assert (params["source"]["task"], params["source"]["track_id"]) == (task, track)


def test_a_score_that_was_sent_needs_a_genre(client: FlaskClient) -> None:
    source = {"task": "arrange", "score_id": send(client, to_midi(music())).json["id"]}
    refused = ask(client, source)
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "genre")
    params = ask(client, source, genre="reggae").json["params"]
    assert (params["genre"], params["title"], params["length"]) == ("reggae", "My Song (Reggae)", 20.5)


@pytest.mark.parametrize(
    ("source", "body", "field", "words"),
    [
        ({"task": "infill"}, {}, "source.bars", "needs them"),
        ({"task": "infill", "bars": [1, 2, 3]}, {}, "source.bars", "at most 2"),
        ({"task": "infill", "bars": [0, 2]}, {}, "source.bars.0", "greater than"),
        ({"task": "infill", "bars": [5, 4]}, {}, "source.bars", "bars 1 to 8"),
        ({"task": "infill", "bars": [8, 9]}, {}, "source.bars", "bars 1 to 8"),
        ({"task": "vary", "bars": [1, 2]}, {}, "source.bars", "only infill"),
        ({"task": "remix"}, {}, "source.task", "extend"),
        ({"task": "vary", "score_id": "x"}, {}, "source", "either"),
        ({"task": "vary", "track_id": None}, {}, "source", "either"),
        ({"task": "vary"}, {"mode": "dataset"}, "source", "compose"),
        ({"task": "extend"}, {"length": 20}, "length", "20 s long"),
        ({"task": "vary"}, {"length": 60}, "length", "extend makes it longer"),
        ({"task": "vary"}, {"tempo": 20}, "tempo", "40"),
        ({"task": "vary"}, {"options": {"chords": "C X9"}}, "options.chords", "X9"),
    ],
)
def test_a_refusal_names_the_field(
    client: FlaskClient, track: str, source: dict[str, Any], body: dict[str, Any], field: str, words: str
) -> None:
    answer = ask(client, {"track_id": track} | source, **body)
    assert answer.status_code == 422, answer.json
    assert answer.json["error"]["field"] == field
    assert words in answer.json["error"]["message"]


def test_music_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    for source in ({"track_id": "nothing"}, {"score_id": "nothing"}):
        assert ask(client, {"task": "vary"} | source).status_code == 404


@pytest.mark.parametrize(
    ("score", "field", "words"),
    [
        (None, "source.track_id", "no score"),
        (music(metre=(5, 4)), "source", "5/4"),
        (music(parts=()), "source", "no notes"),
        (music(tempo=240.0), "tempo", "240 BPM"),
        (music(length=400.0), "length", "400 s long"),
        (music(parts=(Part("Kit", "drums", "drums", 0, (Note(0, 1, 36, 90),)),)), "source", "only drums"),
    ],
    ids=["a recording", "five quarters", "empty", "too fast", "too long", "drums"],
)
def test_music_that_cannot_be_used_is_refused(
    client: FlaskClient, context: Context, tmp_path: Path, score: Score | None, field: str, words: str
) -> None:
    answer = ask(client, {"task": "arrange", "track_id": add_track(context, score, tmp_path)})
    assert answer.status_code == 422, answer.json
    assert answer.json["error"]["field"] == field
    assert words in answer.json["error"]["message"]


def test_a_job_keeps_its_source_when_the_track_is_deleted(client: FlaskClient, context: Context, track: str) -> None:
    job = ask(client, {"task": "infill", "track_id": track, "bars": [2, 3]}).json
    assert client.delete(f"/tracks/{track}").status_code == 204
    key = job["params"]["source"]["content"]
    file = Path(context.storage.root) / key
    os.utime(file, (0, 0))
    housekeeping.tidy(context)
    found = sources.of(context, jobs.get(context, job["id"]).params)
    assert found is not None
    assert (found.score, found.task, found.bars) == (music(), "infill", (2, 3))
    again = client.post(f"/j/{job['id']}/retry")
    kept = jobs.get(context, again.headers["Location"].rsplit("/", 1)[1])
    assert (kept.params, kept.source) == (job["params"], key)


def test_scores_that_were_sent_are_forgotten_after_a_day_but_not_what_jobs_need(
    client: FlaskClient, context: Context
) -> None:
    ids = [send(client, to_midi(music(tempo=tempo))).json["id"] for tempo in (100.0, 110.0, 120.0)]
    ask(client, {"task": "vary", "score_id": ids[1]}, genre="rock")
    with context.writes.begin() as session:
        rows = [session.get(Row, score_id) for score_id in ids]
        keys = [row.content for row in rows]
        for row in rows[:2]:
            row.created = time.time() - 2 * DAY
    housekeeping.tidy(context)
    assert [client.get(f"/scores/{score_id}").status_code for score_id in ids] == [404, 404, 200]
    assert [context.storage.exists(key) for key in keys] == [False, True, True]


def test_a_track_tells_what_it_was_made_from(client: FlaskClient, context: Context, tmp_path: Path) -> None:
    track = add_track(context, music(), tmp_path)
    source = {"task": "infill", "track_id": "a" * 16, "score_id": None, "bars": [3, 4], "title": "Old", "content": "x"}
    with context.writes.begin() as session:
        session.get(Track, track).params = {"source": source}
    shown = client.get(f"/tracks/{track}").json["source"]
    assert (shown["words"], shown["title"], shown["track_id"]) == ("Bars 3 to 4 rewritten in", "Old", "a" * 16)
