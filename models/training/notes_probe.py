"""Train the probe on musicnn's activations and join it to our network: ``python -m models.training.notes_probe``.

Goes after ``models.training.notes --net ours`` on the same split: reads ``notes-ours-SPLIT.pt`` from ``--work`` and
writes ``notes-pair-SPLIT.pt``. How much each counts, and what makes their probabilities honest, is fitted on the
validation notes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models.classifiers._musicnn import Extractor
from models.nets.notes import NotesConfig, features_of, mel_of
from models.nets.notes_pair import NotesPair, NotesProbe, NotesProbeConfig
from models.spec import Run
from models.training import loop, notes_set
from models.training.notes import Hearings, WithPrograms, cut_out, draws, kept, natural, our_loss
from models.training.notes_calibrate import calibrate_pair
from models.training.notes_splits import SPLITS, Index, Split

VERSIONS = 2
"""Hearings of each note that musicnn is asked about."""
BATCH, STEPS = 256, 4_000
FEATURES = NotesProbeConfig().features
_LEAST_SPREAD = 1e-3


class Activations:
    """musicnn's activations of hearings (`Extractor.of_notes`), computed when first asked for and kept in a folder."""

    def __init__(self, folder: Path, hearings: Hearings) -> None:
        self.hearings, self.extractor = hearings, Extractor()
        shape = (len(hearings.notes), VERSIONS)
        self.rows = kept(folder / "musicnn.f16", np.float16, (*shape, FEATURES))
        self.made = kept(folder / "musicnn.u1", np.uint8, shape)

    def make(self, rows: NDArray[np.integer], versions: int = VERSIONS) -> None:
        """Have them for so many versions of each row."""
        missing = [(int(row), version) for row in rows for version in range(versions) if not self.made[row, version]]
        batches = [missing[at : at + 10] for at in range(0, len(missing), 10)]
        for batch in tqdm(batches, desc="musicnn hears", mininterval=5):
            audio = np.stack([self.hearings.audio(*one)[0] for one in batch]).astype(np.float32)
            at = tuple(np.array(batch).T)
            self.rows[at] = self.extractor.of_notes(audio, Run()).numpy()
            self.made[at] = 1

    def get(self, rows: NDArray[np.integer], versions: NDArray[np.integer]) -> NDArray[np.float32]:
        """(rows, features)."""
        return self.rows[rows, versions].astype(np.float32)


def batches(
    activations: Activations, index: Index, rows: NDArray[np.integer], seed: int
) -> Callable[[int], Iterator[loop.Batch]]:
    """Batches of (activations, source, family, qualities, program), drawn as for our network."""

    def stream(step: int) -> Iterator[loop.Batch]:
        for drawn, random in draws(index, rows, BATCH, seed, step):
            versions = random.integers(VERSIONS, size=BATCH)
            _, labels = activations.hearings.get(drawn, versions)
            yield (
                torch.from_numpy(activations.get(drawn, versions)),
                *(torch.from_numpy(index[name][drawn].astype(np.int64)) for name in ("source", "family")),
                torch.from_numpy(labels.astype(np.int64)),
                torch.from_numpy(index["program"][drawn].astype(np.int64)),
            )

    return stream


def train(activations: Activations, index: Index, split: Split, plan: loop.Plan) -> NotesProbe:
    """Train a probe on a split."""
    activations.make(split.train)
    probe = NotesProbe(NotesProbeConfig())
    some = np.sort(np.random.default_rng(plan.seed).permutation(split.train)[:4_000])
    seen = activations.get(some, np.zeros(len(some), np.int64))
    probe.mean.copy_(torch.from_numpy(seen.mean(axis=0)))
    probe.scale.copy_(torch.from_numpy(seen.std(axis=0) + _LEAST_SPREAD))
    loop.fit(WithPrograms(probe), batches(activations, index, split.train, plan.seed), our_loss, plan)
    return probe.eval()


def join(pair: NotesPair, activations: Activations, index: Index, rows: NDArray[np.integer]) -> None:
    """Fit what joins the two on validation notes, each once clean, as the product cuts it out, and once rough."""
    activations.make(rows, 1)
    ours, probed, labels = [], [], []
    hearings = activations.hearings
    for part in tqdm(np.array_split(rows, max(1, len(rows) // 64)), desc="validation", mininterval=5):
        clean = cut_out(list(natural(hearings.notes, index, part)))
        zeros = np.zeros(len(part), np.int64)
        rough, rough_labels = hearings.get(part, zeros)
        with torch.inference_mode():
            for level, heard in (
                (mel_of(torch.from_numpy(clean)), activations.extractor.of_notes(clean, Run())),
                (torch.from_numpy(rough), torch.from_numpy(activations.get(part, zeros))),
            ):
                ours.append([one.numpy() for one in pair.net(features_of(level))])
                probed.append([one.numpy() for one in pair.probe(heard)])
        for qualities in (index["qualities"][part], rough_labels):
            labels.append((index["source"][part], index["family"][part], qualities))
    columns = [[np.concatenate(column) for column in zip(*side, strict=True)] for side in (ours, probed, labels)]
    calibrate_pair(pair, tuple(columns[0]), tuple(columns[1]), (columns[2][0], columns[2][1], columns[2][2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--split", choices=sorted(SPLITS), default="bank")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"batches of {BATCH}")
    args = parser.parse_args()
    notes, index = notes_set.load(args.data)
    split = SPLITS[args.split](index)
    stored = torch.load(args.work / f"notes-ours-{args.split}.pt", map_location="cpu", weights_only=True)
    loop.seed_everything(args.seed)
    activations = Activations(args.data / "hearings", Hearings(args.data / "hearings", notes, index))
    plan = loop.Plan(
        f"notes-probe-{args.split}", args.steps, lr=1e-3, weight_decay=0.05, seed=args.seed, minutes=args.minutes,
        work=args.work,
    )  # fmt: skip
    pair = NotesPair(NotesConfig(), NotesProbeConfig()).eval()
    pair.net.load_state_dict(stored["state_dict"])
    pair.probe.load_state_dict(train(activations, index, split, plan).state_dict())
    join(pair, activations, index, split.valid)
    path = args.work / f"notes-pair-{args.split}.pt"
    torch.save(stored | {"state_dict": pair.state_dict()}, path)
    print(path, "the probe counts", pair.shares.tolist())


if __name__ == "__main__":
    main()
