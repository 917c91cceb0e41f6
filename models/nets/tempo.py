"""A small network that reads a tempo off periodicities, looking at each tempo's multiples and parts alike.

The idea of templates of multiples (G. Peeters, EURASIP JASP 2007) with the templates learnt: the same little network
judges each tempo from the periodicity at a quarter, a third, a half ... four times of it, so what is learnt at one
tempo holds at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

RATIOS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)


@dataclass(frozen=True)
class TempoConfig:
    """Sizes. ``reach`` is how many tempi the input has at either side of those that can be answered."""

    channels: int = 14
    per_octave: int = 60
    reach: int = 120
    near: int = 24
    hidden: int = 48
    waves: int = 8
    """Cosines of which the preference for certain tempi is made: smooth, whatever the training material."""
    dropout: float = 0.2


class TempoNet(nn.Module):
    """Periodicities in, a logit for each tempo out."""

    def __init__(self, config: TempoConfig) -> None:
        super().__init__()
        self.config = config
        self.near = nn.Conv1d(config.channels, config.near, 3, padding=1)
        self.judge = nn.Sequential(
            nn.Conv1d(config.near * len(RATIOS), config.hidden, 1),
            nn.ELU(),
            nn.Dropout1d(config.dropout),
            nn.Conv1d(config.hidden, config.hidden, 5, padding=2),
            nn.ELU(),
            nn.Dropout1d(config.dropout),
            nn.Conv1d(config.hidden, 1, 1),
        )
        self.preference = nn.Parameter(torch.zeros(config.waves))

    def forward(self, periodicity: Tensor) -> Tensor:
        """(batch, channels, reach + tempi + reach) -> (batch, tempi)."""
        config = self.config
        x = nn.functional.elu(self.near(periodicity))
        tempi = x.shape[2] - 2 * config.reach
        shifts = [round(math.log2(ratio) * config.per_octave) + config.reach for ratio in RATIOS]
        gathered = torch.cat([x[:, :, shift : shift + tempi] for shift in shifts], dim=1)
        place = (torch.arange(tempi, device=x.device) + 0.5) / tempi * math.pi
        waves = torch.cos(place * torch.arange(1, config.waves + 1, device=x.device)[:, None])
        return self.judge(gathered)[:, 0] + self.preference @ waves
