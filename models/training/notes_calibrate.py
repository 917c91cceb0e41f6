"""Honest probabilities for the note network: temperatures (Guo et al. 2017) and the qualities' thresholds.

Both are fitted on validation notes, half of them clean and half as a microphone would hear them; never on a test set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.nets.notes import NotesNet
from models.nets.notes_pair import NotesPair

TEMPERATURES = np.geomspace(0.4, 4.0, 60)
LEAST_LEANING = 0.01
"""Weight of the penalty on leanings: a class with few validation notes keeps its own."""
SHARES = np.linspace(0.0, 1.5, 16, dtype=np.float32)
"""How much the probe's logits may count beside the network's."""
_THRESHOLDS = np.linspace(-3.0, 3.0, 121)


def temperature(logits: NDArray[np.floating], y: NDArray[np.integer]) -> float:
    """The temperature of least cross entropy; for ``logits`` and ``y`` see `entropies`."""
    return float(TEMPERATURES[int(np.argmin(entropies(logits, y)))])


def entropies(logits: NDArray[np.floating], y: NDArray[np.integer]) -> NDArray[np.float64]:
    """(temperatures,) cross entropy at each of `TEMPERATURES`; -1 in ``y`` is unknown.

    Of classes for ``logits`` (n, classes) and ``y`` (n,), of yes and no for both (n, qualities).
    """
    known = y >= 0
    scores, truth = torch.from_numpy(logits[known]), torch.from_numpy(y[known])
    if y.ndim == 2:
        losses = [nn.functional.binary_cross_entropy_with_logits(scores / t, truth.float()) for t in TEMPERATURES]
    else:
        losses = [nn.functional.cross_entropy(scores / t, truth.long()) for t in TEMPERATURES]
    return torch.stack(losses).numpy().astype(np.float64)


def leanings(logits: NDArray[np.floating], y: NDArray[np.integer]) -> NDArray[np.float32]:
    """What to add to each class's logit: (classes,), of mean 0; ``logits`` (n, classes), ``y`` (n,), -1 for unknown.

    A network taught all classes alike leans too much towards rare ones (Guo et al. 2017, vector scaling).
    """
    known = y >= 0
    scores, truth = torch.from_numpy(logits[known]), torch.from_numpy(y[known].astype(np.int64))
    added = torch.zeros(logits.shape[1], requires_grad=True)
    scale = torch.ones((), requires_grad=True)
    optimizer = torch.optim.LBFGS([added, scale], max_iter=100, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy((scores + added) * scale, truth) + LEAST_LEANING * added.square().mean()
        value.backward()
        return value

    optimizer.step(cost)
    return np.asarray((added - added.mean()).detach().numpy(), dtype=np.float32)


def threshold(logits: NDArray[np.floating], y: NDArray[np.integer]) -> float:
    """The logit above which F1 is best; ``logits`` (n,), ``y`` (n,) of 0 and 1. The middle of the best stretch."""
    scores = []
    for at in _THRESHOLDS:
        answer = logits >= at
        hit = float((answer & (y == 1)).sum())
        scores.append(2 * hit / max(1.0, float(answer.sum() + (y == 1).sum())))
    # A smoothed curve: the single best threshold of a small set is mostly luck.
    smooth = np.convolve(np.pad(scores, 4, mode="edge"), np.ones(9) / 9, mode="valid")
    return float(_THRESHOLDS[int(np.argmax(smooth))])


@dataclass(frozen=True)
class Fitted:
    """What makes logits honest: leanings (classes,) to add, ``temperatures`` (3,), ``shifts`` (qualities,)."""

    source: NDArray[np.float32]
    family: NDArray[np.float32]
    temperatures: Tensor
    shifts: Tensor


def fit(
    logits: tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]],
    labels: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]],
) -> Fitted:
    """Fit all of it to logits and labels of source, family and qualities."""
    source, family, qualities = logits
    with torch.inference_mode(False), torch.enable_grad():
        added = [leanings(source, labels[0]), leanings(family, labels[1])]
    source, family = source + added[0], family + added[1]
    known = labels[2] >= 0
    shifts = [threshold(qualities[known[:, k], k], labels[2][known[:, k], k]) for k in range(qualities.shape[1])]
    shifted = qualities - np.array(shifts, dtype=np.float32)
    fitted = [temperature(source, labels[0]), temperature(family, labels[1]), temperature(shifted, labels[2])]
    return Fitted(added[0], added[1], Tensor(fitted), Tensor(shifts))


def calibrate(
    net: NotesNet,
    logits: tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]],
    labels: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]],
) -> None:
    """Set the network's biases, temperatures and shifts from its logits and the labels."""
    fitted = fit(logits, labels)
    with torch.no_grad():
        net.source.bias += torch.from_numpy(fitted.source)
        net.family.bias += torch.from_numpy(fitted.family)
        net.temperatures.copy_(fitted.temperatures)
        net.shifts.copy_(fitted.shifts)


def calibrate_pair(
    pair: NotesPair,
    ours: tuple[NDArray[np.floating], ...],
    probed: tuple[NDArray[np.floating], ...],
    labels: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]],
) -> None:
    """Set how much the probe counts in each task, by least cross entropy, and then what `calibrate` sets."""
    sums = []
    for task, (one, other) in enumerate(zip(ours, probed, strict=True)):
        losses = [entropies(one + share * other, labels[task]).min() for share in SHARES]
        share = SHARES[int(np.argmin(losses))]
        pair.shares[task] = float(share)
        sums.append(one + share * other)
    fitted = fit((sums[0], sums[1], sums[2]), labels)
    pair.source_leanings.copy_(torch.from_numpy(fitted.source))
    pair.family_leanings.copy_(torch.from_numpy(fitted.family))
    pair.temperatures.copy_(fitted.temperatures)
    pair.shifts.copy_(fitted.shifts)
