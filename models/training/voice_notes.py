"""Train the note network of the voice: ``python -m models.training.voice_notes --data F --out FOLDER``.

First for each fold of songs without them, so that every recording is heard by a network that never met its song; what
those networks say is kept beside for `models.evaluation.voice_notes`. Then once with everything, which is what ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.nets.voice_notes import OUTPUTS, VoiceNotes, VoiceNotesConfig
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.singing import songs
from models.training.voice_notes_material import Heard, load, make, targets
from models.transcription.evidence import FEATURES, N_MELS

FOLDS = 5
BLOCK_END = 1000
BATCH = 16
CROP = 600  # frames: 6 s
RARITY = 3.0  # weight of an onset or offset against the frames between
EQUALISER = 0.35  # spread of a random filter over the mels, in the features' unit
MADE_SHARE = 0.3  # of the crops that come from the synthesizer, where there are any


def fold_of(group: int) -> int:
    """Songs are dealt out by their number; -1, what was made, belongs to none."""
    return group % FOLDS if group >= 0 else -1


def in_block(name: str) -> bool:
    """Whether a recording is of the early ones, below `BLOCK_END`. Singers are not named, but recordings that were made
    together have neighbouring numbers: these are far from all others."""
    return name.isdecimal() and int(name) < BLOCK_END


def batches(heard: list[Heard], seed: int, step: int) -> Iterator[Batch]:
    """An endless stream; each batch is drawn from its own number, so that a resumed run goes on."""
    weight = np.array([len(h.x) for h in heard], float)
    made = np.array([h.group < 0 for h in heard])
    if made.any() and not made.all():
        weight[made] *= MADE_SHARE / weight[made].sum()
        weight[~made] *= (1 - MADE_SHARE) / weight[~made].sum()
    weight /= weight.sum()
    while True:
        rng = np.random.default_rng([seed, 11, step])
        rows = [crop(heard[i], rng) for i in rng.choice(len(heard), BATCH, p=weight)]
        yield tuple(torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))
        step += 1


def crop(version: Heard, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(`CROP`, features) through a random filter, and (outputs, `CROP`) of targets."""
    start = int(rng.integers(0, max(1, len(version.x) - CROP + 1)))
    x = version.x[start : start + CROP].astype(np.float32)
    goal = targets(version.times, start, CROP)
    if len(x) < CROP:
        x = np.pad(x, ((0, CROP - len(x)), (0, 0)), mode="edge")
    curve = np.interp(np.arange(N_MELS), np.linspace(0, N_MELS, 6), rng.normal(0, EQUALISER, 6))
    x[:, :N_MELS] += curve + rng.normal(0, 0.2)
    if rng.random() < 0.3:
        low = rng.integers(0, N_MELS - 8)
        x[:, low : low + rng.integers(2, 9)] = rng.normal(-1, 0.5)
    if rng.random() < 0.15:
        x[:, N_MELS + 1 :] = 0  # a tracker that lost the voice
    return x, goal


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Binary cross-entropy of each frame and output."""
    x, goal = batch
    logits = net(x).float()
    rarity = torch.tensor([RARITY, RARITY, 1.0])[:, None]
    return nn.functional.binary_cross_entropy_with_logits(logits, goal, pos_weight=rarity)


def train(heard: list[Heard], config: VoiceNotesConfig, name: str, args: argparse.Namespace) -> VoiceNotes:
    """A network that heard these versions."""
    torch.manual_seed(args.seed)
    net = VoiceNotes(config)
    plan = Plan(
        name, args.steps, lr=2e-3, weight_decay=0.02, average=0.995, judge_every=500, seed=args.seed,
        device=args.device, minutes=args.minutes, work=args.work,
    )  # fmt: skip
    fit(net, lambda step: batches(heard, args.seed, step), loss, plan)
    return net.eval()


@torch.inference_mode()
def logits(net: VoiceNotes, x: np.ndarray) -> np.ndarray:
    """(outputs, frames) of (frames, features)."""
    return net(torch.from_numpy(x.astype(np.float32))[None])[0].float().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--whole", action="store_true", help="the network that ships")
    parser.add_argument(
        "--block", action="store_true", help="a network for `in_block`, which stands apart by song and id"
    )
    parser.add_argument("--made", type=Path, help="what models.training.voice_synthesis wrote")
    parser.add_argument("--channels", type=int, default=VoiceNotesConfig.channels)
    parser.add_argument("--layers", type=int, default=VoiceNotesConfig.layers)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    seed_everything(args.seed)
    found = songs(args.data)
    heard = make(found, args.seed, args.work / "voice_notes.npz")
    made = load(args.made) if args.made else []
    config = VoiceNotesConfig(FEATURES, args.channels, args.layers)
    args.out.mkdir(parents=True, exist_ok=True)
    for fold in args.folds:
        net = train([h for h in heard if fold_of(h.group) != fold] + made, config, f"voice_notes_{fold}", args)
        said = {h.name: logits(net, h.x) for h in first_versions(heard) if fold_of(h.group) == fold}
        np.savez(args.out / f"fold{fold}.npz", **said)
        _keep(net, args.out / f"fold{fold}.pt")
    if args.block:
        songs_there = {h.group for h in heard if in_block(h.name)}
        apart = [h for h in heard if h.group not in songs_there]
        net = train(apart + made, config, "voice_notes_block", args)
        np.savez(
            args.out / "block.npz", **{h.name: logits(net, h.x) for h in first_versions(heard) if in_block(h.name)}
        )
    if args.whole:
        net = train(heard + made, config, "voice_notes", args)
        _keep(net, args.out / "whole.pt")


def _keep(net: VoiceNotes, path: Path) -> None:
    torch.save({"config": asdict(net.config), "state": net.state_dict(), "outputs": OUTPUTS}, path)


def first_versions(heard: list[Heard]) -> list[Heard]:
    """The undisturbed version at the recorded speed of each song: the fifth of its ten."""
    from models.training.voice_notes_material import SPEEDS

    each = 2 * len(SPEEDS)
    return [version for index, version in enumerate(heard) if index % each == 2 * SPEEDS.index(1.0)]


if __name__ == "__main__":
    main()
