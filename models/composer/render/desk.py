"""One part through its channel strip: notes, amplifier, equaliser, dynamics, level, place in the stereo field."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.composer.instruments import TABLE
from models.composer.render import stems
from models.composer.render.amp import amplify
from models.composer.render.balance import loudness_of
from models.composer.render.chains import Chain, Echo, chain
from models.composer.render.soundfont import SoundFont
from models.composer.render.space import echoes
from models.composer.render.voices import SAMPLE_RATE
from models.composer.render.width import chorus, panned, two_takes
from models.dsp.dynamics import ducking_gain, saturate, squeezing_gain
from models.dsp.equaliser import equalise
from models.dsp.loudness import integrated
from models.spec import Audio, Part, Run, Score

_KICKS = (35, 36)
_DUCK_HOLD, _DUCK_RELEASE = 0.03, 0.16
"""Seconds that the side chain holds a part down, and takes to let it come back."""
_MELODY_PAN = 0.35
"""A tune stands this much of its instrument's usual place away from the centre."""
_MAX_REPEATS = 6
_LONELY_SPREAD = 0.4
"""How far apart the takes are where nobody else plays."""


@dataclass(frozen=True)
class Desk:
    """What all the strips of one mix share."""

    score: Score
    genre: str
    font: SoundFont

    @property
    def samples(self) -> int:
        return round(self.score.length * SAMPLE_RATE)

    @property
    def beat(self) -> float:
        """Seconds of a quarter note."""
        return 60.0 / self.score.tempo

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Who plays; those with the most notes first, so that two threads end together."""
        playing = [part for part in self.score.parts if part.notes]
        return tuple(sorted(playing, key=lambda part: -len(part.notes)))

    @cached_property
    def seed(self) -> int:
        score = self.score
        notes = sum(len(part.notes) for part in score.parts)
        return zlib.crc32(f"{score.genre}/{score.key}/{score.tempo}/{notes}".encode())

    @cached_property
    def kicks(self) -> NDArray[np.float64]:
        """Seconds of the strokes that push other parts down."""
        found = [stems.onsets_of(part, _KICKS, self.beat) for part in self.parts if part.is_drums]
        return np.concatenate(found) if found else np.zeros(0)

    def strip(self, part: Part) -> Chain:
        return chain(part, self.genre, len(self.parts))

    def play(self, part: Part, run: Run) -> Audio:
        """One part, dry, as it stands in the mix: (2, samples). Raises Cancelled between the steps."""
        strip = self.strip(part)
        audio = self._dry(part, strip, run)
        if strip.amp:
            for take in audio:
                run.check()
                take[:] = amplify(take, SAMPLE_RATE, strip.amp)
        run.check()
        equalise(audio, SAMPLE_RATE, strip.eq, out=audio)
        if strip.drive is not None:
            saturate(audio, strip.drive, out=audio)
        if strip.squeeze:
            audio *= squeezing_gain(audio, SAMPLE_RATE, strip.squeeze)
        if strip.duck and len(self.kicks):
            audio *= ducking_gain(self.kicks, self.samples, SAMPLE_RATE, strip.duck, _DUCK_HOLD, _DUCK_RELEASE)
        run.check()
        loudness = integrated(audio, SAMPLE_RATE)
        if np.isfinite(loudness):
            audio *= np.float32(10 ** ((loudness_of(self.genre, part.role) - loudness) / 20))
        run.check()
        audio = self._placed(part, strip, audio)
        if strip.echo:
            audio += self._thrown(audio, strip.echo)
        return audio

    def _dry(self, part: Part, strip: Chain, run: Run) -> Audio:
        if part.is_drums:
            return stems.drums(part, self.beat, self.samples, run, self.font)
        if strip.sub:
            return stems.booms(part, self.beat, self.samples, run)
        return stems.notes(part, self.beat, self.samples, self.seed, run, self.font, takes=strip.takes)

    def _placed(self, part: Part, strip: Chain, audio: Audio) -> Audio:
        """(1 or 2, samples) to stereo."""
        alone = len(self.parts) == 1
        if part.is_drums:
            return audio
        if strip.takes > 1:
            return two_takes(audio, min(strip.spread, _LONELY_SPREAD) if alone else strip.spread)
        position = 0.0 if alone else TABLE[part.instrument].pan * (_MELODY_PAN if part.role == "melody" else 1.0)
        if not strip.chorus:
            return panned(audio[0], position)
        wide = chorus(audio[0], SAMPLE_RATE, strip.chorus)
        for side, gain in zip(wide, panned(np.ones(1, dtype=np.float32), position)[:, 0], strict=True):
            side *= gain
        return wide

    def _thrown(self, audio: Audio, echo: Echo) -> Audio:
        """The repeats of what sounds in the last beat of every few bars."""
        per_bar = self.score.metre[0] * self.beat
        gate = np.zeros(self.samples, dtype=np.float32)
        period = echo.each * per_bar
        for number in range(int(self.score.length / period) + 1):
            stop = (number + 1) * period
            gate[max(0, round((stop - self.beat) * SAMPLE_RATE)) : max(0, round(stop * SAMPLE_RATE))] = 1.0
        level = np.float32(10 ** (echo.level / 20) / echo.feedback)
        return echoes(level * gate * audio, SAMPLE_RATE, echo.beats * self.beat, echo.feedback, _MAX_REPEATS)
