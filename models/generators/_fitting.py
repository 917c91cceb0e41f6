"""Recordings that were not made for a request, brought to its tempo and length: stretched, cut on bars, repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.audio import Recording, resample, to_stereo
from models.composer.recut import Cut, bar_cuts
from models.dsp.beats import track_beats
from models.dsp.stretch import fitted, splice, stretch
from models.spec import Audio, Clip, GenerateRequest, OutsideError, Run

SAMPLE_RATE = 44_100
OVERLAP = 0.02
"""Seconds of crossfade where bars are joined."""
SLOWEST, FASTEST = 0.6, 1.7
"""Speeds between which foreign sound is stretched; beyond them its tempo is left alone, and that is said."""
SURE = 0.4
"""Confidence of the tempo classifier from which its answer is acted on."""
BEATS = 4
"""Of a bar of sound whose metre nobody knows."""
LEAST_PEAK = 1e-3
TITLE_LENGTH = 80
_BROUGHT = 0.7
SHORT = 0.3
"""Seconds that may be missing and are left silent."""


@dataclass(frozen=True)
class Brought:
    """(2, samples) at `SAMPLE_RATE`, and what could not be done, as sentences."""

    audio: Audio
    tempo: float
    """BPM, 0 where no clear beat was heard."""
    notices: tuple[str, ...]

    def clip(self, request: GenerateRequest, prompt: str, checkpoint: str | None = None) -> Clip:
        """As the clip of a model that was asked in words; it has no score."""
        return Clip(
            audio=self.audio,
            sample_rate=SAMPLE_RATE,
            tempo=self.tempo,
            key=None,
            score=None,
            title=request.title or prompt[:TITLE_LENGTH],
            instruments=(),
            checkpoint=checkpoint,
            notice=" ".join(self.notices) or None,
        )


def finished(audio: Audio, sample_rate: int, request: GenerateRequest, who: str, run: Run) -> Brought:
    """`bring` and mastering. Raises OutsideError for silence, Cancelled when the run is cancelled."""
    from models.dsp.loudness import normalising_gain

    if not audio.size or float(np.abs(audio).max()) < LEAST_PEAK:
        raise OutsideError(f"{who} sent silence.")
    brought = bring(audio, sample_rate, request, run.part(0.0, _BROUGHT))
    run.progress(_BROUGHT, "mastering")
    brought.audio[:] *= normalising_gain(brought.audio, SAMPLE_RATE, check=run.check)
    run.progress(1.0, "mastering")
    return brought


def bring(audio: Audio, sample_rate: int, request: GenerateRequest, run: Run) -> Brought:
    """(1 or 2, samples) of sound -> the request's tempo and exactly its length, not mastered. Raises Cancelled."""
    from models import registry

    run.progress(0.0, "listening for the tempo")
    audio = resample(to_stereo(audio), sample_rate, SAMPLE_RATE)
    heard = registry.load("classifiers", "tempo").classify(Recording.of(audio, SAMPLE_RATE), run)
    bpm, notices = heard.extra.get("bpm"), []
    run.check()
    first, tempo, seconds_per_bar = 0.0, 0.0, math.inf
    if bpm is None or heard.extra["confidence"] < SURE:
        notices.append("No clear beat was heard, so the tempo is as it came.")
    else:
        speed = request.tempo / (bpm * best_octave(bpm, request.tempo))
        tempo = request.tempo
        if not SLOWEST <= speed <= FASTEST:
            notices.append(f"It came at {bpm:.0f} BPM, too far from {tempo:g} to be stretched.")
            speed, tempo = 1.0, bpm
        run.progress(0.4, "stretching")
        _, beats = track_beats(audio.mean(axis=0), SAMPLE_RATE)
        first = float(beats[0]) / speed if len(beats) else 0.0
        audio = stretch(audio, SAMPLE_RATE, speed)
        seconds_per_bar = BEATS * 60 / (bpm * speed)
    run.check()
    run.progress(0.8, "cutting on bars")
    samples, begin = round(request.length * SAMPLE_RATE), round(first * SAMPLE_RATE)
    short = samples - audio.shape[1]
    cuts: tuple[Cut, ...] = ()
    if short > SHORT * SAMPLE_RATE:
        notices.append(f"It came {audio.shape[1] / SAMPLE_RATE:.0f} s long and is repeated.")
        audio = audio[:, begin:]
        have = audio.shape[1] / SAMPLE_RATE
        seconds_per_bar = min(seconds_per_bar, have)
        cuts = bar_cuts(int(have / seconds_per_bar), math.ceil(request.length / seconds_per_bar), ends=False)
    else:
        audio = audio[:, min(begin, max(0, -short)) :]
    out = assemble(audio, cuts, seconds_per_bar, samples, tail=False)
    run.progress(1.0, "cutting on bars")
    return Brought(out, tempo, tuple(notices))


def best_octave(tempo: float, wanted: float) -> float:
    """1, 2 or 0.5: as how many beats of ``wanted`` a beat of the track counts, so that it is stretched least."""
    return min((1.0, 2.0, 0.5), key=lambda octave: (abs(math.log2(wanted / (tempo * octave))), octave != 1.0))


def assemble(audio: Audio, cuts: tuple[Cut, ...], seconds_per_bar: float, samples: int, *, tail: bool) -> Audio:
    """Join the bars of (2, any) with crossfades to exactly (2, ``samples``), with fades at both ends."""
    overlap = round(OVERLAP * SAMPLE_RATE)
    size = seconds_per_bar * SAMPLE_RATE
    pieces = []
    for index, cut in enumerate(cuts):
        last = index == len(cuts) - 1
        start = round(cut.first * size)
        stop = audio.shape[1] if last and tail else round(cut.last * size) + (0 if last else overlap)
        piece = audio[:, start : min(stop, audio.shape[1])]
        pieces.append(piece if last else fitted(piece, stop - start))
    joined = splice(pieces, SAMPLE_RATE, OVERLAP) if pieces else audio
    out = fitted(joined, samples)
    sounding = min(joined.shape[1], samples)
    seconds = sounding / SAMPLE_RATE
    # A chord that rings to its own end needs little help; a recording that is cut off needs a real fade.
    out_seconds = min(0.5 if tail else 1.5, 0.3 * seconds)
    count, rise = max(1, round(out_seconds * SAMPLE_RATE)), min(sounding, round(0.004 * SAMPLE_RATE))
    ramp = (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, count))).astype(np.float32)
    out[:, sounding - count : sounding] *= ramp
    out[:, :rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
    return out
