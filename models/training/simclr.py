"""Teach SimCLR without labels: ``python -m models.training.simclr --data PACK --music FOLDER ... --minutes 90``.

Two views of each clip of a batch shall lie together (`models.nets.simclr`); judged by whether a held-back clip finds
its other view among all others, as the loss has a floor that says nothing. Writes the checkpoint ``simclr``, which is
the encoder alone. A stopped run goes on from its state in ``--work``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import checkpoint
from models.evaluation import plots
from models.nets.simclr import Simclr, SimclrConfig, floor, nt_xent
from models.training import loop
from models.training.audio_pack import CONTENT, LICENCE, SPLIT, load
from models.training.loop import Batch, Plan
from models.training.simclr_material import Clips, Picture, of_folder, of_pack, stream

JUDGED = 128
"""Held-back clips at most."""


def judge(clips: Clips, temperature: float, device: str) -> loop.Judge:
    """The loss on held-back clips and its floor, and how often the other view is the nearest before the head."""
    first, second = (part.to(device) for part in clips.draw(np.random.default_rng(0), JUDGED))

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, Simclr)
        one, two = (net.encoder(part).float() for part in (first, second))
        alike = F.normalize(one, dim=1) @ F.normalize(two, dim=1).T
        found = alike.argmax(dim=1) == torch.arange(len(one), device=device)
        return {
            "validation loss": float(nt_xent(net.head(one), net.head(two), temperature)),
            "floor": floor(len(one), temperature),
            "found": float(found.float().mean()),
        }

    return figures


def train(net: Simclr, clips: Clips, plan: Plan, check: loop.Judge | None, size: int, temperature: float):
    """Teach the net in place; returns the history."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        views = moving(torch.cat(batch)).float()
        return nt_xent(*views.chunk(2), temperature)

    return loop.fit(net, lambda step: stream(clips, plan.seed, size, step), loss, plan, check)


def save(net: Simclr, history: list[dict[str, float]], recipe: str, folder: Path) -> Path:
    """Write the encoder's checkpoint, its weights in half precision; returns its path."""
    last = {name: round(value, 4) for name, value in history[-1].items()}
    card = checkpoint.Card(
        name="simclr",
        task="says with 512 numbers what music sounds like, learnt without labels",
        data=f"{CONTENT}; and music from the folders that the recipe names.",
        split=SPLIT,
        recipe=recipe,
        figures={"validation": last},
        licence=LICENCE,
        limits="Six seconds at a time, mono, no labels: what sounds alike, not what means alike.",
        extra={"history": history},
    )
    return checkpoint.save(asdict(net.config), checkpoint.halved(net.encoder.state_dict()), card, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--music", type=Path, nargs="*", default=[], help="folders of further music without labels")
    parser.add_argument("--batch_size", type=int, default=32, help="clips of a batch")
    parser.add_argument("--epochs", type=float, default=200.0, help="each as many clips as there are; or --minutes")
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--embedding_dim", type=int, default=512, help="numbers of an embedding")
    parser.add_argument("--apart", action="store_true", help="the second view is of another place in the sound")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    sounds: list[list[Picture]] = of_pack(pack, "train")
    for folder in args.music:
        more, bad = of_folder(folder)
        sounds += more
        print(f"{folder}: {len(more)} sounds; not readable: {', '.join(bad) or 'none'}")
    usual = SimclrConfig()
    net = Simclr(replace(usual, widths=(*usual.widths[:-1], args.embedding_dim)))
    steps = max(1, round(args.epochs * len(sounds) / args.batch_size))
    plan = Plan("simclr", steps, lr=args.learning_rate, weight_decay=1e-4, warmup=0.05, judge_every=100,
                seed=args.seed, device=args.device, minutes=args.minutes, work=args.work)  # fmt: skip
    held = Clips(of_pack(pack, "valid"), net.config.frames, args.apart)
    check = judge(held, args.temperature, args.device)
    clips = Clips(sounds, net.config.frames, args.apart)
    history = train(net, clips, plan, check, args.batch_size, args.temperature)
    plots.curves(history, args.work / "simclr.png")
    recipe = (
        f"NT-Xent (temperature {args.temperature:g}) on two views of {args.batch_size} clips of 6 s, "
        f"{'of different places' if args.apart else 'of the same place'}; {len(sounds)} sounds, "
        f"{history[-1]['step']} steps at {args.learning_rate:g}; further music: "
        f"{', '.join(folder.name for folder in args.music) or 'none'}."
    )
    print(save(net, history, recipe, args.out), history[-1])


if __name__ == "__main__":
    main()
