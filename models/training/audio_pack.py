"""The material of the neural audio models, in one folder of at most 60 MB: recordings, and the composer's own playing.

``python -m models.training.audio_pack --data FOLDER --out PACK`` writes ``PACK/index.csv`` and OGG files: the tracks of
``gtzan.csv`` as they are, and for each genre some pieces that the composer wrote and played. A folder this small is
quickly sent to a rented GPU. `Pack` reads it into memory.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.training.datasets import gtzan
from models.vocabulary import GENRES

SAMPLE_RATE = 22_050  # Hz
PIECES = 10  # that the composer writes for each genre
PIECE_SECONDS = 30.0
TEST_SHARE, VALID_SHARE = 0.3, 0.06
"""Of a genre's seconds; of its pieces, where the composer wrote them, one is for validation."""
MOST_OF_A_GENRE = 0.34
"""An artist with more of a genre than this is for training: otherwise little would be left to learn from."""
OGG_QUALITY = 0.35
Split = Literal["train", "valid", "test"]

CONTENT = (
    "GTZAN (424 tracks or excerpts, 69 minutes, research only), and 100 pieces of half a minute that the composer "
    "wrote and played (`python -m models.training.audio_pack`); mono, 22,050 Hz"
)
SPLIT = (
    "By artist: about 30 % of each genre's seconds for testing and 6 % for validation; an artist with more than 34 % "
    "of a genre is for training. Pieces by number."
)
LICENCE = "MIT for the weights; they were learnt from GTZAN, which is for research only"
"""For the cards of what is learnt from it."""


@dataclass(frozen=True)
class Sound:
    """A row of the index. ``recorded`` is False for what the composer played."""

    path: str
    genre: str
    recorded: bool
    split: Split
    group: str
    seconds: float


@dataclass(frozen=True)
class Pack:
    """Sounds with their samples: int16 mono at `SAMPLE_RATE`, one array after the other."""

    sounds: tuple[Sound, ...]
    samples: NDArray[np.int16]
    starts: NDArray[np.int64]
    """(n + 1,) where each sound begins in ``samples``; the last is the end."""

    def audio(self, number: int) -> NDArray[np.float32]:
        """(samples,) one whole sound, full scale 1.0."""
        return self.samples[self.starts[number] : self.starts[number + 1]].astype(np.float32) / 32768

    def crop(self, number: int, start: int, length: int) -> NDArray[np.float32]:
        """(length,) from sample ``start`` of a sound on; silence beyond its end."""
        first = self.starts[number] + start
        piece = self.samples[first : min(first + length, self.starts[number + 1])].astype(np.float32) / 32768
        return np.pad(piece, (0, length - len(piece)))

    def where(self, split: Split, recorded: bool | None = None, genre: str | None = None) -> list[int]:
        """Numbers of the sounds of a split, of a kind and genre where these are given."""
        return [
            number
            for number, sound in enumerate(self.sounds)
            if sound.split == split and recorded in (None, sound.recorded) and genre in (None, sound.genre)
        ]


class Crops:
    """An endless stream of training crops: genres alike, recordings and renderings by their share, then by length."""

    def __init__(self, pack: Pack, split: Split, samples: int, batch: int, seed: int, recorded_share: float) -> None:
        self.pack, self.samples, self.batch, self.seed = pack, samples, batch, seed
        self.recorded_share = recorded_share
        self.pools = {
            (genre, recorded): pack.where(split, recorded, genre) for genre in GENRES for recorded in (True, False)
        }

    def __call__(self, step: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]]:
        """From batch number ``step`` on: audio (batch, samples), genre index (batch,), 1 where recorded (batch,)."""
        while True:
            rng = np.random.default_rng([self.seed, step])
            rows = [self._one(rng) for _ in range(self.batch)]
            yield np.stack([r[0] for r in rows]), np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
            step += 1

    def _one(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], int, int]:
        genre = int(rng.integers(len(GENRES)))
        recorded = bool(rng.random() < self.recorded_share)
        pool = self.pools[GENRES[genre], recorded] or self.pools[GENRES[genre], not recorded]
        lengths = np.diff(self.pack.starts)[pool].astype(float)
        number = int(rng.choice(pool, p=lengths / lengths.sum()))
        room = max(0, int(np.diff(self.pack.starts)[number]) - self.samples)
        audio = self.pack.crop(number, int(rng.integers(room + 1)), self.samples)
        gain = 10 ** (rng.uniform(-6, 3) / 20) * (1 if rng.random() < 0.5 else -1)
        return np.clip(audio * np.float32(gain), -1, 1), genre, int(self.pack.sounds[number].recorded)


def load(folder: Path) -> Pack:
    """Decode a pack; kept as ``samples.npz`` beside the files, so that the next start takes no time.

    Raises FileNotFoundError when the folder holds no index.
    """
    with (folder / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sounds = tuple(
        Sound(r["path"], r["genre"], r["recorded"] == "1", r["split"], r["group"], float(r["seconds"])) for r in rows
    )
    kept = folder / "samples.npz"
    if not kept.exists():
        import soundfile

        parts = []
        for sound in tqdm(sounds, desc="decoding", mininterval=5):
            audio, rate = soundfile.read(folder / sound.path, dtype="int16", always_2d=True)
            assert rate == SAMPLE_RATE, f"{sound.path} is at {rate} Hz"
            parts.append(audio[:, 0])
        lengths = np.cumsum([0, *(len(part) for part in parts)])
        np.savez(kept, samples=np.concatenate(parts), starts=lengths)
    with np.load(kept) as arrays:
        return Pack(sounds, arrays["samples"], arrays["starts"])


def artist_splits(seconds: dict[str, dict[str, float]]) -> dict[str, Split]:
    """The split of every artist, from the seconds of each artist by genre.

    Artists come in the order of a hash of their names, so a new track moves nobody else; each genre gives artists to
    testing until they have its share, then to validation, and the rest to training. Who is in two genres counts once.
    """
    found: dict[str, Split] = {}
    for genre in sorted(seconds):
        artists, whole = seconds[genre], sum(seconds[genre].values())
        order = sorted(artists, key=lambda name: hashlib.sha256(name.encode()).digest())
        small = [name for name in order if artists[name] <= MOST_OF_A_GENRE * whole]
        for split, share in (("test", TEST_SHARE), ("valid", VALID_SHARE)):
            have = sum(artists[name] for name in artists if found.get(name) == split)
            for name in small:
                if have >= share * whole:
                    break
                if name not in found:
                    found[name] = split  # type: ignore[assignment]
                    have += artists[name]
        found.update({name: "train" for name in order if name not in found})
    return found


def _recordings(data: Path, out: Path) -> list[Sound]:
    tracks = gtzan(data)
    seconds: dict[str, dict[str, float]] = {}
    for track in tracks:
        by_artist = seconds.setdefault(track.genre, {})
        by_artist[track.group] = by_artist.get(track.group, 0.0) + track.seconds
    splits = artist_splits(seconds)
    rows = []
    for track in tracks:
        name = f"recorded/{track.path.name}"
        shutil.copyfile(track.path, out / name)
        rows.append(Sound(name, track.genre, True, splits[track.group], track.group, track.seconds))
    return rows


def _piece(work: tuple[str, int, int, Path]) -> Sound:
    """Write, play and store one piece; nothing is mastered away that the studio's own guide has."""
    import soundfile

    from models.audio import resample, to_mono
    from models.composer.engine import compose
    from models.composer.render import render, voices
    from models.composer.styles import style
    from models.spec import GenerateRequest
    from models.vocabulary import USUAL_TEMPOS

    genre, number, seed, out = work
    rng = np.random.default_rng([seed, GENRES.index(genre), number])
    bands = style(genre).bands
    tempo = float(np.clip(USUAL_TEMPOS[genre] * np.exp(rng.normal(0, 0.2)), 56, 200))
    band = bands[int(rng.integers(len(bands)))]
    score = compose(GenerateRequest(genre, band, round(tempo), PIECE_SECONDS, int(rng.integers(2**31))))
    mono = to_mono(resample(render(score), voices.SAMPLE_RATE, SAMPLE_RATE))
    name = f"played/{genre}.{number:02d}.ogg"
    soundfile.write(out / name, mono, SAMPLE_RATE, format="OGG", subtype="VORBIS", compression_level=1 - OGG_QUALITY)
    held_out = round(PIECES * TEST_SHARE)
    split: Split = "test" if number < held_out else "valid" if number == held_out else "train"
    return Sound(name, genre, False, split, name, PIECE_SECONDS)


def build(data: Path, out: Path, seed: int, jobs: int) -> list[Sound]:
    """Write a pack; returns its rows."""
    for folder in ("recorded", "played"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    rows = _recordings(data, out)
    work = [(genre, number, seed, out) for genre in GENRES for number in range(PIECES)]
    with ProcessPoolExecutor(jobs) as pool:
        rows += tqdm(pool.map(_piece, work), total=len(work), desc="composing", mininterval=5)
    with (out / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Sound.__dataclass_fields__)
        for row in rows:
            writer.writerow([row.path, row.genre, int(row.recorded), row.split, row.group, f"{row.seconds:.2f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with gtzan.csv and what it names")
    parser.add_argument("--out", type=Path, required=True, help="where the pack goes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    rows = build(args.data, args.out, args.seed, args.jobs)
    size = sum(path.stat().st_size for path in args.out.rglob("*.ogg"))
    for split in ("train", "valid", "test"):
        chosen = [row for row in rows if row.split == split]
        recorded = sum(row.seconds for row in chosen if row.recorded)
        played = sum(row.seconds for row in chosen if not row.recorded)
        print(f"{split}: {len(chosen)} sounds, {recorded / 60:.1f} min recorded, {played / 60:.1f} min played")
    print(f"{size / 1e6:.1f} MB in {args.out}")


if __name__ == "__main__":
    main()
