"""A library with made-up places: genres are directions, so that what must be found is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app import shelf, study
from app.context import Context
from app.tables import Embedding, Track, TrackLabel
from models.similarity.vectors import Vectors, unit

SIZE = 16
GENRES = ("jazz", "rock", "pop")


def places(count: int, seed: int = 0, spread: float = 0.3) -> Vectors:
    """(count, SIZE) unit vectors, the n-th near the direction of the genre n % 3."""
    rng = np.random.default_rng(seed)
    centres = np.eye(SIZE)[: len(GENRES)]
    return unit(centres[np.arange(count) % len(GENRES)] + spread / np.sqrt(SIZE) * rng.standard_normal((count, SIZE)))


def add(context: Context, vectors: Vectors, embedders: Sequence[str] = ("musicnn",), **given: Any) -> list[str]:
    """Tracks with these places; ``given`` are lists of values by column, a value for each track."""
    ids = []
    with context.writes.begin() as session:
        for number, vector in enumerate(vectors):
            values: dict[str, Any] = {
                "title": f"Track {number}",
                "origin": "uploaded",
                "genre": GENRES[number % len(GENRES)],
                "tempo": 90.0 + number,
                "key": ("C major", "A minor", "F# major")[number % 3],
                "length": 20.0 + number,
                "sample_rate": 22_050,
                "params": {},
                "analysis": {"tags": [{"label": "sad", "probability": 0.4}, {"label": "rock", "probability": 0.01}]},
                "created": 1000.0 + number,
                "analysed_with": study.signature(),
            }
            track = Track(**(values | {name: column[number] for name, column in given.items()}))
            session.add(track)
            session.flush()
            for name in embedders:
                row = Embedding(embedder=name, vector=shelf.packed(vector), checkpoint="first")
                row.track_id = track.id
                session.add(row)
            session.add(TrackLabel(track_id=track.id, task="tags", label="sad", probability=0.4))
            ids.append(track.id)
        shelf.changed(session)
    return ids
