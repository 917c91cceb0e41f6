"""The tracks of a genre folder: our own, described in ``library.json``, and whatever a user dropped in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from models.audio import SUFFIXES
from models.composer.midi import from_midi
from models.spec import BadInput, Score

CATALOGUE = "library.json"


@dataclass(frozen=True)
class LibraryTrack:
    """A track on disk. ``tempo`` is None for one that has not been analysed; ``beats`` are seconds.

    ``final`` is the quarter note on which the last chord falls, where the track has a score.
    """

    path: Path
    title: str
    tempo: float | None = None
    key: str | None = None
    instruments: tuple[str, ...] = ()
    metre: int = 4
    final: float | None = None

    @property
    def midi(self) -> Path:
        return self.path.with_suffix(".mid")

    @property
    def known(self) -> bool:
        """Whether the library describes the track."""
        return self.tempo is not None

    def score(self, genre: str) -> Score | None:
        """The exact score beside a track of the library, else None."""
        if not self.known or not self.midi.is_file():
            return None
        return from_midi(self.midi.read_bytes(), genre, self.title)


def tracks(folder: Path, genre: str) -> tuple[LibraryTrack, ...]:
    """The audio files in ``folder/genre``, sorted by name. Raises BadInput when there are none."""
    home = folder / genre
    found = sorted(p for p in home.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()) if home.is_dir() else []
    if not found:
        raise BadInput(
            f"There are no recordings in the folder genres/{genre}. Put some there (for example GTZAN's .au files), "
            "or choose another mode."
        )
    described = _catalogue(folder)
    return tuple(described.get(path, LibraryTrack(path, path.stem)) for path in found)


def _catalogue(folder: Path) -> dict[Path, LibraryTrack]:
    file = folder / CATALOGUE
    if not file.is_file():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8"))["tracks"]
    return {
        folder / row["path"]: LibraryTrack(
            path=folder / row["path"],
            title=row["title"],
            tempo=float(row["tempo"]),
            key=row["key"],
            instruments=tuple(row["instruments"]),
            metre=int(row["metre"]),
            final=float(row["final"]),
        )
        for row in rows
    }
