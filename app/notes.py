"""Single notes: what a request may say, and its job. The worker makes them; see `worker.note`."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from app import jobs
from app.context import current
from app.errors import NotReady
from app.requests import MAX_SEED, first_problem, new_seed
from app.tables import Job
from models import registry
from models.note_words import (
    FAMILIES,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    QUALITIES,
    SOURCES,
    USUAL_SOURCES,
    checked_qualities,
)
from models.vocabulary import normalise

KIND = "note"
"""Of the job, and ``mode`` of the track."""
MODE = "notes"
"""The generator whose network makes them."""
DEFAULT_FAMILY, DEFAULT_PITCH, DEFAULT_VELOCITY = "keyboard", 60, 100
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NAME = re.compile(r"([A-Ga-g])([#b]?)([0-8])")


def pitch_name(pitch: int) -> str:
    """60 -> ``C4``."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def _pitch(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _NAME.fullmatch(value.strip())
    if found is None:
        raise ValueError(
            f"give a MIDI number {LOWEST_PITCH}-{HIGHEST_PITCH}, or a name such as C4 or F#3 from A0 to C8"
        )
    letter, sign, octave = found.groups()
    return 12 * (int(octave) + 1) + NAMES.index(letter.upper()) + {"#": 1, "b": -1, "": 0}[sign]


def _word(value: Any) -> Any:
    return normalise(value) if isinstance(value, str) else value


def _together(words: list[str]) -> list[str]:
    return list(checked_qualities(words))


Word = BeforeValidator(_word)
Quality = Annotated[Literal[*QUALITIES], Word]  # type: ignore[valid-type]
Pitch = Annotated[
    int,
    BeforeValidator(_pitch),
    Field(ge=LOWEST_PITCH, le=HIGHEST_PITCH),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": LOWEST_PITCH, "maximum": HIGHEST_PITCH},
                {"type": "string", "examples": ["C4", "F#3", "Bb2"]},
            ]
        }
    ),
]


class NoteBody(BaseModel):
    """A note to make: four seconds, let go after three."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {"family": "brass", "source": "acoustic", "qualities": ["bright"], "pitch": "C4", "seed": 7}
        },
    )

    family: Annotated[Literal[*FAMILIES], Word] = Field(  # type: ignore[valid-type]
        description="The kind of instrument."
    )
    source: Annotated[Literal[*SOURCES], Word] | None = Field(  # type: ignore[valid-type]
        None, description="How it makes its sound. None: as is usual in the family."
    )
    qualities: Annotated[list[Quality], AfterValidator(_together)] = Field(
        default_factory=list,
        max_length=len(QUALITIES),
        description="What it sounds like; neither bright and dark nor fast_decay and long_release together.",
    )
    pitch: Pitch = Field(DEFAULT_PITCH, description="MIDI number 21-108, or a name from A0 to C8 (60 is C4).")
    velocity: int = Field(DEFAULT_VELOCITY, ge=1, le=127, description="How hard it is struck.")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="The same seed and request give the same bytes.")

    def params(self) -> dict[str, Any]:
        """The complete parameters of the job."""
        source = self.source or USUAL_SOURCES[self.family]
        family = self.family.replace("_", " ").capitalize()
        return {
            # On its own: ``source`` of a job is the music that it goes on from.
            "note": {
                "family": self.family,
                "source": source,
                "qualities": self.qualities,
                "pitch": self.pitch,
                "velocity": self.velocity,
            },
            "seed": self.seed if self.seed is not None else new_seed(),
            "seed_chosen": self.seed is None,
            "title": f"{family} {pitch_name(self.pitch)}, {source}",
        }


def submit(payload: dict[str, Any], idempotency_key: str | None = None) -> Job:
    """Check a request for a note and queue it. Raises InputError, NotReady, Unavailable."""
    try:
        body = NoteBody.model_validate(payload)
    except ValidationError as error:
        raise first_problem(error) from error
    return queue(body, idempotency_key)


def queue(body: NoteBody, idempotency_key: str | None = None) -> Job:
    """Queue a request whose fields have been checked. Raises NotReady, Unavailable."""
    reason = registry.not_ready(registry.spec("generators", MODE))
    if reason:
        raise NotReady(f"Notes cannot be made here. {reason}")
    params = body.params()
    return jobs.submit(current(), KIND, params, queue_name="fast", seed=params["seed"], idempotency_key=idempotency_key)
