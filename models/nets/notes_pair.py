"""Two opinions of a single note: our network's (`models.nets.notes`), and a probe's on what both musicnn heard.

musicnn was taught by a million real recordings, ours by notes; their errors differ, so the sum of their logits is right
more often than either (late fusion). Of a long recording only ours is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.nets.notes import Logits, NotesConfig, NotesNet, chances

_FARTHEST = 6.0
"""Standard deviations at which an activation is cut off."""


@dataclass(frozen=True)
class NotesProbeConfig:
    """Sizes: pooled activations of both musicnn that can move, the hidden layer, classes by task."""

    features: int = 1_334
    hidden: int = 512
    input_dropout: float = 0.2
    dropout: float = 0.6
    sources: int = 3
    families: int = 11
    qualities: int = 9


class NotesProbe(nn.Module):
    """One hidden layer on standardised activations, and three heads."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: NotesProbeConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.features))
        self.register_buffer("scale", torch.ones(config.features))
        self.body = nn.Sequential(
            nn.Dropout(config.input_dropout),
            nn.Linear(config.features, config.hidden),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(config.dropout)
        self.source = nn.Linear(config.hidden, config.sources)
        self.family = nn.Linear(config.hidden, config.families)
        self.qualities = nn.Linear(config.hidden, config.qualities)

    def trunk(self, activations: Tensor) -> Tensor:
        """(batch, features) -> (batch, hidden)."""
        hidden: Tensor = self.body(((activations - self.mean) / self.scale).clamp(-_FARTHEST, _FARTHEST))
        return hidden

    def forward(self, activations: Tensor) -> Logits:
        """(batch, features) -> logits of source (batch, 3), family (batch, 11) and qualities (batch, 9)."""
        heard = self.dropout(self.trunk(activations))
        return self.source(heard), self.family(heard), self.qualities(heard)


class NotesPair(nn.Module):
    """Both, how much the probe's logits count in each task, and what makes the sum's probabilities honest."""

    shares: Tensor
    source_leanings: Tensor
    family_leanings: Tensor
    temperatures: Tensor
    shifts: Tensor

    def __init__(self, net: NotesConfig, probe: NotesProbeConfig) -> None:
        super().__init__()
        self.net, self.probe = NotesNet(net), NotesProbe(probe)
        self.register_buffer("shares", torch.zeros(3))
        self.register_buffer("source_leanings", torch.zeros(net.sources))
        self.register_buffer("family_leanings", torch.zeros(net.families))
        self.register_buffer("temperatures", torch.ones(3))
        self.register_buffer("shifts", torch.zeros(net.qualities))

    def both(self, ours: Logits, probed: Logits) -> Logits:
        """The logits of the network and of the probe as one."""
        source, family, qualities = (
            one.float() + share * other.float() for one, other, share in zip(ours, probed, self.shares, strict=True)
        )
        return source + self.source_leanings, family + self.family_leanings, qualities

    def calibrated(self, logits: Logits) -> Logits:
        """Probabilities of what `both` gave."""
        return chances(logits, self.temperatures, self.shifts)
