"""The composer as a generator: writes a score that keeps to the request, plays it, mixes and masters it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, field_validator

from models.composer.symbols import parse_progression
from models.spec import Clip, GenerateRequest, Run, Spec

if TYPE_CHECKING:
    from models.composer.frame import Manner

_COMPOSING = 0.3
"""Part of the progress that belongs to writing the score."""


class Options(BaseModel, extra="forbid"):
    """How the piece is written and played."""

    chords: str | None = Field(
        None,
        max_length=2000,
        examples=["C Am F G"],
        description="A progression to keep to, over and over: C Am F G, or with bar lines: C Am | F G7 | C.",
    )
    surprise: float = Field(0.5, ge=0, le=1, description="How far the harmony strays: 0 expected, 1 adventurous.")
    temperature: float = Field(
        1.0, ge=0.3, le=1.6, description="How freely notes are drawn: low repeats what is likely, high is wild."
    )
    top_p: float = Field(0.98, ge=0.3, le=1, description="Share of the likely continuations that may be drawn.")
    density: float = Field(0.5, ge=0, le=1, description="How full the sections are: 0 sparse, 1 full.")
    swing: float | None = Field(
        None, ge=0, le=1, description="0 straight, 1 triplet swing; empty for what the genre does at this tempo."
    )
    humanise: float = Field(0.7, ge=0, le=1, description="Human timing and touch; 0 is machine-exact.")
    reverb: float = Field(1.0, ge=0, le=2, description="Room: 0 dry, 1 as usual in the genre, 2 twice as much.")

    @field_validator("chords")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is None or not text.strip():
            return None
        parse_progression(text)
        return text

    def manner(self) -> Manner:
        """The same for the composer."""
        from models.composer.frame import Manner

        return Manner(
            density=self.density,
            surprise=self.surprise,
            temperature=self.temperature,
            top_p=self.top_p,
            swing=self.swing,
            humanise=self.humanise,
            chords=parse_progression(self.chords) if self.chords else None,
        )


SPEC = Spec(
    kind="generators",
    name="compose",
    label="Compose",
    summary="Writes a score in the genre and plays it: exact tempo, length, key and instruments, with true MIDI.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi", "source"),
    queue="slow",
    warm=True,
    licence="MIT; the composer's weights were learnt from files of mostly unstated licences, see its card",
    packages=("torch", "mido"),
    files=("composer/render/FluidR3Mono_GM.sf3", "checkpoints/composer-*.pt"),
    install_hint="The SoundFont and the weights come with the repository; check it out again.",
)


class Composer:
    """Composes, renders and masters one request after the other; keeps nothing between them but the network."""

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled, BadInput for a source that cannot be used, and
        pydantic's ValidationError for bad options."""
        from models.composer.engine import compose
        from models.composer.network import network
        from models.composer.render import render
        from models.composer.render.voices import SAMPLE_RATE

        options = Options.model_validate(request.options)
        run.progress(0.0, "composing")
        score = compose(request, run.part(0.0, _COMPOSING), options.manner())
        audio = render(score, run.part(_COMPOSING, 1.0), reverb_amount=options.reverb)
        return Clip.of(score, audio, SAMPLE_RATE, network().hash)


def load(device: str = "cpu") -> Composer:
    """The composer with its network read; it writes step by step, which a GPU does not speed up, so ``device`` makes no
    difference."""
    from models.composer.network import network

    network()
    return Composer()
