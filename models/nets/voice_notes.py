"""A temporal convolutional network that hears where sung notes begin and end.

After Bai, Kolter and Koltun, "An empirical evaluation of generic convolutional and recurrent networks for sequence
modeling", 2018, without their causality: a note's beginning is heard by what follows as much as by what was before.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

OUTPUTS = ("onset", "offset", "sounding")


@dataclass(frozen=True)
class VoiceNotesConfig:
    """``features`` a frame in, then residual layers whose dilation doubles up to ``2 ** (layers // rounds - 1)``."""

    features: int
    channels: int = 64
    layers: int = 12
    rounds: int = 2
    dropout: float = 0.15


class VoiceNotes(nn.Module):
    """Features in, logits of `OUTPUTS` for each frame out."""

    def __init__(self, config: VoiceNotesConfig) -> None:
        super().__init__()
        width = config.channels
        self.config = config
        self.first = nn.Conv1d(config.features, width, 5, padding=2)
        dilations = [2 ** (i % (config.layers // config.rounds)) for i in range(config.layers)]
        self.norms = nn.ModuleList(nn.GroupNorm(1, width) for _ in dilations)
        self.wide = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in dilations)
        self.narrow = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in dilations)
        self.drop = nn.Dropout1d(config.dropout)
        self.last = nn.Conv1d(width, len(OUTPUTS), 1)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, frames, features) -> (batch, outputs, frames)."""
        x = nn.functional.gelu(self.first(features.transpose(1, 2)))
        for norm, wide, narrow in zip(self.norms, self.wide, self.narrow, strict=True):
            x = x + narrow(self.drop(nn.functional.gelu(wide(norm(x)))))
        return self.last(nn.functional.gelu(x))
