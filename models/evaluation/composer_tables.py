"""What was measured of the composer, as tables for the terminal and its card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from models.evaluation.composer_takes import key_right, tempo_right
from models.evaluation.score_statistics import FEATURES
from models.vocabulary import GENRES

Table = dict[str, Any]
"""``title``, ``columns``, ``rows`` and maybe a ``note``, as the cards have them."""
Overlaps = dict[str, dict[str, dict[str, float]]]
"""By version, genre and feature."""


def obedience(takes: list[dict[str, Any]]) -> dict[str, float]:
    """Shares of takes that did what they were asked to."""
    return {
        "instruments": _mean(r["instruments"] for r in takes),
        "length": _mean(r["length"] for r in takes),
        "last note inside": _mean(r["inside"] for r in takes),
        "tempo, essentia": _mean(tempo_right(r["essentia"], r["tempo"]) for r in takes),
        "tempo, our network": _mean(tempo_right(r["ours"], r["tempo"]) for r in takes),
        "key": _mean(key_right(r["heard key"], r["key"]) for r in takes),
    }


def obedience_table(takes: list[dict[str, Any]], judged: dict[str, tuple[float, float]]) -> Table:
    """A row a genre: obedience, and the genre judge's recall on real songs and on takes."""
    groups = {g: [r for r in takes if r["genre"] == g] for g in GENRES} | {"all": takes}
    real, own = (_mean(v[i] for v in judged.values()) for i in (0, 1))
    both = judged | {"all": (real, own)}
    rows = [
        [genre, *(f"{v:.3f}" for v in obedience(found).values()), *(f"{v:.2f}" for v in both.get(genre, ()))]
        for genre, found in groups.items()
        if found
    ]
    columns = ["genre", *obedience(takes), "judge: songs", "judge: takes"]
    note = f"{len(takes)} takes of 30 s; the judge's columns are its recall."
    return {"title": "Obedience and genre.", "note": note, "columns": columns, "rows": rows}


def request_table(takes: list[dict[str, Any]]) -> Table:
    """Where tempo and key were missed: a row a genre and request with anything below all."""
    rows = []
    for genre in GENRES:
        for name in dict.fromkeys(r["request"] for r in takes):
            found = obedience([r for r in takes if (r["genre"], r["request"]) == (genre, name)])
            if min(found["tempo, essentia"], found["key"]) < 1:
                rows.append([genre, name, f"{found['tempo, essentia']:.2f}", f"{found['key']:.2f}"])
    return {
        "title": "Requests that were not always kept.",
        "columns": ["genre", "request", "tempo", "key"],
        "rows": rows,
    }


def overlap_table(alike: Overlaps, versions: dict[str, str]) -> Table:
    """A row a feature over the genres, then a row a genre over the features. ``versions`` has the columns' titles."""

    def row(name: str, genres: Iterable[str], features: Iterable[str]) -> list[str]:
        some = [(g, f) for g in genres for f in features]
        return [name, *(f"{_mean(alike[v][g][f] for g, f in some):.3f}" for v in versions)]

    rows = [row(feature, GENRES, (feature,)) for feature in FEATURES]
    rows += [row(genre, (genre,), FEATURES) for genre in GENRES]
    rows.append(row("all", GENRES, FEATURES))
    note = "Common area of the densities over stretches of up to 16 bars."
    return {"title": "Overlap of statistics.", "note": note, "columns": ["", *versions.values()], "rows": rows}


def idiom_table(played: dict[str, dict[str, dict[str, float]]]) -> Table:
    """A row a genre and figure."""
    groups = list(next(iter(next(iter(played.values())).values())))
    rows = [
        [genre, figure.replace("_", " "), *(f"{rates[g]:.2f}" for g in groups)]
        for genre, figures in played.items()
        for figure, rates in figures.items()
    ]
    note = "Mean over pieces (see `models/evaluation/idioms.py`)."
    return {"title": "How often a genre's figures are played.", "note": note, "columns": ["genre", "figure", *groups],
            "rows": rows}  # fmt: skip


def confusion_table(heard: dict[str, dict[str, int]]) -> Table:
    """What the judge took the takes of each genre for."""
    rows = [[genre, ", ".join(f"{h} {n}" for h, n in sorted(found.items(), key=lambda x: -x[1]))]
            for genre, found in heard.items()]  # fmt: skip
    return {"title": "What the genre judge heard.", "columns": ["takes of", "heard as"], "rows": rows}


def text(table: Table) -> str:
    """A table as Markdown."""
    columns = table["columns"]
    lines = ["", f"**{table['title']}** {table.get('note', '')}", "", f"| {' | '.join(columns)} |"]
    lines += ["|" + "---|" * len(columns), *(f"| {' | '.join(row)} |" for row in table["rows"])]
    return "\n".join(lines)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else float("nan")
