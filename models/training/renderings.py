"""Genre-labelled MIDI files as sound: a classifier that has only heard recordings is fooled by a SoundFont.

Played by FluidSynth (``apt-get install fluidsynth``), which training needs and using the models does not.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from models.spec import Audio
from models.training.datasets import Track

SAMPLE_RATE = 22_050  # Hz
EXCERPT_SECONDS = 12.5  # four patches of 3 s
BEGIN = 0.25  # of the piece: past the introduction
TIME_TO_SPARE = 1.5  # times the excerpt: its tempo may differ from the piece's mean
PEAK = 0.5  # full scale of a rendering
SHIPPED = Path(__file__).parents[1] / "composer" / "render" / "FluidR3Mono_GM.sf3"

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


def render_excerpt(path: Path, bank: Path = SHIPPED) -> Audio | None:
    """An excerpt of a MIDI file as (2, samples) at `SAMPLE_RATE`, or None when the file cannot be used.

    Unusable are files that symusic cannot parse and those that are silent or shorter than the excerpt. Raises
    FileNotFoundError when FluidSynth is not installed.
    """
    from symusic import Score

    command = shutil.which("fluidsynth")
    if command is None:
        raise FileNotFoundError("fluidsynth is not installed; try: apt-get install fluidsynth")
    try:
        score = Score(str(path))
        seconds = score.to("second")
    except (RuntimeError, ValueError):
        return None
    if seconds.end() < EXCERPT_SECONDS:
        return None
    begin = int(score.end() * BEGIN)
    end = begin + round(score.end() * TIME_TO_SPARE * EXCERPT_SECONDS / seconds.end())
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "excerpt.mid", Path(folder) / "excerpt.wav"
        score.clip(begin, end, clip_end=True).shift_time(-begin).dump_midi(str(midi))
        _play(command, bank, midi, wave)
        audio, _ = soundfile.read(wave, dtype="float32", always_2d=True, frames=round(EXCERPT_SECONDS * SAMPLE_RATE))
    peak = float(np.abs(audio).max()) if audio.size else 0.0
    return np.ascontiguousarray(audio.T) * np.float32(PEAK / peak) if peak > 0 else None


def _play(command: str, bank: Path, midi: Path, wave: Path) -> None:
    options: Sequence[str] = ("-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1")
    subprocess.run(
        [command, "-niq", "-F", str(wave), "-T", "wav", "-r", str(SAMPLE_RATE), *options, str(bank), str(midi)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
    )
