"""What one process knows of an embedder's vectors: a published index, and what the database changed since.

The database is the truth. Every transaction that changes embeddings says so (`changed`), in one number that each
question looks at first; only when it has grown are rows read. So a track is found as soon as its embedding is committed
and never after it is deleted, whatever became of the published version: without one, all rows are simply held in
memory. What was changed by hand, past this program, is noticed after `LOOK_SECONDS`.
"""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.tables import Counter, Embedding
from models.similarity.vectors import Vectors

if TYPE_CHECKING:
    from models.similarity.published import Version

STALE_ROWS, STALE_SHARE = 200, 0.05
"""A new version is due when more rows than this, and a larger share, are not as the published one has them."""
LOOK_SECONDS = 30.0
"""After so long the rows are counted although nobody said that they changed."""
COUNTER = "embeddings"
CHUNK = 500  # ids named in one query
Found = list[tuple[str, float]]
"""Track ids with their cosines, best first."""


@dataclass(frozen=True)
class State:
    """What is held at one moment. ``alive`` (n,) are the rows of the version that still hold; ``ids``, ``rows`` and
    ``vectors`` (m, size) are those that the version lacks."""

    checkpoint: str | None = None
    count: int = 0
    newest: int = 0
    version: "Version | None" = None
    alive: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    ids: tuple[str, ...] = ()
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def loose(self) -> int:
        """How many rows are not as the version has them."""
        return len(self.ids) + int((~self.alive).sum())


def of(context: Context, embedder: str) -> "Shelf":
    """The process's shelf of an embedder."""
    return context.shelves.setdefault(embedder, Shelf(context, embedder))


class Shelf:
    """Answers questions about one embedder's vectors; safe to use from several threads."""

    def __init__(self, context: Context, embedder: str) -> None:
        self.context, self.embedder = context, embedder
        self.root = context.settings.index_dir / embedder
        self._state, self._lock = State(), threading.Lock()
        self._generation, self._looked = -1, 0.0

    def state(self, session: Session) -> State:
        """What the database holds now."""
        from models.similarity import published

        # One answer is made of what was there when its session first asked.
        seen: State | None = session.info.get(("shelf", self.embedder))
        if seen is not None:
            return seen
        generation = session.scalar(select(Counter.value).where(Counter.name == COUNTER)) or 0
        with self._lock:
            known, name, now = self._state, published.current(self.root), time.monotonic()
            same = known.version.name == name if known.version else name is None
            if not same or generation != self._generation or now - self._looked > LOOK_SECONDS:
                checkpoint, count, newest = self._truth(session)
                if (known.checkpoint, known.count, known.newest) != (checkpoint, count, newest) or not same:
                    self._state = self._read(session, known, checkpoint, same)
                self._generation, self._looked = generation, now
            session.info["shelf", self.embedder] = self._state
            return self._state

    def _truth(self, session: Session) -> tuple[str | None, int, int]:
        """Of the checkpoint that most rows come from, as only vectors of one can be compared: rows, and the newest."""
        counts = session.execute(
            select(Embedding.checkpoint, func.count(), func.max(Embedding.id))
            .where(Embedding.embedder == self.embedder)
            .group_by(Embedding.checkpoint)
        ).all()
        if not counts:
            return None, 0, 0
        best = max(counts, key=lambda row: (row[1], row[2]))
        return best[0], best[1], best[2]

    def _read(self, session: Session, known: State, checkpoint: str | None, same: bool) -> State:
        from models.similarity import published

        mine = (Embedding.embedder == self.embedder, Embedding.checkpoint == checkpoint)
        rows = np.array(session.scalars(select(Embedding.id).where(*mine).order_by(Embedding.id)).all(), np.int64)
        version = known.version if same else published.open_version(self.root)
        if version is not None and version.about.get("checkpoint") != checkpoint:
            version = None
        alive = np.isin(version.rows, rows) if version is not None else np.zeros(0, bool)
        held = version.rows[alive] if version is not None else np.zeros(0, np.int64)
        loose = rows[~np.isin(rows, held)]
        kept = np.isin(known.rows, loose)
        wanted = loose[~np.isin(loose, known.rows)].tolist()
        ids = [track_id for track_id, keep in zip(known.ids, kept, strict=True) if keep]
        numbers, parts = known.rows[kept].tolist(), [known.vectors[kept]] if kept.any() else []
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            fresh = session.execute(
                select(Embedding.id, Embedding.track_id, Embedding.vector).where(Embedding.id.in_(part))
            ).all()
            numbers += [row[0] for row in fresh]
            ids += [row[1] for row in fresh]
            parts.append(np.stack([unpacked(row[2]) for row in fresh]))
        vectors = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
        newest = int(rows[-1]) if len(rows) else 0
        return State(checkpoint, len(rows), newest, version, alive, tuple(ids), np.array(numbers, np.int64), vectors)

    def search(self, session: Session, vector: Vectors, k: int, allowed: Collection[str] | None = None) -> Found:
        """The tracks nearest to a unit vector (size,), best first; ``allowed`` leaves only some."""
        state = self.state(session)
        found: Found = []
        if state.version is not None:
            from models.similarity import index

            mask = None if state.alive.all() else state.alive
            if allowed is not None:
                encoded = np.array([track_id.encode() for track_id in allowed] or [b""])
                mask = np.isin(state.version.ids, encoded) & state.alive
            numbers, scores = index.search(state.version.index, vector, k, mask)
            found += [(state.version.id(n), float(s)) for n, s in zip(numbers, scores, strict=True)]
        if len(state.ids):
            scores = np.clip(state.vectors @ vector, -1, 1)
            chosen: Any = range(len(scores))
            if allowed is not None:
                among = set(allowed)
                chosen = [n for n in chosen if state.ids[n] in among]
            best = sorted(chosen, key=lambda n: (-scores[n], state.ids[n]))[:k]
            found += [(state.ids[n], float(scores[n])) for n in best]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def vectors(self, session: Session, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors (size,) of those of the tracks that have one."""
        from models.similarity import index

        state = self.state(session)
        place = {track_id: number for number, track_id in enumerate(state.ids)}
        out = {track_id: state.vectors[place[track_id]] for track_id in ids if track_id in place}
        if state.version is not None:
            numbers = {track_id: state.version.number(track_id) for track_id in ids if track_id not in out}
            there = {track_id: n for track_id, n in numbers.items() if n is not None and state.alive[n]}
            rows = index.at(state.version.index, np.array(list(there.values()), np.int64))
            out |= dict(zip(there, rows, strict=True))
        return out

    def everything(self, session: Session) -> tuple[list[str], NDArray[np.int64], Vectors]:
        """All tracks, the numbers of their rows, and their vectors (n, size)."""
        from models.similarity import index

        state = self.state(session)
        ids, rows, parts = list(state.ids), [state.rows], [state.vectors] if len(state.ids) else []
        if state.version is not None:
            numbers = np.flatnonzero(state.alive)
            ids += [state.version.id(int(n)) for n in numbers]
            rows.append(state.version.rows[numbers])
            parts.append(index.at(state.version.index, numbers))
        return ids, np.concatenate(rows), np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)

    def is_due(self, session: Session) -> bool:
        """Whether a new version is worth its work."""
        state = self.state(session)
        return state.loose > max(STALE_ROWS, STALE_SHARE * state.count)

    def publish(self, session: Session) -> str:
        """Write a version of what the database holds; returns its name."""
        from models.similarity import published

        ids, rows, vectors = self.everything(session)
        about = {"embedder": self.embedder, "checkpoint": self.state(session).checkpoint}
        return published.publish(self.root, ids, vectors, about, rows.tolist())


def changed(session: Session) -> None:
    """To be called by every transaction that adds or removes embeddings, before it ends. Of two at a time the second
    waits here for the first, so the number grows in the order in which they become true."""
    session.execute(update(Counter).where(Counter.name == COUNTER).values(value=Counter.value + 1))


def packed(vector: Vectors) -> bytes:
    """A vector as the table keeps it."""
    return np.ascontiguousarray(vector, "<f4").tobytes()


def unpacked(stored: bytes) -> Vectors:
    return np.frombuffer(stored, "<f4").astype(np.float32)
