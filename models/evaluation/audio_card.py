"""Put what `models.evaluation.audio` and `models.evaluation.rave` measured into RAVE's card, with pictures.

``python -m models.evaluation.audio_card --audio var/audio.json --rave var/rave.json``; without ``--rave`` the card
keeps what it says of round trips.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from models import checkpoint
from models.evaluation.recard import recard

LAST = ("RAVE, white-noise latents", "white noise", "other recordings")
"""At the end of the tables."""
ROUND_TRIPS = "What a round trip loses."
FIGURES = ("fad", "genre", "tempo", "onsets", "pitch classes")


def together(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Runs with the same pieces and different modes as one. Raises ValueError when the pieces differ."""
    first, *others = results
    same = ("clips a genre", "seconds", "components", "windows")
    for other in others:
        if any(first[name] != other[name] for name in same):
            raise ValueError(f"the runs differ in one of {', '.join(same)}")
        first["mean"] = other["mean"] | first["mean"]
        first["genres"] = {genre: other["genres"][genre] | rows for genre, rows in first["genres"].items()}
    order = sorted(first["mean"], key=lambda name: (LAST.index(name) + 1 if name in LAST else 0, name != "guide"))
    first["mean"] = {name: first["mean"][name] for name in order}
    return first


def by_system(result: dict[str, Any]) -> dict[str, Any]:
    """Means over the genres, a row a system."""
    return {
        "title": "All neural modes.",
        "note": (
            f"Means over ten genres of {result['clips a genre']} pieces of {result['seconds']:g} s each; the number "
            "after a mode is its guide strength. FAD: Frechet distance of musicnn's features in "
            f"{result['components']} dimensions to recordings by artists who were not trained with; lower is better. "
            "Genre: share in which our classifier hears it; tempo within 4 % of the asked one or its half, double or "
            "triple; onsets: F1 against the guide's; pitch classes: correlation of chroma with the guide's."
        ),
        "columns": ["system", "FAD", "genre", "tempo", "onsets", "pitch classes"],
        "rows": [[name, *(row.get(figure, "") for figure in FIGURES)] for name, row in result["mean"].items()],
    }


def by_genre(result: dict[str, Any]) -> dict[str, Any]:
    """FAD with its interval, a row a system and a column a genre."""
    genres = result["genres"]
    names = list(result["mean"])
    windows = ", ".join(f"{genre} {count['reference']}" for genre, count in result["windows"].items())
    system = next(iter(result["windows"].values()))["system"]
    return {
        "title": "FAD by genre.",
        "note": f"With 95 % intervals over clips. {system} windows of 3 s a system; of held-out recordings: {windows}.",
        "columns": ["system", *genres],
        "rows": [[name, *(_with_interval(genres[genre][name]) for genre in genres)] for name in names],
    }


def _with_interval(row: dict[str, Any]) -> str:
    low, high = row["interval"]
    return f"{row['fad']:.1f} ({low:.1f}-{high:.1f})"


def round_trips(result: dict[str, Any]) -> dict[str, Any]:
    """Distances of held-out recordings through RAVE and through a mel spectrogram of as many numbers a second."""
    return {
        "title": ROUND_TRIPS,
        "note": (
            "Multi-scale spectral distance of held-out recordings; both ways keep "
            f"{result['numbers a second']} numbers a second."
        ),
        "columns": ["genre", "RAVE", "mel and Griffin-Lim"],
        "rows": [[genre, *row.values()] for genre, row in (result["by genre"] | {"mean": result["distance"]}).items()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, nargs="+", required=True, help="several, of runs with other modes")
    parser.add_argument("--rave", type=Path)
    args = parser.parse_args()
    audio = together([json.loads(path.read_text()) for path in args.audio])
    card = checkpoint.card("rave")
    if args.rave is None:
        figures, trips = card.figures, [one for one in card.extra["tables"] if one["title"] == ROUND_TRIPS]
    else:
        rave = json.loads(args.rave.read_text())
        figures = {name: value for name, value in rave.items() if name != "by genre"}
        trips = [round_trips(rave)]
    tables = [by_system(audio), by_genre(audio), *trips]
    pictures = [
        "neural-modes.png", "rave-round-trip.png", "rave-outline.png", "rave-represent.png", "rave-settle.png",
        "rave-refine.png", "rave-prior.png",
    ]  # fmt: skip
    print(recard("rave", figures, tables, (), pictures, card.split))


if __name__ == "__main__":
    main()
