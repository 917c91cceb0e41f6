"""How well a tune is found within a mix: ``python -m models.evaluation.mixtures --data F --line FOLDER --notes
FOLDER``.

The sight-singing songs that neither network heard (``--line`` and ``--notes`` are what their trainings wrote), each
under a band of its own that was not in the training either, the voice 10, 5 and 0 dB over it: raw pitch, false
alarms, and note F1, beside SwiftF0 on the mix as it is and Basic Pitch's highest note. Then how often a recording is
rightly taken for a mix, and for a voice alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.audio import Recording, resample
from models.evaluation.note_scores import KINDS, f1, mean
from models.evaluation.pitch import MARGIN, frames_of
from models.nets.melody_line import MelodyLine, MelodyLineConfig
from models.nets.voice_notes import VoiceNotes, VoiceNotesConfig
from models.training.accompaniment import accompany
from models.training.melody_line import TEST_FOLD, mix
from models.training.singing import Song, songs
from models.training.voice_notes import fold_of, logits
from models.transcription import basic_pitch, level, mixture
from models.transcription.basic_pitch import SAMPLE_RATE
from models.transcription.evidence import evidence
from models.transcription.pitch import RATE, VOICED, PitchTrack, follow
from models.transcription.segment import Weights, notes

LEVELS = (10.0, 5.0, 0.0)  # dB of the voice over the band
BAND_SEED = 77  # of bands that no training used
RIGHT = 0.6  # semitones: the reference is a step of the annotations, not the curve


def opened(path: Path, kind: type, config: type) -> Any:
    """A network that a training wrote."""
    found = torch.load(path, weights_only=True)
    net = kind(config(**found["config"]))
    net.load_state_dict(found["state"])
    return net.eval()


def mixes(chosen: list[Song], decibels: float) -> list[tuple[Song, np.ndarray]]:
    """Each song under its band, (samples,) at `SAMPLE_RATE`."""
    out = []
    for index, song in enumerate(chosen):
        voice = Recording.open(song.path).mono(SAMPLE_RATE)
        rng = np.random.default_rng([BAND_SEED, index])
        band = accompany(song.notes, len(voice) / SAMPLE_RATE, SAMPLE_RATE, rng)
        out.append((song, mix(voice, band, decibels).astype(np.float32)))
    return out


def raw_pitch(song: Song, track: PitchTrack) -> np.ndarray:
    """Frames of notes, those of them with the right pitch, frames without a note, those of them with a pitch."""
    inside, silent, meant = frames_of(song.notes, len(track.midi), MARGIN)
    voiced = track.confidence >= VOICED
    right = inside & voiced & (np.abs(track.midi - meant) < RIGHT)
    return np.array([inside.sum(), right.sum(), silent.sum(), (silent & voiced).sum()], float)


def skyline(audio: np.ndarray) -> np.ndarray:
    """Basic Pitch's notes, of those that begin together the highest."""
    found = basic_pitch.notes(basic_pitch.listen(audio))
    kept = [n for n in found if not any(o.midi > n.midi and o.onset < n.offset and o.offset > n.onset for o in found)]
    return np.array([(n.onset, n.offset, n.pitch) for n in kept]).reshape(-1, 3)


def judged(
    made: list[tuple[Song, np.ndarray]], line: MelodyLine, net: VoiceNotes, weights: Weights
) -> dict[str, dict[str, float]]:
    """Figures of the three ways."""
    rows: dict[str, list[dict[str, float]]] = {"network": [], "swift on the mix": [], "highest note": []}
    counts = {name: np.zeros(4) for name in ("network", "swift on the mix")}
    for song, audio in made:
        slow = resample(audio[None], SAMPLE_RATE, RATE)[0]
        slow = level.levelled(slow, level.levels(slow))
        tracks = {"network": mixture.follow(line, audio, len(slow)), "swift on the mix": follow(slow)}
        for name, track in tracks.items():
            counts[name] += raw_pitch(song, track)
            said = logits(net, evidence(slow, track)).astype(float)
            found = np.array([(n.onset, n.offset, n.pitch) for n in notes(*said, track, weights)]).reshape(-1, 3)
            rows[name].append(f1(song.notes, found))
        rows["highest note"].append(f1(song.notes, skyline(audio)))
    out = {name: mean(found) for name, found in rows.items()}
    for name, (inside, right, silent, alarms) in counts.items():
        out[name] |= {"raw pitch": right / inside, "false alarms": alarms / silent}
    return out


def told_apart(chosen: list[Song]) -> dict[str, float]:
    """How often a voice alone is taken for one, and a mix at 5 dB for a mix."""
    alone = [mixture.is_mix(Recording.open(song.path)) for song in chosen]
    with_band = [mixture.is_mix(Recording(audio, SAMPLE_RATE)) for _, audio in mixes(chosen, 5.0)]
    return {"voices taken for voices": 1 - float(np.mean(alone)), "mixes taken for mixes": float(np.mean(with_band))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--line", type=Path, required=True)
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--card", action="store_true", help="write the shipped network with the figures")
    args = parser.parse_args()
    chosen = [song for song in songs(args.data) if fold_of(song.group) == TEST_FOLD]
    line = opened(args.line / "fold.pt", MelodyLine, MelodyLineConfig)
    net = opened(args.notes / f"fold{TEST_FOLD}.pt", VoiceNotes, VoiceNotesConfig)
    weights = Weights(**json.loads((args.notes / "figures.json").read_text())["weights"])
    names = ["raw pitch", "false alarms", *KINDS]
    print(f"| voice over band | | {' | '.join(names)} |\n|---|---|" + "---|" * len(names))
    figures: dict[str, Any] = {}
    for decibels in LEVELS:
        for way, row in judged(mixes(chosen, decibels), line, net, weights).items():
            figures[f"voice {decibels:g} dB over the band, {way}"] = {k: round(v, 3) for k, v in row.items()}
            cells = " | ".join(f"{row[name]:.3f}" if name in row else "" for name in names)
            print(f"| {decibels:g} dB | {way} | {cells} |", flush=True)
    figures["told apart"] = {name: round(share, 3) for name, share in told_apart(chosen).items()}
    print(figures["told apart"])
    if args.card:
        from models.training.melody_line_card import write

        print(write(args.line / "whole.pt", figures))


if __name__ == "__main__":
    main()
