"""What RAVE's latent does next: a recurrent network with mixtures of Gaussians (Graves, "Generating sequences", 2013).

It reads the principal components that `models.nets.rave` keeps, each of unit variance, and draws the next vector for a
genre. A guide can hold it by the hand: each vector that is drawn is mixed with the guide's before it is read again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.rave import KINDS
from models.vocabulary import GENRES

LOWEST_SCALE = 0.05  # of a component; the latent's own noise is larger
FARTHEST = 4.0  # standard deviations that a component may be drawn away from its mean


@dataclass(frozen=True)
class LatentPriorConfig:
    """Sizes: components of the latent, units and layers of the recurrence, Gaussians."""

    components: int = 24
    units: int = 320
    layers: int = 1
    mixtures: int = 8
    condition: int = 32
    genres: tuple[str, ...] = GENRES


def config_from(words: dict[str, Any]) -> LatentPriorConfig:
    """The config of a checkpoint, in which tuples may have become lists."""
    return LatentPriorConfig(**{key: tuple(v) if isinstance(v, list) else v for key, v in words.items()})


class LatentPrior(nn.Module):
    """Reads latents, predicts the next."""

    def __init__(self, config: LatentPriorConfig) -> None:
        super().__init__()
        self.config = config
        self.genre = nn.Embedding(len(config.genres), config.condition)
        self.kind = nn.Embedding(len(KINDS), config.condition)
        self.read = nn.GRU(config.components + config.condition, config.units, config.layers, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.write = nn.Linear(config.units + config.condition, config.mixtures * (1 + 2 * config.components))

    def forward(self, parts: Tensor, genre: Tensor, kind: Tensor) -> Tensor:
        """(batch, frames, components) with genre and kind (batch,) -> (batch, frames) log-likelihood in nats of each
        vector after those before it."""
        condition = (self.genre(genre) + self.kind(kind))[:, None].expand(-1, parts.shape[1], -1)
        before = F.pad(parts, (0, 0, 1, 0))[:, :-1]
        state, _ = self.read(torch.cat([before, condition], dim=2))
        weight, mean, scale = self.gaussians(torch.cat([self.drop(state), condition], dim=2))
        error = (parts[:, :, None] - mean) / scale
        each = -0.5 * (error.square() + math.log(2 * math.pi)).sum(dim=3) - scale.log().sum(dim=3)
        return torch.logsumexp(weight + each, dim=2)

    def gaussians(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(..., units + condition) -> log weights (..., mixtures), means and scales (..., mixtures, components)."""
        m, c = self.config.mixtures, self.config.components
        weight, mean, scale = self.write(state).split([m, m * c, m * c], dim=-1)
        spread = F.softplus(scale.unflatten(-1, (m, c))) + LOWEST_SCALE
        return F.log_softmax(weight, dim=-1), mean.unflatten(-1, (m, c)), spread

    @torch.inference_mode()
    def sample(
        self,
        frames: int,
        genre: int,
        kind: int,
        random: torch.Generator,
        temperature: float = 1.0,
        guide: Tensor | None = None,
        strength: float = 0.0,
        check: Callable[[int], None] = lambda frame: None,
    ) -> Tensor:
        """(frames, components) drawn one after the other.

        ``guide`` (frames, components) draws what is read back towards itself with ``strength`` from 0 to 1; what is
        returned is the network's own part, for `mixed`. ``check`` is called with the frame each second or so.
        """
        config = self.config
        condition = self.genre(torch.tensor(genre)) + self.kind(torch.tensor(kind))
        gumbel = -torch.empty(frames, config.mixtures).exponential_(generator=random).log()
        noise = torch.randn(frames, config.components, generator=random)
        drawn = torch.zeros(frames, config.components)
        last, hidden = torch.zeros(config.components), torch.zeros(config.layers, 1, config.units)
        for frame in range(frames):
            if frame % 32 == 0:
                check(frame)
            state, hidden = self.read(torch.cat([last, condition])[None, None], hidden)
            weight, mean, scale = self.gaussians(torch.cat([state[0, 0], condition]))
            chosen = int((weight / max(temperature, 1e-3) + gumbel[frame]).argmax())
            last = (mean[chosen] + temperature * scale[chosen] * noise[frame]).clamp(-FARTHEST, FARTHEST)
            drawn[frame] = last
            if guide is not None:
                last = mixed(guide[frame], last, strength)
        return drawn


def mixed(guide: Tensor, drawn: Tensor, strength: float) -> Tensor:
    """Both of unit variance -> their mixture of unit variance: all guide at 1, all drawn at 0."""
    return (strength * guide + (1 - strength) * drawn) / math.hypot(strength, 1 - strength)
