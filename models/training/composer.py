"""Train the composer: ``python -m models.training.composer --data FOLDER [--wads FOLDER] [--minutes M]``.

Builds the corpus (`models.training.composer_corpus`), trains the transformer to continue it, and writes the checkpoint
with its card. ``--wads`` is a folder with Freedoom's WAD files; MMA is used when it is installed. ``--start`` goes on
from the weights of an earlier checkpoint on the same corpus, with a new learning rate.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import checkpoint
from models.composer.realise import pitch_classes
from models.composer.tokens import CHORD_WORDS, ROLES, WHAT_SIZE, WHEN_SIZE
from models.nets.composer import ComposerNet, Config
from models.nets.precision import autocast
from models.training import loop
from models.training.composer_corpus import Piece, corpus
from models.training.composer_windows import Windows, combinations, fixed

NAME = "composer"
BATCH, VALIDATION, JUDGED_AT_ONCE = 8, 48, 8
LR, WEIGHT_DECAY, AVERAGE = 1.5e-3, 0.02, 0.998


def loss(net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Nats a step: cross-entropy of when plus that of what, over the steps that are music."""
    words, learn = batch
    when, what = net(words)
    taught = learn[:, 1:]
    following = words[:, 1:][taught]
    return F.cross_entropy(when[taught].float(), following[:, 0]) + F.cross_entropy(
        what[taught].float(), following[:, 1]
    )


def judge(net: nn.Module, material: tuple[Tensor, Tensor]) -> dict[str, float]:
    """Mean loss on validation stretches, in nats a step: when and what apart."""
    assert isinstance(net, ComposerNet)
    device = next(net.parameters()).device
    sums, count = torch.zeros(2), 0
    for words, learn in zip(*(m.split(JUDGED_AT_ONCE) for m in material), strict=True):
        with autocast(str(device)):
            when, what = net(words.to(device))
        taught = learn[:, 1:]
        following = words[:, 1:][taught]
        sums[0] += F.cross_entropy(when.cpu().float()[taught], following[:, 0], reduction="sum")
        sums[1] += F.cross_entropy(what.cpu().float()[taught], following[:, 1], reduction="sum")
        count += len(following)
    return {"valid when": float(sums[0]) / count, "valid what": float(sums[1]) / count}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    loop.add_arguments(parser)
    parser.add_argument("--wads", type=Path, help="folder with Freedoom's WAD files")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to begin with")
    options = parser.parse_args()
    loop.seed_everything(options.seed)
    pieces = corpus(options.data, options.work, options.wads)
    drums = combinations([p for p in pieces if p.split == "train"])
    config = Config(WHEN_SIZE, WHAT_SIZE, 1 + len(ROLES), CHORD_WORDS)
    net = ComposerNet(config)
    classes, roots = pitch_classes()
    net.classes.copy_(torch.tensor(classes))
    net.roots.copy_(torch.tensor(roots))
    if options.start:
        begun = torch.load(options.start, weights_only=True)
        if begun["config"]["drums"] != drums.sets:
            parser.error(f"{options.start.name} was trained on other drum sets than this corpus has.")
        net.load_state_dict(begun["state_dict"])
    windows = Windows([p for p in pieces if p.split == "train"], drums, config.context)
    valid = [p for p in pieces if p.split == "valid"]
    plan = loop.Plan(
        NAME, options.steps, LR, WEIGHT_DECAY, average=AVERAGE, judge_every=200, seed=options.seed,
        device=options.device, minutes=options.minutes, work=options.work,
    )  # fmt: skip
    material = fixed(valid, windows, VALIDATION)
    history = loop.fit(
        net, partial(windows.batches, BATCH, options.seed), loss, plan, partial(judge, material=material)
    )
    half = checkpoint.halved(net.state_dict())
    print(checkpoint.save({**asdict(config), "drums": drums.sets}, half, _card(pieces, history, options)))


def _card(pieces: list[Piece], history: list[dict[str, float]], options: argparse.Namespace) -> checkpoint.Card:
    counts = Counter(p.song.tag for p in pieces if p.split == "train" and not p.made and p.source != "charts")
    made = sum(p.made for p in pieces)
    charts = sum(p.source == "charts" for p in pieces)
    spread = ", ".join(f"{tag} {count}" for tag, count in counts.most_common())
    last = history[-1]
    return checkpoint.Card(
        name=NAME,
        task="continues symbolic music of a genre, bar by bar, for given instruments",
        data=f"MIDI files ({spread}), with Groove MIDI drum performances (CC BY 4.0) and metal from Freedoom (BSD); "
        f"{charts} jazz chord charts; {made} accompaniments made with MMA. Licences of the others mostly unstated.",
        split="By song and genre after removing duplicates (common melodic figures): about 80 % train, 5 % validation, "
        "15 % test; made pieces and charts only train.",
        recipe=f"Transformer, next-step prediction, AdamW {LR}, cosine, batch {BATCH} x 1024 steps, averaged weights "
        f"({AVERAGE}), {last['step']:.0f} batches in {last['minutes']:.0f} minutes"
        + (f", begun with the weights of {options.start.stem}" if options.start else "")
        + ". python -m models.training.composer --data FOLDER --wads FOLDER",
        figures={
            "validation loss, nats a step": {
                k.removeprefix("valid "): round(v, 3) for k, v in last.items() if k in ("valid when", "valid what")
            },
        },
        licence="MIT for the weights; the files they were learnt from have licences of their own, mostly unstated",
        limits="One key and tempo a piece; 3/4 and 4/4; sixteenths and eighth triplets.",
        extra={"history": history},
    )


if __name__ == "__main__":
    main()
