"""A melody in seconds, played by an instrument of the SoundFont: as long as the recording it was sung in, to the
sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.audio import resample
from models.composer.instruments import TABLE
from models.composer.render.space import CHAMBER, reverberate
from models.composer.render.touch import TOUCHES, Touch
from models.composer.render.voices import SAMPLE_RATE, Voice
from models.dsp.dynamics import fading_gain
from models.dsp.loudness import normalising_gain
from models.spec import Audio, Run
from models.transcription.notes import SungNote

WET = 0.16  # of the room against the instrument
PEDAL = 1.5  # seconds that the pedal holds a note at most, until the next one
OVERLAP = 0.04  # seconds by which a held note rings into the next: the foot comes after the hand
FADE = 0.01  # seconds at both ends, against clicks
LOWEST_RATE, HIGHEST_RATE = 44_100, 96_000  # Hz


def output_rate(sample_rate: int) -> int:
    """The rate in Hz of what is played for a recording at ``sample_rate``: the smallest multiple that is not low, as
    only a whole multiple can be exactly as long; above `HIGHEST_RATE` a half, a third and so on."""
    if sample_rate > HIGHEST_RATE:
        return sample_rate // -(-sample_rate // HIGHEST_RATE)
    return sample_rate * max(1, -(-LOWEST_RATE // sample_rate))


def held(notes: Sequence[SungNote], seconds: float) -> list[tuple[float, float, int, int]]:
    """(onset, seconds, pitch, velocity) with the pedal down between notes and changed at each: a melody never blurs."""
    ordered = sorted(notes, key=lambda note: note.onset)
    starts = np.array([note.onset for note in ordered])
    out = []
    for note in ordered:
        later = starts[np.searchsorted(starts, note.offset - OVERLAP) :]
        until = min(float(later[0]) if len(later) else seconds, note.offset + PEDAL)
        out.append((note.onset, max(note.duration, until - note.onset + OVERLAP), note.midi, note.velocity))
    return out


def play(
    notes: Sequence[SungNote], instrument: str, samples: int, sample_rate: int, run: Run | None = None
) -> tuple[Audio, int]:
    """(2, as long as the recording) and its rate, which is `output_rate`; -14 LUFS, or silence without notes.

    ``samples`` is the length of the recording at ``sample_rate`` Hz. Raises `models.spec.Cancelled`.
    """
    run = run or Run()
    rate = output_rate(sample_rate)
    wanted = round(samples * rate / sample_rate)
    if not notes:
        return np.zeros((2, wanted), np.float32), rate
    seconds = samples / sample_rate
    dry = _dry(notes, instrument, seconds, run)
    out = np.stack([dry, dry])
    dry *= np.float32(WET)
    for side in range(2):
        run.check()
        out[side] += reverberate(dry, SAMPLE_RATE, CHAMBER, side)
    del dry
    if rate != SAMPLE_RATE:
        out = resample(out, SAMPLE_RATE, rate)
    out = out[:, :wanted] if out.shape[1] >= wanted else np.pad(out, ((0, 0), (0, wanted - out.shape[1])))
    out *= fading_gain(wanted, rate, FADE, FADE)
    out *= normalising_gain(out, rate, check=run.check)
    return out, rate


def _dry(notes: Sequence[SungNote], instrument: str, seconds: float, run: Run) -> np.ndarray:
    """(samples,) at `SAMPLE_RATE`, mono."""
    played = held(notes, seconds) if not TABLE[instrument].sustains else [
        (note.onset, note.duration, note.midi, note.velocity) for note in notes
    ]  # fmt: skip
    longest: dict[int, float] = {}
    for _, length, pitch, _ in played:
        longest[pitch] = max(longest.get(pitch, 0.0), length)
    voice = Voice(TABLE[instrument].program, instrument, False, longest, touch=TOUCHES.get(instrument, Touch()))
    out = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for index, (onset, length, pitch, velocity) in enumerate(played):
        if index % 64 == 0:
            run.check()
        voice.add(out, onset, length, pitch, velocity, phase=0.0)
    return out
