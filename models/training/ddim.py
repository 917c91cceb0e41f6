"""Train the denoiser of the diffusion mode: ``python -m models.training.ddim --data PACK --minutes 60``.

One conditional model for ten genres learns to take noise from companded MDCT frames. The loss is the mean square of the
velocity (Salimans and Ho, 2022), and of the sound that follows from it the distance of its magnitudes ("spectral norm")
and of its changes from frame to frame ("time derivative"). A stopped run goes on from its state in ``--work``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models import checkpoint
from models.evaluation import plots
from models.nets.ddim import Ddim, DdimConfig, build, config_from, schedule
from models.training import loop
from models.training.audio_pack import CONTENT, LICENCE, SPLIT, load
from models.training.ddim_material import CoefficientCrops, Sounds, fit, sounds, stream, told
from models.training.loop import Batch, Plan

FRAMES, BATCH = 256, 8
"""Of a crop, 6 s, and crops of a batch."""
RECORDED_SHARE = 0.75
JUDGED, LEVELS = 16, (0.2, 0.5, 0.8)
"""Crops of held-back recordings, and the noise levels at which they are denoised."""


def noised(clean: Tensor, seed: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers (batch, bins, frames) -> noise of that shape, and levels (batch,) spread evenly over [0, 1]."""
    rng = np.random.default_rng(seed)
    noise = torch.from_numpy(rng.standard_normal(clean.shape, dtype=np.float32)).to(clean)
    count = len(clean)
    levels = torch.from_numpy((rng.permutation(count) + rng.random(count)) / count).to(clean)
    sound, hiss = (part[:, None, None] for part in schedule(levels))
    return sound * clean + hiss * noise, noise, levels


def distances(clean: Tensor, noise: Tensor, levels: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of the velocity, of the magnitudes and of the changes of the sound that follows from it; scalars."""
    sound, hiss = (part[:, None, None] for part in schedule(levels))
    error = velocity - (sound * noise - hiss * clean)
    guess = clean - hiss * error
    changes = (guess - clean).diff(dim=2).square()
    loud = (magnitude(guess) - magnitude(clean)).abs()
    return error.square().mean(), (sound * loud).mean(), (sound * changes).mean()


def magnitude(numbers: Tensor) -> Tensor:
    """(batch, bins, frames) -> (batch, bins, frames - 2): size of each coefficient and of what a transform in
    quadrature would have there, which the neighbours in time tell (Daudet and Sandler, "MDCT analysis", 2004)."""
    beside = numbers[:, :, 2:] - numbers[:, :, :-2]
    return (numbers[:, :, 1:-1].square() + beside.square() / 4 + 1e-6).sqrt()


def judge(given: Sounds, config: DdimConfig, device: str) -> loop.Judge:
    """The velocity's mean square error on held-back recordings, at each of `LEVELS` and on average."""
    crops = CoefficientCrops(given, config, FRAMES, 1.0)
    batch = tuple(part.to(device) for part in crops.draw(np.random.default_rng(0), JUDGED))

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, Ddim)
        known = told(net, batch, np.random.default_rng(1))
        clean = net.companding.compress(batch[0])
        noise = torch.from_numpy(np.random.default_rng(2).standard_normal(clean.shape, dtype=np.float32)).to(clean)
        row = {}
        for level in LEVELS:
            levels = torch.full((len(clean),), level).to(clean)
            sound, hiss = schedule(levels[0])
            velocity = net(sound * clean + hiss * noise, levels, known).float()
            row[f"velocity {level}"] = float(distances(clean, noise, levels, velocity)[0])
        return {"validation loss": float(np.mean(list(row.values())))} | row

    return figures


def train(net: Ddim, given: Sounds, plan: Plan, check: loop.Judge | None, size: int = BATCH, frames: int = FRAMES):
    """Fit the net to its material and train it; returns the history."""
    fit(net, given)
    crops = CoefficientCrops(given, net.config, frames, RECORDED_SHARE)

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        assert isinstance(moving, Ddim)
        *parts, step = batch
        known = told(moving, tuple(parts), np.random.default_rng([plan.seed, int(step), 1]))
        clean = moving.companding.compress(parts[0])
        noisy, noise, levels = noised(clean, [plan.seed, int(step), 2])
        velocity = moving(noisy, levels, known).float()
        apart, spectral, changes = distances(clean, noise, levels, velocity)
        return apart + moving.config.spectral * spectral + moving.config.derivative * changes

    return loop.fit(net, lambda step: stream(crops, plan.seed, size, step), loss, plan, check)


def save(net: Ddim, history: list[dict[str, float]], folder: Path) -> Path:
    """Write the checkpoint, its weights in half precision; returns its path."""
    last = history[-1]
    card = checkpoint.Card(
        name="ddim",
        task="takes noise from companded MDCT frames, for ten genres",
        data=CONTENT,
        split=SPLIT,
        recipe=f"{RECIPE} {last['step']} steps of {BATCH} x 6 s in {last['minutes']:.0f} minutes: "
        "python -m models.training.ddim --data PACK --minutes MINUTES, and again with --go-on.",
        figures={"validation": {name: round(value, 4) for name, value in last.items()}},
        licence=LICENCE,
        limits=LIMITS,
        extra={"history": history},
    )
    return checkpoint.save(asdict(net.config), checkpoint.halved(net.state_dict()), card, folder)


def plan_of(args: argparse.Namespace, steps: int) -> Plan:
    """How the denoiser is trained, for the options that every training script has."""
    return Plan(
        "ddim", steps, lr=1e-3, warmup=0.02, average=0.999, judge_every=500, seed=args.seed, clip=1.0,
        weight_decay=1e-3, device=args.device, minutes=args.minutes, work=args.work,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=25_000, help="when no minutes are given")
    parser.add_argument("--batch", type=int, default=BATCH, help="crops of a batch")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    parser.add_argument("--go-on", action="store_true", help="train the weights that ship for longer")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    plan = plan_of(args, args.steps)
    before: list[dict[str, float]] = []
    if args.go_on:
        shipped = checkpoint.load("ddim")
        net = build(config_from(shipped.config), {name: value.float() for name, value in shipped.state_dict.items()})
        before = shipped.card.extra["history"]
        plan = replace(plan, seed=args.seed + int(before[-1]["step"]))  # other batches, and a state of its own
    else:
        net = Ddim(DdimConfig())
    check = judge(sounds(pack, "valid", recorded=True), net.config, args.device)
    history = loop.counted_on(before, train(net, sounds(pack, "train"), plan, check, args.batch))
    plots.curves(history, args.work / "ddim.png")
    print(save(net, history, args.out), history[-1])


RECIPE = (
    "A U-Net over the frames of a companded MDCT (512 bins, 22,050 Hz), told genre, kind, tempo and the guide's "
    "features; velocity on a cosine schedule, spectral and derivative losses, averaged weights."
)
LIMITS = (
    "Mono features, nothing above 11 kHz. Learnt on a processor from an hour of music: with little guide it has a "
    "genre's texture, but no form and no words."
)

if __name__ == "__main__":
    main()
