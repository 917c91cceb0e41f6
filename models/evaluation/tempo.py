"""How well tempi are found: ``python -m models.evaluation.tempo --data FOLDER [--material FOLDER --soft FOLDER]``.

``--data`` holds ``gtzan.csv`` and ``gtzan_meta/tempo.csv``; clips under 14 s are left out. These recordings serve for
testing alone. ``--material`` adds renderings of held-out songs with a held-out SoundFont, ``--soft`` those without hard
onsets, in halls and noise. Accuracy 1: within 4 % of the annotation. Accuracy 2: within 4 % of it, or of its double,
triple, half or third.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import checkpoint
from models.audio import Recording
from models.evaluation import metrics, plots
from models.evaluation.recard import recard
from models.evaluation.tempo_systems import SYSTEMS
from models.spec import Run
from models.training.datasets import gtzan
from models.training.roughen import muffled
from models.training.tempo import OCTAVES, SPLIT, right
from models.training.tempo_and_key_material import read

SAMPLE_RATE = 22_050  # Hz
OURS = "this network"


@dataclass(frozen=True)
class Case:
    """A sound of known tempo. ``mono`` is (samples,) at 22,050 Hz; ``group`` its artist or song."""

    name: str
    genre: str
    group: str
    bpm: float
    mono: NDArray[np.float32]


def recordings(data: Path) -> list[Case]:
    """The GTZAN clips of 14 s and more."""
    with (data / "gtzan_meta" / "tempo.csv").open(newline="") as file:
        bpm = {row["track"]: float(row["bpm"]) for row in csv.DictReader(file)}
    return [
        Case(
            track.path.stem,
            track.genre,
            track.group,
            bpm[track.path.stem],
            Recording.open(track.path).mono(SAMPLE_RATE),
        )
        for track in gtzan(data)
        if track.full and track.path.stem in bpm
    ]


def renderings(material: Path, limit: int | None = None) -> list[Case]:
    """Held-out songs by a held-out SoundFont."""
    clips = [clip for clip in read(material) if clip.test][:limit]
    return [Case(c.group, c.genre, c.group, c.tempo, c.audio.astype(np.float32) / 32768) for c in clips]


def soft_renderings(material: Path, limit: int | None = None) -> list[Case]:
    """The same of `models.training.soft`: no drums, rubato, long reverberation, lost bands and noise."""
    found = []
    for index, case in enumerate(renderings(material, limit)):
        mono = muffled(case.mono, SAMPLE_RATE, np.random.default_rng([29, index]))
        found.append(replace(case, mono=mono))
    return found


def figures(answers: list[float], cases: list[Case]) -> dict[str, Any]:
    """Both accuracies, with the interval of a bootstrap over artists or songs."""
    one = np.array([right(a, c.bpm) for a, c in zip(answers, cases, strict=True)])
    two = np.array([right(a, c.bpm, OCTAVES) for a, c in zip(answers, cases, strict=True)])
    groups = np.array([c.group for c in cases])
    found: dict[str, Any] = {"tests": len(cases)}
    for name, hit in (("accuracy 1", one), ("accuracy 2", two)):
        found[name] = round(float(hit.mean()), 3)
        found[f"{name} interval"] = metrics.interval(lambda part, hit=hit: float(hit[part].mean()), len(hit), groups)
    return found


def compare(cases: list[Case], others: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Figures of every system of `SYSTEMS` and of ``others`` (answers by name), and of this network by genre."""
    found: dict[str, Any] = {"systems": {}, "genres": {}}
    for name, system in SYSTEMS.items():
        system(cases[0].mono)  # what is loaded once does not count
        begun = time.process_time()
        answers = [system(case.mono) for case in cases]
        row = figures(answers, cases)
        row["milliseconds"] = round(1000 * (time.process_time() - begun) / len(cases))
        found["systems"][name] = row
        if name == OURS:
            for genre in sorted({case.genre for case in cases}):
                inside = [i for i, case in enumerate(cases) if case.genre == genre]
                found["genres"][genre] = figures([answers[i] for i in inside], [cases[i] for i in inside])
    for name, answers_by_name in others.items():
        known = [case for case in cases if case.name in answers_by_name]
        if known:
            found["systems"][name] = figures([answers_by_name[case.name] for case in known], known)
    return found


def confidence(cases: list[Case]) -> list[list[Any]]:
    """[confidence, clips, right, right up to an octave, named among answer and alternatives] of this network."""
    from models import registry

    backend = registry.load("classifiers", "tempo")
    rows = []
    for case in cases:
        extra = backend.classify(Recording.of(case.mono[None], SAMPLE_RATE), Run()).extra
        answer = extra["bpm"] or 0.0
        named = [answer, *(other["bpm"] for other in extra["alternatives"])]
        rows.append(
            (
                extra["confidence"],
                right(answer, case.bpm),
                right(answer, case.bpm, OCTAVES),
                any(right(bpm, case.bpm) for bpm in named),
            )
        )
    table = np.array(rows, dtype=float)
    found = []
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.9), (0.9, 1.01)):
        inside = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        if len(inside):
            shares = [round(float(v), 2) for v in inside[:, 1:].mean(axis=0)]
            found.append([f"{low:.2f}-{min(high, 1):.2f}", len(inside), *shares])
    return found


def tables(found: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """What a card shows of one set of cases."""
    columns = ["accuracy 1", "accuracy 1 interval", "accuracy 2", "accuracy 2 interval"]

    def row(name: str, figures: dict[str, Any]) -> list[Any]:
        return [name, figures["tests"], *(figures[c] for c in columns)]

    return [
        {
            "title": f"Tempo on {title}, all ways compared.",
            "note": "CPU time of one thread.",
            "columns": ["system", "clips", *columns, "ms a clip"],
            "rows": [[*row(name, f), f.get("milliseconds", "")] for name, f in found["systems"].items()],
        },
        {
            "title": f"Tempo on {title}, by genre.",
            "note": "",
            "columns": ["genre", "clips", *columns],
            "rows": [row(name, f) for name, f in found["genres"].items()],
        },
        {
            "title": f"What the tempo's confidence is worth on {title}.",
            "note": "",
            "columns": ["confidence", "clips", "accuracy 1", "accuracy 2", "true tempo is named"],
            "rows": found["confidence"],
        },
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--material", type=Path, help="folder with clips.json and audio.i16")
    parser.add_argument("--soft", type=Path, help="folder of the same by models.training.soft")
    parser.add_argument("--limit", type=int, default=200, help="renderings to judge")
    parser.add_argument("--others", type=Path, help="JSON of answers by other programs: {name: {track: bpm}}")
    parser.add_argument("--tried", type=Path, help="JSON log of attempts for the card: [[what, figure, verdict], ...]")
    parser.add_argument("--card", action="store_true", help="put the figures into the checkpoint's card")
    args = parser.parse_args()
    others = json.loads(args.others.read_text()) if args.others else {}
    sets = {"GTZAN": recordings(args.data)}
    if args.material:
        sets["renderings"] = renderings(args.material, args.limit)
    if args.soft:
        sets["soft renderings"] = soft_renderings(args.soft, args.limit)
    everything = {}
    for title, cases in sets.items():
        found = compare(cases, others if title == "GTZAN" else {})
        found["confidence"] = confidence(cases)
        everything[title] = found
        for table in tables(found, title):
            print(f"\n{table['title']} {table['note']}\n| {' | '.join(table['columns'])} |")
            for row in table["rows"]:
                print(f"| {' | '.join(str(cell) for cell in row)} |")
    if args.card:
        figures = {title: found["systems"][OURS] for title, found in everything.items()}
        shown = [table for title, found in everything.items() for table in tables(found, title)]
        history = checkpoint.card("tempo").extra["history"]
        plot = plots.curves(history, plots.FOLDER / "tempo.png")
        tried = json.loads(args.tried.read_text()) if args.tried else []
        print(recard("tempo", figures, shown, tried, [plot], SPLIT))


if __name__ == "__main__":
    main()
