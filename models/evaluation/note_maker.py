"""How good made notes are: ``python -m models.evaluation.note_maker --data SET`` writes the figures into the card.

Notes are asked for as real notes of the set are (family, source, qualities, pitch, velocity), made with latents of
their own, and heard by the shipped classifiers of notes, which took no part in the maker's training. The same
classifiers hear the real notes themselves beside it, those of instruments that trained and those held out.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models import checkpoint
from models.audio import Recording
from models.classifiers import _notes
from models.evaluation.note_pitch import cents, note_hertz
from models.generators._note_maker import SINGLE_WILDNESS, Kind, Stroke, Workshop, from_checkpoint
from models.nets.note_frames import level_of
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.spec import Run
from models.training import notes_set
from models.training.note_features import held_out
from models.training.notes_splits import Index

NOTES = 600
ALIKE, DRAWS = 40, 4
"""Requests of which several notes are made, and how many of each, to see how they differ."""
IN_TUNE = 15.0
"""Cents."""
_SCALE = np.float32(1 / 32768)


def asked_rows(index: Index, rows: NDArray[np.integer], count: int, seed: int = 0) -> NDArray[np.integer]:
    """Rows whose labels are all known, families alike, drawn by seed."""
    known = rows[(index["source"][rows] >= 0) & (index["qualities"][rows] >= 0).all(axis=1)]
    known = known[index["velocity"][known] > 0]
    random = np.random.default_rng(seed)
    each = -(-count // len(FAMILIES))
    drawn = [random.permutation(known[index["family"][known] == family])[:each] for family in range(len(FAMILIES))]
    return np.concatenate(drawn)[:count]


def kind_of(index: Index, row: int) -> tuple[Kind, Stroke]:
    """What the note of a row is, as the maker is asked for it."""
    words = tuple(word for word, on in zip(QUALITIES, index["qualities"][row], strict=True) if on == 1)
    kind = Kind(FAMILIES[index["family"][row]], SOURCES[index["source"][row]], words)
    return kind, Stroke(int(index["pitch"][row]), int(index["velocity"][row]), 3.0)


def made(shop: Workshop, index: Index, rows: NDArray[np.integer], seed: int) -> NDArray[np.float32]:
    """(rows, 64000): a note each as the rows were, every one with a timbre of its own."""
    notes = []
    for number, row in enumerate(tqdm(rows, desc="making", mininterval=5)):
        kind, stroke = kind_of(index, int(row))
        notes.append(shop.single(kind, stroke, shop.timbre(seed + number, SINGLE_WILDNESS)))
    return np.stack(notes)


def heard(notes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Calibrated probabilities of source (n, 3), family (n, 11), qualities (n, 9)."""
    ear = _notes.shared()
    whole = []
    for note in tqdm(notes, desc="hearing", mininterval=5):
        answer = ear.hear(Recording.of(np.asarray(note[None], dtype=np.float32), 16_000), Run()).whole
        whole.append(answer or tuple(np.zeros(size, np.float32) for size in (len(SOURCES), len(FAMILIES), 9)))
    source, family, qualities = (np.stack(column) for column in zip(*whole, strict=True))
    return source, family, qualities


def obeyed(notes: NDArray[np.float32], index: Index, rows: NDArray[np.integer]) -> dict[str, Any]:
    """How the classifiers' answers agree with the labels of the rows."""
    from sklearn.metrics import f1_score

    source, family, qualities = heard(notes)
    right = family.argmax(axis=1) == index["family"][rows]
    scores = {
        word: round(float(f1_score(index["qualities"][rows, place], qualities[:, place] > 0.5, zero_division=0)), 3)
        for place, word in enumerate(QUALITIES)
    }
    return {
        "notes": len(rows),
        "family": round(float(right.mean()), 3),
        "source": round(float((source.argmax(axis=1) == index["source"][rows]).mean()), 3),
        "qualities_f1": round(float(np.mean(list(scores.values()))), 3),
        "f1": scores,
        "by_family": {
            name: round(float(right[index["family"][rows] == number].mean()), 2)
            for number, name in enumerate(FAMILIES)
            if (index["family"][rows] == number).any()
        },
    }


def in_tune(notes: NDArray[np.float32], index: Index, rows: NDArray[np.integer]) -> dict[str, float]:
    """Median pitch error in cents, the share within `IN_TUNE`, and the share in which a pitch was found."""
    errors = []
    for note, row in zip(notes, rows, strict=True):
        hertz = note_hertz(note)
        if hertz is not None:
            errors.append(abs(cents(hertz, float(index["pitch"][row]))))
    return {
        "median_cents": round(float(np.median(errors)), 2),
        "within_15_cents": round(float(np.mean(np.array(errors) <= IN_TUNE)), 3),
        "pitch_found": round(len(errors) / len(rows), 3),
    }


def variety(shop: Workshop, index: Index, rows: NDArray[np.integer]) -> dict[str, float]:
    """Mean distance in dB of log-mels: of notes asked for alike with other latents, and asked for differently."""
    kinds = [kind_of(index, int(row)) for row in rows]
    levels = [
        torch.cat([_level(shop.single(*one, shop.timbre(seed, SINGLE_WILDNESS))) for seed in range(DRAWS)])
        for one in kinds
    ]
    alike = [float((one[a] - one[b]).abs().mean()) for one in levels for a in range(DRAWS) for b in range(a)]
    others = [float((a[0] - b[0]).abs().mean()) for a, b in itertools.pairwise(levels)]
    return {
        "db_between_latents": round(float(np.mean(alike)), 2),
        "least_db_between_latents": round(float(np.min(alike)), 2),
        "db_between_requests": round(float(np.mean(others)), 2),
    }


def _level(note: NDArray[np.float32]) -> torch.Tensor:
    return level_of(torch.from_numpy(note[None])).clamp(min=-50)


def measured(shop: Workshop, data: Path, count: int) -> dict[str, Any]:
    """All figures."""
    notes, index = notes_set.load(data)
    rows = held_out(index)
    train, test = (asked_rows(index, rows[name], count) for name in ("train", "test"))
    half = np.concatenate([train[::2], test[::2]])[:count]
    own = made(shop, index, half, seed=1)
    real = {name: notes[np.sort(part)] * _SCALE for name, part in (("train", train), ("test", test))}
    return {
        "made": obeyed(own, index, half) | in_tune(own, index, half),
        "real, instruments in training": obeyed(real["train"], index, np.sort(train))
        | in_tune(real["train"], index, np.sort(train)),
        "real, instruments held out": obeyed(real["test"], index, np.sort(test))
        | in_tune(real["test"], index, np.sort(test)),
        "variety": variety(shop, index, half[:: max(1, len(half) // ALIKE)]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that models.training.notes_set wrote")
    parser.add_argument("--notes", type=int, default=NOTES)
    args = parser.parse_args()
    loaded = checkpoint.load("note_maker")
    figures = measured(from_checkpoint(loaded), args.data, args.notes)
    print(figures)
    extra = loaded.card.extra | {"plots": ["notes-made.png"]}  # drawn by models.evaluation.sound_examples
    card = dataclasses.replace(loaded.card, figures=figures, extra=extra, sha256="", size=0)
    print(checkpoint.save(loaded.config, loaded.state_dict, card))


if __name__ == "__main__":
    main()
