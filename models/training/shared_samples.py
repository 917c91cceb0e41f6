"""Which banks share recordings: ``python -m models.training.shared_samples BANK.sf2 FOLDER_OF_PATCHES ...``.

Banks are made from one another, so a bank that training never opened may still be known to it. Every sample is compared
with every sample of the other banks by the greatest normalised correlation of its loud beginning, over small shifts;
that survives another level, another start and lossy compression. It is done at the stored rate and at 16 kHz. Prints a
table: how many samples of the row's bank sound somewhere in the column's.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from models.composer.render.soundfont import SoundFont
from models.training.gus import PatchFolder

LENGTH = 1_024
"""Frames that are compared; shorter samples, which are a few periods of a wave, are not."""
SHIFTS = 16
"""Frames by which two cuts of one recording may differ once both begin at a tenth of their peak."""
SAME = 0.98
"""Correlation from which two samples are one recording. Plain waves of equal period also reach it."""
_RATE = 16_000

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Beginnings:
    """The starts of a bank's samples, as stored and at 16 kHz: ``views`` of (samples, LENGTH + 2 * SHIFTS).

    ``numbers`` (samples,) are their places in the bank.
    """

    numbers: NDArray[np.int64]
    views: tuple[Samples, Samples]


class Recordings(Protocol):
    """A bank of recordings by number, as a SoundFont or a folder of patches."""

    @property
    def samples(self) -> int:
        """How many there are."""

    def sample(self, number: int) -> tuple[Samples, int]:
        """One recording (frames,) and its sampling rate."""


def beginnings(bank: Recordings) -> Beginnings:
    """What of a bank is compared."""
    numbers, stored, slowed = [], [], []
    for number in range(bank.samples):
        data, rate = bank.sample(number)
        if len(data) < LENGTH or not data.any():
            continue
        first = int(np.argmax(np.abs(data) >= 0.1 * np.abs(data).max()))
        data = data[max(0, min(first, len(data) - LENGTH) - SHIFTS) :][: 4 * LENGTH]
        numbers.append(number)
        stored.append(_sized(data))
        slowed.append(_sized(soxr.resample(data, rate, _RATE)))
    wanted = LENGTH + 2 * SHIFTS
    both = (np.array(stored, np.float32).reshape(-1, wanted), np.array(slowed, np.float32).reshape(-1, wanted))
    return Beginnings(np.array(numbers, dtype=np.int64), both)


def shared(one: Beginnings, other: Beginnings) -> NDArray[np.int64]:
    """The numbers of the samples of ``one`` that are recordings of ``other`` too."""
    best = np.zeros(len(one.numbers))
    for mine, theirs in zip(one.views, other.views, strict=True):
        middle = _unit(mine[:, SHIFTS : SHIFTS + LENGTH])
        for shift in range(2 * SHIFTS + 1):
            close = np.abs(middle @ _unit(theirs[:, shift : shift + LENGTH]).T)
            best = np.maximum(best, close.max(axis=1, initial=0.0))
    return one.numbers[best >= SAME]


def _sized(data: Samples) -> Samples:
    """(LENGTH + 2 * SHIFTS,), with zeros where the sample ends early."""
    out = np.zeros(LENGTH + 2 * SHIFTS, np.float32)
    out[: min(len(data), len(out))] = data[: len(out)]
    return out


def _unit(rows: Samples) -> Samples:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("banks", type=Path, nargs="+", metavar="BANK")
    args = parser.parse_args()
    heard = {path.stem: beginnings(PatchFolder(path) if path.is_dir() else SoundFont(path)) for path in args.banks}
    print("bank", *(f"{name} ({len(rows.numbers)})" for name, rows in heard.items()), sep=" | ")
    for name, rows in heard.items():
        counts = ["" if name == column else str(len(shared(rows, heard[column]))) for column in heard]
        print(name, *counts, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
