"""The stored score of a track, and the sheets that are written from it when first asked for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from app.context import Context
from app.errors import NotFound
from app.tables import Track
from models.composer.chart import to_chart
from models.composer.musicxml import to_lead_sheet, to_musicxml
from models.composer.score_json import from_dict, to_dict
from models.spec import Score

SCORE = "score.json"

WRITERS: Mapping[str, Callable[[Score], bytes]] = {
    "score.musicxml": to_musicxml,
    "lead.musicxml": to_lead_sheet,
    "chords.txt": lambda score: to_chart(score).encode(),
}
"""What is written from a score, by the name of the file."""


def dump(score: Score) -> str:
    """A score as it is stored and as the piano roll reads it."""
    return json.dumps(to_dict(score), separators=(",", ":"))


def stored(context: Context, track: Track) -> Score:
    """The score of a track under its title of today. Raises NotFound where there is none."""
    file = next((file for file in track.files if file.name == SCORE), None)
    if file is None:
        raise NotFound("This track has no score: it was not composed as one.")
    return replace(read(context, file.key), title=track.title)


def engraved(musicxml: bytes, page: int, *, header: bool = True) -> tuple[str, int]:
    """A page of sheet music as SVG, and how many there are. Raises NotFound for a page that is not there."""
    from models.composer.engraving import NoSuchPage, engrave

    try:
        return engrave(musicxml, page, header=header)
    except NoSuchPage as error:
        raise NotFound(str(error)) from error


def read(context: Context, key: str) -> Score:
    """The score under a storage key. Raises FileNotFoundError."""
    with context.storage.open(key) as stream:
        return from_dict(json.load(stream))


def write(context: Context, track: Track, name: str, target: Path) -> None:
    """Write one of `WRITERS` to a path. Raises NotFound for a track without a score."""
    target.write_bytes(WRITERS[name](stored(context, track)))
