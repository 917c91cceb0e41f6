"""The composer as a generator: writes a score that keeps to the request, plays it, mixes and masters it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from models.composer.engine import Manner, compose
from models.spec import Clip, GenerateRequest, Run, Spec

_COMPOSING = 0.05
"""Part of the progress that belongs to writing the score."""


class Options(BaseModel, extra="forbid"):
    """How the piece is written and played."""

    density: float = Field(0.5, ge=0, le=1, description="How busy melody, bass and drums are: 0 sparse, 1 full.")
    complexity: float = Field(0.5, ge=0, le=1, description="Passing notes and ornaments in the melody.")
    swing: float | None = Field(
        None, ge=0, le=1, description="0 straight, 1 triplet swing; empty for what the genre does at this tempo."
    )
    humanise: float = Field(0.7, ge=0, le=1, description="Human timing and touch; 0 is machine-exact.")
    drum_fills: bool = Field(True, description="Fills at the ends of phrases.")
    reverb: float = Field(1.0, ge=0, le=2, description="Room: 0 dry, 1 as usual in the genre, 2 twice as much.")


SPEC = Spec(
    kind="generators",
    name="compose",
    label="Compose",
    summary="Writes a score in the genre and plays it: exact tempo, length, key and instruments, with true MIDI.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi"),
    queue="slow",
    warm=True,
    packages=("symusic",),
    files=("composer/render/FluidR3Mono_GM.sf3",),
    install_hint="The SoundFont comes with the repository; check it out again.",
)


class Composer:
    """Composes, renders and masters one request after the other; keeps nothing between them."""

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled, pydantic's ValidationError for bad options."""
        from models.composer.render import render
        from models.composer.render.voices import SAMPLE_RATE

        options = Options.model_validate(request.options)
        run.progress(0.0, "composing")
        manner = Manner(options.density, options.complexity, options.swing, options.humanise, options.drum_fills)
        score = compose(request, run, manner)

        def scaled(fraction: float, stage: str) -> None:
            run.progress(_COMPOSING + (1 - _COMPOSING) * fraction, stage)

        audio = render(score, Run(scaled, run.cancelled), reverb_amount=options.reverb)
        return Clip(
            audio=audio,
            sample_rate=SAMPLE_RATE,
            tempo=score.tempo,
            key=score.key,
            score=score,
            title=score.title,
            instruments=tuple(part.instrument for part in score.parts),
        )


def load(device: str = "cpu") -> Composer:
    """The composer; ``device`` makes no difference to it."""
    return Composer()
