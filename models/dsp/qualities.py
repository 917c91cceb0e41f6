"""The sound qualities of a single note, measured: NSynth's definitions as rules.

The definitions are those of Engel et al., "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders" (2017),
table 4; people listened there, here each is a number with a threshold. A note is 4 s at 16 kHz, clean, from its onset,
let go after 3 s, and its pitch is known. What cannot be heard from the note alone (that it went through a waveshaper or
a room) is told by whoever processed it, and counts only if the measurement confirms that it is strong enough to hear.
``tempo_synced`` is left out: no note here depends on a tempo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

SAMPLE_RATE = 16_000
HELD = 3.0
"""Seconds until note-off."""
DEFINITIONS = {
    "bright": "a large amount of high frequency content and strong upper harmonics",
    "dark": "a distinct lack of high frequency content, a muted and bassy sound",
    "distortion": "waveshaping that produces a distinctive crunchy sound and many harmonics",
    "fast_decay": "the envelope of all harmonics decays substantially before note-off",
    "long_release": "the envelope decays slowly after note-off, sometimes until the end of the sample",
    "multiphonic": "overtones that belong to more than one fundamental frequency",
    "nonlinear_env": "the sound is modulated, its envelope differs from the monotonic decrease of a note",
    "percussive": "a loud non-harmonic sound at the onset",
    "reverb": "room acoustics that cannot be removed from the sample",
}

BRIGHT_HZ, BRIGHT_SHARE = 2_500.0, 0.10
"""Bright: at least a tenth of the power lies above 2.5 kHz and above the fundamental's half octave."""
DARK_HZ, DARK_DB = 1_200.0, -27.0
"""Dark: everything above 1.2 kHz together is 27 dB below the whole."""
DECAY_DB = 26.0
"""Fast decay: every band that matters has lost so much at note-off."""
RELEASE_DB, RELEASE_AFTER = 14.0, 0.5
"""Long release: half a second after note-off less than 14 dB are gone."""
AUDIBLE_DB = -45.0
"""A note that is below its peak by more at note-off has no release to speak of."""
RISE_DB = 6.0
"""Non-linear envelope: after its attack a band that matters grows again by so much."""
ONSET_DB = -17.0
"""Percussive: non-harmonic power in the first 60 ms, against the loudest stretch of the note."""
SECOND_SHARE = 0.10
"""Multiphonic: share of the tonal power that a second harmonic series explains and the first does not."""
REVERB_WET_DB, REVERB_SECONDS = -14.0, 0.5
"""Reverb: the room is no more than 14 dB below the direct sound and rings (T60) for at least half a second."""
CRUNCH_DB = -20.0
"""Distortion: power that the waveshaper added, against the whole."""

_BANDS = ((60.0, 400.0), (400.0, 1_200.0), (1_200.0, 3_000.0), (3_000.0, 7_600.0))
_BAND_MATTERS_DB = -18.0
_ENVELOPE_HOP = 320  # 20 ms
_FLOOR = 1e-10

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Processing:
    """What was done to a note beside playing it. Levels in dB, times in seconds."""

    crunch_db: float = -np.inf
    """Power that waveshaping added, against the whole (`added_power_db`)."""
    wet_db: float = -np.inf
    """The room's power against the direct sound's."""
    room_seconds: float = 0.0
    """The room's T60."""


def measure(note: Samples, hertz: float, processing: Processing | None = None) -> dict[str, bool]:
    """The nine qualities of a note (samples,), 4 s at 16 kHz, whose fundamental is ``hertz``.

    Raises ValueError when the note is not 4 s long or is silent.
    """
    if len(note) != 4 * SAMPLE_RATE:
        raise ValueError(f"a note is {4 * SAMPLE_RATE} samples, not {len(note)}")
    if not np.any(np.abs(note) > np.sqrt(_FLOOR)):
        raise ValueError("the note is silent")
    done = processing or Processing()
    power = np.abs(np.fft.rfft(note[: round(HELD * SAMPLE_RATE)])) ** 2
    bands = band_levels(note)
    return {
        "bright": high_share(power, max(BRIGHT_HZ, 1.5 * hertz)) >= BRIGHT_SHARE,
        "dark": _db(high_share(power, DARK_HZ)) <= DARK_DB,
        "distortion": done.crunch_db >= CRUNCH_DB,
        "fast_decay": decay_db(bands) >= DECAY_DB,
        "long_release": _released_slowly(bands),
        "multiphonic": second_share(note, hertz) >= SECOND_SHARE,
        "nonlinear_env": rise_db(bands) >= RISE_DB,
        "percussive": onset_noise_db(note, hertz) >= ONSET_DB,
        "reverb": done.wet_db >= REVERB_WET_DB and done.room_seconds >= REVERB_SECONDS,
    }


def high_share(power: NDArray[np.floating], above: float) -> float:
    """Share of a power spectrum (bins from 0 to 8 kHz) that lies above a frequency in Hz, in [0, 1]."""
    edge = round(above / (SAMPLE_RATE / 2) * (len(power) - 1))
    return float(power[edge:].sum() / max(power.sum(), _FLOOR))


def band_levels(note: Samples) -> NDArray[np.float64]:
    """(samples,) -> (1 + bands, frames): power in dB each 20 ms, of the whole and of the bands that matter.

    A band matters when its loudest frame is within 18 dB of the whole note's; others are left out.
    """
    whole = _envelope(note)
    rows = [whole]
    for low, high in _BANDS:
        band = _envelope(sosfiltfilt(butter(2, (low, high), "band", fs=SAMPLE_RATE, output="sos"), note))
        if band.max() >= whole.max() + _BAND_MATTERS_DB:
            rows.append(band)
    return np.stack(rows)


def decay_db(bands: NDArray[np.floating]) -> float:
    """What the slowest band has lost shortly before note-off, in dB below its loudest frame."""
    before = _at(HELD - 0.2, HELD - 0.02)
    return float(min(row.max() - row[before].mean() for row in bands))


def rise_db(bands: NDArray[np.floating]) -> float:
    """The largest growth of any band between its attack and note-off, in dB.

    The attack ends at a band's first local maximum within 6 dB of its loudest frame; what lies 35 dB below the loudest
    does not count.
    """
    largest = 0.0
    for row in bands:
        smooth = np.convolve(row[: _at(0, HELD - 0.05).stop], np.ones(3) / 3, mode="valid")
        peak = smooth.max()
        loud = np.flatnonzero(smooth >= peak - 6)
        start = int(loud[0])
        while start + 1 < len(smooth) and smooth[start + 1] > smooth[start]:
            start += 1
        after = np.maximum(smooth[start:], peak - 35)
        largest = max(largest, float((after - np.minimum.accumulate(after)).max()))
    return largest


def onset_noise_db(note: Samples, hertz: float) -> float:
    """Non-harmonic power of the first 60 ms, in dB against the loudest 60 ms of the whole note.

    The spectrum of a short stretch is blurred, so what lies within three bins of a harmonic counts as harmonic, and
    below 150 Hz, where the bins are as wide as the gaps between harmonics, only the power above the tenth harmonic's
    level trend counts: there the result is the excess over what the note has 0.3 s later.
    """
    size = 960
    onset = _onset(note)
    begin = note[onset : onset + size]
    later = note[onset + round(0.3 * SAMPLE_RATE) :][:size]
    loudest = max(_FLOOR, *(float(np.mean(note[at : at + size] ** 2)) for at in range(onset, onset + 8_000, size // 2)))
    excess = _between_harmonics(begin, hertz) - _between_harmonics(later, hertz)
    return _db(max(excess, _FLOOR) / loudest)


def second_share(note: Samples, hertz: float) -> float:
    """Share of the tonal power that belongs to a second fundamental and not to ``hertz``, in [0, 1].

    Peaks of the spectrum of 0.15-1.6 s are sorted: first those on the series of ``hertz`` (3 %), then the best of the
    remaining series with at least three partials. The same note one or two octaves lower is no second one, nor are
    partials that form no series, as those of bells.
    """
    stretch = note[2_400:25_600]
    size = 65_536
    spectrum = np.abs(np.fft.rfft(stretch * np.hanning(len(stretch)), size)) ** 2
    hz_per_bin = SAMPLE_RATE / size
    inner = (
        (spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] >= spectrum[2:]) & (spectrum[1:-1] > 1e-4 * spectrum.max())
    )
    at = np.flatnonzero(inner) + 1
    frequencies, powers = at * hz_per_bin, spectrum[at]
    loud = np.argsort(-powers)[:60]
    frequencies, powers = frequencies[loud], powers[loud]
    if not len(powers) or powers.sum() <= _FLOOR:
        return 0.0
    free = ~_on_series(frequencies, hertz, 0.03)
    best = 0.0
    for candidate in frequencies[free]:
        octave_below = min(abs(hertz / candidate / ratio - 1) for ratio in (2, 4)) < 0.03
        if octave_below or not 40 <= candidate <= 2_000:
            continue
        mine = free & _on_series(frequencies, candidate, 0.012)
        numbers = np.unique(np.round(frequencies[mine] / candidate))
        if len(numbers) >= 3:
            best = max(best, float(powers[mine].sum()))
    return best / float(powers.sum())


def added_power_db(before: Samples, after: Samples) -> float:
    """Power of what ``after`` has that no scaling of ``before`` explains, in dB against ``after``; both (samples,)."""
    scale = float(np.dot(before, after) / max(float(np.dot(before, before)), _FLOOR))
    rest = after - scale * before
    return _db(float(np.mean(rest**2)) / max(float(np.mean(after**2)), _FLOOR))


def _released_slowly(bands: NDArray[np.floating]) -> bool:
    """Whether the whole note is still there at note-off and falls slowly after it."""
    whole = bands[0]
    before = whole[_at(HELD - 0.15, HELD)].mean()
    after = whole[_at(HELD + RELEASE_AFTER - 0.1, HELD + RELEASE_AFTER + 0.1)].mean()
    return bool(before >= whole.max() + AUDIBLE_DB and before - after <= RELEASE_DB)


def _envelope(sound: NDArray[np.floating]) -> NDArray[np.float64]:
    frames = len(sound) // _ENVELOPE_HOP
    squares = np.asarray(sound[: frames * _ENVELOPE_HOP], dtype=np.float64).reshape(frames, _ENVELOPE_HOP) ** 2
    return 10 * np.log10(squares.mean(axis=1) + _FLOOR)


def _at(start: float, end: float) -> slice:
    """Seconds -> frames of the envelope."""
    return slice(round(start * SAMPLE_RATE / _ENVELOPE_HOP), round(end * SAMPLE_RATE / _ENVELOPE_HOP))


def _onset(note: Samples) -> int:
    """The sample at which the note first reaches 5 % of its largest value, less 5 ms."""
    first = int(np.argmax(np.abs(note) >= 0.05 * np.abs(note).max()))
    return min(max(0, first - 80), len(note) - 16_000)


def _between_harmonics(stretch: Samples, hertz: float) -> float:
    """Mean power of a stretch outside its harmonics; of a deep note, whose harmonics leave no gaps, all above 2 kHz."""
    size = len(stretch)
    spectrum = np.abs(np.fft.rfft(stretch * np.hanning(size))) ** 2 / (size * size * 0.375 / 2)
    frequencies = np.arange(len(spectrum)) * SAMPLE_RATE / size
    width = 3 * SAMPLE_RATE / size
    if hertz < 2.5 * width:
        return float(spectrum[frequencies > 2_000].sum())
    away = np.abs(frequencies - np.round(frequencies / hertz) * hertz) > width
    return float(spectrum[away & (frequencies > 60)].sum())


def _on_series(frequencies: NDArray[np.floating], fundamental: float, tolerance: float) -> NDArray[np.bool_]:
    """Which frequencies are whole multiples of a fundamental, within a share of the fundamental's own step."""
    number = np.maximum(np.round(frequencies / fundamental), 1)
    stretch = np.abs(frequencies / (number * fundamental) - 1)
    return np.asarray(stretch <= np.minimum(tolerance, 0.25 / number))


def _db(share: float) -> float:
    return float(10 * np.log10(max(share, _FLOOR)))
