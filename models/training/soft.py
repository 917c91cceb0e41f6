"""Excerpts without hard onsets: strings, choirs, organs and expressive piano, for beats that are only implied.

``python -m models.training.soft --data FOLDER --banks ... --test-banks ... --work SOFT`` writes a folder as
`models.training.tempo_and_key_material` does. Songs and banks are split in the same way, so a song kept for testing
there is kept here too.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.band import SECONDS, Excerpt, excerpt
from models.training.pieces import Piece, composed, from_midi
from models.training.tempo_and_key_material import is_test, is_validation, play_all

TIMES = {"classical": 5, "classical_piano_asap": 8, "newage": 4, "folk": 3, "ballad": 4, "jazz": 1, "ethnic": 1}
"""Excerpts of each song by genre; songs kept for testing or validation give one and a half times as many."""
SOME = {"pop909": 160, "pop": 60, "blues": 13}  # songs of genres of which a few do
COMPOSED = 150  # of which those in a style without drums are kept
COMPOSED_STYLES = ("classical", "ambient", "folk", "jazz")
PROGRAMS = {
    "strings": (48, 48, 49, 40, 41, 42, 44, 50),
    "choir": (52, 53, 54, 91),
    "organ": (19, 19, 20, 16, 21),
    "piano": (0, 0, 1, 2, 3),
    "plucked": (6, 46, 24, 15),
    "winds": (68, 70, 71, 73, 74, 60, 61, 57),
    "orchestra": (48, 49, 48, 40, 42, 60, 61, 68, 70, 71, 73, 52, 46, 56),
}
SHARES = (0.2, 0.08, 0.08, 0.24, 0.07, 0.08, 0.25)
KNOT_SECONDS = (1.2, 5.0)  # between two turns of the tempo
SWAY = (0.0, 0.02, 0.05, 0.09)  # standard deviations of the logarithm of the tempo


def rubato(rng: np.random.Generator, seconds: float = SECONDS) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A function from even time to played time: a smooth random walk of the tempo, slower at the ends of phrases."""
    time = np.linspace(-2.0, 1.3 * seconds, 600)
    knots = np.arange(-2.0 - 5.0, 1.3 * seconds + 5.0, rng.uniform(*KNOT_SECONDS))
    depth = float(rng.choice(SWAY))
    slow = np.interp(time, knots, rng.normal(0, depth, len(knots)))
    phrase, low = rng.uniform(5, 12), rng.uniform(0, 1)
    place = (time / phrase + low) % 1.0
    slow = slow + depth * rng.uniform(0, 3) * np.exp(-((place - 1.0) ** 2) / 0.01)
    step = np.exp(np.convolve(np.pad(slow, 8, mode="edge"), np.hanning(19)[1:-1] / np.hanning(19).sum(), "valid"))
    step /= step[(time >= 0) & (time <= seconds)].mean()
    played = np.concatenate([[0.0], np.cumsum((step[1:] + step[:-1]) / 2 * np.diff(time))])
    played -= np.interp(0.0, time, played)
    return lambda t: np.interp(t, time, played)


def softened(cut: Excerpt, rng: np.random.Generator) -> Excerpt | None:
    """The excerpt without drums, by soft or expressive instruments, legato, in even touch and loose ensemble."""
    drums = np.array([d for _, d in cut.players])
    notes = cut.notes[~drums[cut.notes["track"]]].copy()
    if len(notes) < 12:
        return None
    kind = str(rng.choice(list(PROGRAMS), p=SHARES))
    one = int(rng.choice(PROGRAMS[kind]))
    mixed = kind in ("orchestra", "winds") or rng.random() < 0.4
    players = tuple((int(rng.choice(PROGRAMS[kind])) if mixed else one, False) for _ in cut.players)
    warp = rubato(rng)
    notes["onset"], notes["end"] = warp(notes["onset"]), warp(notes["end"])
    spread = float(rng.choice([0.003, 0.012, 0.022, 0.035]))
    notes["onset"] += rng.normal(0, spread, len(notes))
    if rng.random() < 0.5:
        notes["end"] += (notes["end"] - notes["onset"]) * rng.uniform(0.1, 0.8)
    notes["end"] = np.maximum(notes["end"], notes["onset"] + 0.05)
    mean = notes["velocity"].mean()
    even = rng.uniform(0.0, 1.0)
    shape = 12 * np.sin(notes["onset"] * rng.uniform(0.2, 0.9) + rng.uniform(0, 6)) * rng.uniform(0, 1)
    notes["velocity"] = np.clip(
        mean + even * (notes["velocity"] - mean) + shape + rng.normal(0, 6 * rng.random(), len(notes)), 15, 127
    )
    notes = notes[(notes["onset"] >= 0) & (notes["onset"] < SECONDS)]
    beats = warp(cut.beats)
    heard = (beats >= 0) & (beats <= SECONDS)
    if len(notes) < 12 or heard.sum() < 8 or np.diff(beats).min() <= 0:
        return None
    return replace(
        cut, notes=np.sort(notes, order="onset"), players=players, beats=beats[heard], downbeats=cut.downbeats[heard]
    )


def pieces(data: Path, seed: int) -> Iterator[tuple[Piece, int]]:
    """Songs and how many excerpts each gives."""
    rng = np.random.default_rng([seed, 23])
    with (data / "midi.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["genre"] in TIMES or row["genre"] in SOME]
    left = dict(SOME)
    for index in rng.permutation(len(rows)):
        genre = rows[index]["genre"]
        if genre in SOME:
            if not left[genre]:
                continue
            left[genre] -= 1
        piece = from_midi(data / rows[index]["path"], genre)
        if piece is not None:
            yield piece, TIMES.get(genre, 1)
    for piece in composed(COMPOSED, seed + 1):
        if piece.genre in COMPOSED_STYLES:
            yield piece, 2


def render(data: Path, banks: list[Path], test_banks: list[Path], work: Path, seed: int) -> None:
    """Render into ``work``: ``audio.i16`` (clips, samples) and ``clips.json``."""
    rng = np.random.default_rng(seed)
    queue: dict[Path, list[Excerpt]] = {bank: [] for bank in banks + test_banks}
    for piece, times in pieces(data, seed):
        kept = is_test(piece.group) or is_validation(piece.group)
        for _ in range(round(times * (1.5 if kept else 1))):
            whole = excerpt(piece, rng)
            cut = softened(whole, rng) if whole is not None else None
            if cut is not None:
                choice = test_banks if is_test(piece.group) else banks
                if not choice:
                    continue
                queue[choice[int(rng.integers(len(choice)))]].append(replace(cut, key=None))  # too blurred to name one
    play_all(queue, work, rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with midi.csv")
    parser.add_argument("--banks", type=Path, nargs="*", default=[], help="SoundFonts to train with; none: only tests")
    parser.add_argument("--test-banks", type=Path, nargs="+", required=True, help="SoundFonts of held-out songs")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    render(args.data, args.banks, args.test_banks, args.work, args.seed)


if __name__ == "__main__":
    main()
