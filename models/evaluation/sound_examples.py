"""Pictures of how the neural modes sound: ``python -m models.evaluation.sound_examples --data PACK``.

One piece as its guide and as every mode performs it at three guide strengths; a held-out recording before and after
RAVE; and a made note of every family. They are drawn into docs/images/models/; ``--sounds FOLDER`` keeps the sounds.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from models import registry
from models.audio import resample, to_mono
from models.evaluation import plots
from models.evaluation.rave import mel_round_trip, round_trip
from models.generators._guide import make_guide
from models.generators.notes import make_note
from models.nets.rave import FIDELITY
from models.note_words import FAMILIES
from models.spec import GenerateRequest, Run
from models.training.audio_pack import SAMPLE_RATE, Pack, load
from models.vocabulary import GENRES, USUAL_BANDS, USUAL_TEMPOS

GENRE, SEED, SECONDS = "pop", 7, 8.0
STRENGTHS = (1.0, 0.5, 0.0)
MODES = ("rave", "melgan", "ddim", "notes")
SOURCES = {"synth_lead": "synthetic", "bass": "electronic", "organ": "electronic"}
"""Of the notes; the others are acoustic."""
PITCHES = {"bass": 40, "flute": 76, "mallet": 72}
"""Of the notes; the others are C4."""
NOTE_RATE = 16_000
Sounds = list[tuple[str, NDArray[np.float32]]]


def modes() -> Sounds:
    """A piece as its guide and by each mode: (samples,) at `SAMPLE_RATE`."""
    request = GenerateRequest(GENRE, USUAL_BANDS[GENRE], USUAL_TEMPOS[GENRE], SECONDS, SEED)
    found = [("guide", to_mono(make_guide(request, Run(), SAMPLE_RATE).audio))]
    for mode in MODES:
        backend = registry.load("generators", mode)
        for strength in STRENGTHS:
            clip = backend.generate(replace(request, guide_strength=strength), Run())
            found.append((f"{mode} {strength:g}", to_mono(resample(clip.audio, clip.sample_rate, SAMPLE_RATE))))
    return found


def round_trips(pack: Pack) -> Sounds:
    """The longest held-out recording of the genre, through RAVE, and through mels and Griffin-Lim."""
    net = registry.load("generators", "rave").net
    number = max(pack.where("test", recorded=True, genre=GENRE), key=lambda number: pack.sounds[number].seconds)
    ratio = net.config.ratio
    audio = torch.from_numpy(pack.audio(number)[: int(SECONDS * SAMPLE_RATE) // ratio * ratio])[None]
    count = net.kept(FIDELITY)
    ours = round_trip(net, audio, GENRES.index(GENRE), True, count)
    theirs = mel_round_trip(audio, SAMPLE_RATE, ratio, count)
    names = ("recording", "RAVE", "mels and Griffin-Lim")
    return [(name, wave[0].numpy()) for name, wave in zip(names, (audio, ours, theirs), strict=True)]


def notes() -> Sounds:
    """A note of each family: (samples,) at `NOTE_RATE`."""
    return [
        (family, make_note(family, SOURCES.get(family, "acoustic"), (), PITCHES.get(family, 60), 100, SEED)[0])
        for family in FAMILIES
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--sounds", type=Path, help="folder in which the sounds are kept as WAV")
    args = parser.parse_args()
    groups = {
        "neural-modes": (modes(), SAMPLE_RATE, 5),
        "rave-round-trip": (round_trips(load(args.data)), SAMPLE_RATE, 3),
        "notes-made": (notes(), NOTE_RATE, 6),
    }
    for name, (sounds, rate, columns) in groups.items():
        print(plots.spectrograms(sounds, rate, plots.FOLDER / f"{name}.png", columns))
        if args.sounds:
            args.sounds.mkdir(parents=True, exist_ok=True)
            for title, audio in sounds:
                soundfile.write(args.sounds / f"{name}-{title.replace(' ', '-')}.wav", audio, rate)


if __name__ == "__main__":
    main()
