"""What the genre model learns from: what musicnn hears in recordings, renderings and disturbed copies of both.

A *view* is one hearing of a track: view 0 as it is, the others with another pitch, tempo, equaliser, room, noise, codec
and level. A view has one row of features for each patch of 3 s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models.audio import Recording, decode, to_mono
from models.classifiers._musicnn import Extractor
from models.classifiers.genre import features
from models.spec import Run
from models.training import augment
from models.training.datasets import Track, gtzan
from models.training.renderings import SAMPLE_RATE, SHIPPED, midi_tracks, render_excerpt
from models.vocabulary import GENRES

RENDERINGS_PER_GENRE = 64
CHAIN = (
    (augment.speed, 0.7),
    (augment.stretch, 0.5),
    (augment.tilt, 0.8),
    (augment.room, 0.3),
    (augment.noise, 0.4),
    (augment.gain, 0.9),
    (augment.codec, 0.4),
)


@dataclass(frozen=True)
class Material:
    """n patches of m tracks.

    ``x`` (n, d) float16 features, ``track`` (n,) which track, ``view`` (n,) which view of it; by track: ``y`` index
    into GENRES, ``group`` artist or song, ``recorded`` or rendered, ``full`` whether of 14-30 s, ``name``.
    """

    x: NDArray[np.float16]
    track: NDArray[np.int64]
    view: NDArray[np.int64]
    y: NDArray[np.int64]
    group: NDArray[np.str_]
    recorded: NDArray[np.bool_]
    full: NDArray[np.bool_]
    name: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.y)


def collect(
    data: Path, seed: int, cache: Path | None = None, banks: tuple[Path, ...] = (SHIPPED,), copies: int = 0
) -> Material:
    """Features of all GTZAN tracks, of rendered MIDI excerpts, and of so many disturbed ``copies`` of each.

    Minutes of work, kept in ``cache`` (.npz).
    """
    if cache is not None and cache.exists():
        with np.load(cache) as arrays:
            return Material(**arrays)
    tracks = [(t, SHIPPED) for t in gtzan(data)]
    for number, track in enumerate(midi_tracks(data, RENDERINGS_PER_GENRE, seed)):
        tracks.append((track, banks[number % len(banks)]))
    work = [(number, track, bank, seed, copies) for number, (track, bank) in enumerate(tracks)]
    heard: dict[int, list[NDArray[np.float16]]] = {}
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for number, views in tqdm(pool.map(_views, work), total=len(work), desc="listening", mininterval=5):
            if views:
                heard[number] = views
    used = [tracks[number][0] for number in heard]
    rows, track_of, view_of = [], [], []
    for index, views in enumerate(heard.values()):
        for view, patches in enumerate(views):
            rows.append(patches)
            track_of += [index] * len(patches)
            view_of += [view] * len(patches)
    material = Material(
        x=np.concatenate(rows),
        track=np.array(track_of),
        view=np.array(view_of),
        y=np.array([GENRES.index(track.genre) for track in used]),
        group=np.array([track.group for track in used]),
        recorded=np.array([track.path.suffix != ".mid" for track in used]),
        full=np.array([track.full for track in used]),
        name=np.array([track.path.stem for track in used]),
    )
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, **vars(material))
    return material


_extractor = Extractor()


def _views(work: tuple[int, Track, Path, int, int]) -> tuple[int, list[NDArray[np.float16]]]:
    number, track, bank, seed, copies = work
    rng = np.random.default_rng([seed, number])
    return number, [_heard(recording) for recording in _hearings(track, bank, copies, rng)]


def _hearings(track: Track, bank: Path, copies: int, rng: np.random.Generator) -> Iterator[Recording]:
    if track.path.suffix == ".mid":
        rendered = render_excerpt(track.path, bank)
        if rendered is None:
            return
        sound, rate = to_mono(rendered), SAMPLE_RATE
    else:
        audio, rate = decode(track.path, mono=True)
        sound = audio[0]
    yield Recording(sound, rate)
    for _ in range(copies):
        yield Recording(augment.disturbed(sound, rate, rng, CHAIN), rate)


def _heard(recording: Recording) -> NDArray[np.float16]:
    return features(_extractor, recording, Run()).numpy().astype(np.float16)
