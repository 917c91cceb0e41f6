"""How real the diffusion mode sounds, and what its steps buy: ``python -m models.evaluation.ddim --data PACK``.

Short pieces of every genre are composed and performed with each number of steps, guide strength and guidance asked for.
Prints the Frechet audio distance (`models.evaluation.frechet`) to recordings by artists who were not trained with, all
genres together, and how long 30 s take. ``--split valid`` is for choosing, ``--split test`` for telling; ``--card``
puts the curve over steps into the checkpoint's card.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models import checkpoint, registry
from models.audio import to_mono
from models.evaluation import frechet, plots
from models.evaluation.audio import COMPONENTS, FIRST_SEED, requests
from models.evaluation.mel_gan import embedded, recordings
from models.evaluation.recard import recard
from models.generators._guide import make_guide
from models.generators.ddim import DiffusionGenerator, Options
from models.nets.ddim import build, config_from
from models.spec import Run
from models.training.audio_pack import SAMPLE_RATE, Pack, load
from models.vocabulary import GENRES

STEPS = (10, 25, 50, 100, 200)
SECONDS = 8.8
"""Of a piece: what is denoised in one window."""
SEEDS = {"valid": FIRST_SEED + 50_000, "test": FIRST_SEED}
TOLD = 30.0
"""Seconds of music for which the time is told."""
PICTURE = "ddim-steps.png"

Way = tuple[int, float, float]
"""Steps, guide strength, guidance."""


class Listener:
    """Recordings of a split, all genres together, and composed pieces: what performances of them are held against."""

    def __init__(self, pack: Pack, split: Any, clips: int) -> None:
        known = [track for tracks in recordings(pack, "train").values() for track in tracks]
        self.project = frechet.fit(known, COMPONENTS)
        self.reference = [self.project(track) for tracks in recordings(pack, split).values() for track in tracks]
        asked = [
            replace(request, seed=request.seed - FIRST_SEED + SEEDS[split])
            for genre in GENRES
            for request in requests(genre, clips, SECONDS)
        ]
        self.pieces = [(request, make_guide(request, Run(), SAMPLE_RATE)) for request in asked]

    def guide(self) -> dict[str, Any]:
        """The row of the guides as they are."""
        return self._row("guide", [to_mono(guide.audio) for _, guide in self.pieces])

    def hear(self, mode: DiffusionGenerator, way: Way) -> dict[str, Any]:
        """The row of a mode's performances: distance, its interval, seconds for `TOLD` seconds of stereo."""
        steps, strength, guidance = way
        made, taken = [], 0.0
        for request, guide in self.pieces:
            asked = replace(request, guide_strength=strength)
            begun = time.perf_counter()
            with torch.inference_mode():
                wave = mode.imagined(guide.audio, asked, Options(steps=steps, guidance=guidance), Run())
            taken += time.perf_counter() - begun
            made.append(to_mono(wave.numpy()))
        name = f"{steps} steps, strength {strength:g}"
        if guidance != Options().guidance:
            name += f", guidance {guidance:g}"
        return self._row(name, made) | {"steps": steps, "seconds": round(taken / len(made) * TOLD / SECONDS, 2)}

    def _row(self, name: str, sounds: list[np.ndarray]) -> dict[str, Any]:
        made = [self.project(embedded(sound)) for sound in sounds]
        whole, low, high = frechet.bootstrap(self.reference, made)
        return {
            "sound": name,
            "FAD": round(whole, 2),
            "interval": [round(low, 2), round(high, 2)],
            "clips": len(sounds),
        }


def measure(mode: DiffusionGenerator, listener: Listener, ways: Sequence[Way]) -> list[dict[str, Any]]:
    """A row for the guide and for each way."""
    rows = [listener.guide()]
    print(rows[0], flush=True)
    for way in ways:
        rows.append(listener.hear(mode, way))
        print(rows[-1], flush=True)
    return rows


def table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rows as a table of the card."""
    cells = [
        [row["sound"], f"{row['FAD']:.1f} ({row['interval'][0]:.1f}-{row['interval'][1]:.1f})", row.get("seconds", "")]
        for row in rows
    ]
    return {
        "title": "Quality against steps.",
        "note": (
            f"{rows[0]['clips']} pieces of {SECONDS:g} s, all genres together: Frechet distance of musicnn's features "
            f"in {COMPONENTS} dimensions to recordings by artists who were not trained with, and seconds that "
            f"denoising {TOLD:g} s of stereo takes on two cores."
        ),
        "columns": ["sound", "FAD", "seconds"],
        "rows": cells,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--split", choices=tuple(SEEDS), default="test")
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--strengths", type=float, nargs="+", default=[0.5])
    parser.add_argument("--guidance", type=float, nargs="+", default=[Options().guidance])
    parser.add_argument("--clips", type=int, default=2, help="pieces a genre")
    parser.add_argument("--folder", type=Path, help="of a checkpoint instead of the shipped one")
    parser.add_argument("--out", type=Path, default=Path("var/ddim.json"))
    parser.add_argument("--card", action="store_true", help="put the figures into the checkpoint's card")
    parser.add_argument("--ablation", type=Path, help="for the card: what models.evaluation.ddim_ablation wrote")
    args = parser.parse_args()
    if args.card and (args.split != "test" or len(args.strengths) * len(args.guidance) > 1 or args.folder):
        parser.error("--card takes the curve over steps of the shipped weights, on the test split, for one strength")
    mode = registry.load("generators", "ddim") if args.folder is None else of(args.folder)
    ways = list(itertools.product(args.steps, args.strengths, args.guidance))
    rows = measure(mode, Listener(load(args.data), args.split, args.clips), ways)
    args.out.write_text(json.dumps(rows, indent=2) + "\n")
    if args.card:
        plots.against(rows[1:], "steps", ("FAD", "seconds"), plots.FOLDER / PICTURE)
        card = checkpoint.card("ddim")
        made = [table(rows)] + ([json.loads(args.ablation.read_text())] if args.ablation else [])
        kept = [one for one in card.extra.get("tables", ()) if one["title"] not in {new["title"] for new in made}]
        pictures = dict.fromkeys([PICTURE, *card.extra.get("plots", ())])
        print(recard("ddim", card.figures, [*made, *kept], (), list(pictures), card.split))


def of(folder: Path) -> DiffusionGenerator:
    """The mode with the weights in a folder."""
    stored = checkpoint.load("ddim", folder)
    return DiffusionGenerator(build(config_from(stored.config), stored.state_dict), stored.hash, "cpu")


if __name__ == "__main__":
    main()
