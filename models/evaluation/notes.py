"""How well the note networks hear: ``python -m models.evaluation.notes --data SET --work FOLDER``.

Prints three tables (splits, recordings, robustness) with SoundFlow's networks beside ours, and writes ``notes.json``
with all figures into ``--work``, from which `models.training.notes_card` makes the card.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.classifiers import _musicnn
from models.evaluation import metrics
from models.nets import soundflow
from models.nets.notes import NotesConfig, features_of, mel_of
from models.nets.notes_pair import NotesPair, NotesProbeConfig
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.spec import Run
from models.training import notes_set
from models.training.notes import NETS, cut_out, make, natural
from models.training.notes_augment import Noise
from models.training.notes_splits import SPLITS, Index

ALONE = "ours alone"
"""Our network without the probe on musicnn's activations."""
TESTS = {"ours": 2_400, ALONE: 2_400, "wave-source": 600, "wave-family": 600, "cnn": 600, "res2net": 300}
"""Notes drawn from a split's test set for each network; some are a hundred times as slow as others."""
ROUGH_TESTS = 600
"""Notes for each row of the robustness table."""
CONDITIONS = (
    "clean",
    "peak at -40 dB full scale",
    "0.75 s of silence before",
    "noise at 20 dB SNR",
    "noise at 10 dB SNR",
    "all three",
)
_NETS_OF = {
    "source": ("ours", ALONE, "wave-source"),
    "family": ("ours", ALONE, "wave-family"),
    "qualities": ("ours", ALONE, "cnn", "res2net"),
}
_TASKS = tuple(_NETS_OF)
_LABELS = {"source": SOURCES, "family": FAMILIES, "qualities": QUALITIES}
_BATCH = 32
_WINDOW_BATCH = 8
"""Windows at a time through SoundFlow's quality networks, whose maps are large."""
_RATE = 16_000

Samples = NDArray[np.float32]
Probabilities = dict[str, NDArray[np.float32]]


def condition(name: str, note: Samples, noise: Noise, random: np.random.Generator) -> Samples:
    """A note (samples,) at its natural level as one of the `CONDITIONS`: (samples,), at 16 bits."""
    out = note
    if name in ("0.75 s of silence before", "all three"):
        out = np.concatenate([np.zeros(round(0.75 * _RATE), np.float32), out])
    if name in ("noise at 20 dB SNR", "noise at 10 dB SNR", "all three"):
        snr = 10 if "10 dB" in name else 20
        power = np.sort(np.mean(note.reshape(-1, 1_000) ** 2, axis=1))[-16:].mean()
        stretch = np.resize(noise.stretch(random), len(out))
        out = out + stretch * np.float32(np.sqrt(power) * 10 ** (-snr / 20))
    if name in ("peak at -40 dB full scale", "all three"):
        out = out / max(1e-6, float(np.abs(out).max())) * np.float32(0.01)
    return np.asarray(np.round(np.clip(out, -1, 1) * 32767) / 32767, dtype=np.float32)


def answers(name: str, net: nn.Module, notes: list[Samples]) -> Probabilities:
    """What a network of `NETS` says of notes, each (samples,) at 16 kHz: probabilities by task.

    Ours gets what `models.classifiers._notes.cut` makes of the recording, SoundFlow's the first four seconds.
    """
    parts: list[Probabilities] = []
    with torch.inference_mode():
        for at in range(0, len(notes), _BATCH):
            batch = notes[at : at + _BATCH]
            if name in ("ours", ALONE):
                parts.append(_ours(net, batch, name == ALONE))
                continue
            audio = torch.from_numpy(np.stack([np.resize(one[:64_000], 64_000) for one in batch]))
            if name in ("wave-source", "wave-family"):
                parts.append({name.removeprefix("wave-"): torch.softmax(net(audio), dim=1).numpy()})
            else:
                windows = soundflow.windows(audio)
                features = soundflow.log_mel_delta(windows.flatten(0, 1)).split(_WINDOW_BATCH)
                chance = torch.sigmoid(torch.cat([net(part) for part in features])).reshape(*windows.shape[:2], -1)
                parts.append({"qualities": chance.mean(dim=1).numpy()})
    return {task: np.concatenate([part[task] for part in parts]) for task in parts[0]}


def _ours(pair: nn.Module, batch: list[Samples], alone: bool) -> Probabilities:
    assert isinstance(pair, NotesPair)
    audio = cut_out(batch)
    logits = pair.net(features_of(mel_of(torch.from_numpy(audio), pair.net.config.n_mels)))
    if alone:
        heard = pair.net.calibrated(logits)
    else:
        heard = pair.calibrated(pair.both(logits, pair.probe(_musicnn.shared().of_notes(audio, Run()))))
    return {task: part.numpy() for task, part in zip(_TASKS, heard, strict=True)}


def load(work: Path, name: str, split: str) -> tuple[nn.Module, dict[str, Any]] | None:
    """A trained network and what was stored beside it; None where it was not trained."""
    ours = name in ("ours", ALONE)
    path = work / f"notes-{'pair' if ours else name}-{split}.pt"
    if not path.exists():
        return None
    stored = torch.load(path, map_location="cpu", weights_only=True)
    net = NotesPair(NotesConfig(), NotesProbeConfig()) if ours else make(name)
    net.load_state_dict(stored["state_dict"])
    return net.eval(), stored


def judged(task: str, probability: NDArray[np.floating], index: Index, rows: NDArray[np.integer]) -> dict[str, Any]:
    """The figures of one task on rows of the set; rows whose label is unknown are left out."""
    y = index[task][rows]
    known = y.reshape(len(y), -1).min(axis=1) >= 0
    rate = metrics.multilabel if task == "qualities" else metrics.classification
    return rate(probability[known], y[known].astype(int), _LABELS[task], index["group"][rows][known])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that models.training.notes_set wrote")
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="folder of the trained networks")
    parser.add_argument("--split", choices=sorted(SPLITS), action="append", help="only these splits")
    args = parser.parse_args()
    found = evaluate(args.data, args.work, tuple(args.split or SPLITS))
    path = args.work / "notes.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(kept | found, indent=1), encoding="utf-8")
    for line in rows_of(kept | found):
        print(line)


def evaluate(data: Path, work: Path, splits: tuple[str, ...]) -> dict[str, Any]:
    """All figures, by "split/net/task", "recorded/net/task" and "condition/set/net/task"."""
    notes, index = notes_set.load(data)
    found: dict[str, Any] = {}
    for split_name in splits:
        split = SPLITS[split_name](index)
        test = _some(split.test, TESTS["ours"])
        trained = {name: made for name in TESTS if (made := load(work, name, split_name))}
        for name, (net, stored) in trained.items():
            rows = _some(split.test, TESTS[name])
            heard = answers(name, net, list(natural(notes, index, rows)))
            found |= {f"{split_name}/{name}/{task}": judged(task, p, index, rows) for task, p in heard.items()}
            found[f"{split_name}/{name}"] = {"epochs": round(stored["epochs"], 2), "history": stored["history"]}
            if name == "ours":
                for task in ("source", "family"):
                    known = index[task][test] >= 0
                    matrix = metrics.confusion(heard[task][known], index[task][test][known], len(_LABELS[task]))
                    found[f"{split_name}/confusion/{task}"] = matrix
            print(split_name, name, {task: _main(found[f"{split_name}/{name}/{task}"]) for task in heard}, flush=True)
        if split_name == "bank":
            found |= _recorded(notes, index, trained)
            if "ours" in trained:
                found |= _rough(notes, index, test, trained["ours"][0])
    return found


def _recorded(notes: NDArray[np.int16], index: Index, trained: dict[str, Any]) -> dict[str, Any]:
    """The Philharmonia's notes, and a singer's."""
    found: dict[str, Any] = {}
    for kind in ("philharmonia", "vocadito"):
        rows = np.flatnonzero(index["kind"] == kind)
        for name in ("ours", ALONE, "wave-source", "wave-family"):
            if name not in trained or not len(rows):
                continue
            heard = answers(name, trained[name][0], list(natural(notes, index, rows)))
            for task in set(heard) - {"qualities"}:
                found[f"{kind}/{name}/{task}"] = judged(task, heard[task], index, rows)
                if name == "ours" and task == "family":
                    matrix = metrics.confusion(heard[task], index[task][rows], len(FAMILIES))
                    found[f"{kind}/confusion/family"] = matrix
            print(kind, name, {t: _main(found[f"{kind}/{name}/{t}"]) for t in heard if t != "qualities"}, flush=True)
    return found


def _rough(notes: NDArray[np.int16], index: Index, test: NDArray[np.integer], ours: nn.Module) -> dict[str, Any]:
    """Our network in every condition, on held-out banks and on the Philharmonia's notes."""
    found: dict[str, Any] = {}
    recorded = np.flatnonzero(index["kind"] == "philharmonia")
    for kind, rows in (("bank", _some(test, ROUGH_TESTS)), ("philharmonia", _some(recorded, ROUGH_TESTS))):
        for name in CONDITIONS:
            random = np.random.default_rng(5)
            noise = Noise(notes[np.sort(_some(test, 300))], random)
            rough = [condition(name, note, noise, random) for note in natural(notes, index, rows)]
            heard = answers("ours", ours, rough)
            for task, probability in heard.items():
                if kind == "bank" or task != "qualities":
                    found[f"{name}/{kind}/ours/{task}"] = judged(task, probability, index, rows)
            print(
                kind, name, {k.split("/", 2)[2]: _main(v) for k, v in found.items() if k.startswith(f"{name}/{kind}")}
            )
    return found


def _some(rows: NDArray[np.integer], count: int) -> NDArray[np.integer]:
    return np.sort(np.random.default_rng(3).permutation(rows)[:count])


def _main(figures: dict[str, Any]) -> str:
    """Accuracy and macro F1 in a cell."""
    accuracy = f"{figures['accuracy']:.3f} / " if "accuracy" in figures else ""
    return f"{accuracy}{figures['macro_f1']:.3f}"


def tables(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables of the card: splits, recordings, robustness. Cells are accuracy / macro F1, qualities' macro F1."""
    pairs = [(task, net) for task in _TASKS for net in _NETS_OF[task]]
    columns = [f"{task}, {net}" for task, net in pairs]

    def row(head: str, prefix: str, pairs: list[tuple[str, str]] = pairs) -> list[str]:
        cells = [found.get(f"{prefix}/{net}/{task}") for task, net in pairs]
        return [head, *(_main(cell) if cell else "" for cell in cells)]

    ours = [(task, "ours") for task in _TASKS]

    names = {"note": "by note", "instrument": "by instrument", "bank": "by instrument and bank"}
    splits = [row(names[split], split) for split in names]
    epochs = [
        [names[split], *(str(found[f"{split}/{net}"]["epochs"]) if f"{split}/{net}" in found else "" for net in NETS)]
        for split in names
    ]
    recorded = [row("Philharmonia, 1,095 notes", "philharmonia"), row("vocadito, one singer's notes", "vocadito")]
    rough = [
        row(f"{name}, {head}", f"{name}/{kind}", ours)
        for kind, head in (("bank", "held-out banks"), ("philharmonia", "Philharmonia"))
        for name in CONDITIONS
    ]
    cells = "Cells are accuracy / macro F1; of qualities macro F1."
    counts = f"Ours is judged on {TESTS['ours']:,} notes of each split, SoundFlow's on {TESTS['cnn']}, "
    counts += f"Res2Net on {TESTS['res2net']}."
    count = found.get("clean/bank/ours/family", {}).get("tests", ROUGH_TESTS)
    told = "An empty cell: not trained. Ours has heard each note in several versions, SoundFlow's are planned for 20."
    return [
        {"title": "Epochs trained", "note": told, "columns": ["split", *NETS], "rows": epochs},
        {"title": "Three splits", "note": f"{cells} {counts}", "columns": ["split", *columns], "rows": splits},
        {"title": "Recorded notes never trained on", "note": cells, "columns": ["set", *columns], "rows": recorded},
        {
            "title": "Robustness",
            "note": f"Our network. {cells} {count} notes a row.",
            "columns": ["", *_TASKS],
            "rows": rough,
        },
    ]


def rows_of(found: dict[str, Any]) -> list[str]:
    """The tables as lines of text."""
    lines = []
    for table in tables(found):
        lines += ["", table["title"], " | ".join(table["columns"])]
        lines += [" | ".join(row) for row in table["rows"]]
    return lines


if __name__ == "__main__":
    main()
