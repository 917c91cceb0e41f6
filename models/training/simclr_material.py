"""Music without labels as mel pictures: ``python -m models.training.simclr_material --pack PACK --out PICTURES``.

Gathers the recordings and pieces of a pack (`models.training.audio_pack`), folders of further music (``--music``) and
MIDI files played by FluidSynth (``--midi``, a folder with ``midi.csv``), and writes pictures of at most 30 s as WebP
with an index beside them: 17 hours are 60 MB, so they too are quickly sent to a rented GPU. With ``--copies`` each
recording of the pack for training is there as often again, each time its sound disturbed in another way (pitch, tempo,
equaliser, noise, room, codec, level).
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from models import audio
from models.dsp.mel_picture import SAMPLE_RATE, mel_picture
from models.spec import BadInput
from models.training import augment
from models.training.audio_pack import Pack, load
from models.training.renderings import render_excerpt
from models.training.simclr_clips import INDEX, Gathered, Picture

SECONDS_AT_ONCE = 30.0
"""Long sounds are cut, as a picture is relative to its loudest point."""
SHORTEST = 2.0
"""Seconds below which a rest is left out."""
WEBP_QUALITY = 50
"""Off by four steps of 255 in the mean, 1.3 dB; the noise of a view is louder."""
CHAIN: tuple[tuple[augment.Augmentation, float], ...] = (
    (augment.speed, 0.5),
    (augment.stretch, 0.5),
    (augment.tilt, 0.7),
    (augment.room, 0.4),
    (augment.noise, 0.4),
    (augment.codec, 0.4),
    (augment.gain, 0.5),
)
"""What may happen to the sound of a copy, with its probability."""


def pictures(sound: NDArray[np.float32]) -> list[Picture]:
    """(samples,) at `SAMPLE_RATE` -> a picture for each stretch of `SECONDS_AT_ONCE`."""
    size = round(SECONDS_AT_ONCE * SAMPLE_RATE)
    cuts = [sound[start : start + size] for start in range(0, len(sound), size)]
    kept = [cut for cut in cuts if len(cut) >= SHORTEST * SAMPLE_RATE] or cuts[:1]
    return [(mel_picture(torch.from_numpy(cut)) * 255).round().to(torch.uint8).numpy() for cut in kept]


def spread(parts: list[Picture], most: int) -> list[Picture]:
    """At most so many of them, evenly from the whole."""
    if len(parts) <= most:
        return parts
    return [parts[i] for i in np.linspace(0, len(parts) - 1, most).round().astype(int)]


class Writer:
    """Writes pictures into a folder, and at the end their index."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.rows = folder, list[Gathered]()

    def add(self, parts: list[Picture], source: str, split: str = "train", group: str = "", genre: str = "") -> None:
        """One sound."""
        names = tuple(f"{len(self.rows):05}-{number}.webp" for number in range(len(parts)))
        for name, part in zip(names, parts, strict=True):
            buffer = io.BytesIO()
            Image.fromarray(part).save(buffer, "WEBP", quality=WEBP_QUALITY)
            (self.folder / name).write_bytes(buffer.getvalue())
        self.rows.append(Gathered(source, split, group, genre, names))

    def close(self) -> None:
        """Write the index."""
        (self.folder / INDEX).write_text(json.dumps([asdict(row) for row in self.rows], indent=0) + "\n")


def of_pack(writer: Writer, pack: Pack, copies: int) -> None:
    """Training and validation sounds of a pack; those of the test artists stay outside."""
    for number in tqdm([*pack.where("train"), *pack.where("valid")], desc="pack", mininterval=5):
        sound = pack.sounds[number]
        group = sound.group if sound.recorded else ""
        versions = [pack.audio(number)]
        if sound.recorded and sound.split == "train":
            rng = np.random.default_rng([0, number])
            versions += [augment.disturbed(versions[0], SAMPLE_RATE, rng, CHAIN) for _ in range(copies)]
        parts = [part for version in versions for part in pictures(version)]
        writer.add(parts, "pack" if sound.recorded else "composer", sound.split, group, sound.genre)


def of_folder(writer: Writer, folder: Path, most: int) -> list[str]:
    """Every sound below a folder, at most ``most`` pictures of each; returns the names of the files that are none."""
    bad = []
    for path in tqdm(sorted(folder.rglob("*")), desc=folder.name, mininterval=5):
        if not path.is_file():
            continue
        try:
            sound, _ = audio.decode(path, SAMPLE_RATE, mono=True)
        except BadInput:
            bad.append(str(path.relative_to(folder)))
            continue
        writer.add(spread(pictures(sound[0]), most), folder.name)
    return bad


def of_midi(writer: Writer, folder: Path, most: int) -> None:
    """Excerpts of the MIDI files that ``midi.csv`` names, at most ``most`` of a genre."""
    with (folder / "midi.csv").open(newline="") as file:
        paths: dict[str, list[Path]] = {}
        for row in csv.DictReader(file):
            paths.setdefault(row["genre"], []).append(folder / row["path"])
    rng = np.random.default_rng(0)
    drawn = [found[i] for found in paths.values() for i in rng.permutation(len(found))[:most]]
    for sound in tqdm(_played(drawn), total=len(drawn), desc="MIDI", mininterval=5):
        if sound is not None:
            writer.add(pictures(sound), "MIDI")


def _played(paths: list[Path]) -> Iterator[NDArray[np.float32] | None]:
    with ProcessPoolExecutor() as pool:
        for sound in pool.map(render_excerpt, paths, chunksize=8):
            yield None if sound is None else np.ascontiguousarray(sound.mean(axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="folder of models.training.audio_pack")
    parser.add_argument("--music", type=Path, nargs="*", default=[], help="folders of further music without labels")
    parser.add_argument("--midi", type=Path, help="folder with midi.csv")
    parser.add_argument("--copies", type=int, default=0, help="disturbed copies of the pack's recordings")
    parser.add_argument("--minutes_each", type=float, default=2.5, help="of a file in the folders, at most")
    parser.add_argument("--most_midi", type=int, default=150, help="MIDI files of a genre, at most")
    parser.add_argument("--out", type=Path, default=Path("var/pictures"))
    args = parser.parse_args()
    writer = Writer(args.out)
    if args.midi is not None:
        of_midi(writer, args.midi, args.most_midi)
    of_pack(writer, load(args.pack), args.copies)
    for folder in args.music:
        bad = of_folder(writer, folder, max(1, round(args.minutes_each * 60 / SECONDS_AT_ONCE)))
        print(f"{folder}: not readable: {', '.join(bad) or 'none'}")
    writer.close()
    size = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{len(writer.rows)} sounds, {size / 1e6:.1f} MB in {args.out}")


if __name__ == "__main__":
    main()
