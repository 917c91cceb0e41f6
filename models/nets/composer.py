"""The composer's network: a decoder-only transformer over (when, what) steps of `models.composer.tokens`.

Vaswani et al. 2017 with pre-normalisation, rotary positions (Su et al. 2021) and two heads: the first says when the
next event falls and how long it lasts, the second what it is, given when, the player and the chord at that moment.
A pitch is read and foretold both as itself and as an interval above the chord's root, so that what is learnt over one
chord holds over all (``classes`` has the pitch class of each word, ``roots`` the root of each chord).
Splitting a note over two heads of one step halves the sequence (Hsiao et al. 2021, "Compound Word Transformer").
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_ROTARY_BASE = 10_000.0
NONE = 12
"""The pitch class of words without pitch and of no chord."""


@dataclass(frozen=True)
class Config:
    """``whens``, ``whats``, ``players`` and ``chords`` are the sizes of the four columns' vocabularies.

    There is no dropout: the material is seen a few times only, and on a processor dropout takes most of the time.
    """

    whens: int
    whats: int
    players: int
    chords: int
    width: int = 256
    layers: int = 6
    heads: int = 8
    context: int = 1024


class Cache:
    """Keys and values of the steps read so far: two tensors (layers, 1, heads, context, width / heads)."""

    def __init__(self, config: Config) -> None:
        size = (config.layers, 1, config.heads, config.context, config.width // config.heads)
        self.keys, self.values = torch.zeros(size), torch.zeros(size)
        self.length = 0


class Block(nn.Module):
    """Attention and a feed-forward layer, each after a normalisation and added to what came in."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(config.width)
        self.attend = nn.Linear(config.width, 3 * config.width, bias=False)
        self.gather = nn.Linear(config.width, config.width, bias=False)
        self.norm2 = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, 4 * config.width)
        self.narrow = nn.Linear(4 * config.width, config.width)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], past: tuple[Tensor, Tensor, int] | None) -> Tensor:
        """(batch, steps, width) -> the same. ``past`` is this layer's cache and its length; it is written to."""
        batch, steps, width = x.shape
        heard = self.attend(self.norm1(x)).view(batch, steps, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key = _rotate(heard[:2], turn)  # (batch, heads, steps, width / heads)
        value = heard[2]
        mask = None
        if past is not None:
            keys, values, length = past
            keys[:, :, length : length + steps], values[:, :, length : length + steps] = key, value
            if length:
                key, value = keys[:, :, : length + steps], values[:, :, : length + steps]
                mask = torch.ones(steps, length + steps, dtype=torch.bool).tril(length) if steps > 1 else None
        mixed = F.scaled_dot_product_attention(query, key, value, mask, is_causal=steps > 1 and mask is None)
        x = x + self.gather(mixed.transpose(1, 2).reshape(batch, steps, width))
        inner: Tensor = self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh"))
        return x + inner


class ComposerNet(nn.Module):
    """``forward`` for training, ``read`` for a prompt; single steps are `models.nets.composer_steps`'s."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.when_in = nn.Embedding(config.whens, width)
        self.what_in = nn.Embedding(config.whats, width)
        self.who_in = nn.Embedding(config.players, width)
        self.chord_in = nn.Embedding(config.chords, width)
        self.interval_in = nn.Embedding(NONE + 1, width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.when_out = nn.Linear(width, config.whens)
        self.given = nn.Linear(width, width)
        self.what_out = nn.Linear(width, config.whats)
        self.interval_out = nn.Linear(width, NONE + 1, bias=False)
        self.register_buffer("classes", torch.full((config.whats,), NONE))
        self.register_buffer("roots", torch.full((config.chords,), NONE))
        turn = _turns(config.context, width // config.heads)
        self.register_buffer("cosines", turn[0], persistent=False)
        self.register_buffer("sines", turn[1], persistent=False)
        for table in (self.when_in, self.what_in, self.who_in, self.chord_in, self.interval_in):
            nn.init.normal_(table.weight, std=0.02)
        for name, weight in self.named_parameters():
            if name.endswith(("gather.weight", "narrow.weight")):
                nn.init.normal_(weight, std=0.02 / (2 * config.layers) ** 0.5)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """``words`` (batch, steps, 4): when, what, who, chord -> logits of the *next* when (batch, steps - 1, whens)
        and, given it, of the next what (batch, steps - 1, whats)."""
        return self.heads(self._hidden(words[:, :-1], None), words[:, 1:])

    def heads(self, hidden: Tensor, following: Tensor) -> tuple[Tensor, Tensor]:
        """States (batch, steps, width) and what follows each -> its logits of when, and of what."""
        return self.when_out(hidden), self._what(hidden, following)

    def read(self, words: Tensor, cache: Cache) -> Tensor:
        """Add steps (steps, 4) to the cache. Returns the state (width,) after the last one."""
        hidden = self._hidden(words[None], cache)
        cache.length += len(words)
        return hidden[0, -1]

    def _hidden(self, words: Tensor, cache: Cache | None) -> Tensor:
        begin = cache.length if cache else 0
        steps = words.shape[1]
        turn = self.cosines[begin : begin + steps], self.sines[begin : begin + steps]
        x = self._embed(words)
        for i, block in enumerate(self.blocks):
            x = block(x, turn, (cache.keys[i], cache.values[i], begin) if cache else None)
        return self.norm(x)

    def _embed(self, words: Tensor) -> Tensor:
        when, what, who, chord = words.unbind(-1)
        words = self.when_in(when) + self.what_in(what) + self.who_in(who) + self.chord_in(chord)
        return words + self.interval_in(_above(self.classes[what], self.roots[chord]))

    def _what(self, hidden: Tensor, following: Tensor) -> Tensor:
        when, _, who, chord = following.unbind(-1)
        known = self.when_in(when) + self.who_in(who) + self.chord_in(chord)
        state = F.gelu(self.given(hidden + known), approximate="tanh") + hidden
        every = torch.arange(NONE, device=state.device)
        # (batch, steps, 12): the logit of each pitch class by what it is above the chord's root.
        relative = self.interval_out(state).gather(-1, _above(every, self.roots[chord][..., None]))
        spread = (self.classes == every[:, None]).to(relative.dtype)
        logits: Tensor = self.what_out(state) + relative @ spread
        return logits


def _above(pitch_class: Tensor, root: Tensor) -> Tensor:
    """Semitones from a chord's root up to a pitch class, `NONE` where there is no pitch or no chord."""
    nothing = (pitch_class == NONE) | (root == NONE)
    return torch.where(nothing, NONE, (pitch_class - root) % NONE)


def _turns(context: int, width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines (context, width / 2) of the rotary angles."""
    rates = _ROTARY_BASE ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(context)[:, None] * rates
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the pairs (i, i + half) of the last axis by the angles of their step."""
    cosines, sines = turn[0].to(x.dtype), turn[1].to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosines - second * sines, first * sines + second * cosines), dim=-1)
