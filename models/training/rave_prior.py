"""Train the prior of RAVE's latent: ``python -m models.training.rave_prior --data PACK --rave RAVE.pt --minutes 5``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.nets.latent_prior import LatentPrior, LatentPriorConfig
from models.nets.rave import FIDELITY, Rave, build, config_from
from models.training import loop
from models.training.audio_pack import Pack, Split, load
from models.training.loop import Batch, Plan
from models.vocabulary import GENRES

SEQUENCE = 96  # latent vectors: 2.2 s; longer ones give too few steps on a processor
BATCH = 24
JUDGED = 32


class Latents:
    """Mean and scale of every sound's latent, as the components that are kept."""

    @torch.no_grad()
    def __init__(self, net: Rave, pack: Pack, split: Split, count: int) -> None:
        self.pools: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = {}
        ratio = net.config.ratio
        for number in pack.where(split):
            audio = torch.from_numpy(pack.audio(number))
            if len(audio) < ratio * 32:
                continue
            mean, scale = net.encode(audio[None, : len(audio) // ratio * ratio])
            parts = net.components(mean, count)[0].T
            # How far the latent's own noise moves each component.
            turned = (net.latent_pca[:count].square() @ scale[0].square()).sqrt() / net.spread[:count, None]
            sound = pack.sounds[number]
            self.pools.setdefault((GENRES.index(sound.genre), int(sound.recorded)), []).append((parts, turned.T))

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Stretches of `SEQUENCE` vectors (size, frames, components), genres alike, with genre and kind (size,)."""
        keys = sorted(self.pools)
        rows, genres, kinds = [], [], []
        while len(rows) < size:
            genre, kind = keys[int(rng.integers(len(keys)))]
            pool = self.pools[genre, kind]
            weights = np.array([len(parts) for parts, _ in pool], dtype=float)
            parts, scale = pool[int(rng.choice(len(pool), p=weights / weights.sum()))]
            begin = int(rng.integers(max(1, len(parts) - SEQUENCE + 1)))
            piece, spread = parts[begin : begin + SEQUENCE], scale[begin : begin + SEQUENCE]
            noise = torch.from_numpy(rng.standard_normal(piece.shape).astype(np.float32))
            piece = piece + spread * noise
            if len(piece) < SEQUENCE:  # an excerpt of 2-3 s, several times
                piece = piece.repeat(-(-SEQUENCE // len(piece)), 1)[:SEQUENCE]
            rows.append(piece)
            genres.append(genre)
            kinds.append(kind)
        return torch.stack(rows), torch.tensor(genres), torch.tensor(kinds)


def train(net: Rave, pack: Pack, plan: Plan) -> tuple[LatentPrior, list[dict[str, float]]]:
    """A prior for the latent of ``net``; its likelihood is judged on sounds that were held back."""
    count = net.kept(FIDELITY)
    material, held_back = Latents(net, pack, "train", count), Latents(net, pack, "valid", count)
    judged = held_back.draw(np.random.default_rng(0), JUDGED)

    def batches(step: int) -> Iterator[Batch]:
        while True:
            yield material.draw(np.random.default_rng([plan.seed, step]), BATCH)
            step += 1

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        return -moving(*batch).mean()

    prior = LatentPrior(LatentPriorConfig(components=count))
    history = loop.fit(prior, batches, loss, plan, lambda moving: {"validation loss": float(-moving(*judged).mean())})
    return prior, history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--rave", type=Path, default=Path("var/rave.pt"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path("var/rave_prior.pt"))
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    stored = torch.load(args.rave, weights_only=True)
    net = build(config_from(stored["config"]), stored["state"])
    plan = Plan(
        "rave-prior", args.steps, lr=2e-3, average=0.995, judge_every=100, seed=args.seed, device=args.device,
        minutes=args.minutes, work=args.work,
    )  # fmt: skip
    prior, history = train(net, load(args.data), plan)
    torch.save({"config": asdict(prior.config), "state": prior.state_dict(), "history": history}, args.out)
    print("written:", args.out, history[-1])


if __name__ == "__main__":
    main()
