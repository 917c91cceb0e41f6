"""Train the baseline of the mel generator: ``python -m models.training.dcgan --data PACK --minutes 13``.

As the paper and MelodyMaker train a DCGAN: recordings only, no condition, binary cross-entropy, Adam at 2e-4 for both.
It does not ship; ``python -m models.evaluation.mel_gan`` reads its weights from ``--work``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.evaluation import plots
from models.nets.dcgan import RANGE, DcganConfig, DcganDiscriminator, DcganGenerator
from models.training import loop
from models.training.audio_pack import load
from models.training.loop import Batch, Plan, Stream
from models.training.mel_material import Material, MelCrops, material

BATCH = 16
LR, BETAS = 2e-4, (0.5, 0.999)
FILE = "dcgan.pt"


def batches(found: Material, config: DcganConfig, seed: int):
    """An endless stream of (mel, noise) from any step on."""
    crops = MelCrops(found, config.frames, 1.0)

    def stream(step: int) -> Iterator[Batch]:
        while True:
            rng = np.random.default_rng([seed, step])
            noise = rng.standard_normal((BATCH, config.noise), dtype=np.float32)
            yield crops.draw(rng, BATCH)[0].clamp(-RANGE, RANGE), torch.from_numpy(noise)
            step += 1

    return stream


def train(net: DcganGenerator, found: Material, plan: Plan) -> list[dict[str, float]]:
    """The published loop: discriminator, then generator, each with its own Adam at a rate that does not fall."""
    other = DcganDiscriminator(net.config)
    for part in (net, other):
        part.to(plan.device).train()
    own, against = (torch.optim.Adam(part.parameters(), plan.lr, BETAS) for part in (net, other))
    stream = Stream(batches(found, net.config, plan.seed), plan.device)

    def cross_entropy(logits: Tensor, truth: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))

    def step(number: int, done: float) -> dict[str, float]:
        mel, noise = stream.at(number)
        made = net(noise)
        against.zero_grad(set_to_none=True)
        judged = cross_entropy(other(mel), 1.0) + cross_entropy(other(made.detach()), 0.0)
        judged.backward()
        against.step()
        own.zero_grad(set_to_none=True)
        fooled = cross_entropy(other(made), 1.0)
        fooled.backward()
        own.step()
        return {"discriminator loss": judged.item(), "generator loss": fooled.item()}

    parts = {"net": net, "discriminator": other, "optimizer": own, "other": against}
    history = loop.drive(parts, [], step, plan, dict)
    net.eval()
    return history


def load_baseline(work: Path) -> DcganGenerator:
    """The trained baseline. Raises FileNotFoundError when it was not trained."""
    stored = torch.load(work / FILE, map_location="cpu", weights_only=True)
    net = DcganGenerator(DcganConfig(**stored["config"]))
    net.load_state_dict(stored["state"])
    return net.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=20_000, help="when no minutes are given")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    found = material(load(args.data), "train", recorded=True)
    net = DcganGenerator(DcganConfig())
    plan = Plan("dcgan", args.steps, lr=LR, judge_every=100, seed=args.seed, bf16=False, device=args.device,
                minutes=args.minutes, work=args.work)  # fmt: skip
    history = train(net, found, plan)
    torch.save({"config": asdict(net.config), "state": net.state_dict()}, args.work / FILE)
    plots.curves(history, args.work / "dcgan.png")
    print(args.work / FILE, history[-1])


if __name__ == "__main__":
    main()
