"""A melody by other rules, at once: what the Hum page asks while a slider moves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from app import scores
from app.context import current
from app.errors import InputError
from app.transcribing import MOST_SECONDS, Notes
from models.composer.musicxml import to_musicxml
from models.transcription.melody import Melody, play
from models.transcription.settings import Rules


class MelodyBody(BaseModel):
    """Notes that were heard, and what to do with them."""

    model_config = ConfigDict(extra="forbid")

    heard: Notes
    seconds: float = Field(gt=0, le=MOST_SECONDS, description="Length of the recording.")
    settings: Rules = Field(default_factory=lambda: Rules())
    one_voice: bool = Field(True, description="Whether notes may not overlap.")
    sheet: bool = Field(False, description="Whether to engrave the first page.")
    page: int = Field(1, ge=1, le=1000, description="The page to engrave instead.")


def made(body: MelodyBody) -> dict[str, Any]:
    """The notes as they would be played, and the facts about them.

    Raises InputError for what is longer than a recording may be, NotFound for a page that is not there.
    """
    longest = current().settings.max_seconds
    if body.seconds > longest:
        raise InputError(f"seconds: a recording has at most {longest:g}", field="seconds")
    melody = play([note.sung() for note in body.heard], body.seconds, body.settings, "", one_voice=body.one_voice)
    answer = facts(melody) | {"sheet": None, "pages": None}
    if body.sheet:
        answer["sheet"], answer["pages"] = scores.engraved(to_musicxml(melody.paper), body.page, header=False)
    return answer


def facts(melody: Melody) -> dict[str, Any]:
    """A melody in the API's words."""
    beats, key, lines = melody.beats, melody.key, _lines(melody)
    return {
        "notes": [note.words() for note in melody.notes],
        "tempo": {
            "bpm": round(beats.bpm, 2),
            "confidence": round(beats.confidence, 3),
            "first_beat": round(beats.first, 4),
            "metre": beats.metre,
        },
        "key": {
            "name": key.name,
            "tonic": key.name.split()[0],
            "mode": key.mode,
            "confidence": round(key.confidence, 3),
        }
        if key
        else None,
        "beats": [round(float(time), 3) for time in lines if time >= 0],
        "bars": [round(float(time), 3) for time in lines[beats.downbeat % beats.metre :: beats.metre] if time >= 0],
        "tuning": round(melody.cents, 1),
        "sections": [
            {"name": s.name, "start": round(s.start, 3), "end": round(s.end, 3)} for s in melody.form.sections
        ],
        "notices": list(melody.notices),
    }


def _lines(melody: Melody) -> NDArray[np.float64]:
    """The beats in seconds, as they are played."""
    beats = melody.beats
    return beats.constant(np.arange(len(beats.times), dtype=float)) if melody.even else beats.times
