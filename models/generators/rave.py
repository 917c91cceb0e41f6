"""RAVE: the guide is encoded, its latent mixed with what the genre's prior would do, and decoded as a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, Field, field_validator

from models.dsp.pieces import pieces
from models.spec import Clip, GenerateRequest, Run, Spec
from models.vocabulary import GENRES

if TYPE_CHECKING:
    import torch

    from models.generators._rave_script import ScriptedRave
    from models.nets.latent_prior import LatentPrior
    from models.nets.rave import Rave

OWN = "tunesmith"
PIECE = 512
"""Latent vectors decoded at once, 12 s: memory stays the same however long the track is."""
_GUIDE_SHARE, _PRIOR_SHARE, _DECODED = 0.35, 0.65, 0.9
"""Where composing the guide, the latent, and decoding end on the progress bar."""
_DRIFT = 0.95
"""How much a vector of white latents keeps of the one before, for models without a prior."""


class Options(BaseModel, extra="forbid"):
    """Which model, and how freely it plays."""

    model: str = Field(
        OWN,
        max_length=200,
        description="tunesmith, or the name of a RAVE export (.ts) that lies in models/checkpoints/rave/.",
    )
    temperature: float = Field(
        0.9, ge=0, le=1.5, description="How freely the prior draws where the guide is not followed: 0 plain, 1 wild."
    )
    timbre: Literal["genre", "guide", *GENRES] = Field(  # type: ignore[valid-type]
        "genre", description="Sound like recordings of the genre, like the guide, or like recordings of another genre."
    )

    @field_validator("model")
    @classmethod
    def _there(cls, name: str) -> str:
        from models.generators._rave_files import names

        known = (OWN, *names())
        if name not in known:
            raise ValueError(f"there is no RAVE model {name!r}; there are: {', '.join(known)}")
        return name


SPEC = Spec(
    kind="generators",
    name="rave",
    label="RAVE",
    summary="A variational autoencoder plays the composed guide in its own sound, or dreams freely in the genre.",
    options=Options,
    honours=("genre", "instruments", "tempo", "length", "key", "seed", "midi", "source", "guide_strength"),
    number=1,
    queue="slow",
    licence="MIT; the weights were learnt from GTZAN, which is for research only, see the card",
    packages=("torch",),
    files=("checkpoints/rave-*.pt", "checkpoints/rave_prior-*.pt"),
    install_hint="The weights come with the repository; see docs/training.md for how they are made.",
)


class RaveGenerator:
    """Our own model and its prior; files of others are read when they are first asked for."""

    def __init__(self, net: Rave, prior: LatentPrior, checkpoint: str, device: str) -> None:
        self.net, self.prior, self.hash, self.device = net, prior, checkpoint, device
        self._scripted: dict[str, ScriptedRave] = {}

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises `models.spec.Cancelled` when the run is cancelled, BadInput for a file that is no RAVE model."""
        from models.generators._guide import finish, make_guide

        options = Options.model_validate(request.options)
        other = None if options.model == OWN else self._other(options.model)
        rate = other.sample_rate if other else self.net.config.sample_rate
        guide = make_guide(request, run.part(0.0, _GUIDE_SHARE), rate)
        if other:
            wave = self._theirs(other, guide.audio, request, options, run)
            notice = None if request.guide_strength == 1 else f"{other.name} has no prior: its latents drift at random."
        else:
            wave = self.perform(guide.audio, request, options, run)
            notice = None
        return finish(wave, rate, guide, run.part(_DECODED, 1.0), self.hash if other is None else other.hash, notice)

    def perform(self, audio: np.ndarray, request: GenerateRequest, options: Options, run: Run) -> np.ndarray:
        """A guide (2, samples) -> (2, samples): encode, mix with the prior, decode. At guide strength 0 only the
        length of the guide counts."""
        import torch

        net, ratio = self.net, self.net.config.ratio
        samples = audio.shape[1]
        frames = -(-samples // ratio)
        genre = GENRES.index(options.timbre if options.timbre in GENRES else request.genre)
        random = torch.Generator().manual_seed(request.seed % 2**63)
        with torch.inference_mode():
            if request.guide_strength == 0:
                drawn = self._drawn(frames, genre, options.temperature, random, run)
                latent = net.from_components(drawn.T.expand(2, -1, -1))
            else:
                run.progress(_GUIDE_SHARE, "encoding the guide")
                sides = torch.from_numpy(np.pad(audio, ((0, 0), (0, frames * ratio - samples))))
                latent = self.encode(torch.cat([sides, sides.mean(dim=0, keepdim=True)]), run)
                if request.guide_strength < 1:
                    latent = self._freed(latent, genre, request.guide_strength, options.temperature, random, run)
            kind = torch.tensor([0 if options.timbre == "guide" else 1])
            condition = net.condition(torch.tensor([genre]), kind)
            return self.decode(latent[:2], condition, random, run.part(_PRIOR_SHARE, _DECODED))[:, :samples].numpy()

    def encode(self, audio: torch.Tensor, run: Run) -> torch.Tensor:
        """(batch, samples) -> means (batch, latent, frames), piece by piece with the encoder's reach around each."""
        import torch

        net, ratio = self.net, self.net.config.ratio
        parts = []
        for low, first, last, high in pieces(audio.shape[1] // ratio, PIECE, net.config.context):
            run.check()
            mean, _ = net.encode(audio[:, low * ratio : high * ratio].to(self.device))
            parts.append(mean[:, :, first - low : last - low].cpu())
        return torch.cat(parts, dim=2)

    def decode(self, latent: torch.Tensor, condition: torch.Tensor, random: torch.Generator, run: Run) -> torch.Tensor:
        """(batch, latent, frames) -> (batch, frames * ratio), piece by piece: the same samples as in one piece."""
        import torch

        net, ratio = self.net, self.net.config.ratio
        frames, offset = latent.shape[2], net.offsets(latent.shape[0], random)
        both = condition.expand(latent.shape[0], -1).to(self.device)
        out = torch.empty(latent.shape[0], frames * ratio)
        for low, first, last, high in pieces(frames, PIECE, net.config.context):
            run.progress(first / frames, "decoding")
            wave = net.decode(latent[:, :, low:high].to(self.device), both, offset, low)
            out[:, first * ratio : last * ratio] = wave[:, (first - low) * ratio : (last - low) * ratio].cpu()
        return out

    def _freed(
        self,
        latent: torch.Tensor,
        genre: int,
        strength: float,
        temperature: float,
        random: torch.Generator,
        run: Run,
    ) -> torch.Tensor:
        """Latents of left, right and middle -> of left and right, mixed with what the prior draws along the middle."""
        import torch

        from models.nets.latent_prior import mixed

        count = self.prior.config.components
        parts = self.net.components(latent, count).transpose(1, 2)  # (3, frames, components)
        drawn = self._drawn(latent.shape[2], genre, temperature, random, run, parts[2], strength)
        blended = torch.stack([mixed(side, drawn, strength) for side in parts[:2]])
        return self.net.from_components(blended.transpose(1, 2))

    def _drawn(
        self,
        frames: int,
        genre: int,
        temperature: float,
        random: torch.Generator,
        run: Run,
        guide: torch.Tensor | None = None,
        strength: float = 0.0,
    ) -> torch.Tensor:
        """(frames, components) that the prior draws, along those of a guide if there is one."""
        import torch

        part = run.part(_GUIDE_SHARE, _PRIOR_SHARE)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # single vectors; and the sums must not depend on how many cores there are
        try:
            return self.prior.sample(
                frames, genre, 1, random, temperature, guide, strength,
                lambda frame: part.progress(frame / frames, "dreaming"),
            )  # fmt: skip
        finally:
            torch.set_num_threads(threads)

    def _theirs(
        self, other: ScriptedRave, audio: np.ndarray, request: GenerateRequest, options: Options, run: Run
    ) -> np.ndarray:
        """The same with somebody else's model, which knows no genre and has no prior."""
        import torch

        from models.nets.latent_prior import mixed

        random = torch.Generator().manual_seed(request.seed % 2**63)
        waves = []
        for number, side in enumerate(torch.from_numpy(audio)):
            part = run.part(*(_GUIDE_SHARE + (_DECODED - _GUIDE_SHARE) * (number + end) / 2 for end in (0, 1)))
            z = other.encode(side, lambda done, part=part: part.progress(done / 2, "encoding the guide"))
            if request.guide_strength < 1:
                mean, spread = z.mean(dim=1, keepdim=True), z.std(dim=1, keepdim=True)
                drift = drifting(z.shape, options.temperature, random.manual_seed(request.seed % 2**63))
                z = mean + spread * mixed((z - mean) / spread.clamp(min=1e-6), drift, request.guide_strength)
            wave = other.decode(z, lambda done, part=part: part.progress(0.5 + done / 2, "decoding"))
            waves.append(wave[min(number, wave.shape[0] - 1)])
        return torch.stack(waves)[:, : audio.shape[1]].numpy()

    def _other(self, name: str) -> ScriptedRave:
        from models.generators._rave_files import FOLDER
        from models.generators._rave_script import ScriptedRave

        if name not in self._scripted:
            self._scripted[name] = ScriptedRave(FOLDER / f"{name}.ts", self.device)
        return self._scripted[name]


def drifting(shape: torch.Size, temperature: float, random: torch.Generator) -> torch.Tensor:
    """(latent, frames) of unit variance times the temperature, each vector close to the one before."""
    import torch
    from scipy.signal import lfilter

    white = torch.randn(shape, generator=random).numpy()
    slow = lfilter([(1 - _DRIFT**2) ** 0.5], [1, -_DRIFT], white, axis=1)
    return torch.from_numpy(slow.astype(np.float32)) * temperature


def load(device: str = "cpu") -> RaveGenerator:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.nets import latent_prior, rave

    stored, prior_stored = checkpoint.load("rave"), checkpoint.load("rave_prior")
    net = rave.build(rave.config_from(stored.config), stored.state_dict).to(device)
    prior = latent_prior.LatentPrior(latent_prior.config_from(prior_stored.config))
    prior.load_state_dict(prior_stored.state_dict, strict=True)
    return RaveGenerator(net, prior.eval(), stored.hash, device)
