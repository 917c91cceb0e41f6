"""Train what hears a note's source, family and qualities: ``python -m models.training.notes --data SET``.

``--net ours`` is the shared network that ships; ``wave-source``, ``wave-family``, ``cnn`` and ``res2net`` are
SoundFlow's, as its authors trained them (clean notes, Adam at 1e-3, batches of 16). Weights go to ``--work``;
`models.evaluation.notes` measures them and `models.training.notes_card` makes the checkpoint.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models import checkpoint
from models.classifiers._notes import WINDOW, cut
from models.nets import soundflow
from models.nets.notes import NotesConfig, NotesNet, features_of, mel_of
from models.nets.notes_pair import NotesProbe
from models.nets.res2net import Res2Net, Res2NetConfig
from models.note_words import FAMILIES, QUALITIES
from models.training import loop, notes_set
from models.training.notes_augment import Noise, equalised, heard
from models.training.notes_calibrate import calibrate
from models.training.notes_splits import SPLITS, Index, Split

NETS = ("ours", "wave-source", "wave-family", "cnn", "res2net")
BATCH, SEED_BATCH = 64, 16
SEED_EPOCHS = 20
SMOOTHING = 0.05
VERSIONS = 3
"""Hearings of each note that are kept."""
MEL_SHAPE = (96, 126)
MURMUR = 400
"""Notes of which the murmur in the background is made."""
JUDGED = 1_500
"""Validation notes at which training looks now and then."""
PROGRAM_COUNT = 128
KIND_WEIGHTS = {"bank": 1.0, "recorded": 8.0, "sung": 0.5}
"""How often a kind of notes is drawn. There are many singers and few recorded libraries: drawn alike, a third of all
recorded notes sings, and a network takes other recordings for voices too."""
_SCALE = np.float32(1 / 32768)

Answers = tuple[Tensor, Tensor, Tensor]


def make(name: str) -> nn.Module:
    """A network of `NETS`, untrained."""
    return {
        "ours": lambda: NotesNet(NotesConfig()),
        "wave-source": lambda: soundflow.WaveNet1d(soundflow.SOURCE),
        "wave-family": lambda: soundflow.WaveNet1d(soundflow.FAMILY),
        "cnn": lambda: soundflow.QualityCnn(len(QUALITIES)),
        "res2net": lambda: Res2Net(Res2NetConfig(classes=len(QUALITIES))),
    }[name]()


def shipped() -> NotesNet:
    """The network that ships. It was taught the split by bank; on the others its figures would be worth nothing."""
    net = make("ours")
    assert isinstance(net, NotesNet)
    stored = checkpoint.load("notes").state_dict.items()
    net.load_state_dict({key.removeprefix("net."): v.float() for key, v in stored if key.startswith("net.")})
    return net


def weights(index: Index, rows: NDArray[np.integer]) -> NDArray[np.float64]:
    """The chance of each row to be drawn: families alike, within a family instruments by the root of their notes.

    Kinds of notes count as `KIND_WEIGHTS` says.
    """
    group, family = index["group"][rows], index["family"][rows]
    _, place, counts = np.unique(group, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(counts[place])
    weight = weight * np.array([KIND_WEIGHTS[kind] for kind in index["kind"][rows]])
    totals = np.bincount(family, weight, minlength=len(FAMILIES))
    return np.asarray(weight / totals[family] / (totals > 0).sum())


class Hearings:
    """Log-mels of notes as they were heard, `VERSIONS` of each, computed when first asked for and kept in a folder.

    The murmur in the background comes from the FluidR3 banks, which no strict test holds.
    """

    def __init__(self, folder: Path, notes: NDArray[np.int16], index: Index) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.notes, self.index = notes, index
        random = np.random.default_rng(0)
        murmurs = np.flatnonzero(index["kind"] == "bank")
        murmurs = murmurs[np.isin(index["bank"][murmurs], ("fluid", "fluid-mono", "musescore"))]
        pool = murmurs if len(murmurs) else np.arange(len(notes))
        self.noise = Noise(notes[np.sort(random.choice(pool, min(MURMUR, len(pool)), replace=False))], random)
        shape = (len(notes), VERSIONS)
        self.mels = kept(folder / "mels.f16", np.float16, (*shape, *MEL_SHAPE))
        self.labels = kept(folder / "labels.i8", np.int8, (*shape, len(QUALITIES)))
        self.made = kept(folder / "made.u1", np.uint8, shape)

    def get(self, rows: NDArray[np.integer], versions: NDArray[np.integer]) -> tuple[NDArray, NDArray]:
        """Log-mels (rows, mels, frames) in dB and qualities (rows, 9) with -1 for unknown."""
        missing = np.flatnonzero(self.made[rows, versions] == 0)
        if len(missing):
            at = rows[missing], versions[missing]
            made = [self.audio(int(row), int(version)) for row, version in zip(*at, strict=True)]
            self.mels[at] = mel_of(torch.from_numpy(np.stack([audio for audio, _ in made]))).numpy()
            self.labels[at] = np.stack([labels for _, labels in made])
            self.made[at] = 1
        return self.mels[rows, versions].astype(np.float32), np.array(self.labels[rows, versions])

    def audio(self, row: int, version: int) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """One hearing, made anew: (64000,) and qualities (9,) with -1 for unknown."""
        random = np.random.default_rng([row, version])
        qualities = self.index["qualities"][row].astype(np.int8)
        hertz = 440 * 2 ** ((float(self.index["pitch"][row]) - 69) / 12)
        return heard(self.notes[row] * _SCALE, qualities, hertz, self.noise, random)


def kept(path: Path, kind: type, shape: tuple[int, ...]) -> NDArray:
    """An array on disk, zeros where nothing was written."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    right = path.exists() and path.stat().st_size == size
    return np.memmap(path, dtype=kind, mode="r+" if right else "w+", shape=shape)


def draws(
    index: Index, rows: NDArray[np.integer], size: int, seed: int, step: int
) -> Iterator[tuple[NDArray[np.integer], np.random.Generator]]:
    """Endless batches of ``size`` rows drawn by `weights`, each with the generator that the rest of it should use."""
    chance = np.cumsum(weights(index, rows))
    random = np.random.default_rng([seed, step])
    while True:
        yield rows[np.minimum(np.searchsorted(chance, random.random(size)), len(rows) - 1)], random


def our_batches(
    hearings: Hearings, index: Index, rows: NDArray[np.integer], seed: int
) -> Callable[[int], Iterator[loop.Batch]]:
    """Batches of (features, source, family, qualities), every time through another microphone."""

    def stream(step: int) -> Iterator[loop.Batch]:
        for drawn, random in draws(index, rows, BATCH, seed, step):
            yield augmented(hearings, index, drawn, random)

    return stream


def augmented(hearings: Hearings, index: Index, rows: NDArray[np.integer], random: np.random.Generator) -> loop.Batch:
    """One batch: features (rows, 3, mels, frames), source, family, qualities and program, with -1 for the unknown."""
    levels, labels = hearings.get(rows, random.integers(VERSIONS, size=len(rows)))
    levels = np.stack([equalised(one, known, random) for one, known in zip(levels, labels, strict=True)])
    return (
        features_of(torch.from_numpy(levels)),
        torch.from_numpy(index["source"][rows].astype(np.int64)),
        torch.from_numpy(index["family"][rows].astype(np.int64)),
        torch.from_numpy(labels.astype(np.int64)),
        torch.from_numpy(index["program"][rows].astype(np.int64)),
    )


class WithPrograms(nn.Module):
    """A network or a probe while it is taught: beside the three tasks it tells General MIDI's programs apart.

    Which program a note is decides its family and its source; to know it is harder, and what helps with it carries
    over to banks that were never heard. The extra head does not ship.
    """

    def __init__(self, net: NotesNet | NotesProbe) -> None:
        super().__init__()
        self.net = net
        self.programs = nn.Linear(net.family.in_features, PROGRAM_COUNT)

    def forward(self, features: Tensor) -> Answers:
        """As `NotesNet`."""
        answers: Answers = self.net(features)
        return answers

    def taught(self, features: Tensor) -> tuple[Tensor, ...]:
        """Logits of source, family, qualities and program."""
        net = self.net
        heard_by_all = net.dropout(net.trunk(features))
        return tuple(head(heard_by_all) for head in (net.source, net.family, net.qualities, self.programs))


def our_loss(net: nn.Module, batch: loop.Batch) -> Tensor:
    """Cross entropy of source, family and program with label smoothing, and of the nine qualities; -1 is unknown."""
    features, source, family, qualities, program = batch
    assert isinstance(net, WithPrograms)
    heard_source, heard_family, heard_qualities, heard_program = net.taught(features)
    return (
        0.6 * nn.functional.cross_entropy(heard_source.float(), source, ignore_index=-1, label_smoothing=SMOOTHING)
        + nn.functional.cross_entropy(heard_family.float(), family, label_smoothing=SMOOTHING)
        + 2.0 * known_entropy(heard_qualities, qualities)
        + 0.5 * nn.functional.cross_entropy(heard_program.float(), program, ignore_index=-1, label_smoothing=SMOOTHING)
    )


def known_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross entropy over (batch, qualities), without the labels that are -1."""
    known = labels >= 0
    return nn.functional.binary_cross_entropy_with_logits(logits.float()[known], labels[known].float())


def seed_batches(
    name: str, notes: NDArray[np.int16], index: Index, rows: NDArray[np.integer], seed: int
) -> Callable[[int], Iterator[loop.Batch]]:
    """Clean notes at their natural level in random order; for the quality networks one window of each."""
    label = {"wave-source": "source", "wave-family": "family"}.get(name, "qualities")
    usable = rows[index[label][rows].reshape(len(rows), -1).max(axis=1) >= 0]

    def stream(step: int) -> Iterator[loop.Batch]:
        random = np.random.default_rng([seed, step])
        while True:
            drawn = random.choice(usable, SEED_BATCH)
            audio = natural(notes, index, drawn)
            if label == "qualities":
                at = random.integers(7, size=SEED_BATCH) * soundflow.STRIDE
                audio = np.stack([one[k : k + soundflow.WINDOW] for one, k in zip(audio, at, strict=True)])
                features = soundflow.log_mel_delta(torch.from_numpy(audio))
            else:
                features = torch.from_numpy(audio)
            yield features, torch.from_numpy(index[label][drawn].astype(np.int64))

    return stream


def natural(notes: NDArray[np.int16], index: Index, rows: NDArray[np.integer]) -> NDArray[np.float32]:
    """(rows, 64000) at the level at which the bank plays them."""
    gain = np.minimum(index["gain"][rows], 1.0).astype(np.float32)[:, None]
    return np.asarray(notes[rows] * _SCALE * gain, dtype=np.float32)


def cut_out(notes: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(n, 64000): what the product hears of n notes, each (samples,). What is too quiet to be heard is silence."""
    windows = [cut(note).audio() for note in notes]
    return np.stack([one[0] if len(one) else np.zeros(WINDOW, np.float32) for one in windows])


def seed_loss(net: nn.Module, batch: loop.Batch) -> Tensor:
    """Cross entropy of classes, or of known qualities."""
    logits = net(batch[0])
    if batch[1].ndim == 2:
        return known_entropy(logits, batch[1])
    return nn.functional.cross_entropy(logits.float(), batch[1])


Judged = tuple[tuple[NDArray, NDArray, NDArray], tuple[NDArray, NDArray, NDArray]]


def validated(net: nn.Module, hearings: Hearings, index: Index, rows: NDArray[np.integer]) -> dict[str, Judged]:
    """Logits and labels of validation notes, "clean" and "rough" (as a microphone would hear them)."""
    random = np.random.default_rng(2)
    answers: dict[str, Judged] = {}
    for kind in ("clean", "rough"):
        logits, labels = [], []
        for part in np.array_split(rows, max(1, len(rows) // BATCH)):
            if kind == "clean":
                features, qualities = (
                    features_of(mel_of(torch.from_numpy(hearings.notes[part] * _SCALE))),
                    index["qualities"][part],
                )
            else:
                features, _, _, known, _ = augmented(hearings, index, part, random)
                qualities = known.numpy()
            with torch.inference_mode():
                logits.append([one.float().numpy() for one in net(features)])
            labels.append((index["source"][part], index["family"][part], qualities))
        source, family, heard_qualities = (np.concatenate(column) for column in zip(*logits, strict=True))
        s, f, q = (np.concatenate(column) for column in zip(*labels, strict=True))
        answers[kind] = (source, family, heard_qualities), (s, f, q)
    return answers


def judge(hearings: Hearings, index: Index, rows: NDArray[np.integer]) -> loop.Judge:
    """Source accuracy, and macro F1 of family and qualities, of `JUDGED` validation notes clean and rough."""
    from sklearn.metrics import f1_score

    chosen = np.random.default_rng(1).permutation(rows)[:JUDGED]

    def figures(net: nn.Module) -> dict[str, float]:
        row: dict[str, float] = {}
        for kind, ((source, family, qualities), (s, f, q)) in validated(net, hearings, index, chosen).items():
            row[f"{kind} source"] = float((source.argmax(1) == s)[s >= 0].mean())
            row[f"{kind} family"] = float(f1_score(f, family.argmax(1), average="macro"))
            scores = [
                f1_score(t[t >= 0], a[t >= 0] > 0, zero_division=0) for a, t in zip(qualities.T, q.T, strict=True)
            ]
            row[f"{kind} qualities"] = float(np.mean(scores))
        return row

    return figures


def train(
    name: str, data: Path, split: Split, plan: loop.Plan, net: nn.Module | None = None
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Train a network of `NETS` on a split of the set; returns it and its history."""
    notes, index = notes_set.load(data)
    loop.seed_everything(plan.seed)
    net = net or make(name)
    if name == "ours":
        assert isinstance(net, NotesNet)
        taught = WithPrograms(net.to(memory_format=torch.channels_last))
        hearings = Hearings(data / "hearings", notes, index)
        batches = our_batches(hearings, index, split.train, plan.seed)
        history = loop.fit(taught, batches, our_loss, plan, judge(hearings, index, split.valid))
        both = list(validated(net, hearings, index, split.valid).values())
        logits, labels = (
            [np.concatenate(parts) for parts in zip(*side, strict=True)] for side in zip(*both, strict=True)
        )
        calibrate(net, tuple(logits), tuple(labels))
    else:
        batches = seed_batches(name, notes, index, split.train, plan.seed)
        history = loop.fit(net, batches, seed_loss, plan)
    return net, history


def plan_of(name: str, split: str, count: int, args: argparse.Namespace) -> loop.Plan:
    """The settings of a network; ``count`` training notes."""
    shared = {"seed": args.seed, "device": args.device, "minutes": args.minutes, "work": args.work}
    if name == "ours":
        return loop.Plan(
            f"notes-ours-{split}", args.steps, lr=2e-3, weight_decay=0.05, average=0.99, judge_every=600, **shared
        )
    steps = SEED_EPOCHS * count // SEED_BATCH
    return loop.Plan(f"notes-{name}-{split}", steps, lr=1e-3, weight_decay=0.0, warmup=0.01, clip=10.0, **shared)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--net", choices=NETS, default="ours")
    parser.add_argument("--split", choices=sorted(SPLITS), default="bank")
    parser.add_argument("--steps", type=int, default=4_000, help="batches of 64 for our network")
    parser.add_argument("--go-on", action="store_true", help="begin with the weights that ship, which know this split")
    args = parser.parse_args()
    _, index = notes_set.load(args.data)
    if args.go_on and (args.net, args.split) != ("ours", "bank"):
        parser.error("--go-on is for our network on the split by bank")
    split = SPLITS[args.split](index)
    plan = plan_of(args.net, args.split, len(split.train), args)
    net, history = train(args.net, args.data, split, plan, shipped() if args.go_on else None)
    path = args.work / f"{plan.name}.pt"
    step = history[-1]["step"] if history else 0
    epochs = step * (BATCH if args.net == "ours" else SEED_BATCH) / len(split.train)
    torch.save({"state_dict": net.state_dict(), "history": history, "epochs": epochs}, path)
    print(path, f"{epochs:.1f} epochs", history[-1] if history else "")


if __name__ == "__main__":
    main()
