"""The card of the note network of the voice, and its checkpoint."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from models.checkpoint import Card, load, save
from models.transcription.segment import Weights

DATA = (
    "Sight-singing: 61 recordings of solo singing (36 min, 3,060 notes), each at five speeds, clean and through rooms, "
    "filters and noise. Synthesized singing, humming and whistling of POP909 tunes (217 clips of 16 s), and 104 clips "
    "without notes: noise, drums, speech by eSpeak NG."
)
SPLIT = (
    "Five folds of the recordings by song: recordings whose intervals are alike are one song (34 songs). Every "
    "recording is judged with a network that never heard its song, and with weights of the segmentation chosen on the "
    "other folds. Singers are not named in the material, so one may be on both sides of these folds, and the figure "
    "may flatter. So there are two without that: recordings numbered far from all others and of other songs, by a "
    "network that heard neither; and vocadito, another singer of another collection. The shipped network has heard "
    "all sight-singing recordings and none of vocadito."
)
RECIPE = (
    "A temporal convolutional network over 48 mel bands, level, confidence and movement of the pitch (10 ms frames); "
    "binary cross-entropy of onset, offset and sounding; AdamW. python -m models.training.voice_synthesis, then "
    "python -m models.training.voice_notes --whole, then python -m models.evaluation.voice_notes --card."
)
LIMITS = (
    "Pitches of the reference lie on steps of 5.4 Hz, always the one above what is sung (see "
    "models/training/singing.py): 'as given' counts against them as they are, 'middle of the step' half a step lower. "
    "Fast ornaments become one note or several. It knows speech from a synthesizer only. Two voices at once are not "
    "told apart."
)


def with_figures(more: dict[str, Any]) -> Path:
    """The shipped checkpoint again, with figures beside those of its card and today's words."""
    found = load("voice_notes")
    card = replace(found.card, figures=found.card.figures | more, data=DATA, split=SPLIT, limits=LIMITS)
    return save(found.config, found.state_dict, card)


def write(weights_file: Path, weights: Weights, figures: dict[str, Any]) -> Path:
    """The checkpoint of what `models.training.voice_notes` trained on everything."""
    found = torch.load(weights_file, weights_only=True)
    card = Card(
        name="voice_notes",
        task="vocal_piano",
        data=DATA,
        split=SPLIT,
        recipe=RECIPE,
        figures=figures,
        licence="The sight-singing recordings are for research only; so are these weights.",
        labels=tuple(found["outputs"]),
        limits=LIMITS,
    )
    return save(found["config"] | {"weights": asdict(weights)}, found["state"], card)
