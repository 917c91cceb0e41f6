"""What finds similar music best: ``python -m models.evaluation.similarity --data PACK [--weights FOLDER]``.

Every recording of the artists who were not trained with is a query among all others of them
(`models.evaluation.retrieval`). Compared are chance, statistics of mels, MFCCs, SimCLR's encoder before and after it
has learnt, and musicnn's penultimate layer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models import checkpoint
from models.dsp.mel_picture import HOP_LENGTH, N_FFT, N_MELS, SAMPLE_RATE, mel_picture
from models.evaluation import frechet, retrieval
from models.nets.simclr import SimclrConfig, SimclrEncoder, build, config_from
from models.training.audio_pack import Pack, Split, load
from models.training.mel_material import cut

MFCCS = 20
Sound = NDArray[np.float32]
Embedding = NDArray[np.floating]


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
    """(samples,) -> (embedding,): the mean over windows of ``frames`` at half overlap, before the projection head."""

    def embed(sound: Sound) -> Embedding:
        picture = mel_picture(torch.from_numpy(sound))
        picture = cut(picture, 0, max(frames, picture.shape[1]))
        windows = picture.unfold(1, frames, frames // 2).transpose(0, 1)
        with torch.inference_mode():
            return net(windows).mean(dim=0).numpy()

    return embed


def musicnn(sound: Sound) -> Embedding:
    """(samples,) -> (200,): the mean of musicnn's penultimate layer."""
    return frechet.embed(sound, SAMPLE_RATE).mean(axis=0)


def untrained(config: SimclrConfig, seed: int = 0) -> SimclrEncoder:
    """The encoder as it begins."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SimclrEncoder(config).eval()


def compare(pack: Pack, split: Split, ways: dict[str, Callable[[Sound], Embedding]]) -> dict[str, retrieval.Table]:
    """The figures of each way to embed, and of chance. Columns are brought to one scale over the sounds compared, which
    uses no label."""
    numbers = pack.where(split, recorded=True)
    genres, artists = ([getattr(pack.sounds[n], field) for n in numbers] for field in ("genre", "group"))
    tables = {"chance": retrieval.by_chance(genres, artists)}
    for name, embed in ways.items():
        vectors = np.stack([embed(pack.audio(number)) for number in tqdm(numbers, desc=name, mininterval=5)])
        tables[name] = retrieval.evaluate(retrieval.standardised(vectors), genres, artists)
    return tables


def lines(tables: dict[str, retrieval.Table]) -> Sequence[str]:
    """The means as text."""
    figures = list(tables["chance"]["mean"])
    rows = [f"{'':20}" + "".join(f"{figure:>14}" for figure in figures)]
    return rows + [
        f"{name:20}" + "".join(f"{table['mean'][figure]:14.3f}" for figure in figures) for name, table in tables.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--weights", type=Path, help="folder with SimCLR's checkpoint")
    parser.add_argument("--out", type=Path, default=Path("var/similarity.json"))
    args = parser.parse_args()
    usual = SimclrConfig()
    ways = {
        "mel statistics": mel_statistics,
        "MFCC": mfcc_statistics,
        "untrained encoder": encoded(untrained(usual), usual.frames),
    }
    if args.weights is not None:
        stored = checkpoint.load("simclr", args.weights)
        config = config_from(stored.config)
        ways["SimCLR"] = encoded(build(config, stored.state_dict), config.frames)
    ways["musicnn"] = musicnn
    tables = compare(load(args.data), args.split, ways)
    args.out.write_text(json.dumps(tables, indent=2) + "\n")
    print("\n".join(lines(tables)))


if __name__ == "__main__":
    main()
