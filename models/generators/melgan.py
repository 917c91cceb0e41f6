"""MelGAN: a generator imagines a mel spectrogram of the genre that follows the guide, and a vocoder sounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from models.spec import Clip, GenerateRequest, Run, Spec
from models.vocabulary import GENRES

if TYPE_CHECKING:
    from models.nets.mel_gan import MelGenerator
    from models.nets.mel_vocoder import MelVocoder

PIECE = 512
"""Mel frames at once, 5.9 s: memory stays the same however long the track is."""
_GUIDE, _HEARD, _DREAMT, _SOUNDED = 0.35, 0.4, 0.5, 0.92
"""Where composing the guide, hearing it, the mel spectrogram and the wave end on the progress bar."""
NOTICE = (
    "At guide strength 0 the sound does not follow the score: the MIDI is of the guide that would have been played."
)


class Options(BaseModel, extra="forbid"):
    """What makes the wave, and what it should sound like."""

    vocoder: Literal["melgan", "griffin_lim"] = Field(
        "melgan", description="melgan: the trained vocoder. griffin_lim: the plain iteration, without a network."
    )
    timbre: Literal["genre", *GENRES] = Field(  # type: ignore[valid-type]
        "genre", description="Sound like recordings of the genre, or of another genre than the music is written in."
    )
    guide_phases: bool = Field(
        True,
        description="Begin with the guide's phases, which keeps its tones steady; off, phases are made from noise.",
    )


SPEC = Spec(
    kind="generators",
    name="melgan",
    label="MelGAN",
    summary="An adversarial network imagines the spectrum of a recording that follows the guide; a vocoder sounds it.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi", "source", "guide_strength"),
    queue="slow",
    licence="MIT; the weights were learnt from GTZAN, which is for research only, see the cards",
    packages=("torch",),
    files=("checkpoints/mel_gan-*.pt", "checkpoints/vocoder-*.pt"),
    install_hint="The weights come with the repository; see docs/training.md for how they are made.",
)


class MelGan:
    """Both networks; keeps nothing between requests."""

    def __init__(self, generator: MelGenerator, vocoder: MelVocoder, checkpoint: str) -> None:
        self.generator, self.vocoder, self.hash = generator, vocoder, checkpoint

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled."""
        import torch

        from models.dsp import log_mel
        from models.generators._guide import finish, make_guide
        from models.generators._mel_music import LENDS_FROM, dream, hear, phases, sound

        options = Options.model_validate(request.options)
        seed, strength = request.seed % 2**63, request.guide_strength
        genre = GENRES.index(request.genre)
        timbre = genre if options.timbre == "genre" else GENRES.index(options.timbre)
        guide = make_guide(request, run.part(0.0, _GUIDE), log_mel.SAMPLE_RATE)
        with torch.inference_mode():
            heard = hear(guide.audio, PIECE, run.part(_GUIDE, _HEARD))
            mel = dream(self.generator, heard.features, genre, timbre, strength, seed, PIECE, run.part(_HEARD, _DREAMT))
            sides = mel + min(1.0, 2 * strength) * heard.sides
            lent = options.guide_phases and strength >= LENDS_FROM
            start = phases(heard, strength, lent, seed)
            vocoder = self.vocoder if options.vocoder == "melgan" else None
            wave = sound(vocoder, sides, start, lent, PIECE, run.part(_DREAMT, _SOUNDED))
        notice = NOTICE if strength == 0 else None
        return finish(wave.numpy(), log_mel.SAMPLE_RATE, guide, run.part(_SOUNDED, 1.0), self.hash, notice)


def load(device: str = "cpu") -> MelGan:
    """Raises `models.checkpoint.CheckpointError` when weights are missing or damaged. The networks are small, so
    ``device`` makes no difference."""
    from models import checkpoint
    from models.nets import mel_gan, mel_vocoder

    stored, vocoder = checkpoint.load("mel_gan"), checkpoint.load("vocoder")
    return MelGan(
        mel_gan.build(stored.config, stored.state_dict),
        mel_vocoder.build(vocoder.config, vocoder.state_dict),
        f"{stored.hash}+{vocoder.hash}",
    )
