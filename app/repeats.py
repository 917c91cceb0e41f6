"""Tracks that are one recording: the same bytes, or so alike in sound and length that it must be.

SimCLR's embedding is asked, which knows a sound again rather than its kind. Of 90 GTZAN recordings the most alike two
different ones had a cosine of .98, all others of one artist less than .96; a recording and its small MP3, at another
level and a fifth of a second later, .97 in the median and .83 at the fifth percentile. So not all copies are found, and
hardly anything else. Tracks made here are alike in sound and length without being the same, so of them only the
same bytes count.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import shelf
from app.context import Context
from app.tables import Track, TrackFile
from app.uploads import ORIGINAL
from models.similarity.vectors import Vectors

BY = "simclr"
SAME_COSINE = 0.97
BLOCK = 2000
"""Rows of cosines that are computed at once."""
CHUNK = 500  # ids named in one query


def of_one_recording(
    context: Context, session: Session, ids: Sequence[str], first: str | None = None
) -> list[list[str]]:
    """A ranking of track ids in groups of one recording each, by their first; ``first`` is put before all others."""
    from models.similarity import variety

    ranked = list(dict.fromkeys([first, *ids])) if first is not None else list(ids)
    lengths = _lengths(session, ranked)
    vectors = shelf.of(context, BY).vectors(session, ranked)
    known = [track_id for track_id in ranked if track_id in vectors and track_id in lengths]
    if not known:
        return [[track_id] for track_id in ranked]
    rows = np.stack([vectors[track_id] for track_id in known])
    groups = variety.collapse(known, rows, [lengths[track_id] for track_id in known], cosine=SAME_COSINE)
    by_head = {group[0]: group for group in groups}
    return [by_head.get(track_id, [track_id]) for track_id in ranked if track_id in by_head or track_id not in vectors]


def _lengths(session: Session, ids: Sequence[str]) -> dict[str, float]:
    """Seconds of uploaded tracks; of those made here no number, which is like no other."""
    found: dict[str, float] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for row in session.execute(select(Track.id, Track.length, Track.origin).where(Track.id.in_(part))):
            found[row.id] = row.length if row.origin == "uploaded" else float("nan")
    return found


def groups(context: Context) -> list[list[Track]]:
    """All groups of two and more in the library, the oldest track of each first."""
    with context.reads() as session:
        tracks = {track.id: track for track in session.scalars(select(Track).where(Track.kept.is_(True)))}
        originals = select(TrackFile.key, TrackFile.track_id).join(Track).where(Track.kept, TrackFile.name == ORIGINAL)
        same = session.execute(originals).all()
        ids, _, vectors = shelf.of(context, BY).everything(session)
    joined = _Joined(tracks)
    by_content: dict[str, str] = {}
    for key, track_id in same:
        joined.join(by_content.setdefault(key, track_id), track_id)
    kept = [n for n, track_id in enumerate(ids) if track_id in tracks and tracks[track_id].origin == "uploaded"]
    if kept:
        lengths = np.array([tracks[ids[number]].length for number in kept])
        for one, other in _pairs(vectors[kept], lengths):
            joined.join(ids[kept[one]], ids[kept[other]])
    found = [sorted((tracks[t] for t in group), key=lambda track: (track.created, track.id)) for group in joined.all()]
    return sorted((group for group in found if len(group) > 1), key=lambda group: (group[0].created, group[0].id))


def _pairs(vectors: Vectors, lengths: np.ndarray) -> list[tuple[int, int]]:
    from models.similarity.variety import SAME_LENGTH

    pairs = []
    for start in range(0, len(vectors), BLOCK):
        scores = vectors[start : start + BLOCK] @ vectors.T
        for one, other in np.argwhere(scores >= SAME_COSINE).tolist():
            first, second = lengths[start + one], lengths[other]
            if start + one < other and abs(first - second) <= SAME_LENGTH * max(first, second):
                pairs.append((start + one, other))
    return pairs


class _Joined:
    """Sets that grow together (union-find)."""

    def __init__(self, names: Iterable[str]) -> None:
        self.above = {name: name for name in names}

    def root(self, name: str) -> str:
        while self.above[name] != name:
            self.above[name] = name = self.above[self.above[name]]
        return name

    def join(self, one: str, other: str) -> None:
        self.above[self.root(other)] = self.root(one)

    def all(self) -> list[list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.above:
            found.setdefault(self.root(name), []).append(name)
        return list(found.values())
