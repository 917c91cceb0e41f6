"""Three ways to part the notes, from the flattering to the honest.

*By note*: notes are dealt at random, as SoundFlow did; the same instrument is on both sides. *By instrument*: all notes
of a program in a family of banks (or of a recorded library) are on one side; banks that share recordings count as one.
*By bank*: besides, TimGM6mb and the Csound bank are nowhere in training and a sixth of the OPL3 programs neither; they
are the test; A320U, another bank that training never hears, is for validation. The Philharmonia's and vocadito's
recordings are in no part of any split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = dict[str, NDArray[Any]]
TEST_ONLY = ("philharmonia", "vocadito")
HELD_OUT_BANKS = ("timgm", "csound")
VALID_BANK = "a320u"
SYNTHETIC_BANK = "opl3"
BANK_FAMILIES = ("fluid", "timgm", "opl3", "freepats", "generaluser", "sonivox", "a320u")
VALID, TEST = 0.12, 0.18
"""Shares of the notes or instruments."""


@dataclass(frozen=True)
class Split:
    """Row numbers of the index."""

    train: NDArray[np.integer]
    valid: NDArray[np.integer]
    test: NDArray[np.integer]


def by_note(index: Index, seed: int = 0) -> Split:
    """Notes at random."""
    rows = np.flatnonzero(~np.isin(index["kind"], TEST_ONLY))
    place = np.random.default_rng(seed).random(len(rows))
    return Split(rows[place >= VALID + TEST], rows[place < VALID], rows[(place >= VALID) & (place < VALID + TEST)])


def by_instrument(index: Index, seed: int = 0) -> Split:
    """Instruments at random, of each family and source alike."""
    free = ~np.isin(index["kind"], TEST_ONLY)
    valid, test = _dealt(index, free, (VALID, TEST), seed)
    return _parted(index, free, valid, test)


def by_bank(index: Index, seed: int = 0) -> Split:
    """Whole banks and programs of the synthetic bank; recorded libraries only train, some singers validate."""
    free = ~np.isin(index["kind"], TEST_ONLY)
    held = free & np.isin(index["bank"], HELD_OUT_BANKS)
    chip = free & (index["bank"] == SYNTHETIC_BANK)
    _, test = _dealt(index, chip, (0.0, TEST), seed)
    valid, _ = _dealt(index, chip & ~np.isin(index["group"], list(test)), (VALID, 0.0), seed)
    singers, _ = _dealt(index, free & (index["kind"] == "sung"), (VALID, 0.0), seed)
    other = set(index["group"][free & (index["bank"] == VALID_BANK)])
    return _parted(index, free, valid | singers | other, test | set(index["group"][held]))


SPLITS: dict[str, Callable[..., Split]] = {"note": by_note, "instrument": by_instrument, "bank": by_bank}


def _dealt(index: Index, rows: NDArray[np.bool_], shares: tuple[float, float], seed: int) -> tuple[set[str], set[str]]:
    """Two sets of instruments of the given shares, drawn from each family and source; one at least where four are."""
    random = np.random.default_rng(seed)
    chosen: tuple[set[str], set[str]] = (set(), set())
    kinds = {
        (str(g), int(f), str(g).split(":")[0]) for g, f in zip(index["group"][rows], index["family"][rows], strict=True)
    }
    for family in sorted({f for _, f, _ in kinds}):
        for bank in sorted({_stratum(b) for _, f, b in kinds if f == family}):
            groups = sorted(g for g, f, b in kinds if f == family and _stratum(b) == bank)
            order = [groups[i] for i in random.permutation(len(groups))]
            counts = [max(round(len(order) * share), int(share > 0 and len(order) >= 4)) for share in shares]
            chosen[0].update(order[: counts[0]])
            chosen[1].update(order[counts[0] : counts[0] + counts[1]])
    return chosen


def _stratum(bank: str) -> str:
    """Banks of their own; all recorded libraries together, all singers together."""
    if bank in BANK_FAMILIES:
        return bank
    return "singers" if bank.startswith("singer") else "recorded"


def _parted(index: Index, free: NDArray[np.bool_], valid: set[str], test: set[str]) -> Split:
    in_valid, in_test = np.isin(index["group"], list(valid)), np.isin(index["group"], list(test))
    return Split(
        np.flatnonzero(free & ~in_valid & ~in_test), np.flatnonzero(free & in_valid), np.flatnonzero(free & in_test)
    )
