"""Make the checkpoint that ships: ``python -m models.training.notes_card --work FOLDER``.

Takes the network of the strictest split with the figures that `models.evaluation.notes` measured, so that the weights
that ship are the weights that were judged.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from models import checkpoint
from models.checkpoint import Card
from models.classifiers._notes import CHECKPOINT
from models.evaluation import plots
from models.evaluation.notes import tables
from models.nets.notes import NotesConfig
from models.nets.notes_pair import NotesProbeConfig
from models.note_words import FAMILIES, QUALITIES, SOURCES

SPLIT = "bank"
WORDS = Path(__file__).with_name("notes_words.json")  # of the card, what no program can know
DATA = (
    "single notes of 4 s at 16 kHz: {training} of {all}. Rendered from FluidR3, FluidR3Mono and MuseScore General "
    "(MIT), OPL3 FM (CC BY-SA 4.0), Freepats (GPL-2 with exception for compositions), GeneralUser GS (free for any "
    "use) and Sonivox GM (Apache-2.0); recorded notes of the tonejs-instruments packages and the Salamander Grand "
    "(CC BY 3.0); singing of the sight-singing recordings (research only). A share was waveshaped, put into rooms, "
    "modulated or doubled. Settings were chosen on A320U (GPL-2). Tested on TimGM6mb (GPL-2) and the Csound bank "
    "(public domain), and on the Philharmonia's notes (CC BY-SA 3.0)"
)
SPLIT_TEXT = (
    "by instrument and bank: TimGM6mb and the Csound bank (which share samples) and a sixth of the OPL3 programs are "
    "nowhere in training. Samples of 1,024 frames and more that correlate by .98 are taken for one recording, and what "
    "two families of banks share is played by one of them only; FluidR3, FluidR3Mono and MuseScore General count as "
    "one family. The Philharmonia's and vocadito's recordings are in no part of training or validation. Settings, "
    "temperatures and thresholds were chosen on A320U, a bank that training does not hear either, and some OPL3 "
    "programs and singers"
)
LIMITS = (
    "Knows single notes: of chords and mixes it tells a general impression. Qualities are rules measured on clean "
    "renderings (models/dsp/qualities.py), not people's judgement, and reverb and distortion were added by us, so a "
    "hall in a recording is heard less surely. Pads, drums and effects belong to no family. Source is what the bank "
    "claims: a sampled electric piano is electronic, an FM imitation of a flute synthetic. {more}"
)


def card(found: dict[str, Any], history: list[dict[str, float]], tried: list[list[str]], more: dict[str, str]) -> Card:
    """The card from the evaluation's figures, the training's history and the log of attempts."""
    figures: dict[str, Any] = {}
    sets = {
        "by instrument and bank": SPLIT,
        "by instrument": "instrument",
        "by note": "note",
        "Philharmonia": "philharmonia",
    }
    for task in ("source", "family", "qualities"):
        measured = {head: found.get(f"{name}/ours/{task}") for head, name in sets.items()}
        figures[task] = {head: figure for head, figure in measured.items() if figure}
    names = [
        plots.confusion(found[f"{SPLIT}/confusion/family"], FAMILIES, plots.FOLDER / "notes-family-banks.png"),
        plots.confusion(found["philharmonia/confusion/family"], FAMILIES, plots.FOLDER / "notes-family-recorded.png"),
        plots.confusion(found[f"{SPLIT}/confusion/source"], SOURCES, plots.FOLDER / "notes-source.png"),
        plots.curves(history, plots.FOLDER / "notes-curves.png"),
    ]
    return Card(
        name=CHECKPOINT,
        task="source, family and qualities of a note",
        data=DATA.format(training=more["training"], all=more["all"]),
        split=SPLIT_TEXT,
        recipe=more["recipe"],
        figures=figures,
        licence="MIT; some of the training recordings are for research only",
        labels=(*SOURCES, *FAMILIES, *QUALITIES),
        limits=LIMITS.format(more=more["limits"]),
        extra={"tables": tables(found), "tried": tried, "plots": names},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="folder of networks and notes.json")
    parser.add_argument("--words", type=Path, default=WORDS, help="JSON: training, all, recipe, limits, tried")
    args = parser.parse_args()
    stored = torch.load(args.work / f"notes-pair-{SPLIT}.pt", map_location="cpu", weights_only=True)
    found = json.loads((args.work / "notes.json").read_text(encoding="utf-8"))
    words = json.loads(args.words.read_text(encoding="utf-8"))
    config = {
        "net": asdict(NotesConfig()),
        "probe": asdict(NotesProbeConfig()),
        "source_labels": SOURCES,
        "family_labels": FAMILIES,
        "quality_labels": QUALITIES,
    }
    state = {
        key: value.half() if value.is_floating_point() and value.ndim > 1 else value
        for key, value in stored["state_dict"].items()
    }
    print(checkpoint.save(config, state, card(found, stored["history"], words.pop("tried"), words)))


if __name__ == "__main__":
    main()
