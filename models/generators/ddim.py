"""Diffusion: the guide's MDCT is covered with noise, and a denoiser that knows the genre finds its own music there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from models.spec import Clip, GenerateRequest, Run, Spec
from models.vocabulary import GENRES

if TYPE_CHECKING:
    import torch

    from models.generators._mel_music import Heard
    from models.nets.ddim import Ddim, Told

PIECE = 512
"""Frames of the guide that are listened to at once."""
_GUIDE, _HEARD, _DRAWN = 0.3, 0.35, 0.95
"""Where composing the guide, hearing it and denoising end on the progress bar."""
TOGETHER = 0.8
"""Correlation of the noise from which left and right begin."""
NOTICE = (
    "At guide strength 0 the sound does not follow the score: the MIDI is of the guide that would have been played."
)


class Options(BaseModel, extra="forbid"):
    """How the noise is taken away, and what the result should sound like."""

    steps: int = Field(25, ge=5, le=200, description="Steps of denoising: more are slower and a little cleaner.")
    eta: float = Field(0.0, ge=0, le=1, description="Fresh noise in each step: 0 none (DDIM), 1 as much as in DDPM.")
    guidance: float = Field(1.0, ge=0, le=4, description="Weight of the guide's features; 1 as learnt, twice as fast.")
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
    files=("checkpoints/ddim-*.pt",),
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
        from models.generators._mel_music import hear

        options = Options.model_validate(request.options)
        guide = make_guide(request, run.part(0.0, _GUIDE), log_mel.SAMPLE_RATE)
        with torch.inference_mode():
            heard = hear(guide.audio, PIECE, run.part(_GUIDE, _HEARD))
            wave = self.imagined(heard, request, options, run.part(_HEARD, _DRAWN))
        notice = NOTICE if request.guide_strength == 0 else None
        samples = guide.audio.shape[1]
        finishing = run.part(_DRAWN, 1.0)
        return finish(wave[:, :samples].numpy(), log_mel.SAMPLE_RATE, guide, finishing, self.hash, notice)

    def imagined(self, heard: Heard, request: GenerateRequest, options: Options, run: Run) -> torch.Tensor:
        """What was heard of the guide -> (2, samples). Raises `models.spec.Cancelled` when the run is cancelled."""
        import torch

        from models.dsp import mdct
        from models.nets.ddim_sampling import Way, draw

        net, bins = self.net, self.net.config.bins
        guide = net.companding.compress(mdct.analyse(heard.audio.to(self.device), bins))
        random = torch.Generator().manual_seed(request.seed % 2**63)

        def noise() -> torch.Tensor:
            # Drawn on the processor, so that a seed is the same sound on every device.
            own, shared = torch.randn(guide.shape, generator=random), torch.randn(guide.shape[1:], generator=random)
            return (TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * own).to(self.device)

        way = Way(options.steps, options.eta, options.guidance)
        known = self._told(heard, request, options, guide.shape[2])
        made = draw(net, guide, known, request.guide_strength, way, noise, lambda done: run.progress(done, "denoising"))
        return mdct.synthesise(net.companding.expand(made), heard.audio.shape[1]).cpu()

    def _told(self, heard: Heard, request: GenerateRequest, options: Options, frames: int) -> Told:
        """What the denoiser knows of both sides: the guide's features as those of a recording, unless it is free."""
        import torch
        from torch.nn import functional as F

        from models.generators._mel_music import MOST
        from models.nets.ddim import Told, slower

        played, recorded = torch.tensor([0]), torch.tensor([1, 1])
        genre = GENRES.index(request.genre)
        timbre = genre if options.timbre == "genre" else GENRES.index(options.timbre)
        features = slower(heard.features[None])
        features = F.pad(features, (0, max(0, frames - features.shape[2])), mode="replicate")[:, :, :frames]
        relative = self.net.relative(features.to(self.device), torch.tensor([genre]), played).clamp(-MOST, MOST)
        return Told(
            relative.expand(2, -1, -1),
            torch.full((2,), float(request.guide_strength > 0), device=self.device),
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
