"""How real the mel generator sounds: ``python -m models.evaluation.mel_gan --data PACK --work FOLDER [--card]``.

Held-out pieces of the composer are the guides. Prints the Frechet audio distance to held-out recordings of everything
that is made of them, of the guides, of training recordings (floor) and of the DCGAN baseline in ``--work``; and how far
outputs of different seeds lie apart, which is nothing where a generator has collapsed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import checkpoint
from models.dsp import log_mel, low_noise
from models.evaluation import frechet
from models.evaluation.recard import recard
from models.generators._mel_music import LENDS_FROM, Start, dream, hear, phases, sound
from models.nets import mel_vocoder
from models.nets.dcgan import DcganGenerator
from models.nets.mel_gan import MelGenerator, build
from models.spec import Run
from models.training.audio_pack import Pack, load
from models.training.dcgan import load_baseline
from models.vocabulary import GENRES

STRENGTHS = (1.0, 0.5, 0.0)
SECONDS = 20.0
"""Of each guide."""
REAL_SECONDS = 90.0
"""Of recordings of each genre: genres count alike, as far as there is enough."""
SEEDS = 6
PIECE = 512
SPLIT = "Guides are pieces of the composer, references recordings of artists, that are in no training material."
NOTE = (
    "Frechet audio distance on musicnn's features to held-out recordings, genres alike, with the 95 % interval when "
    "clips are drawn again. Spread: mean distance of musicnn's features between clips of one genre (seeds, guides the "
    "same; for recordings, different ones)."
)

Maker = Callable[[np.ndarray, int, int], np.ndarray]
"""A guide (samples,), the number of its genre and a seed -> (samples,)."""


class Studio:
    """Both networks and the baseline, as makers of mono sound at `log_mel.SAMPLE_RATE`."""

    def __init__(self, net: MelGenerator, vocoder: mel_vocoder.MelVocoder, baseline: DcganGenerator) -> None:
        self.net, self.vocoder, self.baseline = net, vocoder, baseline

    def melgan(self, strength: float, lend: bool = True) -> Maker:
        """The mode ``melgan``; without ``lend`` the vocoder begins from noise, as the baseline's must."""

        def make(guide: np.ndarray, genre: int, seed: int) -> np.ndarray:
            heard = hear(np.stack([guide, guide]), PIECE, Run())
            mel = dream(self.net, heard.features, genre, genre, strength, seed, PIECE, Run())
            lent = lend and strength >= LENDS_FROM
            begin = phases(heard, strength, lent, seed)
            return self._sound(mel, lambda low, high: begin(low, high)[:1], lent)

        return make

    def dcgan(self, guide: np.ndarray, genre: int, seed: int) -> np.ndarray:
        """The baseline, which knows no guide and no genre."""
        frames = len(guide) // log_mel.HOP_LENGTH
        mel = log_mel.unscaled(self.baseline.piece(frames, seed))
        hop, offset = log_mel.HOP_LENGTH, low_noise.places(1, torch.Generator().manual_seed(seed))
        return self._sound(mel, lambda low, high: low_noise.drawn(offset + low * hop, (high - low) * hop), False)

    def _sound(self, mel: Tensor, start: Start, lent: bool) -> np.ndarray:
        return sound(self.vocoder, mel[None], start, lent, PIECE, Run())[0].numpy()


def makers(studio: Studio) -> dict[str, Maker]:
    """Everything that is compared."""
    found: dict[str, Maker] = {"guide": lambda guide, genre, seed: guide}
    found |= {f"melgan, strength {strength:g}": studio.melgan(strength) for strength in STRENGTHS}
    found["melgan, strength 0.5, no phases lent"] = studio.melgan(0.5, lend=False)
    found["DCGAN"] = studio.dcgan
    return found


def embedded(audio: np.ndarray) -> frechet.Features:
    """musicnn's features of a sound brought to one level: loudness is not what is judged."""
    level = log_mel.levelled(torch.from_numpy(np.ascontiguousarray(audio))[None])[0]
    return frechet.embed(level.numpy(), log_mel.SAMPLE_RATE)


def recordings(pack: Pack, split: Any) -> dict[str, list[frechet.Features]]:
    """Features of recordings by genre, up to `REAL_SECONDS` of each."""
    found: dict[str, list[frechet.Features]] = {}
    for genre in GENRES:
        left = REAL_SECONDS
        numbers = np.random.default_rng(0).permutation(pack.where(split, True, genre))
        for number in numbers:
            if left <= 0:
                break
            audio = pack.audio(int(number))[: round(left * log_mel.SAMPLE_RATE)]
            left -= len(audio) / log_mel.SAMPLE_RATE
            found.setdefault(genre, []).append(embedded(audio))
    return found


def guides(pack: Pack) -> list[tuple[np.ndarray, int]]:
    """Held-out pieces of the composer (samples,) with the numbers of their genres."""
    numbers = pack.where("test", recorded=False)
    return [
        (pack.audio(n)[: round(SECONDS * log_mel.SAMPLE_RATE)], GENRES.index(pack.sounds[n].genre)) for n in numbers
    ]


def spread(groups: list[list[frechet.Features]]) -> float:
    """Mean distance between windows of different clips of a group, averaged over groups."""
    means = []
    for clips in groups:
        for index, one in enumerate(clips):
            others = np.concatenate([other for number, other in enumerate(clips) if number != index])
            means.append(np.linalg.norm(one[:, None] - others[None], axis=2).mean())
    return float(np.mean(means))


@torch.inference_mode()
def measure(studio: Studio, pack: Pack) -> dict[str, dict[str, Any]]:
    """Distance with its interval, and spread where it was measured, by maker."""
    test, train = recordings(pack, "test"), recordings(pack, "train")
    real = [clip for clips in test.values() for clip in clips]
    known = [clip for clips in train.values() for clip in clips]
    figures = {"recordings of the training split": _row(real, known, list(test.values()))}
    by_genre = {genre: audio for audio, genre in guides(pack)}
    for name, make in makers(studio).items():
        made = [embedded(make(audio, genre, seed)) for seed, (audio, genre) in enumerate(guides(pack))]
        groups = []
        if name != "guide" and not name.endswith("lent"):
            groups = [
                [embedded(make(audio, genre, seed)) for seed in range(SEEDS)] for genre, audio in by_genre.items()
            ]
        figures[name] = _row(real, made, groups)
        print(name, figures[name], flush=True)
    return figures


def _row(real: list[frechet.Features], made: list[frechet.Features], groups: list[list[frechet.Features]]):
    value, low, high = frechet.bootstrap(real, made)
    row = {"FAD": round(value, 2), "interval": [round(low, 2), round(high, 2)], "clips": len(made)}
    return row | ({"spread": round(spread(groups), 3)} if groups else {})


def table(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures as a table of the card."""
    rows = [
        [name, f"{row['FAD']:.2f} ({row['interval'][0]:.2f}-{row['interval'][1]:.2f})", str(row["clips"]),
         str(row.get("spread", ""))]
        for name, row in figures.items()
    ]  # fmt: skip
    return {"title": "How real", "note": NOTE, "columns": ["sound", "FAD", "clips", "spread"], "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that models.training.audio_pack wrote")
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="folder with the trained baseline")
    parser.add_argument("--card", action="store_true", help="put the figures into the checkpoint")
    args = parser.parse_args()
    stored, vocoder = checkpoint.load("mel_gan"), checkpoint.load("vocoder")
    studio = Studio(
        build(stored.config, stored.state_dict),
        mel_vocoder.build(vocoder.config, vocoder.state_dict),
        load_baseline(args.work),
    )
    figures = measure(studio, load(args.data))
    if args.card:
        kept = {"validation": stored.card.figures["validation"]}
        print(recard("mel_gan", kept | {"test": figures}, [table(figures)], (), (), SPLIT))


if __name__ == "__main__":
    main()
