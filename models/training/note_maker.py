"""Train the maker of notes: ``python -m models.training.note_maker --data SET --minutes 15``.

``SET`` is the folder that `models.training.notes_set` wrote. Three phases: a listener learns to tell what real notes
are; the autoencoder learns alone; then notes drawn from the prior must also be to the listener what was asked for,
while the listener learns to know made notes.
`models.evaluation.note_maker` measures the checkpoint and completes its card.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models import checkpoint
from models.checkpoint import Card
from models.dsp.excitation import mel_centres
from models.dsp.noisiness import EDGES
from models.nets.note_frames import DELTA_SCALE, HALF_DB, rough, roughened
from models.nets.note_listener import MADE, NoteListener, NoteListenerConfig, disagreement
from models.nets.note_maker import SWINGS, Latent, Made, NoteMaker, NoteMakerConfig
from models.nets.soundflow import delta
from models.note_words import BY_DEVICE, FAMILIES, QUALITIES, SOURCES
from models.training import duel, loop
from models.training.note_material import Asked, Material

NAME = "note_maker"
KL, SLOPES, COARSE, NOISE, ROUGH = 2e-4, 0.5, 0.5, 0.1, 0.5
"""Weights of the losses against that of the level."""
EXPECTED, WORDS, LISTENING = 0.3, 0.2, 0.3
"""Weights in the third phase: of how far a note of the prior is from the real one, and of what it is heard as; and the
listener's rate against the maker's."""
WILDNESS = 0.7
"""Standard deviations of the prior's noise in the third phase."""
SHARES = (0.15, 0.55, 0.3)
"""Of the steps and minutes: listener, autoencoder alone, both together."""
RATES = (1.0, 1.0, 0.5)
TILT, BLUR = 0.12, 0.04
"""What the listener's notes are changed by: a slope over the mels, and noise; in units of the level."""
FAINT, FAINT_FROM = 0.6, 45 / HALF_DB
"""What is more than 45 dB below the peak of a note counts less."""
GUIDED = 3
"""One in so many notes of a batch is drawn from the prior in the third phase."""
JUDGED = 192
DEVICES = [QUALITIES.index(word) for word in BY_DEVICE]


def reconstruction(net: NoteMaker, batch: loop.Batch) -> Tensor:
    """What the autoencoder minimises for a batch of `Material.batches`."""
    (level, noise, swing, second, *words), (other, *other_words) = batch[:9], batch[9:]
    asked = Asked(*words)
    condition = asked.condition(net)
    timbre, _ = net.encoder(other, Asked(*other_words).condition(net))
    _, detail = net.encoder(level, condition)
    prior_timbre, prior_detail = net.expected(condition)
    made = net.decode(condition, drawn(timbre), drawn(detail), asked.pitch, swing, second)
    kl = divergence(timbre, prior_timbre) + divergence(detail, prior_detail)
    return apart(made, level, noise) + KL * kl


def bare(batch: loop.Batch) -> loop.Batch:
    """A part of the notes of a batch, without those that a device had a hand in: what the generator asks the net for.
    Where nobody knows there was none."""
    words = batch[:9]
    rows = torch.nonzero((words[6][:, DEVICES] < 1).all(dim=1))[::GUIDED, 0]
    words = tuple(part[rows] for part in words)
    words[6][:, DEVICES] = 0
    return words


def expected(net: NoteMaker, notes: loop.Batch) -> tuple[Asked, Made, Tensor]:
    """Notes of the prior as those of `bare` are: what they are, themselves, and their level with its roughness."""
    level, _, swing, second, *words = notes
    asked = Asked(*words)
    condition = asked.condition(net)
    timbre, detail = net.expected(condition)
    latents = drawn(timbre, WILDNESS), drawn(detail, WILDNESS)
    made = net.decode(condition, *latents, asked.pitch, swing, second)
    return asked, made, roughened(made.level, made.roughness, torch.randn_like(level)).clamp(min=-1)


def guided(net: NoteMaker, listener: NoteListener, batch: loop.Batch) -> duel.Losses:
    """What the maker minimises in the third phase: the same, and notes of the prior that the listener must hear as what
    was asked for."""
    notes = bare(batch)
    asked, made, heard = expected(net, notes)
    words = disagreement(listener(changed(heard)), asked.family, asked.source, asked.qualities)
    alike = apart(made, *notes[:2])
    total = reconstruction(net, batch) + EXPECTED * alike + WORDS * words
    return total, {"loss": total.item(), "words": words.item()}


def doubting(net: NoteMaker, listener: NoteListener, batch: loop.Batch) -> duel.Losses:
    """What the listener minimises in the third phase: it goes on with real notes, and made ones are made ones."""
    with torch.no_grad():
        asked, _, heard = expected(net, bare(batch))
    level, family, source, qualities = (batch[place][::GUIDED] for place in (0, 4, 5, 6))
    real = disagreement(listener(changed(level)), family, source, qualities)
    made = F.cross_entropy(listener(changed(heard)).family, torch.full_like(asked.family, MADE), label_smoothing=0.1)
    return real + made, {"real": real.item(), "made": made.item()}


def apart(made: Made, level: Tensor, noise: Tensor) -> Tensor:
    """How far a made note is from (batch, mels, 251) and (batch, bands, 63); a scalar."""
    missing = (made.level - level) * heeded(level)
    fine = missing.abs().mean()
    slopes = (made.delta - DELTA_SCALE * delta(level)).abs().mean()
    quarters = missing[:, :, : level.shape[2] // 4 * 4].unflatten(2, (-1, 4)).mean(dim=3)
    slow = quarters[:, :, : quarters.shape[2] // 4 * 4].unflatten(2, (-1, 4)).mean(dim=3)
    coarse = slow.abs().mean() + quarters.unflatten(1, (-1, 8)).mean(dim=2).abs().mean()
    heard = loudness(level, noise.shape[1], noise.shape[2])
    wrong = F.binary_cross_entropy_with_logits(made.noisiness, noise, reduction="none")
    noisy = (heard * wrong).sum() / heard.sum().clamp(min=1e-3)
    missed = F.avg_pool1d(rough((made.level - level)[::2].detach()).abs(), 4)
    roughness = (made.roughness[::2] - missed).abs().mean()
    return fine + SLOPES * slopes + COARSE * coarse + NOISE * noisy + ROUGH * roughness


def heeded(level: Tensor) -> Tensor:
    """(batch, mels, frames) -> how much a difference there counts: `FAINT` of it far below the note's peak."""
    below = level.amax(dim=(1, 2), keepdim=True) - level
    return FAINT + (1 - FAINT) * torch.sigmoid((FAINT_FROM - below) * 12)


def loudness(level: Tensor, bands: int, steps: int) -> Tensor:
    """(batch, mels, frames) -> (batch, bands, steps) in [0, 1]: how much a band of the noisiness is heard."""
    edges = torch.tensor(EDGES, device=level.device)
    place = torch.bucketize(mel_centres(level.shape[1]).to(level.device), edges[1:-1])
    pooled = F.interpolate(level, steps, mode="linear", align_corners=True)
    rows = [pooled[:, place == band].amax(dim=1) for band in range(bands)]
    return (torch.stack(rows, dim=1) + 1) / 2


def drawn(of: Latent, wildness: float = 1.0) -> Tensor:
    return of.draw(wildness * torch.randn_like(of.mean))


def divergence(found: Latent, prior: Latent) -> Tensor:
    """Kullback-Leibler divergence of two normal distributions, in nats, mean over the batch."""
    ratio = 2 * (found.log_std - prior.log_std)
    square = (found.mean - prior.mean).square() / (2 * prior.log_std).exp()
    return 0.5 * (ratio.exp() + square - 1 - ratio).sum(dim=1).mean()


def changed(level: Tensor) -> Tensor:
    """(batch, mels, frames) as another microphone would hear it: tilted, and with a little noise."""
    slope = TILT * torch.randn(len(level), 1, 1, device=level.device)
    mels = torch.linspace(-1, 1, level.shape[1], device=level.device)[:, None]
    return level + slope * mels + BLUR * torch.randn_like(level)


def listening(listener: nn.Module, batch: loop.Batch) -> Tensor:
    """What the listener minimises."""
    level, _, _, _, family, source, qualities = batch[:7]
    return disagreement(listener(changed(level)), family, source, qualities)


def judge(material: Material, rows: NDArray[np.integer]) -> loop.Judge:
    """Mean distance in dB of notes made from their own latent and from the prior's mean; of the listener, how often it
    knows the family."""
    chosen = np.sort(np.random.default_rng(1).permutation(rows)[:JUDGED])
    level, _, swing, second, *words = material.notes(chosen)

    def figures(net: nn.Module) -> dict[str, float]:
        if isinstance(net, NoteListener):
            opinion = net(level)
            right = opinion.family.argmax(dim=1) == words[0]
            return {"family": float(right.float().mean())}
        assert isinstance(net, NoteMaker)
        asked = Asked(*words)
        condition = asked.condition(net)
        row = {}
        for name, latents in (("own", net.encoder(level, condition)), ("expected", net.expected(condition))):
            made = net.decode(condition, latents[0].mean, latents[1].mean, asked.pitch, swing, second)
            row[f"{name} db"] = HALF_DB * float((made.level - level).abs().mean())
        return row

    return figures


def swing_table(material: Material) -> Tensor:
    """(families, 2, `SWINGS`, 2): rates and depths of training notes, evenly spaced by depth among those of a kind."""
    rows, index = material.rows["train"], material.index
    uneven = index["qualities"][rows, QUALITIES.index("nonlinear_env")]
    table = np.zeros((len(FAMILIES), 2, SWINGS, 2), dtype=np.float32)
    for family in range(len(FAMILIES)):
        for kind in range(2):
            chosen = rows[(index["family"][rows] == family) & (uneven == kind)]
            if len(chosen):
                swings = material.found.swings[chosen]
                order = swings[np.argsort(swings[:, 1])]
                places = np.linspace(0, len(order) - 1, SWINGS + 2)[1:-1].round().astype(int)
                table[family, kind] = order[places, :2]
    return torch.from_numpy(table)


def train(
    data: Path,
    plan: loop.Plan,
    config: NoteMakerConfig,
    net: NoteMaker | None = None,
    shares: tuple[float, ...] = SHARES,
) -> tuple[NoteMaker, dict[str, list[dict[str, float]]]]:
    """All phases, which take these ``shares``; returns the net with averaged weights and the history of each phase."""
    loop.seed_everything(plan.seed)
    material = Material(data)
    net = net or NoteMaker(config)
    net.swings.copy_(swing_table(material))
    history: dict[str, list[dict[str, float]]] = {}

    rows = material.rows["valid"]
    judges = judge(material, rows) if len(rows) else None

    def part(number: int, name: str) -> tuple[loop.Plan, Callable[[int], Iterator[loop.Batch]]]:
        own = replace(
            plan,
            name=f"{plan.name}-{name}",
            steps=max(1, round(plan.steps * shares[number])),
            minutes=None if plan.minutes is None else plan.minutes * shares[number],
            lr=plan.lr * RATES[number],
        )
        return own, lambda step: material.batches(step, plan.seed + number)

    listener = NoteListener(NoteListenerConfig())
    own, batches = part(0, "listener")
    history["listener"] = loop.fit(listener, batches, listening, own, judges)
    own, batches = part(1, "alone")
    history["alone"] = loop.fit(net, batches, reconstruction, own, judges)
    listener.settle()
    own, batches = part(2, "guided")
    history["guided"] = duel.fit(
        net,
        listener,
        batches,
        lambda batch: guided(net, listener, batch),
        lambda batch: doubting(net, listener, batch),
        own,
        judges,
        ratio=LISTENING,
    )
    return net, history


SPLIT = (
    "Instruments of TimGM6mb, the Csound bank and A320U and a sixth of the OPL-3 programs are held out. Made notes are "
    "judged by the shipped note classifiers, which took no part in training but were taught with the same banks."
)
RECIPE = (
    "Conditional variational autoencoder over 128 log-mels and their delta, its timbre read from another note of the "
    "same instrument; then notes of the prior are corrected by a listener taught on the same notes. AdamW"
)
LIMITS = (
    "At 16 kHz. Reeds are often taken for other winds, and leads for brass. Distortion and reverberation come from a "
    "pedal and a room, not from the network. Deep notes have fewer true harmonics than real ones."
)


def save(net: NoteMaker, history: dict[str, list[dict[str, float]]], plan: loop.Plan, before: str = "") -> Path:
    """The checkpoint, in half precision, with a card whose figures `models.evaluation.note_maker` fills in. ``before``
    is the recipe of the weights with which the training began, if it did not begin anew."""
    steps = ", ".join(f"{rows[-1]['step']} steps {name}" for name, rows in history.items() if rows)
    begun = f"{before}. Then, going on from these weights, for" if before else f"{RECIPE} for"
    card = Card(
        name=NAME,
        task="notes",
        data="Notes rendered from free sample banks (FluidR3, MuseScore General, Freepats, GeneralUser GS, Sonivox, "
        "OPL-3; docs/training.md says where they lie), recorded notes of the tonejs-instruments (CC BY 3.0) and notes "
        "cut out of sight singing (research only).",
        split=SPLIT,
        recipe=f"{begun} {plan.minutes or 0:.0f} minutes on one processor core ({steps}): python -m "
        "models.training.note_maker --data SET --minutes MINUTES",
        figures={},
        licence="MIT for the weights; the banks' licences are MIT, GPL with exception and CC",
        labels=FAMILIES,
        limits=LIMITS,
        extra={"history": history},
    )
    config = {
        "net": {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(net.config).items()},
        "families": list(FAMILIES),
        "sources": list(SOURCES),
        "qualities": list(QUALITIES),
    }
    state = checkpoint.halved(net.state_dict())
    return checkpoint.save(config, state, card)


def shipped() -> NoteMaker:
    """The net that ships, to go on with. What it has not got yet begins anew."""
    net = NoteMaker(NoteMakerConfig())
    stored = checkpoint.load(NAME).state_dict
    known = {key: value.float() for key, value in stored.items() if key in net.state_dict()}
    net.load_state_dict(net.state_dict() | known)
    return net


@torch.no_grad()
def mix(net: NoteMaker, old: NoteMaker, share: float) -> None:
    """Draw the weights of ``net`` towards those of ``old``: the mean of two that were trained one from the other is
    often better than either (Wortsman et al., "Model soups", 2022)."""
    for new, before in zip(net.parameters(), old.parameters(), strict=True):
        new.lerp_(before, share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--go-on", action="store_true", help="begin with the weights that ship")
    parser.add_argument("--shares", type=float, nargs=3, default=SHARES, help="of listener, autoencoder, both together")
    parser.add_argument("--keep", type=float, default=0.0, help="with --go-on: share of the old weights in the new")
    args = parser.parse_args()
    plan = loop.Plan(
        NAME, args.steps, lr=1.5e-3, average=0.995, judge_every=200, seed=args.seed, device=args.device,
        minutes=args.minutes, work=args.work,
    )  # fmt: skip
    net, history = train(args.data, plan, NoteMakerConfig(), shipped() if args.go_on else None, args.shares)
    before = checkpoint.load(NAME).card.recipe if args.go_on else ""
    if before and args.keep:
        mix(net, shipped(), args.keep)
        before += f". Of the weights then, {args.keep:g} are kept"
    print(save(net, history, plan, before))


if __name__ == "__main__":
    main()
