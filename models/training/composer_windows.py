"""Stretches of the corpus as batches of steps for the composer's network, with variation that keeps them true.

A stretch starts at any bar; some players are left out; the tune or the chords may come from another instrument of
its kind; half of the stretches say the tune first, so that one can be harmonised.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.composer.analysis.encode import Steps, encode, sections, transposed
from models.composer.analysis.song import Line
from models.composer.instruments import TABLE
from models.composer.tokens import COMBINATIONS, LOW, PIECES, UNKNOWN, WHAT, nearest_set
from models.training.composer_corpus import Piece, kind
from models.vocabulary import GENRES

SIDE_WEIGHT = 0.2
"""How often a genre that can not be asked for is drawn, against one that can."""
SHARES = {"made": 0.25, "drums": 0.12, "chords": 0.1, "piano": 0.4}
"""Shares of made pieces, drums alone, chord charts and piano arrangements in a genre that has them."""
_LEAD_FIRST, _THIN, _LEAVE_OUT, _RECAST = 0.4, 0.35, 0.35, 0.25
_MOST_PLAYERS = 7
_SINGERS = ("violin", "saxophone", "trumpet", "flute", "clarinet", "harmonica", "piano", "synth", "electric_guitar",
            "guitar", "trombone", "cello", "vibraphone", "organ", "choir", "strings", "electric_piano")  # fmt: skip
_PLAYERS = ("piano", "electric_piano", "organ", "guitar", "electric_guitar", "synth", "vibraphone", "strings")
_PADS = ("strings", "choir", "synth", "organ")
_TEMPO_JITTER = 0.06


def combinations(pieces: list[Piece]) -> Sets:
    """Set of drum pieces -> its word. The most frequent sets have words; others lose their least telling pieces."""
    counts: Counter[int] = Counter()
    for piece in pieces:
        for line in piece.song.lines:
            if line.role == "drums" and not piece.made:
                counts.update(int(bits) for bits in line.events[:, 2])
    singles = [1 << i for i in range(len(PIECES))]
    common = [bits for bits, _ in counts.most_common(COMBINATIONS) if bits not in singles]
    return Sets(singles + common[: COMBINATIONS - len(singles)])


class Sets(dict[int, int]):
    """Words of the given sets, and of every other set by leaving pieces out."""

    def __init__(self, sets: list[int]) -> None:
        super().__init__({bits: WHAT["drums"].start + i for i, bits in enumerate(sets)})
        self.sets = sets

    def __missing__(self, bits: int) -> int:
        self[bits] = self[nearest_set(bits, self.keys())]
        return self[bits]


class Windows:
    """Draws stretches. ``most`` is the number of steps of a sequence."""

    def __init__(self, pieces: list[Piece], drums: dict[int, int], most: int) -> None:
        self.drums, self.most = drums, most
        self.pools: dict[str, list[tuple[float, list[Piece]]]] = defaultdict(list)
        for tag in sorted({p.song.tag for p in pieces}):
            kinds: dict[str, list[Piece]] = defaultdict(list)
            for piece in pieces:
                if piece.song.tag == tag:
                    kinds[kind(piece)].append(piece)
            rest = 1 - sum(SHARES[k] for k in kinds if k in SHARES)
            self.pools[tag] = [(SHARES.get(k, rest), members) for k, members in sorted(kinds.items())]
        self.tags = list(self.pools)
        weights = np.array([1.0 if tag in GENRES else SIDE_WEIGHT for tag in self.tags])
        self.weights = weights / weights.sum()
        self._sections: dict[int, NDArray[np.int64]] = {}

    def draw(self, rng: np.random.Generator) -> Steps:
        """One stretch of a random piece of a random genre."""
        pool = self.pools[self.tags[rng.choice(len(self.tags), p=self.weights)]]
        shares = np.array([share for share, _ in pool])
        members = pool[rng.choice(len(pool), p=shares / shares.sum())][1]
        piece = members[rng.integers(len(members))]
        start = 0 if rng.random() < 0.2 else int(rng.integers(0, max(1, piece.song.bars - 6)))
        return self.stretch(piece, start, rng)

    def stretch(self, piece: Piece, start: int, rng: np.random.Generator) -> Steps:
        song = piece.song
        labels = self._sections.setdefault(id(piece), sections(song))
        heard = [x for x in song.lines if np.any(x.events[:, 0] >= start * song.steps_per_bar)]
        return encode(
            song,
            _varied(heard, rng),
            start,
            self.most,
            lead_first=bool(rng.random() < _LEAD_FIRST),
            drums=self.drums,
            labels=labels,
            tempo=song.tempo * float(np.exp(rng.uniform(-_TEMPO_JITTER, _TEMPO_JITTER))),
        )

    def batches(self, size: int, seed: int, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches: words (size, most, 4) and which steps are to be learnt (size, most)."""
        while True:
            rng = np.random.default_rng((seed, step))
            step += 1
            rows = [self._row(rng) for _ in range(size)]
            yield (
                torch.from_numpy(np.stack([words for words, _ in rows])),
                torch.from_numpy(np.stack([learn for _, learn in rows])),
            )

    def _row(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Stretches one after another until the sequence is full; the last is cut."""
        parts: list[Steps] = []
        while sum(len(p.words) for p in parts) < self.most:
            parts.append(self.draw(rng))
        words = np.concatenate([p.words for p in parts])[: self.most]
        return words, np.concatenate([p.learn for p in parts])[: self.most]


def fixed(pieces: list[Piece], windows: Windows, count: int) -> tuple[Tensor, Tensor]:
    """The same ``count`` stretches of pieces each time, padded; for looking at the loss."""
    rng = np.random.default_rng(0)
    words = np.zeros((count, windows.most, 4), dtype=np.int64)
    words[..., 3] = UNKNOWN
    learn = np.zeros((count, windows.most), dtype=bool)
    for i, index in enumerate(rng.choice(len(pieces), count)):
        piece = pieces[index]
        steps = windows.stretch(piece, int(rng.integers(0, max(1, piece.song.bars - 8))), rng)
        words[i, : len(steps.words)], learn[i, : len(steps.learn)] = steps.words, steps.learn
    return torch.from_numpy(words), torch.from_numpy(learn)


def _varied(lines: list[Line], rng: np.random.Generator) -> list[Line]:
    """Leave players out now and then, recast some, never more than `_MOST_PLAYERS`."""
    kept = list(lines)
    if rng.random() < _THIN:
        kept = [x for x in kept if rng.random() > _LEAVE_OUT] or kept
    while len(kept) > _MOST_PLAYERS:
        kept.pop(int(rng.integers(len(kept))))
    out: list[Line] = []
    for line in kept:
        pool = {"melody": _SINGERS, "counter": _SINGERS, "chords": _PLAYERS, "pad": _PADS}.get(line.role)
        recast = line
        if pool and rng.random() < _RECAST:
            name = pool[rng.integers(len(pool))]
            low, high = TABLE[name].lead
            shift = 0
            if line.role in ("melody", "counter") and len(line.events):
                centre = float(line.events[:, 2].mean()) - WHAT["pitch"].start + LOW
                shift = 12 * round(((low + high) / 2 - centre) / 12)
            events = line.events.copy()
            if shift:
                events[:, 2] = [transposed(int(w), shift) for w in events[:, 2]]
            recast = replace(line, instrument=name, events=events)
        if all((recast.role, recast.instrument) != (x.role, x.instrument) for x in out):
            out.append(recast)
    return out
