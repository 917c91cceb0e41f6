"""The library's own analysis: every track of it gets labels, tempo and key, and a place among others.

Work goes on in slices, one job after the other, so that a large import does not hold up those who make music. What is
left is told by the table alone: a job that is killed loses no more than the track it was at. A track whose models have
changed since is analysed anew.
"""

import hashlib
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app import jobs, shelf
from app.context import Context
from app.errors import Unavailable
from app.tables import Embedding, Job, Track, TrackLabel
from models import registry
from models.spec import Embedding as Place
from models.spec import Kind

KIND, QUEUE = "study", "slow"
SLICE_SECONDS = 15.0
"""After so long a job ends and another is queued behind those that wait."""
KINDS: tuple[Kind, ...] = ("classifiers", "embedders")
GONE = "It was deleted meanwhile."
DIED = "The process that listened to it ended unexpectedly, every time."
LIKELY = {"tags": 0.1, "qualities": 0.5, "genre": 0.3}
"""Probability from which a label is kept for search; of other tasks the best one is."""


def ready(kind: Kind) -> list[str]:
    """The backends of a kind that can run here."""
    return [spec.name for spec in registry.specs(kind) if registry.not_ready(spec) is None]


def signature() -> str:
    """A name for the models that the library is analysed with; it changes with any of their checkpoints."""
    words = []
    for kind in KINDS:
        for name in ready(kind):
            files = [path.name for pattern in registry.spec(kind, name).files for path in registry.ROOT.glob(pattern)]
            words.append(f"{kind}/{name}: {sorted(files)}")
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def _pending(current: str) -> Any:
    return Track.kept.is_(True) & or_(Track.analysed_with.is_(None), Track.analysed_with != current)


def counts(session: Session) -> dict[str, int]:
    """How many tracks the library has, and how many of them are waiting or could not be analysed."""
    current = signature()
    total = session.scalar(select(func.count()).where(Track.kept.is_(True))) or 0
    waiting = session.scalar(select(func.count()).where(_pending(current))) or 0
    failed = session.scalar(select(func.count()).where(Track.kept.is_(True), Track.analysis_error.is_not(None))) or 0
    return {"total": total, "waiting": waiting, "failed": failed}


def next_track(session: Session) -> Track | None:
    """The track that has waited longest."""
    return session.scalar(select(Track).where(_pending(signature())).order_by(Track.created, Track.id).limit(1))


def order(context: Context) -> Job | None:
    """Queue the next slice if something waits and no slice is under way. Raises Unavailable when the broker is down."""
    if not context.settings.analyse_library:
        return None
    with context.reads() as session:
        under_way = session.scalar(
            select(Job.id).where(Job.kind == KIND, Job.state.in_(("queued", "running"))).limit(1)
        )
        if under_way is not None or next_track(session) is None:
            return None
    return jobs.submit(context, KIND, {}, queue_name=QUEUE)


def order_if_possible(context: Context) -> None:
    """The same for those who have something better to tell than that the broker is down: workers order it later."""
    try:
        order(context)
    except Unavailable:
        return


def begin(context: Context, track_id: str) -> str | None:
    """Note that a track is being analysed; None, or why it cannot be.

    When the process that did so died every time, that is a failure: such a track must not keep all others waiting.
    """
    with context.writes.begin() as session:
        track = session.get(Track, track_id)
        if track is None:
            return GONE
        track.analysis_attempts += 1
        if track.analysis_attempts <= context.settings.max_attempts:
            return None
        store_failure(session, track_id, DIED)
        return DIED


def put_off(context: Context, track_id: str) -> None:
    """Take back what `begin` noted: the work was broken off, and nothing is wrong with the track."""
    with context.writes.begin() as session:
        session.execute(update(Track).where(Track.id == track_id).values(analysis_attempts=Track.analysis_attempts - 1))


def store(session: Session, track_id: str, answers: dict[str, Any], places: dict[str, Place]) -> None:
    """Write an analysis down; nothing happens when the track is gone."""
    track = session.get(Track, track_id)
    if track is None:
        return
    tasks = [name for name in answers if name in registry.names("classifiers")]
    remember(track, {task: answers[task] for task in tasks})
    track.analysed_with, track.analysis_error, track.analysis_attempts = signature(), None, 0
    session.execute(delete(TrackLabel).where(TrackLabel.track_id == track_id))
    for task in tasks:
        session.add_all(TrackLabel(track_id=track_id, task=task, **label) for label in _likely(task, answers[task]))
    session.execute(delete(Embedding).where(Embedding.track_id == track_id))
    session.flush()
    shelf.changed(session)
    for name, place in places.items():
        if place.vector.any():
            session.add(
                Embedding(
                    track_id=track_id, embedder=name, vector=shelf.packed(place.vector), checkpoint=place.checkpoint
                )
            )


def store_failure(session: Session, track_id: str, reason: str) -> None:
    """Write down that a track cannot be analysed, so that it is not tried again with the same models."""
    track = session.get(Track, track_id)
    if track is not None:
        track.analysed_with, track.analysis_error, track.analysis_attempts = signature(), reason, 0


def remember(track: Track, analysis: dict[str, Any]) -> None:
    """Keep answers with a track; tempo, key and genre of an uploaded one become its own where it has none."""
    track.analysis = track.analysis | analysis
    if track.origin != "uploaded":
        return
    tempo, key, genre = analysis.get("tempo"), analysis.get("key"), analysis.get("genre")
    if isinstance(tempo, dict) and track.tempo is None:
        track.tempo = tempo.get("bpm")
    if isinstance(key, dict) and track.key is None and key.get("tonic"):
        track.key = f"{key['tonic']} {key['mode']}"
    if track.kept and track.genre is None and genre and genre[0]["probability"] >= 0.5:
        track.genre = genre[0]["label"]


def _likely(task: str, labels: Any) -> list[dict[str, Any]]:
    if not isinstance(labels, list) or not labels:
        return []
    if task not in LIKELY:
        return labels[:1]
    return [label for label in labels if label["probability"] >= LIKELY[task]]
