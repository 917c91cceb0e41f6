"""How well sung notes are found: ``python -m models.evaluation.voice_notes --data F --said FOLDER [--card]``.

``--said`` is what `models.training.voice_notes` wrote: of each sight-singing recording what a network said that never
met its song. The weights of the segmentation are chosen on the other folds. Beside it, in the same table: Basic
Pitch, and a pitch curve cut by thresholds. ``--card`` writes the network with the figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from models.audio import Recording
from models.evaluation.note_scores import KINDS, f1, mean
from models.training.singing import Song, songs
from models.training.voice_notes import FOLDS, fold_of, in_block
from models.transcription import basic_pitch, level
from models.transcription.pitch import FRAME_RATE, RATE, PitchTrack, follow, to_midi
from models.transcription.segment import Segment, Weights, notes, steady_pitch

TRIES = 150  # of weights in the search on the other folds
WIDTHS = {"sounding": 0.15, "onset": 0.3, "offset": 0.3, "threshold": 0.5, "begin": 1.0, "change": 1.0}
GATE_DB, JUMP = -22.0, 0.8  # of the plain segmentation: below the loudest, and semitones
OURS = "61 recordings of songs it had never heard"
SHORTEST = 0.06  # seconds, of the same

Rows = list[dict[str, float]]
Said = dict[str, np.ndarray]


def heard(path: Path) -> np.ndarray:
    """(samples,) of a recording as the transcriber hears it."""
    audio = Recording.open(path).mono(RATE)
    return level.levelled(audio, level.levels(audio))


def as_rows(found: list[Segment]) -> np.ndarray:
    """(notes, 3) of onset, offset, pitch."""
    return np.array([(note.onset, note.offset, note.pitch) for note in found]).reshape(-1, 3)


def searched(chosen: list[Song], said: Said, tracks: dict[str, PitchTrack], seed: int) -> Weights:
    """The weights that do best on some songs: a random walk that keeps what is better."""
    rng = np.random.default_rng(seed)

    def worth(weights: Weights) -> float:
        rows = [f1(s.notes, as_rows(notes(*said[s.name].astype(float), tracks[s.name], weights))) for s in chosen]
        return sum(mean(rows).values())

    best, most = Weights(), worth(Weights())
    for _ in range(TRIES):
        name = str(rng.choice(list(WIDTHS)))
        tried = replace(best, **{name: float(getattr(best, name) + rng.normal() * WIDTHS[name])})
        if (value := worth(tried)) > most:
            best, most = tried, value
    return best


def thresholds(song: Song, tracks: dict[str, PitchTrack]) -> np.ndarray:
    """The plain way: loud frames with a pitch, cut where it jumps."""
    track = tracks[song.name]
    loud = level.levels(Recording.open(song.path).mono(RATE))
    sounds = (loud > loud.max() + GATE_DB) & (track.confidence >= 0.5)
    cuts = np.flatnonzero(np.diff(sounds.astype(int)) != 0) + 1
    cuts = np.union1d(cuts, np.flatnonzero(sounds[1:] & sounds[:-1] & (np.abs(np.diff(track.midi)) > JUMP)) + 1)
    found = []
    for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), len(sounds)], strict=True):
        if sounds[a] and (b - a) / FRAME_RATE >= SHORTEST:
            pitch = steady_pitch(track.midi[a:b], track.confidence[a:b])
            if pitch is not None:
                found.append((a / FRAME_RATE, b / FRAME_RATE, pitch))
    return np.array(found).reshape(-1, 3)


def by_basic_pitch(song: Song) -> np.ndarray:
    """Basic Pitch's network, its notes read by `basic_pitch.notes`."""
    found = basic_pitch.notes(basic_pitch.listen(Recording.open(song.path).mono(basic_pitch.SAMPLE_RATE)))
    return np.array([(note.onset, note.offset, note.pitch) for note in found]).reshape(-1, 3)


def table(name: str, chosen: list[Song], find: Callable[[Song], np.ndarray]) -> dict[str, dict[str, float]]:
    """F1 against the pitches as they are given, and against the middle of the annotations' steps."""
    given: Rows = []
    middle: Rows = []
    for song in chosen:
        found = find(song)
        given.append(f1(song.as_given, found))
        middle.append(f1(song.notes, found))
    return {f"{name}, as given": mean(given), f"{name}, middle of the step": mean(middle)}


def vocadito(data: Path, find: Callable[[np.ndarray], np.ndarray]) -> dict[str, dict[str, float]]:
    """The one clip with notes: against each annotator, and these against each other."""
    folder = data / "vocals" / "vocadito"
    read = [np.loadtxt(folder / f"vocadito_1_notes{name}.csv", delimiter=",") for name in ("A1", "A2")]
    one, two = (np.column_stack([n[:, 0], n[:, 0] + n[:, 2], to_midi(n[:, 1])]) for n in read)
    found = find(heard(folder / "vocadito_1.flac"))
    pairs = {"against annotator 1": (one, found), "against annotator 2": (two, found), "annotators": (one, two)}
    return {f"vocadito 1, {name}": f1(*pair) for name, pair in pairs.items()}


def shipped(audio: np.ndarray) -> np.ndarray:
    """(notes, 3) by the checkpoint that ships."""
    from models import registry

    return as_rows(registry.load("transcribers", "vocal_piano").hear(audio, follow(audio)))


def measured(data: Path, folder: Path, seed: int) -> tuple[dict[str, Any], Weights]:
    """All figures, and the weights that ship: chosen on all recordings."""
    found = songs(data)
    said: Said = {}
    for fold in range(FOLDS):
        with np.load(folder / f"fold{fold}.npz") as file:
            said |= {name: file[name] for name in file.files}
    tracks = {song.name: follow(heard(song.path)) for song in found}
    weights = {
        fold: searched([s for s in found if fold_of(s.group) != fold], said, tracks, seed) for fold in range(FOLDS)
    }

    def ours(song: Song) -> np.ndarray:
        return as_rows(notes(*said[song.name].astype(float), tracks[song.name], weights[fold_of(song.group)]))

    figures: dict[str, Any] = {
        **table(OURS, found, ours),
        **table("thresholds", found, partial(thresholds, tracks=tracks)),
        **table("Basic Pitch", found, by_basic_pitch),
    }
    return figures, searched(found, said, tracks, seed)


def apart(data: Path, folder: Path, seed: int) -> dict[str, dict[str, float]]:
    """The recordings of `in_block`, by a network that heard neither them nor their songs nor anything numbered near
    them: as far as it can be known without names, other singers; and by the networks of the folds, which may have heard
    their singers. Weights are chosen on the rest."""
    found = songs(data)
    chosen = [song for song in found if in_block(song.name)]
    rest = [song for song in found if song.group not in {s.group for s in chosen}]
    said: Said = {}
    for fold in range(FOLDS):
        with np.load(folder / f"fold{fold}.npz") as file:
            said |= {name: file[name] for name in file.files}
    with np.load(folder / "block.npz") as file:
        strictly = {name: file[name] for name in file.files}
    tracks = {song.name: follow(heard(song.path)) for song in [*chosen, *rest]}
    weights = searched(rest, said, tracks, seed)

    def by(words: Said) -> Callable[[Song], np.ndarray]:
        return lambda song: as_rows(notes(*words[song.name].astype(float), tracks[song.name], weights))

    name = f"{len(chosen)} recordings apart by song and by number"
    return table(name, chosen, by(strictly)) | table(f"{name}, by the networks of the folds", chosen, by(said))


def rounded(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """As a card has them."""
    return {name: {kind: round(value, 3) for kind, value in row.items()} for name, row in figures.items()}


def printed(figures: dict[str, Any]) -> str:
    """The table in Markdown."""
    lines = [f"| note F1 | {' | '.join(KINDS)} |", "|---|" + "---|" * len(KINDS)]
    lines += [f"| {name} | " + " | ".join(f"{row[kind]:.3f}" for kind in KINDS) + " |" for name, row in figures.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--said", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--card", action="store_true")
    parser.add_argument("--apart", action="store_true", help="only the recordings that stand apart, see `apart`")
    args = parser.parse_args()
    if args.apart:
        found = rounded(apart(args.data, args.said, args.seed))
        print(printed(found))
        if args.card:
            from models.training.voice_notes_card import with_figures

            print(with_figures(found))
        return
    figures, weights = measured(args.data, args.said, args.seed)
    print(weights, flush=True)
    if args.card:
        from models.training.voice_notes_card import write

        write(args.said / "whole.pt", weights, figures)
    figures |= vocadito(args.data, shipped)
    if args.card:
        print(write(args.said / "whole.pt", weights, rounded(figures)))
    print(printed(figures))
    (args.said / "figures.json").write_text(json.dumps({"figures": figures, "weights": asdict(weights)}, indent=1))


if __name__ == "__main__":
    main()
