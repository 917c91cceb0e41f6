"""Measure how drummers play: ``python -m models.training.groove --data FOLDER``, writes models/composer/groove.json.

FOLDER holds ``groove/info.csv``, the Groove MIDI Dataset (Gillick et al. 2019, CC BY 4.0): drummers on an electronic
kit, played to a click. For each genre, drum and sixteenth of the bar the script takes the mean velocity and its
spread, and how far from the (swung) grid the strokes fall. Only what was measured goes into the table.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray

TARGET = Path(__file__).parents[1] / "composer" / "groove.json"
STEPS = 16
"""Sixteenths of a bar of 4/4."""
STYLES: dict[str, tuple[str, ...]] = {
    "rock": ("rock", "rock/halftime", "rock/indie", "rock/prog", "rock/folk", "rock/groove8"),
    "metal": ("punk", "rock/prog"),
    "pop": ("pop", "rock/indie"),
    "disco": ("dance/disco", "funk", "soul"),
    "hiphop": ("hiphop",),
    "jazz": ("jazz", "jazz/swing", "jazz/mediumfast", "jazz/fast"),
    "reggae": ("reggae", "reggae/slow"),
    "country": ("country", "rock/rockabilly", "rock/folk"),
    "blues": ("blues/shuffle", "rock/shuffle", "funk/purdieshuffle"),
}
"""Genre -> styles of the data set; a style without a slash that is no leaf ("funk") takes in all below it."""
_SWUNG = ("jazz", "blues")
"""Genres that swing their eighths; performances of their styles that do not are left out."""
_WHOLE = ("rock", "jazz")
"""Families of which only the styles named above are meant."""
PIECES: dict[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (38, 40),
    "stick": (37,),
    "hat": (42, 22),
    "open": (46, 26),
    "pedal": (44,),
    "ride": (51, 59),
    "bell": (53,),
    "toms": (41, 43, 45, 47, 48, 50, 58),
    "crash": (49, 52, 55, 57),
}
_PIECE_OF = {key: name for name, keys in PIECES.items() for key in keys}
GHOST = 50
"""A snare stroke softer than this is a ghost note, a piece of its own."""
_SHRINK = 12
"""Strokes with which the mean of the piece stands in where a position has few of its own."""
_FEWEST = 24
"""Strokes a piece needs in a genre to be in the table."""
EIGHTHS, SIXTEENTHS = 0.5, 0.25
"""What swings, in quarter notes."""
_TRIPLET, _NEAR = 2 / 3, 1 / 24
_LATE = 0.09
"""Beats; a stroke farther from its sixteenth belongs to an ornament (a flam, a roll, a triplet)."""


@dataclass(frozen=True)
class Take:
    """One performance. ``beats`` (quarters), ``velocities`` and ``keys`` of its strokes; ``swing`` (ratio, unit)."""

    beats: NDArray[np.float64]
    velocities: NDArray[np.float64]
    pieces: NDArray[np.str_]
    tempo: float
    swing: tuple[float, float]


def takes(data: Path, styles: tuple[str, ...]) -> Iterator[Take]:
    """The performances in 4/4 of some styles, fills left out."""
    with (data / "groove" / "info.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        family = row["style"].split("/")[0]
        wanted = row["style"] in styles or (family in styles and family not in _WHOLE)
        if wanted and row["beat_type"] == "beat" and row["time_signature"] == "4-4":
            yield read(data / "groove" / row["midi_filename"], float(row["bpm"]))


def read(path: Path, tempo: float) -> Take:
    """One file of the data set. Its ticks follow the click; what a player is always late or early is taken out."""
    score = symusic.Score(str(path))
    strokes = [
        (n.time / score.ticks_per_quarter, n.velocity, _PIECE_OF[n.pitch])
        for track in score.tracks
        for n in track.notes
        if n.pitch in _PIECE_OF
    ]
    beats = np.asarray([s[0] for s in strokes])
    velocities = np.asarray([s[1] for s in strokes], dtype=float)
    pieces = np.asarray([s[2] for s in strokes], dtype="<U8")
    pieces[(pieces == "snare") & (velocities < GHOST)] = "ghost"
    on_beat = beats - np.round(beats)
    near = np.abs(on_beat) < _LATE
    if near.any():
        beats = beats - float(np.median(on_beat[near]))
    return Take(beats, velocities, pieces, tempo, swing_of(beats))


def swing_of(beats: NDArray[np.float64]) -> tuple[float, float]:
    """Where the off-beats fall, 0.5-0.75 of their span, and whether eighths (0.5) or sixteenths (0.25) swing."""
    phase = beats % 1.0
    triplets = int(np.sum(np.abs(phase - _TRIPLET) < _NEAR) + np.sum(np.abs(phase - _TRIPLET / 2) < _NEAR))
    straight = int(np.sum(np.abs(phase - 0.5) < _NEAR) + np.sum(np.abs(np.abs(phase - 0.5) - 0.25) < _NEAR))
    span, unit = (phase, EIGHTHS) if triplets > straight else ((beats % 0.5) * 2, SIXTEENTHS)
    off = span[(span > 0.4) & (span < 0.75)]
    return (float(np.clip(np.median(off), 0.5, 0.75)) if len(off) >= 8 else 0.5), unit


def straightened(beats: NDArray[np.float64], swing: tuple[float, float]) -> NDArray[np.float64]:
    """Swung positions back on the straight grid."""
    ratio, unit = swing
    span = 2 * unit
    whole = np.floor(beats / span + 1e-9) * span
    place = (beats - whole) / span
    bent = np.where(place < ratio, place / (2 * ratio), 0.5 + (place - ratio) / (2 * (1 - ratio)))
    return whole + bent * span


def measure(performances: list[Take]) -> dict[str, Any]:
    """The table of one genre."""
    steps, late, velocities, pieces = [], [], [], []
    for take in performances:
        even = straightened(take.beats, take.swing)
        nearest = np.round(even * 4)
        off = even - nearest / 4
        close = np.abs(off) < _LATE
        steps.append(nearest[close].astype(int) % STEPS)
        late.append(off[close] * 60_000 / take.tempo)
        velocities.append(take.velocities[close])
        pieces.append(take.pieces[close])
    step, offset, velocity, piece = (np.concatenate(x) for x in (steps, late, velocities, pieces))
    table: dict[str, Any] = {}
    for name in (*PIECES, "ghost"):
        mine = piece == name
        if mine.sum() >= _FEWEST:
            table[name] = _piece(step[mine], offset[mine], velocity[mine])
    swung = [t.swing for t in performances if t.swing[1] == EIGHTHS]
    kind = swung if len(swung) > len(performances) / 2 else [t.swing for t in performances if t.swing[1] != EIGHTHS]
    return {
        "performances": len(performances),
        "strokes": len(step),
        "swing": {"ratio": round(float(np.median([r for r, _ in kind])), 3), "unit": kind[0][1]},
        "pieces": table,
    }


def _piece(step: NDArray[np.int64], offset: NDArray[np.float64], velocity: NDArray[np.float64]) -> dict[str, Any]:
    """Each sixteenth's means and spreads; a position with few strokes leans on the piece's own mean."""
    rows: dict[str, list[float]] = {"velocity": [], "velocity_spread": [], "offset_ms": [], "jitter_ms": []}
    for number in range(STEPS):
        here = step == number
        share = here.sum() / (here.sum() + _SHRINK)
        for mean, spread, values in (
            ("velocity", "velocity_spread", velocity),
            ("offset_ms", "jitter_ms", offset),
        ):
            own = values[here] if here.any() else values
            rows[mean].append(round(float(share * own.mean() + (1 - share) * values.mean()), 1))
            rows[spread].append(round(float(share * _spread(own) + (1 - share) * _spread(values)), 1))
    return {"strokes": len(step), **rows}


def _spread(values: NDArray[np.float64]) -> float:
    """A standard deviation that outliers do not move: 0.741 of the range between the quartiles."""
    low, high = np.percentile(values, (25, 75))
    return float(0.741 * (high - low))


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Measure the timing and touch of drummers.")
    parser.add_argument("--data", type=Path, required=True, help="folder with groove/info.csv")
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args()
    genres = {}
    for genre, styles in STYLES.items():
        heard = [take for take in takes(args.data, styles) if genre not in _SWUNG or take.swing[1] == EIGHTHS]
        genres[genre] = measure(heard)
        print(genre, {k: genres[genre][k] for k in ("performances", "strokes", "swing")})
    table = {
        "source": "Groove MIDI Dataset 1.0.0 (Google LLC; Gillick, Roberts, Engel, Eck and Bamman 2019, "
        "'Learning to Groove with Inverse Sequence Transformations'), measured by models/training/groove.py",
        "licence": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
        "url": "https://magenta.tensorflow.org/datasets/groove",
        "genres": genres,
    }
    args.out.write_text(_compact(table), encoding="utf-8")
    print(f"{args.out}: {args.out.stat().st_size} bytes")


def _compact(table: dict[str, Any]) -> str:
    """JSON with one line a row of numbers, so that a change shows as few lines."""
    text = json.dumps(table, indent=1)
    out, depth = [], 0
    for line in text.split("\n"):
        stripped = line.strip()
        if depth:
            out[-1] += stripped + (" " if stripped.endswith(",") else "")
        else:
            out.append(line)
        depth += line.count("[") - line.count("]")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    main()
