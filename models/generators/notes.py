"""A band of notes that a network makes: SoundFlow's generator as an instrument that plays a whole score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field, field_validator

from models.note_words import FAMILIES, QUALITIES, SOURCES, checked_qualities
from models.spec import Audio, Clip, GenerateRequest, Run, Spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.generators._note_band import NoteDesk
    from models.generators._note_maker import Kind

_COMPOSING, _PLAYING = 0.25, 0.85
"""Progress when the score is written, and when it is played."""
_PARTS = 0.85
"""Part of the playing that belongs to the parts, before their mix."""
_TAME, _WILD = 0.4, 1.2
"""Standard deviations of the latents at full and at no guide strength."""
_DRUMS = "The drums are the composer's own kit: the network makes notes with a pitch."
VELOCITY_CURVE, SOFTEST = 1.5, 0.05
"""A single note's level is (velocity / 127) to this power, and at least so much."""

Family = Literal[*FAMILIES]  # type: ignore[valid-type]
Source = Literal[*SOURCES]  # type: ignore[valid-type]


class Options(BaseModel, extra="forbid"):
    """What the melody is played with; the other parts follow their instruments."""

    family: Family | None = Field(None, description="Family of the melody's notes; empty for its instrument's own.")
    source: Source | None = Field(None, description="Source of the melody's notes; empty for its instrument's own.")
    qualities: str | None = Field(
        None,
        max_length=200,
        examples=["bright, reverb"],
        description=f"Qualities of the melody's notes, with commas between: {', '.join(QUALITIES)}.",
    )
    brightness: float = Field(0.0, ge=-1, le=1, description="Tilt of all notes: -1 duller, 1 brighter.")
    reverb: float = Field(1.0, ge=0, le=2, description="Room: 0 dry, 1 as usual in the genre, 2 twice as much.")

    @field_validator("qualities")
    @classmethod
    def _known(cls, text: str | None) -> str | None:
        words = [word.strip().lower().replace(" ", "_") for word in (text or "").split(",") if word.strip()]
        return ", ".join(checked_qualities(words)) or None

    def kind(self, own: Kind) -> Kind:
        """What the melody's notes are instead of their instrument's own."""
        words = tuple(self.qualities.split(", ")) if self.qualities else own.qualities
        return replace(own, family=self.family or own.family, source=self.source or own.source, qualities=words)


SPEC = Spec(
    kind="generators",
    name="notes",
    label="Notes",
    summary="Plays a composed score with notes that a network makes from family, source, qualities and pitch.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi", "source", "guide_strength"),
    queue="slow",
    licence="MIT; trained on notes of free sample banks, see its card",
    packages=("torch", "mido"),
    files=("checkpoints/note_maker-*.pt", "checkpoints/composer-*.pt", "composer/render/FluidR3Mono_GM.sf3"),
    install_hint="The weights come with the repository; check it out again.",
)


class NoteBand:
    """Composes, makes the notes of each part and mixes them; keeps nothing between requests but the networks."""

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled and pydantic's ValidationError for bad options."""
        from models.composer.engine import compose
        from models.composer.render.voices import SAMPLE_RATE, bank
        from models.composer.styles import style as style_of
        from models.generators._guide import Guide, finish
        from models.generators._note_band import NoteDesk, kind_of, timbre_seed
        from models.generators._note_maker import workshop

        options = Options.model_validate(request.options)
        run.progress(0.0, "composing")
        score = compose(request, run.part(0.0, _COMPOSING))
        kinds = {
            part.name: replace(kind_of(part, score.genre), brightness=options.brightness)
            for part in score.parts
            if not part.is_drums
        }
        for part in score.parts:
            if part.role == "melody":
                kinds[part.name] = options.kind(kinds[part.name])
        desk = NoteDesk(
            score,
            style_of(score.genre).genre,
            bank(),
            workshop(),
            kinds,
            _WILD + (_TAME - _WILD) * request.guide_strength,
            timbre_seed(request.seed),
        )
        mix = _mixed(desk, options.reverb, run.part(_COMPOSING, _PLAYING))
        guide = Guide(score, mix, SAMPLE_RATE)
        notice = _DRUMS if any(part.is_drums and part.notes for part in score.parts) else None
        return finish(mix, SAMPLE_RATE, guide, run.part(_PLAYING, 1.0), desk.shop.hash, notice)


def _mixed(desk: NoteDesk, reverb: float, run: Run) -> Audio:
    """All parts and the room around them: (2, samples) at 44.1 kHz, before the last limiter."""
    import numpy as np

    from models.composer.render.master import SEND_CUT, glue, room, tone
    from models.composer.render.space import reverberate
    from models.composer.render.voices import SAMPLE_RATE
    from models.composer.styles import style as style_of
    from models.dsp.equaliser import equalise

    style = style_of(desk.genre)
    mix = np.zeros((2, desk.samples), dtype=np.float32)
    sends = np.zeros_like(mix)
    for number, part in enumerate(desk.parts):
        share = _PARTS / len(desk.parts)
        run.progress(number * share, f"playing the {part.instrument.replace('_', ' ')}")
        audio = desk.play(part, run.part(number * share, (number + 1) * share))
        mix += audio
        sends += np.float32(desk.strip(part).send) * audio
    run.progress(_PARTS, "mixing")
    wet = np.float32(style.wet * reverb)
    if wet > 0 and desk.parts:
        for side in range(2):
            run.check()
            equalise(sends[side], SAMPLE_RATE, SEND_CUT, out=sends[side])
            mix[side] += wet * reverberate(sends[side], SAMPLE_RATE, room(style), side)
    tone(mix, style.genre, desk.score.length)
    run.check()
    mix *= glue(mix, style.genre)
    return mix


def make_note(
    family: str, source: str, qualities: tuple[str, ...], pitch: int, velocity: int, seed: int
) -> NDArray[np.float32]:
    """One note of 4 s at 16 kHz, held for 3 s: (1, 64000), its level by its velocity. The same seed, the same note.

    ``pitch`` MIDI 21-108, ``velocity`` 1-127; words as in `models.note_words`. Raises ValueError for others.
    """
    from models.generators._note_maker import SINGLE_WILDNESS, Kind, Stroke, workshop
    from models.note_words import FAMILIES, HIGHEST_PITCH, LOWEST_PITCH, SOURCES

    if family not in FAMILIES or source not in SOURCES:
        raise ValueError(f"there is no {source} {family}")
    if not (LOWEST_PITCH <= pitch <= HIGHEST_PITCH and 1 <= velocity <= 127):
        raise ValueError(f"pitch {pitch} or velocity {velocity} is out of range")
    shop = workshop()
    wave = shop.single(
        Kind(family, source, checked_qualities(list(qualities))),
        Stroke(pitch, velocity, 3.0),
        shop.timbre(seed, SINGLE_WILDNESS),
    )
    return wave[None] * max(SOFTEST, (velocity / 127) ** VELOCITY_CURVE)


def note_clip(
    family: str, source: str, qualities: tuple[str, ...], pitch: int, velocity: int, seed: int, title: str
) -> Clip:
    """`make_note` as a clip, not mastered: a note is as loud as it was struck. Raises ValueError as that does."""
    from models.generators._note_maker import SAMPLE_RATE, workshop

    audio = make_note(family, source, qualities, pitch, velocity, seed)
    return Clip(audio, SAMPLE_RATE, 0.0, None, None, title, (), workshop().hash)


def load(device: str = "cpu") -> NoteBand:
    """The band with its networks read. The networks are small, so ``device`` makes no difference."""
    from models.composer.network import network
    from models.generators._note_maker import workshop

    network()
    workshop()
    return NoteBand()
