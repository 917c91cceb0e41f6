"""What is done to a note each time a network sees it: what recordings, rooms, microphones and codecs do.

A label that the change makes untrue becomes unknown, so that the network is never told what is wrong. Qualities stand
in the order of `models.note_words.QUALITIES`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter

from models.dsp.qualities import SAMPLE_RATE
from models.note_words import QUALITIES
from models.training.notes_process import room

Samples = NDArray[np.float32]
Labels = NDArray[np.int8]
UNKNOWN = -1
COUNT = 4 * SAMPLE_RATE
_AT = {name: number for number, name in enumerate(QUALITIES)}
_NOISE_SECONDS = 40
_ROOMS = 48
_SHORTEST_LOOP = 160
"""Samples; rounding a shorter loop would put it out of tune."""


class Noise:
    """What surrounds a note: noise (white, pink, brown, murmuring notes) and rooms, small and large; unit power."""

    def __init__(self, notes: NDArray[np.int16], random: np.random.Generator) -> None:
        """``notes`` (n, 64000) are what the murmur is made of."""
        count = _NOISE_SECONDS * SAMPLE_RATE
        white = random.standard_normal(count).astype(np.float32)
        # Pink noise by Kellet's filter of three poles, brown by a leaky sum.
        pink = lfilter([0.05, -0.096, 0.051, -0.0044], [1, -2.495, 2.017, -0.522], white)
        brown = lfilter([1.0], [1, -0.995], white)
        babble = np.zeros(count)
        for note in notes[random.integers(len(notes), size=240)]:
            at = random.integers(count - COUNT)
            babble[at : at + COUNT] += note / 32768 * random.uniform(0.2, 1)
        self.pools = [np.asarray(p / np.sqrt(np.mean(p**2)), dtype=np.float32) for p in (white, pink, brown, babble)]
        longest = round(1.2 * SAMPLE_RATE)
        self.small = [room(random.uniform(0.12, 0.4), random) for _ in range(_ROOMS)]
        self.large = [room(random.uniform(0.7, 2.5), random)[:longest] for _ in range(_ROOMS)]

    def stretch(self, random: np.random.Generator) -> Samples:
        """(64000,) of one kind."""
        pool = self.pools[random.integers(len(self.pools))]
        at = random.integers(len(pool) - COUNT)
        return pool[at : at + COUNT]


def heard(
    note: Samples, labels: Labels, hertz: float, noise: Noise, random: np.random.Generator
) -> tuple[Samples, Labels]:
    """One hearing of a note (64000,): looped, moved in pitch, cut short, placed, in a room, in noise. New arrays."""
    labels = labels.copy()
    if random.random() < 0.25:
        note = looped(note, labels, hertz, random)
    if random.random() < 0.25:
        note = _resampled(note, 2 ** (random.uniform(-1.5, 1.5) / 12))
    if random.random() < 0.35:
        note = _shortened(note, labels, random)
    note = _placed(note, labels, random)
    chance = random.random()
    if chance < 0.15:
        note = _in_room(note, noise.small[random.integers(_ROOMS)], random.uniform(-22, -7))
    elif chance < 0.24:
        note = _in_room(note, noise.large[random.integers(_ROOMS)], random.uniform(-12, 1))
        labels[_AT["reverb"]] = 1
        _forget(labels, "long_release", "fast_decay", "percussive", "nonlinear_env")
    chance = random.random()
    if chance < 0.75:
        # Half of all notes in noise that is heard, a quarter in that of a quiet microphone.
        snr = random.uniform(8, 50) if chance < 0.5 else random.uniform(50, 80)
        power = np.sort(np.mean(note.reshape(-1, 1_000) ** 2, axis=1))[-16:].mean()
        note = note + noise.stretch(random) * np.float32(np.sqrt(power) * 10 ** (-snr / 20))
        if snr < 25:
            _forget(labels, "dark")
    return note, labels


def equalised(level: NDArray[np.floating], labels: Labels, random: np.random.Generator) -> NDArray[np.floating]:
    """(mels, frames) in dB through a microphone, a codec and masks (SpecAugment, Park et al. 2019); labels in place."""
    mels, frames = level.shape
    # What differs most between two recordings of one kind of instrument is the balance of the frequencies.
    strong = random.random() < 0.6
    most = 12.0 if strong else 3.0
    curve = np.interp(np.linspace(0, 1, mels), np.linspace(0, 1, 8), random.uniform(-most, most, 8))
    if strong:
        _forget(labels, "bright", "dark")
    level = level + curve[:, None].astype(np.float32)
    if random.random() < 0.15:
        top = random.integers(round(0.72 * mels), mels)
        level[top:] -= 70
        if top < 0.9 * mels:
            _forget(labels, "bright")
    if random.random() < 0.1:
        level[: random.integers(1, 5)] -= 40
    if random.random() < 0.35:
        at = random.integers(mels - 10)
        level[at : at + random.integers(2, 10)] -= 70
    if random.random() < 0.25:
        at = random.integers(frames - 12)
        level[:, at : at + random.integers(2, 10)] -= 70
    return level


def _forget(labels: Labels, *names: str) -> None:
    for name in names:
        labels[_AT[name]] = UNKNOWN


def looped(note: Samples, labels: Labels, hertz: float, random: np.random.Generator) -> Samples:
    """What a small bank does to save memory: after the attack a few periods go round, under the note's own envelope."""
    start = round(random.uniform(0.06, 0.6) * SAMPLE_RATE)
    period = SAMPLE_RATE / hertz
    fewest = max(1, int(np.ceil(_SHORTEST_LOOP / period)))
    periods = round(fewest * (max(1.0, 0.4 * SAMPLE_RATE / period / fewest)) ** random.random())
    size = round(periods * period)
    loop = note[start : start + size]
    power = float(np.mean(loop**2))
    if power < 1e-6:
        return note
    envelope = np.sqrt(np.convolve(note[start:] ** 2, np.full(320, 1 / 320, np.float32), mode="same"))
    tail = np.resize(loop, COUNT - start) * np.minimum(envelope / np.float32(np.sqrt(power)), 4.0)
    _forget(labels, "multiphonic", "nonlinear_env", "reverb")
    return np.concatenate([note[:start], tail]).astype(np.float32)


def _resampled(note: Samples, speed: float) -> Samples:
    return np.interp(np.arange(COUNT) * speed, np.arange(COUNT), note, right=0.0).astype(np.float32)


def _shortened(note: Samples, labels: Labels, random: np.random.Generator) -> Samples:
    """The key let go early: 0.15-2.5 s, then a short release."""
    end = round(0.15 * (2.5 / 0.15) ** random.random() * SAMPLE_RATE)
    time = np.arange(COUNT - end, dtype=np.float32) / SAMPLE_RATE
    fall = np.exp(time * np.float32(-1 / random.uniform(0.01, 0.12)))
    _forget(labels, "long_release", "fast_decay", "nonlinear_env", "reverb")
    return np.concatenate([note[:end], note[end:] * fall])


def _placed(note: Samples, labels: Labels, random: np.random.Generator) -> Samples:
    """Mostly from its onset with a little silence before it, sometimes later, sometimes from within the note."""
    chance = random.random()
    out = np.zeros(COUNT, dtype=np.float32)
    if chance < 0.13:
        start = random.integers(round(2.0 * SAMPLE_RATE))
        if np.abs(note[start:]).max() > 0.02:
            out[: COUNT - start] = note[start:]
            _forget(labels, "percussive", "fast_decay", "long_release", "nonlinear_env")
            return out
    late = random.uniform(0.25, 1.2) if chance > 0.9 else random.uniform(0, 0.2)
    start = round(late * SAMPLE_RATE)
    out[start:] = note[: COUNT - start]
    if late > 0.4:
        _forget(labels, "long_release")
    return out


def _in_room(note: Samples, tail: Samples, wet_db: float) -> Samples:
    wet = fftconvolve(note, tail)[:COUNT]
    scale = 10 ** (wet_db / 20) * np.sqrt(np.mean(note**2) / max(float(np.mean(wet**2)), 1e-12))
    return np.asarray(note + scale * wet, dtype=np.float32)
