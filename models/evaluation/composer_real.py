"""Held-out real music for judging the composer: its songs as scores, and as stretches in the grid of the corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import symusic
from numpy.typing import NDArray
from tqdm import tqdm

from models.composer.analysis import grid, harmony, key
from models.composer.analysis.casting import cast
from models.composer.analysis.grid import STEPS, Unusable
from models.composer.analysis.song import FASTEST_OF
from models.composer.midi import from_midi
from models.evaluation.score_statistics import Stretch, stretches
from models.spec import Note, Part, Score
from models.training.composer_corpus import Piece, contents, kind

EXCERPTS, SECONDS = 3, 30.0
"""Renderings of a song, at most, and their length."""


def held_out(pieces: list[Piece], genres: tuple[str, ...], split: str = "test") -> list[Piece]:
    """The songs of a split in the genres that a request can name, with more than drums."""
    return [p for p in pieces if p.split == split and p.song.tag in genres and kind(p) == "band"]


def excerpts(score: Score, genre: str) -> Iterator[Score]:
    """Up to `EXCERPTS` stretches of 30 s spread over a song."""
    beats = SECONDS * score.tempo / 60
    end = score.length * score.tempo / 60
    count = max(1, min(EXCERPTS, int(end // beats)))
    for start in np.linspace(0, max(0.0, end - beats), count + 2)[1:-1] if count > 1 else [max(0.0, (end - beats) / 2)]:
        parts = []
        for part in score.parts:
            notes = tuple(
                Note(n.onset - start, min(n.duration, beats - (n.onset - start)), n.pitch, n.velocity)
                for n in part.notes
                if start <= n.onset < start + beats - 0.01
            )
            if notes:
                parts.append(Part(part.name, part.role, part.instrument, part.program, notes))
        if parts:
            yield replace(score, genre=genre, length=SECONDS, parts=tuple(parts), sections=(), chords=())


def renderings(
    pieces: list[Piece], data: Path, wads: Path | None, folder: Path, processes: int
) -> list[dict[str, str]]:
    """Timbre features of excerpts of the songs, as files in ``folder``; rows of id, genre and song."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "real.json"
    if table.exists():
        rows: list[dict[str, str]] = json.loads(table.read_text())
        return rows
    files = dict(contents(pieces, data, wads))
    work = [(p.song.tag, p.song.name, files[p.song.name], str(folder)) for p in pieces]
    with ProcessPoolExecutor(processes) as pool:
        found = list(tqdm(pool.map(_listen, work), total=len(work), desc="held-out songs"))
    rows = [row for some in found for row in some]
    table.write_text(json.dumps(rows))
    return rows


def _listen(job: tuple[str, str, bytes, str]) -> list[dict[str, str]]:
    import torch

    from models.audio import Recording
    from models.composer.render import render
    from models.composer.render.voices import SAMPLE_RATE
    from models.evaluation.composer_takes import timbre

    torch.set_num_threads(1)
    genre, name, midi, folder = job
    rows = []
    for number, score in enumerate(excerpts(from_midi(midi, genre), genre)):
        stem = f"real-{name.replace('/', '_')}-{number}"
        np.save(Path(folder) / f"{stem}.npy", timbre(Recording.of(render(score), SAMPLE_RATE)))
        rows.append({"id": stem, "genre": genre, "song": name})
    return rows


def looked_at(midi: bytes, genre: str, most: int) -> list[Stretch]:
    """Stretches of any MIDI file, read as the corpus is: the players that a request could name, each once in a role.

    None where it cannot be read.
    """
    try:
        beats = grid.read(symusic.Score.from_midi(midi), FASTEST_OF.get(genre, grid.FASTEST))
    except Unusable:
        return []
    parts = cast(beats.tracks, grid.quantise(beats.tracks)[0])
    pitched = [p.notes[:, :3] for p in parts if p.role != "drums"]
    drums = [p.notes[:, :3] for p in parts if p.role == "drums"]
    if not pitched:
        return []
    everything = np.concatenate(pitched)
    first = int(min(g[:, 0].min() for g in (*pitched, *drums))) // (beats.metre * STEPS) * beats.metre * STEPS
    last = int(max(g[:, 0].max() for g in (*pitched, *drums)))
    count = -(-(last + 1 - first) // (beats.metre * STEPS)) * beats.metre
    tonic, _, _ = key.best(key.profile(everything))

    def of(*roles: str) -> NDArray[np.int64]:
        some = [p.notes[:, :3] for p in parts if p.role in roles]
        joined = np.concatenate(some) if some else np.zeros((0, 3), dtype=np.int64)
        return joined - np.array([first, 0, tonic])

    chords = harmony.recognise(of("chords", "pad"), of("bass"), of("melody", "counter"), count, beats.metre)
    everything = everything - np.array([first, 0, 0])
    struck = np.concatenate(drums) - np.array([first, 0, 0]) if drums else np.zeros((0, 3), dtype=np.int64)
    return list(stretches(everything, struck, chords, beats.metre, most))
