"""Genre-labelled MIDI files as sound: a classifier that has only heard recordings is fooled by a SoundFont."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from models.spec import Audio
from models.training.datasets import Track

SAMPLE_RATE = 22_050  # Hz
EXCERPT_SECONDS = 12.5  # four patches of 3 s
BEGIN = 0.25  # of the piece: past the introduction
PEAK = 0.5  # full scale of a rendering
SOUNDFONT = Path(__file__).parents[1] / "composer" / "render" / "FluidR3Mono_GM.sf3"

# What the labels of the MIDI collections mean in our vocabulary. "dance" stands in for disco: the same pulse of four on
# the floor. There is no whole metal in the collections (drum tracks only), so metal is learnt from recordings alone.
GENRES = {name: name for name in ("blues", "classical", "country", "hiphop", "jazz", "pop", "reggae", "rock")} | {
    "dance": "disco"
}


def midi_tracks(data: Path, per_genre: int, seed: int) -> list[Track]:
    """Up to ``per_genre`` files a genre from ``midi.csv``, drawn with ``seed``; each file is a group of its own."""
    with (data / "midi.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["genre"] in GENRES]
    rng = np.random.default_rng(seed)
    tracks = []
    for genre in GENRES:
        of_genre = [row for row in rows if row["genre"] == genre]
        for index in rng.permutation(len(of_genre))[:per_genre]:
            row = of_genre[index]
            tracks.append(Track(data / row["path"], GENRES[genre], row["path"], EXCERPT_SECONDS))
    return tracks


@cache
def _synthesizer() -> Any:
    """The SoundFont player; reading the bank takes seconds, so once a process."""
    from symusic import Synthesizer

    return Synthesizer(sf_path=str(SOUNDFONT), sample_rate=SAMPLE_RATE, quality=4)


def render_excerpt(path: Path) -> Audio | None:
    """An excerpt of a MIDI file as (2, samples) at `SAMPLE_RATE`, or None when the file cannot be used.

    Unusable are files that symusic cannot parse and those that are silent or shorter than the excerpt.
    """
    from symusic import Score

    try:
        score = Score(str(path), ttype="second")
    except (RuntimeError, ValueError):
        return None
    begin = score.end() * BEGIN
    if score.end() < EXCERPT_SECONDS:
        return None
    excerpt = score.clip(begin, min(begin + EXCERPT_SECONDS, score.end()), clip_end=True).shift_time(-begin)
    audio = np.asarray(_synthesizer().render(excerpt, stereo=True), dtype=np.float32)
    audio = audio[:, : round(EXCERPT_SECONDS * SAMPLE_RATE)]
    peak = float(np.abs(audio).max()) if audio.size else 0.0
    return audio * np.float32(PEAK / peak) if peak > 0 else None
