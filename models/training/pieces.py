"""Pieces with known beats and keys for tempo and key: MIDI files, drum performances and the composer's own scores."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.spec import GenerateRequest
from models.spec import Score as OurScore
from models.vocabulary import GENRES, key_name

NOTE = np.dtype([("onset", "f8"), ("end", "f8"), ("pitch", "i2"), ("velocity", "i2"), ("track", "i2")])
"""Times in seconds, MIDI pitch and velocity, index into `Piece.players`."""
MIN_NOTES = 40
MIN_BEATS = 16
MAX_PLAYERS = 15  # MIDI has 16 channels, one of them for drums
GRIDS = (1, 2, 3, 4)  # subdivisions of a beat on which onsets may gather
MIN_GRID = 0.45  # mean resultant length of the onsets' phases; a performance without a click has near 0
MIN_ON_BEAT = 0.08  # the same for the beat itself
TEMPO_RANGE = (50.0, 210.0)  # BPM of a composed piece
MIN_CLASSES = 5  # pitch classes, or there is no key to find
SECONDS = 60.0  # of a composed piece

# Profiles of three key-finders, from the tonic upwards; a label is kept only where all agree.
# Krumhansl and Kessler (1982); Temperley's corpus profiles (Music and Probability, 2007, table 6.1);
# Albrecht and Shanahan (Music Perception 31, 2013).
FINDERS = {
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "temperley": (
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    "albrecht": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}


@dataclass(frozen=True)
class Piece:
    """A piece in seconds. ``group`` is what must not be on both sides of a split; ``key`` is 0-23 (minor from 12)."""

    group: str
    genre: str
    notes: NDArray[np.void]
    players: tuple[tuple[int, bool], ...]
    """(program, is drums) of each track."""
    beats: NDArray[np.float64]
    """Seconds, ascending, evenly spaced in musical time."""
    downbeats: NDArray[np.bool_]
    """Which beats begin a bar (as the file says)."""
    key: int | None = None


def from_midi(path: Path, genre: str) -> Piece | None:
    """A MIDI file, or None where it cannot be parsed, is too short or its notes do not sit on its own grid."""
    from symusic import Score

    try:
        score = Score(str(path))
    except (RuntimeError, ValueError):
        return None
    unit = score.ticks_per_quarter
    end = score.end()
    tracks = [t for t in score.tracks if len(t.notes)][:MAX_PLAYERS]
    if not tracks or unit <= 0 or end <= 0:
        return None
    seconds = _clock(score)
    step = unit * _beat_quarters(score)
    first = max((s.time for s in score.time_signatures if s.time < 0.05 * end), default=0) % step
    beats = np.arange(first, end + step, step)
    rows = []
    for index, track in enumerate(tracks):
        pitch, velocity = np.asarray(track.notes.numpy()["pitch"]), np.asarray(track.notes.numpy()["velocity"])
        onset = np.asarray(track.notes.numpy()["time"], dtype=np.float64)
        length = np.asarray(track.notes.numpy()["duration"], dtype=np.float64)
        row = np.zeros(len(onset), NOTE)
        row["onset"], row["end"], row["pitch"] = onset, onset + length, pitch
        row["velocity"], row["track"] = velocity, index
        rows.append(row)
    notes = np.sort(np.concatenate(rows), order="onset")
    if len(notes) < MIN_NOTES or len(beats) < MIN_BEATS or not _on_grid((notes["onset"] - first) / step):
        return None
    notes["onset"], notes["end"] = seconds(notes["onset"]), seconds(notes["end"])
    per_bar = _beats_per_bar(score)
    downbeats = np.arange(len(beats)) % per_bar == 0
    players = tuple((int(t.program), bool(t.is_drum)) for t in tracks)
    return Piece(path.stem, genre, notes, players, seconds(beats), downbeats, agreed_key(notes, players))


def _clock(score):  # type: ignore[no-untyped-def]
    """A function from ticks to seconds, after the file's tempo map."""
    changes = sorted((t.time, t.qpm) for t in score.tempos if t.qpm > 0) or [(0, 120.0)]
    at = np.array([0.0, *(float(time) for time, _ in changes[1:]), float(score.end() * 2 + 1)])
    rate = np.array([60.0 / qpm / score.ticks_per_quarter for _, qpm in changes])
    when = np.concatenate([[0.0], np.cumsum(np.diff(at) * rate)])
    return lambda ticks: np.interp(ticks, at, when)


def _beat_quarters(score) -> float:  # type: ignore[no-untyped-def]
    """The beat in quarter notes: a dotted quarter in 6/8, 9/8 and 12/8, otherwise a quarter."""
    signature = max(score.time_signatures, key=lambda s: s.time < 0.05 * score.end(), default=None)
    compound = signature is not None and signature.denominator == 8 and signature.numerator in (6, 9, 12)
    return 1.5 if compound else 1.0


def _beats_per_bar(score) -> int:  # type: ignore[no-untyped-def]
    signature = score.time_signatures[-1] if len(score.time_signatures) else None
    if signature is None or signature.numerator < 2:
        return 4
    quarters = signature.numerator * 4 / signature.denominator
    return max(1, round(quarters / _beat_quarters(score)))


def _on_grid(onsets: NDArray[np.float64]) -> bool:
    """Whether onsets (in beats) gather on subdivisions of the beat, and more on the beat than between."""
    strength = max(abs(np.exp(2j * np.pi * grid * onsets).mean()) for grid in GRIDS)
    on_beat = float(np.exp(2j * np.pi * onsets).mean().real)
    return bool(strength > MIN_GRID and on_beat > MIN_ON_BEAT)


def pitch_classes(notes: NDArray[np.void], players: tuple[tuple[int, bool], ...]) -> NDArray[np.float64]:
    """(12,): seconds sounded by each pitch class, drums left out, notes counted for 2 s at most."""
    pitched = np.array([not drums for _, drums in players])[notes["track"]]
    length = np.clip(notes["end"] - notes["onset"], 0.0, 2.0)[pitched]
    return np.bincount(notes["pitch"][pitched] % 12, weights=length, minlength=12).astype(np.float64)


def agreed_key(notes: NDArray[np.void], players: tuple[tuple[int, bool], ...]) -> int | None:
    """The key (0-23) on which all of `FINDERS` agree, or None."""
    chroma = pitch_classes(notes, players)
    if np.count_nonzero(chroma) < MIN_CLASSES:
        return None
    found = {_best_key(chroma, name) for name in FINDERS}
    return found.pop() if len(found) == 1 else None


def _best_key(chroma: NDArray[np.float64], finder: str) -> int:
    profiles = np.array([np.roll(profile, tonic) for profile in FINDERS[finder] for tonic in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    return int(np.argmax(centred @ (chroma - chroma.mean()) / np.linalg.norm(centred, axis=1)))


def from_score(score: OurScore, seed: int) -> Piece:
    """A piece of our own composer: beats and key as asked."""
    second = 60.0 / score.tempo
    rows = [
        (n.onset * second, (n.onset + n.duration) * second, n.pitch, n.velocity, index)
        for index, part in enumerate(score.parts)
        for n in part.notes
    ]
    notes = np.sort(np.array(rows, NOTE), order="onset")
    count = int(score.length / second)
    tonic, mode = score.key.split()
    names = [key_name(k % 12, ("major", "minor")[k // 12]) for k in range(24)]
    return Piece(
        f"composed-{score.genre}-{seed}",
        score.genre,
        notes,
        tuple((p.program, p.is_drums) for p in score.parts),
        np.arange(count) * second,
        np.arange(count) % score.metre[0] == 0,
        names.index(f"{tonic} {mode}"),
    )


def composed(count: int, seed: int) -> Iterator[Piece]:
    """``count`` pieces by our composer: genres in turn, tempo and key drawn evenly."""
    from models.composer.engine import compose

    rng = np.random.default_rng([seed, 17])
    for index in range(count):
        key = int(rng.integers(24))
        request = GenerateRequest(
            genre=GENRES[index % len(GENRES)],
            instruments=(),
            tempo=float(np.exp(rng.uniform(*np.log(TEMPO_RANGE)))),
            length=SECONDS,
            seed=int(rng.integers(2**31)),
            key=key_name(key % 12, ("major", "minor")[key // 12]),
        )
        yield from_score(compose(request), request.seed)


def midi_pieces(data: Path) -> Iterator[Piece]:
    """The usable files of ``midi.csv``."""
    with (data / "midi.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            piece = from_midi(data / row["path"], row["genre"])
            if piece is not None:
                yield piece


def groove_pieces(data: Path) -> Iterator[Piece]:
    """Drum performances to a click; a drummer's session is one group. Fills shorter than a few bars are left out."""
    with (data / "groove" / "info.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["duration"]) > 15.0]
    for row in rows:
        path = next(
            (p for p in (data / "groove" / row["midi_filename"], data / row["midi_filename"]) if p.exists()), None
        )
        piece = from_midi(path, "drums") if path else None
        if piece is not None:
            yield replace(piece, group=row["session"], key=None)
