"""What of the library waits to be analysed, what is written down, and when it is done anew."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from app import housekeeping, jobs, library, shelf, study
from app.context import Context
from app.tables import Job, Track, TrackLabel
from models import registry
from models.spec import Embedding as Place
from tests.app.shelved import add, places

ANSWERS: dict[str, Any] = {
    "genre": [{"label": "jazz", "probability": 0.7}, {"label": "rock", "probability": 0.2}],
    "tags": [{"label": "sad", "probability": 0.5}, {"label": "60s", "probability": 0.02}],
    "source": [{"label": "acoustic", "probability": 0.4}, {"label": "electronic", "probability": 0.3}],
    "qualities": [{"label": "dark", "probability": 0.6}, {"label": "bright", "probability": 0.4}],
    "tempo": {"bpm": 101.0},
    "key": {"tonic": "A", "mode": "minor"},
    "seconds": 3.0,
}


@pytest.fixture
def auto(context: Context) -> Context:
    """The context with analysis on."""
    return replace(context, settings=context.settings.model_copy(update={"analyse_library": True}))


def waiting(context: Context, count: int = 3) -> list[str]:
    return add(context, places(count), (), analysed_with=[None] * count, tempo=[None] * count, key=[None] * count,
               genre=[None] * count)  # fmt: skip


def store(context: Context, track_id: str, vector: np.ndarray) -> None:
    with context.writes.begin() as session:
        study.store(session, track_id, ANSWERS, {"musicnn": Place(vector, "abc"), "simclr": Place(vector * 0, "abc")})


def test_what_is_found_is_written_down(context: Context) -> None:
    track_id = waiting(context, 1)[0]
    store(context, track_id, places(1)[0])
    track = library.get(context, track_id)
    assert (track.genre, track.tempo, track.key) == ("jazz", 101.0, "A minor")
    assert set(track.analysis) == set(ANSWERS) - {"seconds"}
    with context.reads() as session:
        labels = {(row.task, row.label) for row in session.scalars(select(TrackLabel))}
        assert labels == {("genre", "jazz"), ("tags", "sad"), ("source", "acoustic"), ("qualities", "dark")}
        assert np.allclose(shelf.of(context, "musicnn").vectors(session, [track_id])[track_id], places(1)[0])
        assert shelf.of(context, "simclr").vectors(session, [track_id]) == {}  # silence has no place
        assert study.counts(session) == {"total": 1, "waiting": 0, "failed": 0}
    store(context, track_id, places(2)[1])  # again: nothing is there twice
    with context.reads() as session:
        assert shelf.of(context, "musicnn").state(session).count == 1
        study.store(session, "gone", ANSWERS, {})  # a track deleted meanwhile is no error


def test_what_a_person_said_stays(context: Context) -> None:
    track_id = waiting(context, 1)[0]
    library.change(context, track_id, {"genre": "metal"})
    store(context, track_id, places(1)[0])
    assert library.get(context, track_id).genre == "metal"


def test_the_oldest_comes_first_and_failures_are_not_tried_again(context: Context) -> None:
    ids = waiting(context)
    with context.writes.begin() as session:
        first = study.next_track(session)
        assert first is not None
        assert first.id == ids[0]
        study.store_failure(session, ids[0], "It is not audio.")
    with context.reads() as session:
        following = study.next_track(session)
        assert following is not None
        assert following.id == ids[1]
        assert study.counts(session) == {"total": 3, "waiting": 2, "failed": 1}


def test_a_track_that_kills_its_process_does_not_keep_others_waiting(context: Context) -> None:
    ids = waiting(context, 2)
    for _ in range(context.settings.max_attempts):
        assert study.begin(context, ids[0]) is None  # and nobody ever tells how it went
    assert study.begin(context, ids[0]) == study.DIED
    assert library.get(context, ids[0]).analysis_error == study.DIED
    with context.reads() as session:
        following = study.next_track(session)
        assert following is not None
        assert following.id == ids[1]
    assert study.begin(context, ids[1]) is None
    store(context, ids[1], places(1)[0])
    assert library.get(context, ids[1]).analysis_attempts == 0
    assert study.begin(context, "gone") == study.GONE


def test_work_that_is_broken_off_is_no_attempt(context: Context) -> None:
    track_id = waiting(context, 1)[0]
    for _ in range(3 * context.settings.max_attempts):
        assert study.begin(context, track_id) is None
        study.put_off(context, track_id)
    assert library.get(context, track_id).analysis_attempts == 0


def test_a_changed_model_means_to_listen_again(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = add(context, places(2), ("musicnn",))
    with context.reads() as session:
        assert study.next_track(session) is None
    before, spec = study.signature(), registry.spec

    def changed(kind: Any, name: str) -> Any:
        found = spec(kind, name)
        return replace(found, files=(*found.files, "checkpoints/rave-*.pt")) if name == "genre" else found

    monkeypatch.setattr(registry, "spec", changed)
    assert study.signature() != before
    with context.reads() as session:
        assert study.counts(session)["waiting"] == 2
        track = study.next_track(session)
        assert track is not None
        assert track.id == ids[0]


def test_one_slice_is_ordered_at_a_time(auto: Context, context: Context) -> None:
    assert study.order(auto) is None  # nothing waits
    waiting(auto)
    assert study.order(context) is None  # it is off
    job = study.order(auto)
    assert job is not None
    assert (job.kind, job.queue) == ("study", "slow")
    assert study.order(auto) is None
    jobs.cancel(auto, job.id)
    housekeeping.recover(auto)  # what was lost or cancelled is ordered again by the workers
    with auto.reads() as session:
        rows = session.scalars(select(Job).where(Job.kind == "study", Job.state == "queued")).all()
    assert len(rows) == 1


def test_only_tracks_of_the_library_are_analysed(context: Context) -> None:
    track_id = waiting(context, 1)[0]
    with context.writes.begin() as session:
        row = session.get(Track, track_id)
        assert row is not None
        row.kept = False
    with context.reads() as session:
        assert study.next_track(session) is None
