"""What the neural modes share: the composed and played guide, and the way from a network's wave to a finished clip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.audio import resample
from models.spec import Audio, Clip, GenerateRequest, Run, Score

SAMPLE_RATE = 44_100
"""Of what is handed out, in Hz; the networks work at their own rate."""
FADE = 0.01
"""Seconds of fade at both ends."""


@dataclass(frozen=True)
class Guide:
    """A score and how it sounds: ``audio`` (2, samples) at ``sample_rate`` Hz, mastered."""

    score: Score
    audio: Audio
    sample_rate: int


@dataclass
class _Last:
    """The guide that was made last: who turns the knobs of a mode asks for the same one again and again."""

    request: GenerateRequest | None = None
    guide: Guide | None = None


_last = _Last()
_KEPT_SECONDS = 60.0
"""Longer guides are not kept: they would fill memory."""


def make_guide(request: GenerateRequest, run: Run, sample_rate: int) -> Guide:
    """Compose and play the request, at a network's sample rate. Raises `models.spec.Cancelled`.

    The last guide is kept, and given again for a request that differs in options and guide strength only.
    """
    plain = replace(request, options={}, guide_strength=1.0)
    if _last.guide is not None and _last.request == plain and _last.guide.sample_rate == sample_rate:
        run.progress(1.0, "composing the guide")
        return _last.guide
    guide = _made(plain, run, sample_rate)
    if request.length <= _KEPT_SECONDS:
        _last.request, _last.guide = plain, guide
    return guide


def _made(request: GenerateRequest, run: Run, sample_rate: int) -> Guide:
    from models.composer.engine import compose
    from models.composer.render import render
    from models.composer.render.voices import SAMPLE_RATE as PLAYED_AT

    run.progress(0.0, "composing the guide")
    score = compose(request, run.part(0.0, 0.35))
    audio = render(score, run.part(0.35, 1.0))
    run.check()
    return Guide(score, resample(audio, PLAYED_AT, sample_rate), sample_rate)


def finish(
    wave: NDArray[np.float32], sample_rate: int, guide: Guide, run: Run, checkpoint: str, notice: str | None = None
) -> Clip:
    """(1 or 2, samples) at a network's rate -> a clip of exactly the asked length: two channels, faded, mastered."""
    from models.dsp.loudness import normalising_gain

    score = guide.score
    run.progress(0.0, "mastering")
    samples = round(score.length * SAMPLE_RATE)
    audio = np.zeros((2, samples), dtype=np.float32)  # filled and changed in place: long tracks are large
    for side in range(2):
        channel = resample(wave[min(side, len(wave) - 1)][None], sample_rate, SAMPLE_RATE)[0, :samples]
        audio[side, : len(channel)] = channel
        run.check()
    fade = min(round(FADE * SAMPLE_RATE), samples // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    audio[:, :fade] *= ramp
    audio[:, samples - fade :] *= ramp[::-1]
    audio *= normalising_gain(audio, SAMPLE_RATE, check=run.check)
    run.progress(1.0, "mastering")
    return Clip.of(score, audio, SAMPLE_RATE, checkpoint, notice)
