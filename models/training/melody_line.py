"""Train the network that finds the tune in a mix: ``python -m models.training.melody_line --data F --out FOLDER``.

Sight-singing recordings and synthesized voices, each with bands of `models.training.accompaniment` under it, at -3 to
10 dB. First without a fifth of the songs (`TEST_FOLD` of `models.training.voice_notes`), which
`models.evaluation.mixtures` asks about; with ``--whole`` with all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.audio import Recording, resample
from models.nets.melody_line import MelodyLine, MelodyLineConfig
from models.training.accompaniment import accompany
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.singing import Song, songs
from models.training.voice_notes import fold_of
from models.training.voice_synthesis import a_voice, excerpt, melodies, sing
from models.transcription import mixture, pitch
from models.transcription.basic_pitch import SAMPLE_RATE
from models.transcription.mixture import BINS, FRAME_RATE, LOW, PER_SEMITONE

TEST_FOLD = 0
BANDS = 2  # under each recording
MADE = 120  # synthesized voices with a band
SNR = (-3.0, 10.0)  # dB of the voice over the band
ALONE = 0.12  # share without a band
BATCH, CROP = 6, 250  # frames: 5 s
BLUR = 0.8  # bins, of the target
SHIFT = 9  # bins by which a crop is transposed at most
EDGE = 0.04  # seconds by which a note is longer than it is annotated, so that its end is heard

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mixed:
    """``x`` (maps, frames, bins); ``place`` (frames,) the bin of the tune with decimals, nan where it rests;
    ``notes`` (notes, 3) and the ``audio`` at `SAMPLE_RATE` for those who listen further."""

    name: str
    fold: int
    x: NDArray[np.float16]
    place: NDArray[np.float32]
    notes: Floats
    audio: NDArray[np.float16]


def mix(voice: NDArray[np.float32], band: NDArray[np.float32], snr: float) -> NDArray[np.float32]:
    """(samples,) of both, the voice ``snr`` dB over the band, peak at most 0.9."""
    size = min(len(voice), len(band))
    voice, band = voice[:size], band[:size]
    level = np.sqrt(np.mean(voice**2) / max(float(np.mean(band**2)), 1e-12)) * 10 ** (-snr / 20)
    out = voice + band * np.float32(level)
    return out * np.float32(0.9 / max(float(np.abs(out).max()), 1e-6))


def truth(voice: NDArray[np.float32], notes: Floats) -> NDArray[np.float32]:
    """(frames,) the bin of the voice alone, by its own pitch within the notes."""
    track = pitch.follow(resample(voice[None], SAMPLE_RATE, pitch.RATE)[0])
    frames = 1 + len(voice) * FRAME_RATE // SAMPLE_RATE
    at = np.arange(frames) / FRAME_RATE
    nearest = np.clip(np.round(at * pitch.FRAME_RATE).astype(int), 0, len(track.midi) - 1)
    midi = track.midi[nearest]
    out = np.full(frames, np.nan, np.float32)
    for onset, offset, key in notes:
        inside = (at >= onset) & (at < offset + EDGE)
        near = inside & (np.abs(midi - key) < 2.5)
        out[near] = (midi[near] - LOW) * PER_SEMITONE + 1
    return out


def of_song(song: Song, seed: int) -> Iterator[Mixed]:
    """A recording with each of `BANDS` bands."""
    voice = Recording.open(song.path).mono(SAMPLE_RATE)
    place = truth(voice, song.notes)
    for number in range(BANDS):
        rng = np.random.default_rng([seed, 3, number, sum(song.name.encode())])
        yield mixed(song.name, fold_of(song.group), voice, place, song.notes, rng)


def mixed(
    name: str,
    fold: int,
    voice: NDArray[np.float32],
    place: NDArray[np.float32],
    notes: Floats,
    rng: np.random.Generator,
) -> Mixed:
    """A voice with a band, or alone."""
    out = voice
    if rng.random() > ALONE:
        band = accompany(notes, len(voice) / SAMPLE_RATE, SAMPLE_RATE, rng)
        out = mix(voice, band, rng.uniform(*SNR))
    x = mixture.maps(out)
    size = min(x.shape[1], len(place))
    return Mixed(name, fold, x[:, :size].astype(np.float16), place[:size], notes, out.astype(np.float16))


def material(data: Path, seed: int, cache: Path) -> list[Mixed]:
    """All mixes, kept in files for the next run."""
    cache.mkdir(parents=True, exist_ok=True)
    found = songs(data)
    rng = np.random.default_rng([seed, 4])
    tunes = melodies(data)
    out = []
    for song in tqdm(found, desc="mixing"):
        paths = [cache / f"{song.name}_{number}.npz" for number in range(BANDS)]
        if not all(path.exists() for path in paths):
            for path, one in zip(paths, of_song(song, seed), strict=True):
                _save(path, one)
        out += [_read(path) for path in paths]
    for number in tqdm(range(MADE), desc="mixing made voices"):
        path = cache / f"made_{number}.npz"
        notes = excerpt(tunes[int(rng.integers(len(tunes)))], rng)
        if len(notes) < 4:
            continue
        audio, sung = sing(notes, a_voice(rng), rng)
        if not path.exists():
            voice = resample(audio[None], pitch.RATE, SAMPLE_RATE)[0]
            _save(
                path,
                mixed(f"made{number}", -1, voice, truth(voice, sung), sung, np.random.default_rng([seed, 5, number])),
            )
        out.append(_read(path))
    return out


def _save(path: Path, one: Mixed) -> None:
    np.savez(path, name=one.name, fold=one.fold, x=one.x, place=one.place, notes=one.notes, audio=one.audio)


def _read(path: Path) -> Mixed:
    with np.load(path) as file:
        return Mixed(
            str(file["name"]), int(file["fold"]), file["x"], file["place"], file["notes"], file["audio"]
        )  # fmt: skip


def batches(found: list[Mixed], seed: int, step: int) -> Iterator[Batch]:
    """An endless stream; each batch is drawn from its own number, so that a resumed run goes on."""
    length = np.array([m.x.shape[1] for m in found], float)
    while True:
        rng = np.random.default_rng([seed, 13, step])
        rows = [crop(found[i], rng) for i in rng.choice(len(found), BATCH, p=length / length.sum())]
        yield tuple(torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))
        step += 1


def crop(one: Mixed, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(maps, `CROP`, bins), transposed a little, and (`CROP`, bins + 1) of what is sung."""
    start = int(rng.integers(0, max(1, one.x.shape[1] - CROP + 1)))
    x = one.x[:, start : start + CROP].astype(np.float32)
    place = one.place[start : start + CROP]
    if x.shape[1] < CROP:
        x = np.pad(x, ((0, 0), (0, CROP - x.shape[1]), (0, 0)))
        place = np.pad(place, (0, CROP - len(place)), constant_values=np.nan)
    shift = int(rng.integers(-SHIFT, SHIFT + 1))
    x = np.roll(x, shift, axis=2)
    goal = np.exp(-0.5 * ((np.arange(BINS)[None] - (place[:, None] + shift)) / BLUR) ** 2)
    goal = np.nan_to_num(goal)
    rest = (goal.sum(axis=1, keepdims=True) < 0.1).astype(np.float32)
    goal = np.concatenate([goal * (1 - rest), rest], axis=1)
    return x, (goal / goal.sum(axis=1, keepdims=True)).astype(np.float32)


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of each frame."""
    x, goal = batch
    return -(goal * net(x).float().log_softmax(dim=2)).sum(dim=2).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--whole", action="store_true", help="the network that ships")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    seed_everything(args.seed)
    found = material(args.data, args.seed, args.work / "mixes")
    heard = found if args.whole else [m for m in found if m.fold != TEST_FOLD]
    net = MelodyLine(MelodyLineConfig(mixture.MAPS))
    plan = Plan(
        "melody_line_whole" if args.whole else "melody_line", args.steps, lr=3e-3, average=0.995, judge_every=500,
        seed=args.seed, device=args.device, minutes=args.minutes, work=args.work,
    )  # fmt: skip
    fit(net, lambda step: batches(heard, args.seed, step), loss, plan)
    args.out.mkdir(parents=True, exist_ok=True)
    name = "whole.pt" if args.whole else "fold.pt"
    torch.save({"config": asdict(net.config), "state": net.state_dict()}, args.out / name)


if __name__ == "__main__":
    main()
