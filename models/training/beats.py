"""Train the beat network: ``python -m models.training.beats --data F --material M --soft S --minutes 14 --out FILE``.

``--material`` is what `models.training.tempo_and_key_material` has rendered, ``--soft`` what `models.training.soft`
has. Only renderings are heard. ``--out`` gets the weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter
from torch import Tensor, nn

from models.dsp.bands import FRAME_RATE, SAMPLE_RATE, log_bands
from models.dsp.pulse import periodicity
from models.nets.beats import BANDS, BeatConfig, BeatNet, logarithm, magnitudes
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.roughen import muffled
from models.training.tempo import OCTAVES, right
from models.training.tempo_and_key_material import Clip, is_validation, read

BATCH = 16
CROP = 500  # frames: 10 s
FRAMES = 1000  # of a clip
STRETCH = (0.8, 1.25)
SOFT_SHARE = 0.45  # of what is heard
RARITY = 4.0  # weight of a beat against the frames between beats
VERSIONS = 1  # of each soft clip, muffled anew

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """``x`` (clips, frames, bands) of log10(1 + magnitude), ``beats`` and ``downbeats`` in seconds."""

    x: NDArray[np.float16]
    beats: list[NDArray[np.float64]]
    downbeats: list[NDArray[np.float64]]
    genre: NDArray[np.str_]
    soft: NDArray[np.bool_]
    check: NDArray[np.bool_]


def hear(clips: list[Clip], soft: bool, seed: int) -> Heard:
    """The clips as bands; soft ones are muffled, those of training twice."""
    rows: list[tuple[Clip, int]] = []
    for clip in clips:
        kept = is_validation(clip.group)
        rows += [(clip, version) for version in range(VERSIONS if soft and not kept else 1)]
    x = np.zeros((len(rows), FRAMES, BANDS), np.float16)
    for index, (clip, _version) in enumerate(rows):
        audio = clip.audio.astype(np.float32) / 32768
        if soft:
            audio = muffled(audio, SAMPLE_RATE, np.random.default_rng([seed, 5, index]))
        x[index] = torch.log10(1 + magnitudes(log_bands(torch.from_numpy(audio)))[:FRAMES]).numpy()
        if index % 200 == 0:
            print(f"heard {index} of {len(rows)}", flush=True)
    return Heard(
        x,
        [clip.beats for clip, _ in rows],
        [clip.beats[clip.downbeats] for clip, _ in rows],
        np.array([clip.genre for clip, _ in rows]),
        np.full(len(rows), soft),
        np.array([is_validation(clip.group) for clip, _ in rows]),
    )


def both(one: Heard, other: Heard) -> Heard:
    """Two sets as one."""
    return Heard(
        np.concatenate([one.x, other.x]),
        one.beats + other.beats,
        one.downbeats + other.downbeats,
        np.concatenate([one.genre, other.genre]),
        np.concatenate([one.soft, other.soft]),
        np.concatenate([one.check, other.check]),
    )


def worn(linear: Array, rng: np.random.Generator) -> Array:
    """Magnitudes (frames, bands) through filters, rooms, soft attacks, swells and noise."""
    frames, bands = linear.shape
    out = linear
    if rng.random() < 0.7:
        tilt = rng.uniform(-10, 10) * np.linspace(-1, 1, bands)
        curve = np.interp(np.arange(bands), np.linspace(0, bands, 8), rng.normal(0, 5, 8)) + tilt
        out = out * (10 ** (curve / 20)).astype(np.float32)
    if rng.random() < 0.25:
        out = out * (np.arange(bands) < rng.integers(bands // 2, bands))
    if rng.random() < 0.4:
        swell = np.interp(np.arange(frames), np.linspace(0, frames, 7), rng.normal(0, 4, 7))
        out = out * (10 ** (swell / 20)).astype(np.float32)[:, None]
    if rng.random() < 0.35:
        out = gaussian_filter1d(out, rng.uniform(0.5, 3.5), axis=0)
    if rng.random() < 0.45:
        decay = float(np.exp(-1 / (FRAME_RATE * rng.uniform(0.05, 0.6))))
        wet = rng.uniform(0.2, 0.9)
        out = (1 - wet) * out + wet * lfilter([1 - decay], [1, -decay], out, axis=0)
    if rng.random() < 0.6:
        colour = 10 ** (rng.uniform(-1, 1) * np.linspace(-1, 1, bands) / 2)
        noise = rng.rayleigh(0.8, (frames, bands)) * colour
        out = out + float(out.mean()) * 10 ** -rng.uniform(0.2, 2.2) * noise
    return np.asarray(out, np.float32)


def targets(times: list[NDArray[np.float64]]) -> Array:
    """(outputs, `CROP`) of the frames' times of each output in frames: 1 at the frame, a half beside it."""
    out = np.zeros((len(times), CROP + 2), np.float32)
    for row, at in zip(out, times, strict=True):
        frame = np.round(at[(at >= 0) & (at < CROP - 0.5)]).astype(int) + 1
        row[frame - 1] = np.maximum(row[frame - 1], 0.5)
        row[frame + 1] = np.maximum(row[frame + 1], 0.5)
        row[frame] = 1
    return out[:, 1:-1]


def crop(found: Heard, index: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """(`CROP`, bands) of worn magnitudes at another, perhaps swaying tempo, and its (outputs, `CROP`) targets."""
    speed = float(np.exp(rng.uniform(*np.log(STRETCH))))
    rate = np.full(CROP + 1, speed)
    if rng.random() < 0.4:
        bend = np.interp(np.arange(CROP + 1), np.linspace(0, CROP, 6), rng.normal(0, rng.choice([0.02, 0.05]), 6))
        rate = rate * np.exp(bend)
    place = np.concatenate([[0.0], np.cumsum(rate[:-1])])
    place += rng.uniform(0, max(1.0, FRAMES - 1 - place[-1]))
    place = np.minimum(place[:CROP], FRAMES - 1.001)
    low = place.astype(int)
    share = (place - low).astype(np.float32)[:, None]
    part = 10 ** found.x[index, low[0] : low[-1] + 2].astype(np.float32) - 1
    low = low - low[0]
    linear = part[low] * (1 - share) + part[low + 1] * share
    times = []
    beats = found.beats[index] * FRAME_RATE
    halves = np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2]))
    for at in (beats, found.downbeats[index] * FRAME_RATE, halves):
        times.append(np.interp(at, place, np.arange(CROP), left=-9, right=-9))
    return worn(linear, rng), targets(times)


def batches(found: Heard, seed: int, step: int) -> Iterator[Batch]:
    """An endless stream; each batch is drawn from its own number, so that a resumed run goes on."""
    _, inverse, count = np.unique(found.genre, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(count[inverse])
    weight[found.check] = 0
    for soft, share in ((True, SOFT_SHARE), (False, 1 - SOFT_SHARE)):
        weight[found.soft == soft] *= share / weight[found.soft == soft].sum()
    weight /= weight.sum()
    while True:
        rng = np.random.default_rng([seed, 7, step])
        crops = [crop(found, int(i), rng) for i in rng.choice(len(weight), BATCH, p=weight)]
        x = logarithm(torch.from_numpy(np.array([c[0] for c in crops])))
        yield x, torch.from_numpy(np.array([c[1] for c in crops]))
        step += 1


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Binary cross-entropy of each frame and output."""
    x, goal = batch
    logits = net(x).float()
    return nn.functional.binary_cross_entropy_with_logits(logits, goal, pos_weight=torch.tensor(RARITY))


_BPM = np.exp(np.linspace(np.log(30.0), np.log(300.0), 300))


def comb_tempo(activation: NDArray[np.float64]) -> float:
    """A tempo from (frames,) of beat activation alone: comb over its autocorrelation, preferred tempo."""
    liked = np.exp(-0.5 * (np.log2(_BPM / 115.0) / 0.9) ** 2)
    return float(_BPM[np.argmax(periodicity(activation, FRAME_RATE, _BPM) * liked)])


def judge(found: Heard, most: int = 220) -> Callable[[nn.Module], dict[str, float]]:
    """A function of a network: loss and accuracy 2 of its beats on the kept clips, soft and other."""
    chosen = {
        name: np.flatnonzero(found.check & (found.soft == soft))[:most]
        for name, soft in (("soft", True), ("band", False))
    }

    def figures(net: nn.Module) -> dict[str, float]:
        out = {}
        for name, rows in chosen.items():
            hits, costs = [], []
            for start in range(0, len(rows), 16):
                part = rows[start : start + 16]
                x = torch.from_numpy(10 ** found.x[part].astype(np.float32) - 1)
                logits = net(logarithm(x)).float()[:, 0]
                goal = np.array([targets([found.beats[i] * FRAME_RATE])[0] for i in part])
                costs.append(
                    float(nn.functional.binary_cross_entropy_with_logits(
                        logits[:, :CROP], torch.from_numpy(goal), pos_weight=torch.tensor(RARITY)))
                )  # fmt: skip
                for i, row in zip(part, torch.sigmoid(logits).double().numpy(), strict=True):
                    truth = 60 / float(np.median(np.diff(found.beats[i])))
                    hits.append(right(comb_tempo(row), truth, OCTAVES))
            out[f"{name} loss"], out[f"{name} acc2"] = float(np.mean(costs)), float(np.mean(hits))
        print({k: round(v, 4) for k, v in out.items()}, flush=True)
        return out

    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--material", type=Path, required=True)
    parser.add_argument("--soft", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    seed_everything(args.seed)
    torch.set_num_threads(1)
    found = both(stored(args.material, False, args), stored(args.soft, True, args))
    print(f"{(~found.check).sum()} clips to learn from, {found.check.sum()} to check with", flush=True)
    config = BeatConfig()
    net = BeatNet(config)
    print(sum(p.numel() for p in net.parameters()), "weights", flush=True)
    plan = Plan(
        "beats", args.steps, lr=3e-3, average=0.995, judge_every=400, seed=args.seed, device=args.device,
        minutes=args.minutes, work=args.work, bf16=False,
    )  # fmt: skip
    history = fit(net, lambda step: batches(found, args.seed, step), loss, plan, judge(found))
    torch.save({"config": asdict(config), "state": net.state_dict(), "history": history}, args.out)


def stored(folder: Path, soft: bool, args: argparse.Namespace) -> Heard:
    """`hear`, kept in ``--work`` for the next run; without the test songs."""
    cache = args.work / f"beats_{'soft' if soft else 'band'}.npy"
    clips = [c for c in read(folder) if not c.test]
    if not cache.exists():
        args.work.mkdir(parents=True, exist_ok=True)
        found = hear(clips, soft, args.seed)
        np.save(cache, found.x)
        return found
    x = np.load(cache, mmap_mode="r")
    rows = [c for c in clips for _ in range(VERSIONS if soft and not is_validation(c.group) else 1)]
    assert len(rows) == len(x)
    return Heard(
        x,
        [c.beats for c in rows],
        [c.beats[c.downbeats] for c in rows],
        np.array([c.genre for c in rows]),
        np.full(len(rows), soft),
        np.array([is_validation(c.group) for c in rows]),
    )


if __name__ == "__main__":
    main()
