"""The composer's network one step at a time, on one core: `ComposerNet.read` for a single step, without torch.

A step multiplies one vector by every matrix, so its time is that of reading the weights and of calling small functions.
Here they are 16-bit integers with a scale for each row (finer than the half precision they ship in) and a step is one
compiled function, by Numba. The compiled code is kept beside this file, or in Numba's cache folder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from models.nets.composer import NONE, Cache, ComposerNet

Vector = NDArray[np.float32]
Matrix = tuple[NDArray[np.int16], Vector]
"""Weights (outputs, inputs) of which row i counts in units of the i-th scale (outputs,)."""
_FEW = 8
"""Steps up to which reading one after another is faster than all at once by torch."""
_MOST = 32_767
_ONE = np.float32(1)  # an integer would make a sum of doubles


class Steps:
    """Reads steps into a `Cache` and gives the logits of the next one."""

    def __init__(self, net: ComposerNet) -> None:
        self.net, self.config = net, net.config
        self._tables = tuple(
            t.weight.detach().numpy() for t in (net.when_in, net.what_in, net.who_in, net.chord_in, net.interval_in)
        )
        self._classes, self._roots = net.classes.numpy(), net.roots.numpy()
        blocks = list(net.blocks)
        self._layers = (
            *_stacked([b.attend.weight for b in blocks]),
            *_stacked([b.gather.weight for b in blocks]),
            *_stacked([b.widen.weight for b in blocks]),
            *_stacked([b.narrow.weight for b in blocks]),
            *(
                np.stack([p.detach().numpy() for p in rows])
                for rows in (
                    [b.widen.bias for b in blocks],
                    [b.narrow.bias for b in blocks],
                    [b.norm1.weight for b in blocks],
                    [b.norm1.bias for b in blocks],
                    [b.norm2.weight for b in blocks],
                    [b.norm2.bias for b in blocks],
                )
            ),
        )
        self._norm = net.norm.weight.detach().numpy(), net.norm.bias.detach().numpy()
        self._turns = net.cosines.numpy(), net.sines.numpy()
        self._heads = {
            name: (*_coarse(layer.weight.detach().numpy()), layer.bias.detach().numpy())
            for name, layer in (("when", net.when_out), ("given", net.given), ("what", net.what_out))
        }
        self._interval_out = net.interval_out.weight.detach().numpy()
        self._spread = (self._classes == np.arange(NONE)[:, None]).astype(np.float32)

    def read(self, rows: Sequence[Sequence[int]], cache: Cache) -> Vector:
        """Add steps (at least one; when, what, who, chord) to the cache. Returns the state (width,) after the last."""
        if len(rows) > _FEW:
            with torch.inference_mode():
                together: Vector = self.net.read(torch.tensor(rows), cache).numpy()
            return together
        for row in rows:
            state = self._read(row, cache)
        return state

    def _read(self, row: Sequence[int], cache: Cache) -> Vector:
        when, what, who, chord = row
        tables = self._tables
        x = tables[0][when] + tables[1][what] + tables[2][who] + tables[3][chord]
        x += tables[4][self._above(int(self._classes[what]), chord)]
        keys, values = cache.keys.numpy()[:, 0], cache.values.numpy()[:, 0]
        _step(x, cache.length, keys, values, *self._turns, *self._layers)
        cache.length += 1
        out = np.empty_like(x)
        _normalise(x, *self._norm, out)
        return out

    def when(self, state: Vector) -> Vector:
        """Logits (whens,) of the next step's when, the caller's own."""
        return _dense(state, *self._heads["when"])

    def what(self, state: Vector, when: int, who: int, chord: int) -> Vector:
        """Logits (whats,) of the next step's what, given the rest of it."""
        known = self._tables[0][when] + self._tables[2][who] + self._tables[3][chord]
        inner = _dense(state + known, *self._heads["given"])
        _gelu(inner)
        inner += state
        relative = self._interval_out @ inner
        above = [self._above(pitch_class, chord) for pitch_class in range(NONE)]
        return _dense(inner, *self._heads["what"]) + relative[above] @ self._spread

    def _above(self, pitch_class: int, chord: int) -> int:
        root = int(self._roots[chord])
        return NONE if NONE in (pitch_class, root) else (pitch_class - root) % NONE


def _coarse(weights: NDArray[np.float32]) -> Matrix:
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / _MOST
    return np.round(weights / scales[:, None]).astype(np.int16), scales.astype(np.float32)


def _stacked(layers: list) -> Matrix:
    pairs = [_coarse(w.detach().numpy()) for w in layers]
    return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])


# Sums in any order, so that the compiler may use wide registers.
_compiled = njit(cache=True, fastmath={"reassoc", "contract", "nsz", "arcp"})


@_compiled
def _times(weights, scales, x, y):
    for i in range(weights.shape[0]):
        total = np.float32(0)
        for j in range(weights.shape[1]):
            total += np.float32(weights[i, j]) * x[j]
        y[i] = total * scales[i]


@_compiled
def _dense(x, weights, scales, bias):
    y = np.empty(weights.shape[0], np.float32)
    _times(weights, scales, x, y)
    return y + bias


@_compiled
def _exp(x):
    """e to the x for -60 < x < 60, to four digits: (e to the x / 256) to the 256th, which fits wide registers."""
    x *= np.float32(1 / 256)
    y = _ONE + x * (_ONE + x * (np.float32(1 / 2) + x * (np.float32(1 / 6) + x * np.float32(1 / 24))))
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    return y * y


@_compiled
def _gelu(x):
    for i in range(x.shape[0]):
        v = x[i]
        twice = np.float32(1.5957691216) * (v + np.float32(0.044715) * v * v * v)
        # v / 2 * (1 + tanh)
        x[i] = v / (_ONE + _exp(min(max(-twice, np.float32(-50)), np.float32(50))))


@_compiled
def _normalise(x, weight, bias, y):
    mean = np.float32(0)
    for v in x:
        mean += v
    mean /= np.float32(x.shape[0])
    spread = np.float32(0)
    for v in x:
        spread += (v - mean) * (v - mean)
    scale = _ONE / np.sqrt(spread / np.float32(x.shape[0]) + np.float32(1e-5))
    for i in range(x.shape[0]):
        y[i] = (x[i] - mean) * scale * weight[i] + bias[i]


@_compiled
def _step(
    x, place, keys, values, cosines, sines,
    attend, attend_scale, gather, gather_scale, widen, widen_scale, narrow, narrow_scale,
    widen_bias, narrow_bias, norm1, norm1_bias, norm2, norm2_bias,
):  # fmt: skip
    """All layers: ``x`` (width,) changes in place; ``keys``, ``values`` (layers, heads, context, size) get a step."""
    layers, heads, _, size = keys.shape
    width, half = x.shape[0], size // 2
    normal, mixed, out = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    heard, inner = np.empty(3 * width, np.float32), np.empty(widen.shape[1], np.float32)
    weights, query = np.empty(place + 1, np.float32), np.empty(size, np.float32)
    root = _ONE / np.sqrt(np.float32(size))
    for layer in range(layers):
        _normalise(x, norm1[layer], norm1_bias[layer], normal)
        _times(attend[layer], attend_scale[layer], normal, heard)
        for head in range(heads):
            own, past = keys[layer, head], values[layer, head]
            at = head * size
            for i in range(half):
                c, s = cosines[place, i], sines[place, i]
                a, b = heard[at + i], heard[at + half + i]
                query[i], query[half + i] = (a * c - b * s) * root, (a * s + b * c) * root
                a, b = heard[width + at + i], heard[width + at + half + i]
                own[place, i], own[place, half + i] = a * c - b * s, a * s + b * c
            for i in range(size):
                past[place, i] = heard[2 * width + at + i]
            highest = np.float32(-np.inf)
            for t in range(place + 1):
                total = np.float32(0)
                for i in range(size):
                    total += query[i] * own[t, i]
                weights[t] = total
                highest = max(highest, total)
            total = np.float32(0)
            for t in range(place + 1):
                weights[t] = _exp(max(weights[t] - highest, np.float32(-50)))
                total += weights[t]
            for i in range(size):
                mixed[at + i] = 0
            for t in range(place + 1):
                share = weights[t] / total
                for i in range(size):
                    mixed[at + i] += share * past[t, i]
        _times(gather[layer], gather_scale[layer], mixed, out)
        for i in range(width):
            x[i] += out[i]
        _normalise(x, norm2[layer], norm2_bias[layer], normal)
        _times(widen[layer], widen_scale[layer], normal, inner)
        for i in range(inner.shape[0]):
            inner[i] += widen_bias[layer, i]
        _gelu(inner)
        _times(narrow[layer], narrow_scale[layer], inner, out)
        for i in range(width):
            x[i] += out[i] + narrow_bias[layer, i]
