"""Train the mel generator: ``python -m models.training.mel_gan --data PACK --minutes 13``.

Conditional adversarial training with the hinge loss, two rates, an averaged generator and feature matching; the more
the guide counts, the more an L1 distance to the true mel spectrogram counts too. Writes the checkpoint ``mel_gan``; its
figures come from ``python -m models.evaluation.mel_gan``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models import checkpoint
from models.dsp.guide_features import GROUPS
from models.evaluation import plots
from models.evaluation.frechet import distance
from models.nets.mel_gan import MelDiscriminator, MelGanConfig, MelGenerator, mixed, own_noise
from models.training import duel, loop
from models.training.audio_pack import CONTENT, LICENCE, SPLIT, load
from models.training.loop import Batch, Plan
from models.training.mel_material import MOST, Material, MelCrops, material

FRAMES = 128  # 1.5 s
BATCH = 8
RECORDED_SHARE = 0.65
DROPPED = 0.1
"""Chance that a group of features (chroma, onset, loudness, bands) is all noise."""
TRUTH_WEIGHT = 8.0
"""Of the L1 distance at strength 1; it falls with the square of the strength."""
MATCHING_WEIGHT = 1.5
SLOPE_WEIGHT, SLOPE_EVERY = 0.5, 4
"""Of the squared slope of the discriminator at real material (R1; Mescheder et al., 2018), every so many steps."""
RATIO = 2.0
"""Rate of the discriminator against that of the generator."""
JUDGED = 64  # crops


def strengths(rng: np.random.Generator, count: int) -> Tensor:
    """(count,) guide strengths: from 0.5 up in the first half of a batch, below in the second; the ends come often."""
    high = np.where(rng.random(count) < 0.25, 1.0, rng.uniform(0.5, 1.0, count))
    low = np.where(rng.random(count) < 0.3, 0.0, rng.uniform(0.0, 0.5, count))
    return torch.from_numpy(np.where(np.arange(count) < count // 2, high, low)).float()


def condition(net: MelGenerator, features: Tensor, genre: Tensor, kind: Tensor, strength: Tensor, seed: list[int]):
    """What the networks are told: relative features mixed with noise (batch, features, frames), and the generator's
    own noise (batch, noise, frames)."""
    rng = np.random.default_rng(seed)
    batch, _, frames = features.shape
    noise = torch.from_numpy(rng.standard_normal(features.shape, dtype=np.float32))
    own = torch.stack([own_noise(rng, net.config.noise, frames) for _ in range(batch)])
    heard = mixed(net.relative(features, genre, kind).clamp(-MOST, MOST), noise, strength)
    for rows in GROUPS.values():
        dropped = torch.from_numpy(rng.random(batch) < DROPPED)[:, None, None]
        heard[:, rows] = torch.where(dropped, noise[:, rows], heard[:, rows])
    return heard, own


def batches(net: MelGenerator, found: Material, seed: int) -> Callable[[int], Iterator[Batch]]:
    """An endless stream of (mel, mixed features, noise, strength, genre, kind) from any step on."""
    crops = MelCrops(found, FRAMES, RECORDED_SHARE)

    def stream(step: int) -> Iterator[Batch]:
        while True:
            rng = np.random.default_rng([seed, step])
            mel, features, genre, kind = crops.draw(rng, BATCH)
            strength = strengths(rng, BATCH)
            heard, own = condition(net, features, genre, kind, strength, [seed, step, 1])
            yield mel, heard, own, strength, genre, kind
            step += 1

    return stream


def judge(recorded: Material, played: Material) -> Callable[[nn.Module], dict[str, float]]:
    """Figures of the averaged generator: how near it comes to recordings at strength 1; how the frames that it makes of
    played guides at strength 0.5 are distributed against recorded ones; and how much its outputs differ by seed."""
    rng = np.random.default_rng(0)
    mel, features, genre, _ = MelCrops(recorded, FRAMES, 1.0).draw(rng, JUDGED)
    _, guide, guide_genre, _ = MelCrops(played, FRAMES, 0.0).draw(rng, JUDGED)
    ones = torch.ones_like(genre)

    def make(net: MelGenerator, features: Tensor, genre: Tensor, kind: Tensor, strength: float, seed: int) -> Tensor:
        rate = torch.full((len(genre),), strength)
        random = np.random.default_rng(seed)
        noise = torch.from_numpy(random.standard_normal(features.shape, dtype=np.float32))
        own = torch.stack([own_noise(random, net.config.noise, FRAMES) for _ in genre])
        heard = mixed(net.relative(features, genre, kind).clamp(-MOST, MOST), noise, rate)
        return net(heard, own, rate, genre, ones)

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, MelGenerator)
        exact = make(net, features, genre, ones, 1.0, 0)
        free = [make(net, guide, guide_genre, 0 * ones, 0.5, seed) for seed in (0, 1)]
        frames = [x.transpose(1, 2).flatten(0, 1).double().numpy() for x in (mel, free[0])]
        return {
            "truth loss": float((exact - mel).abs().mean()),
            "frame distance": distance(*frames),
            "seed spread": float((free[0] - free[1]).abs().mean()),
        }

    return figures


def train(net: MelGenerator, found: Material, plan: Plan, check: Callable[[nn.Module], dict[str, float]] | None):
    """The duel; returns its history."""
    other = MelDiscriminator(net.config)
    made: dict[str, Tensor] = {}
    turn = count()

    def discriminate(batch: Batch) -> duel.Losses:
        mel, heard, own, strength, genre, kind = batch
        made["mel"] = net(heard, own, strength, genre, kind)
        sloped = next(turn) % SLOPE_EVERY == 0
        mel = mel.requires_grad_(sloped)
        real = other(mel, heard, strength, genre, kind)[0]
        fake = other(made["mel"].detach(), heard, strength, genre, kind)[0]
        value = duel.hinge_real(real) + duel.hinge_made(fake)
        figures = {"discriminator loss": value.item()}
        if sloped:
            (slope,) = torch.autograd.grad(sum(score.mean(dim=1).sum() for score in real), mel, create_graph=True)
            steep = slope.square().sum(dim=(1, 2)).mean()
            value = value + SLOPE_EVERY * SLOPE_WEIGHT * steep
            figures["slope loss"] = steep.item()
        return value, figures

    def generate(batch: Batch) -> duel.Losses:
        mel, heard, _, strength, genre, kind = batch
        with torch.no_grad():
            _, wanted = other(mel, heard, strength, genre, kind)
        scores, layers = other(made["mel"], heard, strength, genre, kind)
        wish = duel.wish(scores)
        truth = (strength.square()[:, None, None] * (made["mel"] - mel).abs()).mean()
        half = len(mel) // 2  # whose strength is high: below, the crop is one of many right answers
        matching = duel.feature_matching(*([[x[:half] for x in scale] for scale in side] for side in (wanted, layers)))
        value = wish + TRUTH_WEIGHT * truth + MATCHING_WEIGHT * matching
        return value, {"L1 loss": truth.item(), "matching loss": matching.item(), "wish loss": wish.item()}

    return duel.fit(net, other, batches(net, found, plan.seed), generate, discriminate, plan, check, ratio=RATIO)


def save(net: MelGenerator, history: list[dict[str, float]], folder: Path) -> Path:
    """Write the checkpoint, its weights in half precision; returns its path."""
    state = checkpoint.halved(net.state_dict())
    last = {name: round(value, 3) for name, value in history[-1].items()}
    card = checkpoint.Card(
        name="mel_gan",
        task="noise, genre and guide to mel spectrogram",
        data=CONTENT,
        split=SPLIT,
        recipe=RECIPE,
        figures={"validation": last},
        licence=LICENCE,
        limits=LIMITS,
        extra={"history": history},
    )
    return checkpoint.save(asdict(net.config), state, card, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=6_000, help="when no minutes are given")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    found = material(pack, "train")
    net = MelGenerator(MelGanConfig())
    net.usual[:], net.spread[:] = found.usual()
    plan = Plan("mel-gan", args.steps, lr=4e-4, warmup=0.03, average=0.995, judge_every=200, seed=args.seed, clip=5.0,
                weight_decay=1e-4, device=args.device, minutes=args.minutes, work=args.work)  # fmt: skip
    check = judge(material(pack, "valid", recorded=True), material(pack, "valid", recorded=False))
    history = train(net, found, plan, check)
    plots.curves(history, args.work / "mel-gan.png")
    print(save(net, history, args.out), history[-1])


RECIPE = (
    "U-Net over time with mels as channels, told genre, kind (recorded or played), strength and the guide's features "
    "relative to what is usual in their genre and kind; patch discriminator with projection and a penalty on its "
    "slope. Hinge "
    "loss, rates 4e-4 and 8e-4, feature matching, L1 by strength, moving average of the weights; `python -m "
    "models.training.mel_gan --data PACK --minutes 13` on one busy core."
)
LIMITS = (
    "Learnt in minutes from an hour of music: timbres blur, words and single instruments cannot be made out. At "
    "strength 0 there is a genre's texture without form; it is of interest as a sketch of its sound, not as music."
)

if __name__ == "__main__":
    main()
