"""What may be asked of a transcription. Light to import: forms and the API's schema are made from it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.vocabulary import INSTRUMENTS, key_name, normalise, parse_key

GRID_NAMES = ("off", "1/4", "1/8", "1/8t", "1/16", "1/16t")
PLAYERS = tuple(name for name in INSTRUMENTS if name != "drums")


def _scale(text: str) -> str:
    word = text.strip()
    if word.lower() in ("off", "auto"):
        return word.lower()
    return key_name(*parse_key(word))


def _player(text: str) -> str:
    word = normalise(text)
    if word not in PLAYERS:
        raise ValueError(f"there is no {text!r}; instruments are: {', '.join(PLAYERS)}")
    return word


class Rules(BaseModel):
    """What is done to the notes that were heard before they are played."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantize: Literal["off", "1/4", "1/8", "1/8t", "1/16", "1/16t"] = Field(
        "off", description="Grid that notes are put on, t for triplets. It brings a constant tempo with it."
    )
    strength: float = Field(1.0, ge=0, le=1, description="How far notes are moved towards the grid.")
    constant_tempo: bool = Field(False, description="Even out the tempo. Otherwise the timing stays as it was sung.")
    tempo: float | None = Field(None, ge=40, le=220, description="BPM, where it is known. Otherwise it is estimated.")
    downbeat: float | None = Field(None, ge=0, le=36_000, description="Seconds at which a bar begins, where known.")
    scale: Annotated[str, Field(max_length=40), AfterValidator(_scale)] = Field(
        "off", description="Move notes into a scale: off, auto for that of the likeliest key, or a key such as A minor."
    )
    simplify: float = Field(0.0, ge=0, le=1, description="Keep fewer notes: at 1 the quarter that carries the melody.")
    instrument: Annotated[str, Field(max_length=40), AfterValidator(_player)] = Field(
        "piano", description="What plays it."
    )


class Settings(Rules):
    """What is asked of a transcription: how to listen, and the rules."""

    kind: Literal["melody", "polyphonic"] = Field(
        "melody", description="One voice, or everything that sounds at once (of any instrument but drums)."
    )
    tracker: Literal["swift", "pyin"] = Field("swift", description="What follows the pitch of a voice.")
    mix: Literal["auto", "voice", "mixed"] = Field(
        "auto", description="Whether the voice is alone or within a full mix; auto listens for it."
    )

    def rules(self) -> Rules:
        """The rules alone."""
        return Rules(**{name: getattr(self, name) for name in Rules.model_fields})
