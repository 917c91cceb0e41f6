"""The material of tempo and key on disk: thousands of rendered excerpts with their beats and keys.

Material is split by song *and* by SoundFont: the banks for testing are never heard in training.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.training.band import SAMPLE_RATE, SECONDS, Excerpt, excerpt, play
from models.training.pieces import Piece, composed, groove_pieces, midi_pieces

BATCH = 16  # excerpts in one run of the synthesizer
TEST_SHARE = 0.12  # of the songs
VALIDATION_SHARE = 0.06
PLAIN_GENRES = ("pop909",)  # many alike; each is used once, the others twice
RARE = {"classical": 4, "classical_piano_asap": 6, "blues": 4, "folk": 3, "newage": 3, "ethnic": 2}


@dataclass(frozen=True)
class Clip:
    """A rendered excerpt. ``audio`` is (samples,) int16 mono at 22,050 Hz; ``key`` 0-23 or None."""

    group: str
    genre: str
    bank: str
    test: bool
    beats: NDArray[np.float64]
    downbeats: NDArray[np.bool_]
    key: int | None
    audio: NDArray[np.int16]

    @property
    def tempo(self) -> float:
        """BPM from the median beat."""
        return 60.0 / float(np.median(np.diff(self.beats)))


def is_test(group: str) -> bool:
    """Whether a song is kept for testing: by a hash of its name, so that it never changes sides."""
    return _place(group) < TEST_SHARE


def is_validation(group: str) -> bool:
    """Whether a song (of the training banks) is kept to choose settings with."""
    return TEST_SHARE <= _place(group) < TEST_SHARE + VALIDATION_SHARE


def _place(group: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) / 2**32


def render(
    data: Path, train_banks: list[Path], test_banks: list[Path], work: Path, composed_count: int, seed: int
) -> None:
    """Render all material into ``work``: ``audio.i16`` (clips, samples) and ``clips.json``.

    Without banks to train with, only the songs for testing.
    """
    rng = np.random.default_rng(seed)
    pieces: list[tuple[Piece, int]] = [
        (p, RARE.get(p.genre, 1 if p.genre in PLAIN_GENRES else 2)) for p in midi_pieces(data)
    ]
    pieces += [(p, 2) for p in groove_pieces(data)]
    pieces += [(p, 1) for p in composed(composed_count, seed)]
    queue: dict[Path, list[Excerpt]] = {bank: [] for bank in train_banks + test_banks}
    for piece, times in pieces:
        for _ in range(times):
            cut = excerpt(piece, rng)
            if cut is None or len(cut.beats) < 8:
                continue
            banks = test_banks if is_test(piece.group) else train_banks
            if not banks:
                continue
            queue[banks[int(rng.integers(len(banks)))]].append(cut)
    play_all(queue, work, rng)


def play_all(queue: dict[Path, list[Excerpt]], work: Path, rng: np.random.Generator) -> None:
    """Play the excerpts of each bank, in random order, into ``work``: ``audio.i16`` and ``clips.json``."""
    batches = [(bank, cuts[i : i + BATCH]) for bank, cuts in queue.items() for i in range(0, len(cuts), BATCH)]
    work.mkdir(parents=True, exist_ok=True)
    rows = []
    with (work / "audio.i16").open("wb") as sound:
        for index in tqdm(rng.permutation(len(batches)), desc="rendering"):
            bank, cuts = batches[index]
            for cut, audio in zip(cuts, play(cuts, bank, rng), strict=True):
                if np.abs(audio).max() == 0:
                    continue
                sound.write(audio.tobytes())
                rows.append(
                    {
                        "group": cut.group,
                        "genre": cut.genre,
                        "bank": bank.stem,
                        "beats": cut.beats.round(4).tolist(),
                        "downbeats": cut.downbeats.astype(int).tolist(),
                        "key": cut.key,
                    }
                )
            (work / "clips.json").write_text(json.dumps(rows))


def read(work: Path) -> list[Clip]:
    """What `render` left in ``work``; the audio stays on disk (memory-mapped)."""
    rows = json.loads((work / "clips.json").read_text())
    audio = np.memmap(work / "audio.i16", np.int16, "r", shape=(len(rows), round(SECONDS * SAMPLE_RATE)))
    return [
        Clip(
            row["group"],
            row["genre"],
            row["bank"],
            is_test(row["group"]),
            np.array(row["beats"]),
            np.array(row["downbeats"], bool),
            row["key"],
            audio[index],
        )
        for index, row in enumerate(rows)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with midi.csv and groove/info.csv")
    parser.add_argument("--banks", type=Path, nargs="*", default=[], help="SoundFonts to train with; none: only tests")
    parser.add_argument("--test-banks", type=Path, nargs="+", required=True, help="SoundFonts of held-out songs")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--composed", type=int, default=2000, help="pieces of our own composer")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    render(args.data, args.banks, args.test_banks, args.work, args.composed, args.seed)


if __name__ == "__main__":
    main()
