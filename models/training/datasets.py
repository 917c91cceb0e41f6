"""Training material on disk: tables in, rows out. The folder always comes from the command line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

FULL_SECONDS = 14.0  # GTZAN clips at least this long count as whole; the others are excerpts of 2-3 s


@dataclass(frozen=True)
class Track:
    """A recording with its genre. ``group`` is what must not be on both sides of a split: the artist."""

    path: Path
    genre: str
    group: str
    seconds: float

    @property
    def full(self) -> bool:
        return self.seconds >= FULL_SECONDS


def gtzan(data: Path) -> list[Track]:
    """The tracks of ``gtzan.csv``. A track of unknown artist is a group of its own.

    Raises FileNotFoundError when the folder holds no such table.
    """
    with (data / "gtzan.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Track(data / row["path"], row["genre"], row["artist"].strip().lower() or row["path"], float(row["seconds"]))
        for row in rows
    ]
