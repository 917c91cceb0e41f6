"""The card of the network that finds the tune in a mix, and its checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from models.checkpoint import Card, save

DATA = (
    "61 sight-singing recordings, each under two bands, and 120 synthesized voices of POP909 tunes under one, the "
    "voice 3 dB below to 10 dB over it; an eighth without a band. Bands are made for each voice: chords that fit what "
    "is sung, bass, drums and one or two instruments from the SoundFont, mixed as one of ten genres."
)
SPLIT = (
    "By song: a fifth of the songs (17 recordings) was heard by neither network and had bands of its own. The shipped "
    "weights have heard all songs. Bands of the test come from the same SoundFont and the same rules as those of the "
    "training, so a record with other instruments may be harder."
)
RECIPE = (
    "A small 2-D convolutional network over Basic Pitch's maps, SwiftF0's pitches in five bands and the spectrum at "
    "each pitch and its harmonics, 50 frames a second, 3 bins a semitone; cross-entropy against the pitch of the "
    "voice alone; a Viterbi line through it. python -m models.training.melody_line, again with --whole, then "
    "python -m models.evaluation.mixtures --card."
)
LIMITS = (
    "One tune at a time, between E2 and E6. Onsets within a mix are less certain than those of a voice alone. It was "
    "never measured on commercial records, as none with annotated voices was to be had."
)


def write(weights_file: Path, figures: dict[str, Any]) -> Path:
    """The checkpoint of what `models.training.melody_line` trained on everything."""
    found = torch.load(weights_file, weights_only=True)
    card = Card(
        name="melody_line",
        task="the tune in a mix",
        data=DATA,
        split=SPLIT,
        recipe=RECIPE,
        figures=figures,
        licence="The sight-singing recordings are for research only; so are these weights.",
        limits=LIMITS,
    )
    return save(found["config"], found["state"], card)
