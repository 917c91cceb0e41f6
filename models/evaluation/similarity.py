"""What finds similar music best: ``python -m models.evaluation.similarity --data PACK [--weights FOLDER]``.

Queries are the recordings of the artists whom nothing was trained with, results all other recordings of GTZAN but for
the query's artist's own (`models.evaluation.retrieval`). Compared are chance, statistics of mels, MFCCs, SimCLR's
encoder before and after it has learnt, musicnn's penultimate layer, and the default: a map of musicnn's features that
genres shaped. That map is shipped as learnt from all recordings, so it is measured cross-fitted, and strictly: no two
recordings are compared by a map that knew the genre of either. ``--split valid`` looks at the other artists instead,
for choices; ``--card`` writes the tables into the shipped cards.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from models import checkpoint
from models.dsp.mel_picture import HOP_LENGTH, N_FFT, N_MELS, SAMPLE_RATE, mel_picture
from models.evaluation import frechet, retrieval
from models.evaluation.retrieval import Scores, Table
from models.nets.simclr import SimclrConfig, SimclrEncoder, build, config_from
from models.training.audio_pack import Pack, load
from models.training.projection import fit, heard, project

MFCCS = 20
FOLDS = 10
DRAWS = (1, 2, 3, 4)
"""Ways to draw the folds. Draw 0 was used to choose the map's settings."""
Sound = NDArray[np.float32]
Embedding = NDArray[np.floating]
Tables = dict[str, Table]


def mel_statistics(sound: Sound) -> Embedding:
    """(samples,) -> (2 * mels,): mean and standard deviation of each mel in decibels."""
    rows = mel_picture(torch.from_numpy(sound)).numpy()
    return np.concatenate([rows.mean(axis=1), rows.std(axis=1)])


def mfcc_statistics(sound: Sound) -> Embedding:
    """(samples,) -> (2 * MFCCS,): mean and standard deviation of mel-frequency cepstral coefficients."""
    rows = librosa.feature.mfcc(
        y=sound, sr=SAMPLE_RATE, n_mfcc=MFCCS, n_fft=N_FFT, hop_length=HOP_LENGTH, n_mels=N_MELS
    )
    return np.concatenate([rows.mean(axis=1), rows.std(axis=1)])


def encoded(net: SimclrEncoder, frames: int) -> Callable[[Sound], Embedding]:
    """(samples,) -> (embedding,): before the projection head, the mean over windows of ``frames``."""

    def embed(sound: Sound) -> Embedding:
        with torch.inference_mode():
            return net.sound(mel_picture(torch.from_numpy(sound)), frames).numpy()

    return embed


def musicnn(sound: Sound) -> Embedding:
    """(samples,) -> (200,): the mean of musicnn's penultimate layer."""
    return frechet.embed(sound, SAMPLE_RATE).mean(axis=0)


def untrained(config: SimclrConfig, seed: int = 0) -> SimclrEncoder:
    """The encoder as it begins."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SimclrEncoder(config).eval()


class Collection:
    """All recordings of a pack, or those of some splits: who plays what, and which ones are asked for."""

    def __init__(self, pack: Pack, split: str) -> None:
        every = [number for number, sound in enumerate(pack.sounds) if sound.recorded]
        # Without the test artists nothing of a choice can come from them.
        self.numbers = every if split == "test" else [n for n in every if pack.sounds[n].split != "test"]
        self.pack = pack
        self.genres, self.artists = (
            np.array([getattr(pack.sounds[n], field) for n in self.numbers]) for field in ("genre", "group")
        )
        asked = [split == "valid" or pack.sounds[n].split == "test" for n in self.numbers]
        self.asked = np.array(asked)

    def table(self, scores: Scores, asked: NDArray[np.bool_] | None = None) -> Table:
        """The figures of the queries."""
        return retrieval.evaluate(scores, self.genres, self.artists, self.asked if asked is None else asked)

    def embedded(self, name: str, embed: Callable[[Sound], Embedding]) -> Scores:
        """Columns are brought to one scale over the sounds compared, which uses no label."""
        rows = [embed(self.pack.audio(number)) for number in tqdm(self.numbers, desc=name, mininterval=5)]
        return retrieval.cosines(retrieval.standardised(np.stack(rows)))


def compare(collection: Collection, ways: dict[str, Callable[[Sound], Embedding]]) -> Tables:
    """The figures of chance and of each way to embed."""
    tables = {"chance": collection.table(retrieval.chance(len(collection.numbers)))}
    for name, embed in ways.items():
        tables[name] = collection.table(collection.embedded(name, embed))
    return tables


def cross_fitted(
    x: NDArray[np.float32], genres: NDArray[np.str_], artists: NDArray[np.str_], seed: int
) -> tuple[Scores, Scores]:
    """Likeness (n, n) by the default map, artists on one side of each fold: strictly, by maps that knew neither of the
    two compared, and as in use, by a map that knew the results but not the query."""
    fold = np.zeros(len(x), int)
    drawn = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(x, genres, artists)
    for number, (_, inside) in enumerate(drawn):
        fold[inside] = number
    strict, used = np.zeros((2, len(x), len(x)))
    for one, other in tqdm(list(combinations_with_replacement(range(FOLDS), 2)), desc="maps", mininterval=5):
        known = (fold != one) & (fold != other)
        rows = project(fit(x[known], genres[known], artists[known]), x)
        first, second = np.flatnonzero(fold == one), np.flatnonzero(fold == other)
        strict[np.ix_(first, second)] = rows[first] @ rows[second].T
        strict[np.ix_(second, first)] = rows[second] @ rows[first].T
        if one == other:
            used[first] = rows[first] @ rows.T
    return strict, used


def default(collection: Collection, draws: Sequence[int]) -> Tables:
    """The figures of the default: of the queries, strictly; of all recordings as queries, strictly and as in use."""
    x = heard(collection.pack, collection.numbers)
    everything = np.ones(len(x), bool)
    found: dict[str, list[Table]] = {}
    for seed in draws:
        strict, used = cross_fitted(x, collection.genres, collection.artists, seed)
        found.setdefault("default", []).append(collection.table(strict))
        found.setdefault("default, every recording asked", []).append(collection.table(strict, everything))
        found.setdefault("default, results known", []).append(collection.table(used, everything))
    return {name: retrieval.averaged(tables) for name, tables in found.items()}


def lines(tables: Tables) -> Iterator[str]:
    """The means as text: over the genres, and precision@10 over the queries."""
    yield f"{'':32}" + "".join(f"{figure:>14}" for figure in retrieval.FIGURES) + f"{'by query':>14}"
    for name, table in tables.items():
        row = [*table[retrieval.MEAN].values(), table[retrieval.QUERIES]["precision@10"]]
        yield f"{name:32}" + "".join(f"{value:14.3f}" for value in row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--weights", type=Path, default=checkpoint.FOLDER, help="folder with SimCLR's checkpoint")
    parser.add_argument("--card", action="store_true", help="write the tables into the shipped cards")
    parser.add_argument("--out", type=Path, default=Path("var/similarity.json"))
    args = parser.parse_args()
    usual = SimclrConfig()
    stored = checkpoint.load("simclr", args.weights)
    config = config_from(stored.config)
    ways = {
        "mel statistics": mel_statistics,
        "MFCC": mfcc_statistics,
        "untrained encoder": encoded(untrained(usual), usual.frames),
        "SimCLR": encoded(build(config, stored.state_dict), config.frames),
        "musicnn": musicnn,
    }
    collection = Collection(load(args.data), args.split)
    tables = compare(collection, ways) | default(collection, DRAWS if args.split == "test" else (0,))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(tables, indent=2) + "\n")
    print("\n".join(lines(tables)))
    if args.card:
        from models.evaluation import similarity_cards

        similarity_cards.write(tables)


if __name__ == "__main__":
    main()
