"""Teach SimCLR without labels: ``python -m models.training.simclr --data PICTURES --minutes 90``.

``PICTURES`` comes from `models.training.simclr_material`. Two views of each clip of a batch shall lie together
(`models.nets.simclr`). Judged by retrieval, as the loss has a floor that says nothing: how many of the ten nearest
recordings by other artists share the genre, among the pack's training and validation artists (training reads no label),
and whether a held-back clip finds its other view among all others. Writes the checkpoint ``simclr``, which is the
encoder alone. A stopped run goes on from its state in ``--work``.
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
from models.evaluation import plots, retrieval
from models.nets.simclr import Simclr, SimclrConfig, floor, nt_xent, vicreg
from models.training import loop
from models.training.audio_pack import CONTENT, LICENCE, SPLIT
from models.training.loop import Batch, Plan
from models.training.simclr_clips import Clips, Gathered, Picture, load, stream

JUDGED = 128
"""Held-back clips at most."""
CALIBRATED = 512
"""Sounds, from which the usual values of an embedding are taken."""
METHODS = ("simclr", "vicreg")
AVERAGE = 0.99
"""Decay of the moving average of the weights."""


class Judge:
    """Looks at a net: the loss on held-back clips and its floor, how often the other view is the nearest before the
    head, and precision@10 of genres across artists."""

    def __init__(self, folder: Path, config: SimclrConfig, temperature: float, apart: bool, device: str) -> None:
        self.temperature, self.device = temperature, device
        _, held = load(folder, "valid")
        self.views = Clips(held, config.frames, apart, device).draw(np.random.default_rng(0), JUDGED)
        self.known: list[tuple[Gathered, Picture]] = []
        for rows, found in (load(folder, split) for split in ("train", "valid")):
            self.known += [(row, parts[0]) for row, parts in zip(rows, found, strict=True) if row.group]

    def __call__(self, net: nn.Module) -> dict[str, float]:
        assert isinstance(net, Simclr)
        one, two = (net.encoder(part).float() for part in self.views)
        alike = F.normalize(one, dim=1) @ F.normalize(two, dim=1).T
        found = alike.argmax(dim=1) == torch.arange(len(one), device=alike.device)
        return {
            "validation loss": float(nt_xent(net.head(one), net.head(two), self.temperature)),
            "floor": floor(len(one), self.temperature),
            "found": float(found.float().mean()),
        } | ({"precision@10": self.precision(net)} if self.known else {})

    def precision(self, net: Simclr) -> float:
        """Of all recordings whose artist is known, the mean over the genres."""
        rows = [embed(net, part, self.device).cpu().numpy() for _, part in self.known]
        genres, artists = [row.genre for row, _ in self.known], [row.group for row, _ in self.known]
        vectors = retrieval.standardised(np.stack(rows))
        return retrieval.evaluate(vectors, genres, artists)["mean"]["precision@10"]


def train(net: Simclr, clips: Clips, plan: Plan, check: loop.Judge | None, size: int, temperature: float, method: str):
    """Teach the net in place; returns the history."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        first, second = moving(torch.cat(batch)).float().chunk(2)
        return vicreg(first, second) if method == "vicreg" else nt_xent(first, second, temperature)

    return loop.fit(net, lambda step: stream(clips, plan.seed, size, step), loss, plan, check)


@torch.inference_mode()
def calibrate(net: Simclr, sounds: list[list[Picture]], device: str) -> None:
    """Tell the encoder what is usual, from the first picture of some sounds."""
    drawn = np.random.default_rng(0).permutation(len(sounds))[:CALIBRATED]
    net.encoder.calibrate(torch.stack([embed(net, sounds[number][0], device) for number in drawn]))


def embed(net: Simclr, picture: Picture, device: str) -> Tensor:
    """(embedding,) of a whole picture."""
    return net.encoder.sound(torch.from_numpy(picture).to(device).float() / 255, net.config.frames)


def save(net: Simclr, history: list[dict[str, float]], data: str, recipe: str, folder: Path) -> Path:
    """Write the encoder's checkpoint, its weights in half precision; returns its path."""
    last = {name: round(value, 4) for name, value in history[-1].items()}
    card = checkpoint.Card(
        name="simclr",
        task="says with 512 numbers what music sounds like, learnt without labels",
        data=data,
        split=SPLIT,
        recipe=recipe,
        figures={"validation": last},
        licence=LICENCE,
        limits="Six seconds at a time, mono, no labels: what sounds alike, not what means alike.",
        extra={"history": history},
    )
    return checkpoint.save(asdict(net.config), checkpoint.halved(net.encoder.state_dict()), card, folder)


def content(rows: list[Gathered]) -> str:
    """What the card says of the material."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1
    named = ", ".join(f"{name} {count}" for name, count in counts.items())
    return f"{len(rows)} sounds for training as mel pictures (by source: {named}). The pack: {CONTENT}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--batch_size", type=int, default=32, help="clips of a batch")
    parser.add_argument("--epochs", type=float, default=200.0, help="each as many clips as there are; or --minutes")
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--embedding_dim", type=int, default=512, help="numbers of an embedding")
    parser.add_argument("--apart", action="store_true", help="the second view is of another place in the sound")
    parser.add_argument("--method", choices=METHODS, default="simclr", help="the loss")
    parser.add_argument("--only", nargs="*", default=[], help="sources of the index to learn from; default: all")
    parser.add_argument("--judge_every", type=int, default=100, help="steps")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    torch.backends.cudnn.benchmark = True  # all batches are alike, so the fastest convolution is found once
    rows, sounds = load(args.data, "train")
    if args.only:
        kept = [number for number, row in enumerate(rows) if row.source in args.only]
        rows, sounds = [rows[number] for number in kept], [sounds[number] for number in kept]
    usual = SimclrConfig()
    net = Simclr(replace(usual, widths=(*usual.widths[:-1], args.embedding_dim)))
    steps = max(1, round(args.epochs * len(sounds) / args.batch_size))
    plan = Plan(f"simclr-{args.method}", steps, lr=args.learning_rate, weight_decay=1e-4, warmup=0.05,
                judge_every=args.judge_every, average=AVERAGE, seed=args.seed, device=args.device,
                minutes=args.minutes, work=args.work)  # fmt: skip
    check = Judge(args.data, net.config, args.temperature, args.apart, args.device)
    clips = Clips(sounds, net.config.frames, args.apart, args.device)
    history = train(net, clips, plan, check, args.batch_size, args.temperature, args.method)
    calibrate(net, sounds, args.device)
    plots.curves(history, args.work / "simclr.png")
    loss = "VICReg" if args.method == "vicreg" else f"NT-Xent (temperature {args.temperature:g})"
    recipe = (
        f"{loss} on two views of {args.batch_size} clips of 6 s, "
        f"{'of different places' if args.apart else 'of the same place'}; "
        f"{history[-1]['step']:.0f} steps at {args.learning_rate:g} in {history[-1]['minutes']:.1f} minutes "
        f"on {torch.cuda.get_device_name(0) if args.device.startswith('cuda') else 'a processor'}."
    )
    print(save(net, history, content(rows), recipe, args.out), history[-1])


if __name__ == "__main__":
    main()
