"""Diffusion: the guide's MDCT is covered with noise, and a denoiser that knows the genre finds its own music there.

At guide strength 0 it begins from what RAVE's prior dreams in the genre: alone, out of nothing but noise, the denoiser
makes texture without tones, and no prior of the guide's features that was tried came as near to recordings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from models.spec import Clip, GenerateRequest, Run, Spec
from models.vocabulary import GENRES

if TYPE_CHECKING:
    import numpy as np
    import torch

    from models.nets.ddim import Ddim, Told

PIECE = 512
"""Frames of the guide that are listened to at once."""
_GUIDE, _DREAMT, _HEARD, _DRAWN = 0.3, 0.15, 0.2, 0.95
"""Where composing the guide ends on the progress bar; and of the rest dreaming, hearing and denoising."""
DREAM_LEVEL = 0.6
"""Noise level from which a dream is denoised: chosen on held-back recordings."""
TOGETHER = 0.8
"""Correlation of the noise from which left and right begin."""
NOTICE = (
    "At guide strength 0 the sound does not follow the score: the MIDI is of the guide that would have been played."
)


class Options(BaseModel, extra="forbid"):
    """How the noise is taken away, and what the result should sound like."""

    steps: int = Field(10, ge=5, le=200, description="Steps of denoising: more than ten are slower and hardly better.")
    eta: float = Field(0.0, ge=0, le=1, description="Fresh noise in each step: 0 none (DDIM), 1 as much as in DDPM.")
    guidance: float = Field(2.0, ge=0, le=4, description="Weight of what the guide does; 1: as learnt, twice as fast.")
    timbre: Literal["genre", *GENRES] = Field(  # type: ignore[valid-type]
        "genre", description="Sound like recordings of the genre, or of another genre than the music is written in."
    )


SPEC = Spec(
    kind="generators",
    name="ddim",
    label="Diffusion",
    summary="A denoiser turns the composed guide, covered with noise, into a recording of the genre, step by step.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi", "source", "guide_strength"),
    queue="slow",
    licence="MIT; weights learnt from GTZAN are for research only",
    packages=("torch",),
    files=("checkpoints/ddim-*.pt", "checkpoints/rave-*.pt", "checkpoints/rave_prior-*.pt"),
    install_hint="The weights come with the repository; see docs/training.md for how they are made.",
)


class DiffusionGenerator:
    """The denoiser; keeps nothing between requests."""

    def __init__(self, net: Ddim, checkpoint: str, device: str) -> None:
        self.net, self.hash, self.device = net.to(device), checkpoint, device

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled."""
        import torch

        from models.dsp import log_mel
        from models.generators._guide import finish, make_guide

        options = Options.model_validate(request.options)
        guide = make_guide(request, run.part(0.0, _GUIDE), log_mel.SAMPLE_RATE)
        with torch.inference_mode():
            wave = self.imagined(guide.audio, request, options, run.part(_GUIDE, _DRAWN))
        notice = NOTICE if request.guide_strength == 0 else None
        return finish(wave.numpy(), log_mel.SAMPLE_RATE, guide, run.part(_DRAWN, 1.0), self.hash, notice)

    def imagined(self, audio: np.ndarray, request: GenerateRequest, options: Options, run: Run) -> torch.Tensor:
        """A guide (2, samples) at the network's rate -> (2, samples). Raises `models.spec.Cancelled`."""
        import torch

        from models.dsp import mdct
        from models.generators._mel_music import hear
        from models.nets.ddim_sampling import Way, beginning, draw

        free = request.guide_strength == 0
        if free:
            audio = self._dreamt(audio, request, run.part(0.0, _DREAMT))
        heard = hear(audio, PIECE, run.part(_DREAMT if free else 0.0, _HEARD))
        net, bins = self.net, self.net.config.bins
        guide = net.companding.compress(mdct.analyse(heard.audio.to(self.device), bins))
        random = torch.Generator().manual_seed(request.seed % 2**63)

        def noise() -> torch.Tensor:
            # Drawn on the processor, so that a seed is the same sound on every device.
            own, shared = torch.randn(guide.shape, generator=random), torch.randn(guide.shape[1:], generator=random)
            return (TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * own).to(self.device)

        known = self._told(heard.features, request, options, guide.shape[2])
        first = DREAM_LEVEL if free else beginning(request.guide_strength)
        part, way = run.part(_HEARD, 1.0), Way(options.steps, options.eta, options.guidance)
        made = draw(net, guide, known, first, way, noise, lambda done: part.progress(done, "denoising"))
        return mdct.synthesise(net.companding.expand(made), audio.shape[1]).cpu()

    def _dreamt(self, audio: np.ndarray, request: GenerateRequest, run: Run) -> np.ndarray:
        """What the mode ``rave`` plays at guide strength 0, as long as the guide."""
        from models import registry
        from models.generators import rave

        dreamer: rave.RaveGenerator = registry.load("generators", "rave", self.device)
        return dreamer.perform(audio, request, rave.Options(), run)

    def _told(self, features: torch.Tensor, request: GenerateRequest, options: Options, frames: int) -> Told:
        """What the denoiser knows of both sides: a guide's features as if it were a recording."""
        import torch
        from torch.nn import functional as F

        from models.generators._mel_music import MOST
        from models.nets.ddim import Told, slower

        kind, recorded = torch.tensor([int(request.guide_strength == 0)]), torch.tensor([1, 1])
        genre = GENRES.index(request.genre)
        timbre = genre if options.timbre == "genre" else GENRES.index(options.timbre)
        features = slower(features[None])
        features = F.pad(features, (0, max(0, frames - features.shape[2])), mode="replicate")[:, :, :frames]
        relative = self.net.relative(features.to(self.device), torch.tensor([genre]), kind).clamp(-MOST, MOST)
        return Told(
            relative.expand(2, -1, -1),
            torch.ones(2, device=self.device),
            torch.tensor([timbre, timbre], device=self.device),
            recorded.to(self.device),
            torch.full((2,), request.tempo, device=self.device),
        )


def load(device: str = "cpu") -> DiffusionGenerator:
    """Raises `models.checkpoint.CheckpointError` when weights are missing or damaged."""
    from models import checkpoint
    from models.nets.ddim import build, config_from

    stored = checkpoint.load("ddim")
    return DiffusionGenerator(build(config_from(stored.config), stored.state_dict), stored.hash, device)
