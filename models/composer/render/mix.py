"""How loud, how wide and how bright each part of a genre's mix is."""

from __future__ import annotations

import numpy as np

from models.composer.instruments import TABLE
from models.composer.render.effects import chorus, double, drive, highpass, lowpass, peak_eq
from models.composer.render.stems import pan_gains
from models.dsp.loudness import integrated
from models.spec import Audio, Part

ROLE_LOUDNESS = {"melody": -18.0, "counter": -21.5, "chords": -22.5, "pad": -25.0, "bass": -22.0, "drums": -18.5}
"""Loudness in LUFS of a part in the mix, before mastering."""
_GENRE_TRIM: dict[tuple[str, str], float] = {
    ("metal", "drums"): 1.0,
    ("metal", "bass"): -0.5,
    ("hiphop", "drums"): 1.5,
    ("hiphop", "bass"): 1.0,
    ("hiphop", "melody"): -1.5,
    ("disco", "drums"): 1.0,
    ("disco", "bass"): 1.0,
    ("reggae", "bass"): 2.0,
    ("reggae", "chords"): 1.5,
    ("rock", "drums"): 0.5,
    ("rock", "chords"): 1.5,
    ("jazz", "drums"): -3.0,
    ("classical", "drums"): -4.0,
    ("classical", "chords"): 1.0,
    ("classical", "pad"): 2.0,
    ("country", "drums"): -1.5,
    ("blues", "drums"): -1.0,
}
_SEND = {"melody": 1.0, "counter": 1.1, "chords": 0.8, "pad": 1.3, "bass": 0.05, "drums": 0.5}
_HIGHPASS = {"melody": 110.0, "counter": 110.0, "chords": 95.0, "pad": 160.0, "bass": 42.0, "drums": 34.0}
_WIDE = {"strings", "choir", "synth", "electric_piano", "organ"}


def place(part: Part, stem: Audio, sample_rate: int, genre: str, crowd: int) -> tuple[Audio, float]:
    """Equalise, widen, pan and level one stem. Returns ((2, samples), reverb send as amplitude).

    ``crowd`` is the number of parts; a lone part stays in the middle and unfiltered.
    """
    role = part.role
    audio = stem
    cutoff = _HIGHPASS[role]
    lowest = min((n.pitch for n in part.notes), default=60)
    if lowest <= 45 or crowd == 1:
        cutoff = min(cutoff, 45.0)
    audio = highpass(audio, sample_rate, cutoff)
    if part.instrument == "electric_guitar" and part.program in (29, 30):
        audio = drive(audio, 1.6 if part.program == 30 else 1.0)
        audio = lowpass(highpass(audio, sample_rate, 85.0), sample_rate, 5200.0, 4)
        audio = peak_eq(audio, sample_rate, 2600.0, 3.0, 0.9)
    elif part.instrument == "synth":
        audio = lowpass(audio, sample_rate, 7500.0 if role == "melody" else 4200.0)
    elif part.instrument == "bass":
        audio = peak_eq(peak_eq(audio, sample_rate, 750.0, 3.0, 0.8), sample_rate, 140.0, 2.5, 0.8)
        if genre == "hiphop":
            audio = lowpass(audio, sample_rate, 420.0)
    elif role == "drums":
        audio = peak_eq(audio, sample_rate, 60.0, -2.0, 0.7)
    if role in ("chords", "pad") and crowd > 2:
        # Room for the tune where the ear is keenest.
        audio = peak_eq(audio, sample_rate, 2800.0, -2.0, 0.8)
    wanted = ROLE_LOUDNESS[role] + _GENRE_TRIM.get((genre, role), 0.0)
    loudness = integrated(audio, sample_rate)
    if np.isfinite(loudness):
        audio = (audio * np.float32(10 ** ((wanted - loudness) / 20))).astype(np.float32)
    if audio.shape[0] == 1:
        audio = _widen(part, audio[0], sample_rate, crowd)
    return audio, _SEND[role]


def _widen(part: Part, mono: np.ndarray, sample_rate: int, crowd: int) -> Audio:
    heavy = part.instrument == "electric_guitar" and part.program in (29, 30)
    if heavy:
        return double(mono, sample_rate, 0.75 if crowd > 1 else 0.4)
    position = TABLE[part.instrument].pan
    if part.role == "melody":
        position *= 0.35
    if crowd == 1:
        position = 0.0
    left, right = pan_gains(position)
    if part.instrument in _WIDE:
        wide = chorus(mono, sample_rate, 0.55)
        return wide * np.array([[left], [right]])
    return np.array([[left], [right]]) * mono
