"""Train the key network on renderings: ``python -m models.training.key --data FOLDER --material FOLDER --out FILE``.

``--material`` is what `models.training.tempo_and_key_material` has rendered; only excerpts of a certain key are used.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.dsp.semitones import BANDS, HOP_LENGTH, PER_SEMITONE, SAMPLE_RATE, semitone_bands
from models.nets.keynet import KeyNet, KeyNetConfig
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.roughen import roughened
from models.training.tempo_and_key_material import Clip, is_validation, read

STEP = 1 / 80  # of the features when kept as bytes
BATCH = 24
FRAMES = (40, 100)  # of a training example: 8 to 20 s
KEYS = 24
SMOOTHING = 0.05  # of the target, spread over keys that share most of its notes
VALIDATION_CLIPS = 300
FIFTH, RELATIVE, PARALLEL = 0.5, 0.3, 0.2  # MIREX's worth of near misses


def mirex(answer: int, truth: int) -> float:
    """MIREX's score of a key 0-23: 1 right, .5 a fifth away (either way), .3 relative, .2 parallel, otherwise 0."""
    if answer == truth:
        return 1.0
    step, same_mode = (answer - truth) % 12, answer // 12 == truth // 12
    if same_mode:
        return FIFTH if step in (5, 7) else 0.0
    relative = 9 if truth < 12 else 3
    return {relative: RELATIVE, 0: PARALLEL}.get(step, 0.0)


def features(clips: list[Clip], path: Path, seed: int, rough: bool = True) -> NDArray[np.uint8]:
    """(clips, frames, bands) as bytes of `STEP`; kept at ``path`` and read from there again."""
    shape = (len(clips), 1 + len(clips[0].audio) // HOP_LENGTH, BANDS)
    mark = path.with_suffix(".json")
    if mark.exists() and json.loads(mark.read_text()) == list(shape):
        return np.memmap(path, np.uint8, "r", shape=shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    found = np.memmap(path, np.uint8, "w+", shape=shape)
    for index, clip in enumerate(clips):
        audio = clip.audio.astype(np.float32) / 32768
        if rough:
            audio = roughened(audio, SAMPLE_RATE, np.random.default_rng([seed, index]))
        found[index] = (semitone_bands(torch.from_numpy(audio)) / STEP).round().clamp(0, 255).byte().numpy()
    found.flush()
    mark.write_text(json.dumps(shape))
    return found


def example(
    frames: NDArray[np.uint8], key: int, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], int]:
    """(``count``, bands), detuned, equalised and moved by up to half an octave at random; and its key."""
    start = int(rng.integers(0, len(frames) - count + 1))
    power = 10 ** (frames[start : start + count] * np.float32(STEP)) - 1
    shift = int(rng.integers(-4, 5))
    tuning = rng.normal(0, 0.35)  # bands; a third of a semitone each
    at = np.clip(np.arange(BANDS) - shift * PER_SEMITONE - tuning, 0, BANDS - 1.001)
    low = at.astype(int)
    share = (at - low).astype(np.float32)
    moved = power[:, low] * (1 - share) + power[:, low + 1] * share
    knots = rng.normal(0, rng.uniform(0, 6), 7)
    gain = 10 ** (np.interp(np.linspace(0, 6, BANDS), np.arange(7), knots) / 20)
    if rng.random() < 0.15:
        gain[: int(rng.integers(1, 50))] *= 0.05
    moved = moved * gain
    sound = np.log10(1 + moved * (10.0 / max(float(moved.mean()), 1e-3)) * rng.uniform(1.4, 2.6))
    return sound.astype(np.float32), (key + shift) % 12 + key // 12 * 12


def batches(
    keys: list[int], rows: Callable[[int], NDArray[np.uint8]], weight: NDArray[np.float64], seed: int, step: int
) -> Iterator[Batch]:
    """An endless stream; each batch is drawn from its own number, so that a resumed run goes on."""
    while True:
        rng = np.random.default_rng([seed, 2, step])
        count = int(rng.integers(FRAMES[0], FRAMES[1] + 1))
        drawn = [example(rows(i), keys[i], count, rng) for i in rng.choice(len(keys), BATCH, p=weight)]
        sound, key = zip(*drawn, strict=True)
        yield torch.from_numpy(np.stack(sound)), torch.tensor(key)
        step += 1


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy over the 24 keys."""
    sound, key = batch
    return nn.functional.cross_entropy(net(sound).float(), key, label_smoothing=SMOOTHING)


def judge(keys: list[int], frames: NDArray[np.uint8]) -> Callable[[nn.Module], dict[str, float]]:
    """A function of a network: accuracy and MIREX score on the validation clips."""
    sound = torch.from_numpy(np.array(frames)).float() * STEP

    def figures(net: nn.Module) -> dict[str, float]:
        answer = torch.cat([net(part).argmax(dim=1) for part in sound.split(50)]).tolist()
        return {
            "accuracy": float(np.mean([a == k for a, k in zip(answer, keys, strict=True)])),
            "mirex": float(np.mean([mirex(a, k) for a, k in zip(answer, keys, strict=True)])),
        }

    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--material", type=Path, required=True, help="folder with clips.json and audio.i16")
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--out", type=Path, required=True, help="where to write the weights and the history")
    args = parser.parse_args()
    seed_everything(args.seed)
    clips = [clip for clip in read(args.material) if not clip.test and clip.key is not None]
    frames = features(clips, args.work / "key_frames.u8", args.seed)
    kept = np.array([is_validation(clip.group) for clip in clips])
    learn, check = np.flatnonzero(~kept), np.flatnonzero(kept)[:VALIDATION_CLIPS]
    print(f"{len(learn)} clips to learn from, {len(check)} to check with", flush=True)
    keys = [clip.key for clip in clips]
    genres = [clips[i].genre for i in learn]
    weight = np.array([1 / np.sqrt(genres.count(genre)) for genre in genres])
    net = KeyNet(KeyNetConfig())
    plan = Plan(
        "key", args.steps, lr=2e-3, average=0.99, judge_every=100, seed=args.seed, device=args.device,
        minutes=args.minutes, work=args.work,
    )  # fmt: skip
    history = fit(
        net,
        lambda step: batches(
            [keys[i] for i in learn], lambda i: np.asarray(frames[learn[i]]), weight / weight.sum(), args.seed, step
        ),
        loss,
        plan,
        judge([keys[i] for i in check], frames[check]),
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": net.state_dict(), "history": history}, args.out)
    print(history[-1])


if __name__ == "__main__":
    main()
