"""How well the pitch of a voice is followed: ``python -m models.evaluation.pitch --data F [--trackers swift pyin
...]``.

Beside the trackers of `models.transcription.pitch`, those of ``requirements-pitch.txt`` where they are installed. On
the sight-singing notes (their middle, where the pitch is steady), on the annotated curve of vocadito, on tones; and
how long each takes.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording
from models.dsp.voice_tones import voice_like
from models.training.singing import Song, songs
from models.transcription import pitch
from models.transcription.pitch import FRAME_RATE, RATE, PitchTrack, frame_count, on_frames, to_midi

MARGIN = 0.03  # seconds of a note at either end that are not judged
AWAY = 0.05  # seconds around notes that count neither as sung nor as silent
TONES = range(40, 85)  # MIDI
TONE_SECONDS = 0.6
NOISE_DB = 10.0  # the tone over the noise

Floats = NDArray[np.float64]
Tracker = Callable[[NDArray[np.float32]], PitchTrack]


def others() -> dict[str, Tracker]:
    """Trackers that are compared only, those that are installed."""
    found: dict[str, Tracker] = {}
    if importlib.util.find_spec("pesto"):
        found["pesto"] = _pesto
    if importlib.util.find_spec("torchcrepe"):
        found |= {f"crepe {size}": _crepe(size) for size in ("tiny", "full")}
    if importlib.util.find_spec("torchfcpe"):
        found["fcpe"] = _fcpe
    return found


def trackers() -> dict[str, Tracker]:
    """All by name."""
    own: dict[str, Tracker] = {name: _own(name) for name in pitch.TRACKERS}
    return own | others()


def _own(name: str) -> Tracker:
    return lambda audio: pitch.follow(audio, name)


def _pesto(audio: NDArray[np.float32]) -> PitchTrack:
    import pesto
    import torch

    times, hertz, confidence, _ = pesto.predict(torch.from_numpy(audio), RATE, step_size=1000 / FRAME_RATE)
    return on_frames(
        times.double().numpy() / 1000, to_midi(np.maximum(hertz.double().numpy(), 20)), confidence.double().numpy(),
        frame_count(len(audio)),
    )  # fmt: skip


def _crepe(size: str) -> Tracker:
    def follow(audio: NDArray[np.float32]) -> PitchTrack:
        import torch
        import torchcrepe

        sound, step = torch.from_numpy(audio)[None], pitch.HOP_LENGTH
        hertz, sure = torchcrepe.predict(sound, RATE, step, 50, 2000, size, batch_size=512, return_periodicity=True)
        times = np.arange(hertz.shape[1]) / FRAME_RATE
        midi = to_midi(np.maximum(hertz[0].double().numpy(), 20))
        return on_frames(times, midi, sure[0].double().numpy(), frame_count(len(audio)))

    return follow


def _fcpe(audio: NDArray[np.float32]) -> PitchTrack:
    import torch
    import torchfcpe

    if "fcpe" not in _loaded:
        _loaded["fcpe"] = torchfcpe.spawn_bundled_infer_model(device="cpu")
    sound = torch.from_numpy(audio)[None, :, None]
    hertz = _loaded["fcpe"].infer(sound, sr=RATE, decoder_mode="local_argmax", threshold=0.006)
    found = hertz[0, :, 0].double().numpy()
    times = np.linspace(0, len(audio) / RATE, len(found), endpoint=False)
    return on_frames(times, to_midi(np.maximum(found, 20)), (found > 0).astype(float), frame_count(len(audio)))


_loaded: dict[str, object] = {}


def frames_of(notes: Floats, frames: int, away: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """(frames,) each, of notes (n, 3): whether a frame lies within a note, `MARGIN` from its ends; whether it lies
    ``away`` seconds or more from all notes; and the pitch that is meant within them."""
    at = np.arange(frames) / FRAME_RATE
    inside, silent, meant = np.zeros(frames, bool), np.ones(frames, bool), np.zeros(frames)
    for onset, offset, midi in notes:
        here = (at >= onset + MARGIN) & (at < offset - MARGIN)
        inside |= here
        meant[here] = midi
        silent &= (at < onset - away) | (at >= offset + away)
    return inside, silent, meant


def on_notes(chosen: list[Song], follow: Tracker) -> dict[str, float]:
    """Raw pitch and chroma accuracy, octave errors, voicing recall and false alarms over the frames of all songs, and
    seconds for a minute."""
    count = np.zeros(6)
    spent = seconds = 0.0
    for song in chosen:
        audio = Recording.open(song.path).mono(RATE)
        begun = time.perf_counter()
        track = follow(audio)
        spent, seconds = spent + time.perf_counter() - begun, seconds + len(audio) / RATE
        inside, silent, meant = frames_of(song.notes, len(track.midi), AWAY)
        away = track.midi - meant
        fold = np.abs((away + 6) % 12 - 6)
        voiced = track.confidence >= pitch.VOICED
        right, chroma = np.abs(away) < 0.5, fold < 0.5
        count += [inside.sum(), (inside & right).sum(), (inside & chroma).sum(), (inside & voiced).sum(),
                  silent.sum(), (silent & voiced).sum()]  # fmt: skip
    return {
        "raw pitch": count[1] / count[0],
        "chroma": count[2] / count[0],
        "octave errors": (count[2] - count[1]) / count[0],
        "voicing recall": count[3] / count[0],
        "false alarms": count[5] / count[4],
        "s a minute": 60 * spent / seconds,
    }


def on_curve(data: Path, follow: Tracker) -> dict[str, float]:
    """MIREX melody figures against the annotated curve of vocadito 1."""
    import mir_eval.melody

    folder = data / "vocals" / "vocadito"
    known = np.loadtxt(folder / "vocadito_1_f0.csv", delimiter=",")
    track = follow(Recording.open(folder / "vocadito_1.flac").mono(RATE))
    hertz = pitch.to_hertz(track.midi) * np.where(track.confidence >= pitch.VOICED, 1, -1)
    found = mir_eval.melody.evaluate(known[:, 0], known[:, 1], np.arange(len(hertz)) / FRAME_RATE, hertz)
    return {
        "raw pitch": found["Raw Pitch Accuracy"],
        "octave errors": found["Raw Chroma Accuracy"] - found["Raw Pitch Accuracy"],
        "voicing recall": found["Voicing Recall"],
        "false alarms": found["Voicing False Alarm"],
    }


def on_tones(follow: Tracker) -> dict[str, float]:
    """The worst and the median error in cents over voice-like tones at each of `TONES`, and how many come out an octave
    off, clean and in noise."""
    rng = np.random.default_rng(0)
    errors = []
    for midi in TONES:
        tone = voice_like(midi, TONE_SECONDS, RATE)
        noisy = tone + rng.standard_normal(len(tone)).astype(np.float32) * tone.std() * 10 ** (-NOISE_DB / 20)
        for sound in (tone, noisy):
            found = follow(sound.astype(np.float32)).midi
            errors.append(float(np.median(found[len(found) // 4 : -len(found) // 4])) - midi)
    away = 100 * np.abs(np.array(errors))
    return {
        "median cents": float(np.median(away)),
        "worst cents": float(away.max()),
        "octaves": float((away > 600).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trackers", nargs="*")
    parser.add_argument("--every", type=int, default=1, help="judge each so-manieth recording: some trackers are slow")
    args = parser.parse_args()
    chosen = songs(args.data)[:: args.every]
    known = trackers()
    for title, judge in (
        ("sight-singing notes", lambda follow: on_notes(chosen, follow)),
        ("vocadito 1, annotated curve", lambda follow: on_curve(args.data, follow)),
        ("tones", on_tones),
    ):
        rows = {name: judge(known[name]) for name in args.trackers or known}
        names = list(next(iter(rows.values())))
        print(f"\n| {title} | {' | '.join(names)} |\n|---|" + "---|" * len(names))
        for name, row in rows.items():
            print(f"| {name} | " + " | ".join(f"{row[key]:.3f}" for key in names) + " |", flush=True)


if __name__ == "__main__":
    main()
