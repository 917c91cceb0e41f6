"""What the genre probe learns from: one feature vector a recording or rendering, with its label and group."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording, decode
from models.classifiers._musicnn import Extractor
from models.classifiers.genre import features
from models.spec import Audio, Run
from models.training.datasets import Track, gtzan
from models.training.renderings import SAMPLE_RATE, midi_tracks, render_excerpt
from models.vocabulary import GENRES

RENDERINGS_PER_GENRE = 32
REPORT_EVERY = 25  # tracks


@dataclass(frozen=True)
class Material:
    """n tracks: features (n, 500), label indices into GENRES, groups, whether a recording, whether of 14-30 s."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    group: NDArray[np.str_]
    recorded: NDArray[np.bool_]
    full: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.y)


def collect(data: Path, seed: int, cache: Path | None = None) -> Material:
    """Features of all GTZAN tracks and of rendered MIDI excerpts; minutes of work, kept in ``cache`` (.npz)."""
    if cache is not None and cache.exists():
        with np.load(cache) as arrays:
            return Material(**arrays)
    recordings, midi = gtzan(data), midi_tracks(data, RENDERINGS_PER_GENRE, seed)
    extractor, rows, used, begun = Extractor(), [], [], time.monotonic()
    for number, track in enumerate(recordings + midi):
        sound = _sound(track)
        if sound is not None:
            rows.append(features(extractor, Recording.of(*sound), Run()).mean(dim=0).numpy())
            used.append(track)
        if number % REPORT_EVERY == 0:
            print(f"features {number}/{len(recordings) + len(midi)}, {time.monotonic() - begun:.0f} s", flush=True)
    material = Material(
        x=np.stack(rows),
        y=np.array([GENRES.index(track.genre) for track in used]),
        group=np.array([track.group for track in used]),
        recorded=np.array([track.path.suffix != ".mid" for track in used]),
        full=np.array([track.full for track in used]),
    )
    if cache is not None:
        np.savez(cache, **vars(material))
    return material


def _sound(track: Track) -> tuple[Audio, int] | None:
    if track.path.suffix != ".mid":
        return decode(track.path)
    audio = render_excerpt(track.path)
    return None if audio is None else (audio, SAMPLE_RATE)
