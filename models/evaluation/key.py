"""How well keys are found on renderings: ``python -m models.evaluation.key --material FOLDER``.

The songs and the SoundFont of these renderings were not heard in training. MIREX's score counts 1 for the right key, .5
a fifth away, .3 for the relative and .2 for the parallel key.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import checkpoint
from models.evaluation import metrics, plots
from models.evaluation.calibration import expected_calibration_error
from models.evaluation.key_systems import SYSTEMS
from models.evaluation.recard import recard
from models.training.key import mirex
from models.training.key_reading import SPLIT
from models.training.tempo_and_key_material import Clip, read

OURS = "this network"
MIN_CLIPS = 5  # of a genre that gets a row of its own


def figures(probability: NDArray[np.float64], keys: NDArray[np.integer], groups: NDArray[Any]) -> dict[str, Any]:
    """Accuracy, MIREX score with its interval (whole songs drawn) and calibration error of (n, 24)."""
    answer = probability.argmax(axis=1)
    score = np.array([mirex(int(a), int(k)) for a, k in zip(answer, keys, strict=True)])
    return {
        "tests": len(keys),
        "accuracy": round(float((answer == keys).mean()), 3),
        "mirex": round(float(score.mean()), 3),
        "interval": metrics.interval(lambda part: float(score[part].mean()), len(keys), groups),
        "ece": round(expected_calibration_error(probability, keys), 3),
    }


def evaluate(clips: list[Clip], limit: int | None = None) -> dict[str, Any]:
    """Figures of every system of `SYSTEMS`, and of this network by genre and by kind of piece."""
    clips = clips[:limit]
    keys, groups = np.array([clip.key for clip in clips]), np.array([clip.group for clip in clips])
    kinds = np.array(["composed" if g.startswith("composed-") else "MIDI files" for g in groups])
    genres = np.array([clip.genre for clip in clips])
    found: dict[str, Any] = {"systems": {}, "genres": {}}
    for name, system in SYSTEMS.items():
        system(clips[0].audio.astype(np.float32) / 32768)  # what is loaded once does not count
        begun = time.process_time()
        probability = np.array([system(clip.audio.astype(np.float32) / 32768) for clip in clips])
        row = figures(probability, keys, groups)
        row["milliseconds"] = round(1000 * (time.process_time() - begun) / len(clips))
        found["systems"][name] = row
        if name == OURS:
            found["bins"] = bins(probability, keys)
            for part in (kinds, genres):
                for value in np.unique(part):
                    if (part == value).sum() >= MIN_CLIPS:
                        chosen = part == value
                        found["genres"][value] = figures(probability[chosen], keys[chosen], groups[chosen])
    return found


def bins(probability: NDArray[np.float64], keys: NDArray[np.integer]) -> list[list[Any]]:
    """[confidence, clips, right] for ranges of the confidence."""
    sure, right = probability.max(axis=1), probability.argmax(axis=1) == keys
    rows = []
    for low, high in ((0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            rows.append([f"{low:.1f}-{min(high, 1):.1f}", int(inside.sum()), round(float(right[inside].mean()), 3)])
    return rows


def tables(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What a card shows."""
    columns = ["accuracy", "mirex", "interval", "ece"]

    def row(name: str, figures: dict[str, Any], more: tuple[str, ...] = ()) -> list[Any]:
        return [name, figures["tests"], *(figures[c] for c in (*columns, *more))]

    return [
        {
            "title": "Key on renderings, all ways compared.",
            "note": "Held-out songs and SoundFont, 20 s; interval of the MIREX score; CPU time of one thread.",
            "columns": ["system", "clips", *columns, "ms a clip"],
            "rows": [row(name, f, ("milliseconds",)) for name, f in found["systems"].items()],
        },
        {
            "title": "By kind of piece.",
            "note": "",
            "columns": ["kind", "clips", *columns],
            "rows": [row(name, f) for name, f in found["genres"].items()],
        },
        {
            "title": "What the confidence is worth.",
            "note": "",
            "columns": ["confidence", "clips", "right"],
            "rows": found["bins"],
        },
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--material", type=Path, required=True, help="folder with clips.json and audio.i16")
    parser.add_argument("--limit", type=int, help="clips to judge; all by default")
    parser.add_argument("--tried", type=Path, help="JSON log of attempts for the card: [[what, figure, verdict], ...]")
    parser.add_argument("--card", action="store_true", help="put the figures into the checkpoint's card")
    args = parser.parse_args()
    clips = [clip for clip in read(args.material) if clip.test and clip.key is not None]
    found = evaluate(clips, args.limit)
    for table in tables(found):
        print(f"\n{table['title']} {table['note']}\n| {' | '.join(table['columns'])} |")
        for row in table["rows"]:
            print(f"| {' | '.join(str(cell) for cell in row)} |")
    if args.card:
        plot = plots.curves(checkpoint.card("key").extra["history"], plots.FOLDER / "key.png")
        tried = json.loads(args.tried.read_text()) if args.tried else []
        print(recard("key", {"renderings": found["systems"][OURS]}, tables(found), tried, [plot], SPLIT))


if __name__ == "__main__":
    main()
