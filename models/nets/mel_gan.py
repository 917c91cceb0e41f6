"""A conditional generator of log-mel spectrograms and the discriminator that teaches it.

The generator is a U-Net (Ronneberger et al., 2015) over time whose channels are mels, as two-dimensional convolutions
would cost fifty times as much; genre and kind (recorded or played) modulate every block (FiLM; Perez et al., 2018). It
is told the guide's features mixed with noise, and how strong they are: at strength 0 it hears noise alone. The
discriminator sees the same condition and judges stretches of time (patches), with projection of the genre (Miyato and
Koyama, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor, nn
from torch.nn import functional as F

from models.dsp import guide_features, log_mel
from models.vocabulary import GENRES

SLOPE = 0.2
KINDS = 2  # played, recorded
DRIFT = 0.97
"""What a frame of slow noise keeps of the one before: it turns in 0.4 s."""


@dataclass(frozen=True)
class MelGanConfig:
    """Sizes; one width for each rate, each half of the rate before."""

    n_mels: int = log_mel.N_MELS
    features: int = guide_features.FEATURES
    noise: int = 8
    widths: tuple[int, ...] = (144, 192, 256, 256)
    word: int = 64
    """Numbers that stand for genre, kind and strength together."""

    @property
    def multiple(self) -> int:
        """Frames must be a multiple of it."""
        return 2 ** (len(self.widths) - 1)

    def context(self) -> int:
        """Frames to either side that can move a frame."""
        # At each rate two blocks of two convolutions reach four frames, and what joins it to the next another two.
        reach = 4 + sum(6 * 2**level for level in range(len(self.widths)))
        return -(-reach // self.multiple) * self.multiple


class Block(nn.Module):
    """Two convolutions, modulated by the word, added to what came in; each frame is brought to level one before."""

    def __init__(self, width: int, word: int) -> None:
        super().__init__()
        self.turn = nn.Linear(word, 2 * width)
        self.first = nn.Conv1d(width, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        nn.init.zeros_(self.turn.weight)
        nn.init.zeros_(self.turn.bias)

    def forward(self, x: Tensor, word: Tensor) -> Tensor:
        """(batch, width, frames), (batch, word) -> (batch, width, frames)."""
        gain, shift = self.turn(word)[:, :, None].chunk(2, dim=1)
        y = x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-4)
        y = self.first(F.leaky_relu(y * (1 + gain) + shift, SLOPE))
        return x + self.second(F.leaky_relu(y, SLOPE))


class MelGenerator(nn.Module):
    """Features, noise, genre, kind and strength in, scaled log-mel out."""

    usual: Tensor
    spread: Tensor

    def __init__(self, config: MelGanConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.genre = nn.Embedding(len(GENRES), config.word)
        self.kind = nn.Embedding(KINDS, config.word)
        self.strength = nn.Linear(1, config.word)
        self.enter = nn.Conv1d(config.features + config.noise + 1, widths[0], 5, padding=2)
        pairs = list(pairwise(widths))
        self.sink = nn.ModuleList(nn.Conv1d(high, low, 4, stride=2, padding=1) for high, low in pairs)
        self.rise = nn.ModuleList(nn.ConvTranspose1d(low, high, 4, stride=2, padding=1) for high, low in pairs)
        self.down = nn.ModuleList(Block(width, config.word) for width in widths)
        self.up = nn.ModuleList(Block(width, config.word) for width in widths)
        self.leave = nn.Conv1d(widths[0], config.n_mels, 3, padding=1)
        self.register_buffer("usual", torch.zeros(len(GENRES), KINDS, config.features))
        self.register_buffer("spread", torch.ones(len(GENRES), KINDS, config.features))

    def relative(self, features: Tensor, genre: Tensor, kind: Tensor) -> Tensor:
        """(batch, features, frames) -> the same, told by how far they are from what is usual in their genre and kind.

        So the features of a played guide mean the same as those of a recording, and the generator can be asked for one.
        """
        return (features - self.usual[genre, kind][:, :, None]) / self.spread[genre, kind][:, :, None]

    def forward(self, features: Tensor, noise: Tensor, strength: Tensor, genre: Tensor, kind: Tensor) -> Tensor:
        """(batch, features, frames) from `mixed`, (batch, noise, frames) standard normal, (batch,) strength in [0, 1],
        genre and kind numbers -> (batch, n_mels, frames) scaled log-mel. ``frames`` is a multiple of ``multiple``."""
        word = self.genre(genre) + self.kind(kind) + self.strength(strength[:, None])
        level = strength[:, None, None].expand(-1, 1, features.shape[2])
        x = self.enter(torch.cat([features, noise, level], dim=1))
        kept = []
        for block, sink in zip(self.down, self.sink, strict=False):
            x = block(x, word)
            kept.append(x)
            x = sink(x)
        x = self.up[-1](self.down[-1](x, word), word)
        for level_up in reversed(range(len(self.rise))):
            x = self.up[level_up](self.rise[level_up](x) + kept[level_up], word)
        return self.leave(F.leaky_relu(x, SLOPE))


def own_noise(random: np.random.Generator, rows: int, frames: int) -> Tensor:
    """(rows, frames) the generator's own noise, standard normal: half the rows white, half slow, as music holds its
    sounds for a while."""
    white = random.standard_normal((rows, frames), dtype=np.float32)
    moving = white[rows // 2 :] * np.float32((1 - DRIFT**2) ** 0.5)
    moving[:, 0] = white[rows // 2 :, 0]
    slow = lfilter([1.0], [1.0, -DRIFT], moving, axis=1).astype(np.float32)
    return torch.from_numpy(np.concatenate([white[: rows // 2], slow]))


def mixed(features: Tensor, noise: Tensor, strength: Tensor) -> Tensor:
    """Relative features and standard normal noise, both (batch, features, frames), by strength (batch,)."""
    share = strength[:, None, None]
    return share * features + (1 - share) * noise


def build(config: dict[str, Any], state: dict[str, Tensor]) -> MelGenerator:
    """The generator of a checkpoint, ready to use; half-precision weights are widened."""
    net = MelGenerator(MelGanConfig(**(config | {"widths": tuple(config["widths"])})))
    net.load_state_dict(state, strict=True)
    return net.eval()


class MelDiscriminator(nn.Module):
    """Strided convolutions over a mel spectrogram and its condition; judged at two rates."""

    def __init__(self, config: MelGanConfig) -> None:
        super().__init__()
        first, middle, last = config.widths[0], config.widths[1], config.widths[-1]
        sizes = [(config.n_mels + config.features + 1, first, 3, 1), (first, middle, 4, 2), (middle, last, 4, 2)]
        sizes += [(last, last, 4, 2), (last, last, 4, 2)]
        self.layers = nn.ModuleList(nn.Conv1d(low, high, size, stride, padding=1) for low, high, size, stride in sizes)
        self.judged_at = (2, 4)
        self.score = nn.ModuleList(nn.Conv1d(last, 1, 3, padding=1) for _ in self.judged_at)
        self.genre = nn.ModuleList(nn.Embedding(len(GENRES) * KINDS, last) for _ in self.judged_at)
        # What torch begins with lets a signal die away in five layers, and with it all that the generator is taught.
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, SLOPE)
        for words in self.genre:
            nn.init.normal_(words.weight, 0.0, 0.02)

    def forward(
        self, mel: Tensor, features: Tensor, strength: Tensor, genre: Tensor, kind: Tensor
    ) -> tuple[list[Tensor], list[list[Tensor]]]:
        """(batch, n_mels, frames) scaled log-mel and the generator's condition -> scores, one (batch, frames') a rate,
        and the layers below as one list in a list."""
        level = strength[:, None, None].expand(-1, 1, mel.shape[2])
        x = torch.cat([mel, features, level], dim=1)
        layers = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
            layers.append(x)
        scores = []
        for place, score, genres in zip(self.judged_at, self.score, self.genre, strict=True):
            word = genres(genre * KINDS + kind)[:, :, None]
            scores.append((score(layers[place])[:, 0]) + (layers[place] * word).sum(dim=1))
        return scores, [layers]
