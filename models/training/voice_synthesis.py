"""Singing, humming and whistling from a synthesizer, with notes that are known exactly; and sounds that are none.

``python -m models.training.voice_synthesis --data F --out FILE``. Melodies are the tune tracks of the POP909 songs.
Voices glide into their notes, waver, drift from concert pitch, breathe and come in softly or with a consonant. What
is no song: noise, drums and speech (by eSpeak NG where it is installed) has no note.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt
from tqdm import tqdm

from models.audio import Recording
from models.dsp.voice_tones import HARMONICS, harmonics
from models.training.augment import noise, room, tilt
from models.training.loop import seed_everything
from models.training.roughen import pulseless
from models.training.voice_notes_material import Heard, hear, save
from models.transcription.pitch import FRAME_RATE, HOP_LENGTH, RATE, to_hertz

CLIP_SECONDS = 16.0
CLIPS = 220
REACH = 0.3  # seconds of a gap that legato closes
SPOKEN, DRUMMED = 60, 20  # clips without notes
FORMANTS = (
    (800, 1200, 2800), (400, 2200, 2900), (300, 2600, 3200), (450, 800, 2700), (325, 700, 2600), (250, 1000, 2200),
)  # fmt: skip
"""Hz of the first three resonances of ah, eh, ee, oh, oo and a hum behind closed lips."""
VOICES = ("en-us", "en-us+m3", "en+f2", "en+m7", "de", "de+f4", "fr", "it+m2", "es+f1", "nl", "sv+f5", "pt")
SENTENCES = (
    "The weather was fine in the morning, but the wind turned before noon.",
    "Please leave your message after the tone and we will call you back.",
    "Seven hundred and forty two people live on the north side of the river.",
    "Nobody knew why the old clock had stopped at a quarter past nine.",
    "First cut the onions, then warm the oil, and wait until it is hot.",
    "Could you tell me where the station is, and when the next train leaves?",
)

Samples = NDArray[np.float32]
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """How someone sings. Rates in Hz, depths in semitones, times in seconds."""

    kind: str  # sung, hummed or whistled
    vibrato: float
    depth: float
    glide: float
    drift: float
    breath: float
    legato: float
    consonant: float
    shift: int


def a_voice(rng: np.random.Generator) -> Voice:
    """A singer, hummer or whistler at random."""
    kind = str(rng.choice(["sung", "hummed", "whistled"], p=[0.5, 0.35, 0.15]))
    return Voice(
        kind,
        vibrato=rng.uniform(4.5, 7.0),
        depth=rng.choice([0.0, 0.15, 0.4, 0.8]) * rng.uniform(0.5, 1.2),
        glide=rng.uniform(0.02, 0.14),
        drift=rng.normal(0, 0.25),
        breath=10 ** -rng.uniform(1.2, 3.0),
        legato=rng.choice([0.0, 0.5, 1.0]),
        consonant=0.0 if kind != "sung" else rng.choice([0.0, 0.5, 0.9]),
        shift=int(rng.integers(-22, 3)) if kind != "whistled" else int(rng.integers(4, 20)),
    )


def melodies(data: Path) -> list[Times]:
    """(notes, 3) of onset, offset in seconds and MIDI pitch of each POP909 tune."""
    import symusic

    with (data / "midi.csv").open(newline="") as file:
        paths = [data / row["path"] for row in csv.DictReader(file) if row["source"] == "POP909"]
    found = []
    for path in paths:
        song = symusic.Score(path).to("second")
        tune = next((track for track in song.tracks if track.name.strip().upper() == "MELODY"), None)
        if tune is not None and len(tune.notes) > 30:
            found.append(np.array([(note.start, note.end, note.pitch) for note in tune.notes]))
    return found


def excerpt(tune: Times, rng: np.random.Generator) -> Times:
    """The notes of `CLIP_SECONDS` from somewhere in a tune, at another tempo and key, none over the next."""
    notes = tune.copy()
    notes[:, :2] *= rng.uniform(0.7, 1.6)
    start = notes[int(rng.integers(0, max(1, len(notes) - 20))), 0] - rng.uniform(0.1, 0.8)
    notes[:, :2] -= start
    notes = notes[(notes[:, 0] >= 0) & (notes[:, 0] < CLIP_SECONDS - 0.5)]
    notes[:, 1] = np.minimum(notes[:, 1], CLIP_SECONDS - 0.1)
    notes[:-1, 1] = np.minimum(notes[:-1, 1], notes[1:, 0])
    return notes[notes[:, 1] - notes[:, 0] > 0.07]


def sing(notes: Times, voice: Voice, rng: np.random.Generator) -> tuple[Samples, Times]:
    """(samples,) at `RATE` and the notes as they were sung. Pitch and loudness are drawn at `FRAME_RATE`."""
    frames = int(CLIP_SECONDS * FRAME_RATE)
    notes = notes.copy()
    # Legato notes last to the next one, without a dip where its key is another: only the pitch tells them apart.
    near = np.append(notes[1:, 0] - notes[:-1, 1] < REACH, False)
    legato = near & (rng.random(len(notes)) < voice.legato)
    length = notes[:, 1] - notes[:, 0]
    notes[:, 1] -= np.minimum(rng.uniform(0.02, 0.14, len(notes)), 0.4 * length) * ~legato
    notes[legato, 1] = notes[np.flatnonzero(legato) + 1, 0]
    held = legato & (np.append(np.diff(notes[:, 2]), 0) != 0)
    bound = np.concatenate([[False], held[:-1]])
    at = np.arange(frames) / FRAME_RATE
    pitch = np.full(frames, notes[0, 2] if len(notes) else 60.0)
    loud = np.zeros(frames)
    for (onset, offset, key), from_before, to_next in zip(notes, bound, held, strict=True):
        inside = (at >= onset) & (at < offset)
        pitch[at >= onset] = key + rng.normal(0, 0.12)
        since = at[inside] - onset
        rise = rng.uniform(0.01, 0.06)
        fall = rng.uniform(0.02, 0.08)
        shape = 1.0 if from_before else np.minimum(1, since / rise)
        shape = shape * (1.0 if to_next else np.minimum(1, (offset - at[inside]) / fall))
        loud[inside] = rng.uniform(0.5, 1.0) * shape * (1 - 0.3 * np.minimum(1, since / max(offset - onset, 0.1)))
    # A voice goes from pitch to pitch as a spring does; in the middle of the way the new note begins.
    spring = np.exp(-1 / (FRAME_RATE * voice.glide / 2.5))
    early = int(voice.glide * FRAME_RATE / 3)
    smooth = lfilter([1 - spring], [1, -spring], np.roll(pitch, -early), zi=[spring * pitch[0]])[0]
    wobble = voice.depth * np.sin(
        2 * np.pi * np.cumsum(voice.vibrato * (1 + 0.05 * rng.standard_normal(frames))) / FRAME_RATE
    )
    drift = voice.drift + np.cumsum(rng.normal(0, 0.01, frames))
    jitter = lfilter([0.1], [1, -0.9], rng.normal(0, 0.12, frames))
    midi = smooth + voice.shift + wobble + drift + jitter
    loud = lfilter([0.25], [1, -0.75], loud)
    samples = frames * HOP_LENGTH
    place = np.arange(samples) / HOP_LENGTH
    hertz = to_hertz(np.interp(place, np.arange(frames), midi))
    gain = np.interp(place, np.arange(frames), loud)
    out = _tone(hertz, voice, rng) * gain
    out += voice.breath * rng.standard_normal(samples) * (0.3 + gain)
    if voice.consonant:
        _consonants(out, notes, voice, rng)
    notes[:, 2] += voice.shift
    return (out / max(np.abs(out).max(), 1e-6) * rng.uniform(0.1, 0.8)).astype(np.float32), notes


def _tone(hertz: NDArray[np.float64], voice: Voice, rng: np.random.Generator) -> NDArray[np.float64]:
    """(samples,) of harmonics under resonances, or of a nearly pure tone."""
    if voice.kind == "whistled":
        phase = 2 * np.pi * np.cumsum(hertz) / RATE
        return np.sin(phase) + 0.05 * np.sin(2 * phase)
    vowel = FORMANTS[-1] if voice.kind == "hummed" else FORMANTS[int(rng.integers(len(FORMANTS)))]
    lengths = rng.uniform(0.85, 1.2)  # of throats
    phases = rng.uniform(0, 2 * np.pi, HARMONICS)
    return harmonics(hertz, RATE, tuple(f * lengths for f in vowel), rng.uniform(0.9, 1.9), phases)


def _consonants(out: NDArray[np.float64], notes: Times, voice: Voice, rng: np.random.Generator) -> None:
    """Bursts of hiss just before notes, in place."""
    peak = np.abs(out).max()
    for onset in notes[:, 0]:
        if rng.random() > voice.consonant:
            continue
        size = int(rng.uniform(0.02, 0.1) * RATE)
        end = int(onset * RATE)
        if end - size < 0:
            continue
        band = butter(2, [rng.uniform(1500, 3000), rng.uniform(4500, 7500)], "bandpass", fs=RATE, output="sos")
        burst = sosfilt(band, rng.standard_normal(size)) * np.hanning(size)
        out[end - size : end] *= rng.uniform(0.05, 0.5)
        out[end - size : end] += burst * peak * rng.uniform(0.05, 0.5)


def spoken(rng: np.random.Generator) -> Iterator[Samples]:
    """Sentences by eSpeak NG, which must be installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        while True:
            voice = str(rng.choice(VOICES))
            speed, pitch = str(rng.integers(120, 200)), str(rng.integers(20, 80))
            text = " ".join(rng.permutation(SENTENCES)[:3])
            subprocess.run(["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "-w", str(path), text], check=True)
            yield Recording.open(path).mono(RATE)[: int(CLIP_SECONDS * RATE)]


def drummed(rng: np.random.Generator) -> Iterator[Samples]:
    """Beats of the SoundFont's kit."""
    from models.composer.render.voices import SAMPLE_RATE
    from models.composer.render.voices import Voice as Player

    kit = Player(0, "drums", True, dict.fromkeys(range(128), 1.0))
    while True:
        beat = 60 / rng.uniform(80, 170)
        out = np.zeros(int(CLIP_SECONDS * SAMPLE_RATE), np.float32)
        for step in range(int(CLIP_SECONDS / beat * 2)):
            keys = [42] + ([36] if step % 4 == 0 else []) + ([38] if step % 4 == 2 else [])
            keys += [int(rng.choice([45, 47, 50, 49, 46]))] if rng.random() < 0.2 else []
            for key in keys:
                kit.add(out, step * beat / 2, 0.3, key, int(rng.integers(50, 120)), 0.0)
        yield Recording(out, SAMPLE_RATE).mono(RATE)


def worn(audio: Samples, rng: np.random.Generator) -> Samples:
    """Through some rooms, filters and noise."""
    for disturb, share in ((tilt, 0.6), (room, 0.4), (noise, 0.5)):
        if rng.random() < share:
            audio = disturb(audio, RATE, rng)
    return audio.astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = seed_everything(args.seed)
    tunes = melodies(args.data)
    heard: list[Heard] = []
    for number in tqdm(range(CLIPS), desc="singing"):
        notes = excerpt(tunes[int(rng.integers(len(tunes)))], rng)
        if len(notes) < 4:
            continue
        audio, sung = sing(notes, a_voice(rng), rng)
        heard.append(hear(f"made{number}", -1, worn(audio, rng), sung))
    nothing = np.zeros((0, 3))
    for number, audio in enumerate(pulseless(rng, RATE)):
        # Drones and sweeps have a pitch, and are notes to whoever wants them to be: only noise is none.
        if number % 5 in (0, 4):
            heard.append(hear(f"noise{number}", -2, worn(audio, rng), nothing))
    for count, source in ((DRUMMED, drummed(rng)), (SPOKEN if shutil.which("espeak-ng") else 0, spoken(rng))):
        for number in tqdm(range(count), desc="no song"):
            heard.append(hear(f"none{number}", -2, worn(next(source), rng), nothing))
    save(args.out, heard)
    print(f"{len(heard)} clips", flush=True)


if __name__ == "__main__":
    main()
