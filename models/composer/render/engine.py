"""`render`: a score in, a mastered stereo recording out."""

from __future__ import annotations

import zlib

import numpy as np

from models.composer.render.effects import compress, fade, highpass, reverb
from models.composer.render.mix import place
from models.composer.render.stems import stem
from models.composer.render.voices import SAMPLE_RATE
from models.composer.styles import style as style_of
from models.dsp.loudness import normalise
from models.spec import Audio, Run, Score
from models.vocabulary import GENRES

FADE_IN, FADE_OUT = 0.002, 0.9
"""Seconds; the last one covers only the ring of the last chord and is shortened for short pieces."""
_GLUE_ABOVE = 0.0
"""The bus compressor's threshold, in dB above the mix's RMS level."""
_MASTER_SHARE = 0.2
"""Part of the progress that belongs to mastering."""


def render(score: Score, run: Run | None = None, *, reverb_amount: float = 1.0) -> Audio:
    """Play ``score``: (2, round(length * 44100)) float32, -14 LUFS, true peak below -1 dBTP.

    ``reverb_amount`` scales the genre's reverb (0 dry, 1 as usual, 2 twice as much). The same score gives the same
    samples. Raises `models.spec.Cancelled` between notes when the run is cancelled.
    """
    run = run or Run()
    samples = round(score.length * SAMPLE_RATE)
    beat = 60.0 / score.tempo
    style = style_of(score.genre) if score.genre in GENRES else style_of("pop")
    seed = zlib.crc32(f"{score.genre}/{score.key}/{score.tempo}/{sum(len(p.notes) for p in score.parts)}".encode())
    mix = np.zeros((2, samples), dtype=np.float32)
    sends = np.zeros((2, samples), dtype=np.float32)
    parts = [part for part in score.parts if part.notes]
    for index, part in enumerate(parts):
        run.check()
        run.progress((1 - _MASTER_SHARE) * index / len(parts), f"rendering {part.instrument.replace('_', ' ')}")
        audio, send = place(part, stem(part, beat, samples, seed, run), SAMPLE_RATE, style.genre, len(parts))
        run.check()
        mix += audio
        if send > 0.1 and reverb_amount > 0:
            sends += np.float32(send) * audio
    run.check()
    run.progress(1 - _MASTER_SHARE, "mastering")
    if reverb_amount > 0:
        sends = highpass(sends, SAMPLE_RATE, 180.0)
        for side in range(2):
            run.check()
            answer = reverb(sends[side], SAMPLE_RATE, style.decay, side)
            mix[side] += np.float32(style.wet * reverb_amount) * answer
    del sends
    return master(mix, score, run)


def master(mix: Audio, score: Score, run: Run) -> Audio:
    """High-pass, glue compression, fades, loudness and peaks of the finished mix (2, samples)."""
    mix = highpass(mix, SAMPLE_RATE, 26.0)
    level = float(np.sqrt(np.mean(np.square(mix), dtype=np.float64))) if mix.size else 0.0
    if level > 0:
        mix = compress(mix, SAMPLE_RATE, 20 * np.log10(level) + _GLUE_ABOVE, 1.8)
    run.check()
    mix = fade(mix, SAMPLE_RATE, FADE_IN, min(FADE_OUT, 0.3 * score.length))
    run.check()
    out = normalise(mix, SAMPLE_RATE, check=run.check)
    run.progress(1.0, "mastering")
    return out
