"""Music to go on from: the score of a track or one that was sent; found, checked, and what it gives to a request."""

import re
from dataclasses import dataclass
from typing import Any

from app import library, midi_files, scores
from app.context import Context
from app.errors import InputError, NotFound
from app.requests import GenerateBody, SourceBody, mode_spec
from app.tables import Track
from models import registry
from models.composer.bars import bar_count, bars_within
from models.spec import BadInput, Score, Source
from models.vocabulary import GENRES, MAX_LENGTH, MAX_TEMPO, MIN_LENGTH, MIN_TEMPO, label

MORE = {"extend": 30.0, "arrange": 3.0, "vary": 0.0, "infill": 0.0}
"""Seconds that a task adds to its source where the caller names no length."""
ROOM = 5.0
"""Seconds by which a task that keeps the form may be longer: for a last chord that rings."""
MAX_NAME = 200
"""Characters of the source's title in the title of what is made from it."""
_MADE = {"extend": "extended", "vary": "variation", "infill": "rewritten"}
_OLD_MADE = re.compile(rf" \(({'|'.join([*_MADE.values(), *map(label, GENRES)])})\)$")


@dataclass(frozen=True)
class Origin:
    """A score that was found, and how a job refers to it: ``content`` keeps it when the track is deleted."""

    score: Score
    reference: dict[str, Any]


def find(context: Context, wanted: SourceBody) -> Origin:
    """The score of a track or of a file that was sent. Raises NotFound, and InputError where it cannot be used."""
    if wanted.track_id is not None:
        track = library.get(context, wanted.track_id)
        key = _stored(track)
        if key is None:
            message = "This track has no score to go on from: only composed tracks have one."
            raise InputError(message, field="source.track_id")
        title = track.title
    else:
        row = midi_files.get(context, wanted.score_id or "")
        key, title = row.content, row.title
    reference = wanted.model_dump() | {"title": title, "content": key}
    score = _opened(context, key)
    _check(score, wanted)
    return Origin(score, reference)


def _check(score: Score, wanted: SourceBody) -> None:
    try:
        bar_count(score)
    except BadInput as error:
        raise InputError(str(error), field="source") from error
    if wanted.task == "arrange" and all(part.is_drums or not part.notes for part in score.parts):
        raise InputError("There is no tune to arrange, only drums.", field="source")
    if (wanted.task == "infill") != (wanted.bars is not None):
        message = (
            "infill needs them: the first and the last bar" if wanted.task == "infill" else "only infill takes them"
        )
        raise InputError(f"source.bars: {message}", field="source.bars")


def bars_of(context: Context, track: Track) -> int | None:
    """How many bars of a track may be written anew; None for a track that cannot be gone on from."""
    key = _stored(track)
    if key is None:
        return None
    score = _opened(context, key)
    try:
        return bars_within(score, score.tempo, score.length)
    except BadInput:
        return None


def _stored(track: Track) -> str | None:
    return next((file.key for file in track.files if file.name == scores.SCORE), None)


def of(context: Context, params: dict[str, Any]) -> Source | None:
    """The source of a job's parameters, as generators take it; None for a job that begins from nothing."""
    reference = params.get("source")
    if reference is None:
        return None
    bars = reference["bars"]
    return Source(_opened(context, reference["content"]), reference["task"], tuple(bars) if bars else None)


def _opened(context: Context, key: str) -> Score:
    try:
        return scores.read(context, key)
    except FileNotFoundError as error:
        raise NotFound("The music to go on from is not stored any more.") from error


def params(body: GenerateBody, origin: Origin) -> dict[str, Any]:
    """The complete parameters of a job that goes on from music: what the caller left out comes from there.

    Raises InputError naming the field, NotReady.
    """
    spec = mode_spec(body.wanted_mode)
    if "source" not in spec.honours:
        able = ", ".join(s.name for s in registry.specs("generators") if "source" in s.honours)
        message = f"source: The mode {spec.name} cannot go on from music; modes that can: {able}"
        raise InputError(message, field="source")
    score, task = origin.score, origin.reference["task"]
    given = body.model_fields_set
    tempo = body.tempo if "tempo" in given else _tempo(score)
    length = _length(score, task, tempo, body.length if "length" in given else None)
    bars = origin.reference["bars"]
    if bars is not None:
        _check_bars(bars, bars_within(score, tempo, length))
    genre = body.genre or score.genre or None
    # A new style brings its own band; whoever goes on in the old one keeps the players.
    own = [] if task == "arrange" else [part.instrument for part in score.parts if part.notes]
    filled = body.model_copy(
        update={
            "genre": genre,
            "tempo": tempo,
            "length": length,
            "instruments": body.instruments or own,
            "title": (body.title or "").strip() or _title(origin, genre),
        }
    )
    return filled.params() | {"source": origin.reference}


def _tempo(score: Score) -> float:
    if not MIN_TEMPO <= score.tempo <= MAX_TEMPO:
        message = f"tempo: The music is at {score.tempo:g} BPM; give a tempo from {MIN_TEMPO:g} to {MAX_TEMPO:g}"
        raise InputError(message, field="tempo")
    return score.tempo


def _length(score: Score, task: str, tempo: float, asked: float | None) -> float:
    own = score.length * score.tempo / tempo
    at = f"{own:.4g} s long at {tempo:g} BPM"
    if task == "extend" and (asked or MAX_LENGTH) <= own:
        raise InputError(f"length: The music is {at} already; a longer one is needed to extend it", field="length")
    if task in ("vary", "infill") and asked is not None and asked > own + ROOM:
        raise InputError(f"length: The music is {at} and keeps its form; extend makes it longer", field="length")
    if asked is not None:
        return asked
    if own > MAX_LENGTH:
        message = f"length: The music is {at}; give a length up to {MAX_LENGTH:g} to use its beginning"
        raise InputError(message, field="length")
    return min(MAX_LENGTH, max(MIN_LENGTH, round(own + MORE[task], 3)))


def _check_bars(bars: list[int], count: int) -> None:
    first, last = bars
    if not first <= last <= count:
        message = f"source.bars: The music has bars 1 to {count}; give the first and the last to be written anew"
        raise InputError(message, field="source.bars")


def _title(origin: Origin, genre: str | None) -> str:
    task = origin.reference["task"]
    name = _OLD_MADE.sub("", origin.reference["title"][:MAX_NAME])
    return f"{name} ({_MADE.get(task) or label(genre or task)})"
