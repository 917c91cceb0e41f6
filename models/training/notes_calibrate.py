"""Honest probabilities for the note network: temperatures (Guo et al. 2017) and the qualities' thresholds.

Both are fitted on validation notes, half of them clean and half as a microphone would hear them; never on a test set.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.nets.notes import NotesNet

TEMPERATURES = np.geomspace(0.4, 4.0, 60)
LEAST_LEANING = 0.01
"""Weight of the penalty on leanings: a class with few validation notes keeps its own."""
_THRESHOLDS = np.linspace(-3.0, 3.0, 121)


def temperature(logits: NDArray[np.floating], y: NDArray[np.integer]) -> float:
    """The temperature of least cross entropy; ``logits`` (n, classes), ``y`` (n,) with -1 for unknown."""
    known = y >= 0
    scores, truth = torch.from_numpy(logits[known]), torch.from_numpy(y[known].astype(np.int64))
    losses = [float(nn.functional.cross_entropy(scores / t, truth)) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


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


def calibrate(
    net: NotesNet,
    logits: tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]],
    labels: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]],
) -> None:
    """Set the network's biases, temperatures and shifts from logits and labels of source, family and qualities."""
    source, family, qualities = logits
    with torch.inference_mode(False), torch.enable_grad():
        added = [leanings(source, labels[0]), leanings(family, labels[1])]
    source, family = source + added[0], family + added[1]
    known = labels[2] >= 0
    shifts = [threshold(qualities[known[:, k], k], labels[2][known[:, k], k]) for k in range(qualities.shape[1])]
    shifted = torch.from_numpy(qualities - np.array(shifts, dtype=np.float32))[torch.from_numpy(known)]
    truth = torch.from_numpy(labels[2][known].astype(np.float32))
    losses = [float(nn.functional.binary_cross_entropy_with_logits(shifted / t, truth)) for t in TEMPERATURES]
    fitted = [temperature(source, labels[0]), temperature(family, labels[1]), TEMPERATURES[int(np.argmin(losses))]]
    with torch.no_grad():
        net.source.bias += torch.from_numpy(added[0])
        net.family.bias += torch.from_numpy(added[1])
        net.temperatures.copy_(Tensor(fitted))
        net.shifts.copy_(Tensor(shifts))
