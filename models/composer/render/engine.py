"""From a score to a mastered stereo recording, and to the stems it is mixed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from models.composer.render.desk import Desk
from models.composer.render.master import SEND_CUT, glue, room, tone
from models.composer.render.space import Room, reverberate
from models.composer.render.threads import side_by_side
from models.composer.render.voices import SAMPLE_RATE, bank
from models.composer.render.width import add_scaled
from models.composer.styles import style as style_of
from models.dsp.equaliser import equalise
from models.dsp.loudness import TARGET_LUFS, integrated, normalising_gain
from models.dsp.parallel import each
from models.spec import Audio, Part, Run, Score
from models.vocabulary import GENRES

_MASTER_SHARE = 0.2
"""Part of the progress that belongs to mastering."""
_UNHEARD = 0.1
"""A reverb send (amplitude) up to this is left out."""


@dataclass(frozen=True)
class Mixdown:
    """A master (2, samples) and, where asked for, its stems by the names of the parts, in the score's order.

    The stems are processed and placed as in the mix and carry their own share of the reverb. They add up to the mix
    before the bus compressor and the limiter, at -14 LUFS like the master; or, "mastered", to the master itself.
    """

    master: Audio
    stems: dict[str, Audio] = field(default_factory=dict)


def render(score: Score, run: Run | None = None, *, reverb_amount: float = 1.0) -> Audio:
    """Play ``score``: (2, round(length * 44100)) float32, -14 LUFS, true peak below -1 dBTP.

    ``reverb_amount`` scales the genre's reverb (0 dry, 1 as usual, 2 twice as much). The same score gives the same
    samples from the same bank (see `voices.use`). Raises `models.spec.Cancelled` soon after the run is cancelled.
    """
    return mixdown(score, run, reverb_amount=reverb_amount).master


def stems(
    score: Score,
    run: Run | None = None,
    *,
    reverb_amount: float = 1.0,
    mastered: bool = False,
) -> dict[str, Audio]:
    """The stems of `Mixdown` alone; see there, and `mixdown`."""
    kept = mixdown(score, run, reverb_amount=reverb_amount, stems=True, mastered=mastered)
    return kept.stems


def mixdown(
    score: Score,
    run: Run | None = None,
    *,
    reverb_amount: float = 1.0,
    stems: bool = False,
    mastered: bool = False,
) -> Mixdown:
    """Master a score and keep the stems if asked to, for the price of one rendering and their reverb.

    Without ``mastered`` the stems get one constant gain: their sum is the mix before anything nonlinear, and may go
    over full scale where the limiter would have held it. With it they follow the master's compressor and limiter, so
    that their sum is the master and a single stem can be a little louder than full scale only where stems cancel.
    """
    run = run or Run()
    style = style_of(score.genre if score.genre in GENRES else "pop")
    desk = Desk(score, style.genre, bank())
    place = room(style)
    wet = np.float32(style.wet * reverb_amount)
    mix = np.zeros((2, desk.samples), dtype=np.float32)
    sends = np.zeros_like(mix)
    kept: list[tuple[Part, Audio]] = []
    for part, audio in _played(desk, run):
        mix += audio
        send = np.float32(desk.strip(part).send)
        if wet > 0 and send > _UNHEARD:
            add_scaled(sends, audio, send)
            if stems:
                sent = send * audio
                _answer(sent, place, run)
                audio += np.multiply(sent, wet, out=sent)
                del sent
        if stems:
            tone(audio, style.genre, score.length)
            kept.append((part, audio))
        del audio
    run.progress(1 - _MASTER_SHARE, "mastering")
    if wet > 0 and desk.parts:
        _answer(sends, place, run)
        add_scaled(mix, sends, wet)
    del sends
    tone(mix, style.genre, score.length)
    run.check()
    gain = glue(mix, style.genre)
    static = 10 ** ((TARGET_LUFS - integrated(mix, SAMPLE_RATE)) / 20) if stems and kept else 1.0
    mix *= gain
    run.check()
    levels = normalising_gain(mix, SAMPLE_RATE, check=run.check)
    mix *= levels
    for _, audio in kept:
        audio *= gain * levels if mastered else np.float32(static)
    run.progress(1.0, "mastering")
    return Mixdown(mix, _named(score, kept))


def _played(desk: Desk, run: Run) -> Iterator[tuple[Part, Audio]]:
    """The parts as they stand in the mix, two played at a time; progress up to the mastering."""
    parts = desk.parts
    coming = side_by_side(desk.play, parts, run)
    for index, part in enumerate(parts):
        run.check()
        name = part.instrument.replace("_", " ")
        run.progress((1 - _MASTER_SHARE) * index / len(parts), f"rendering {name}")
        yield next(coming)


def _answer(send: Audio, place: Room, run: Run) -> None:
    """Turn a send (2, samples) into what the room gives back, in place."""

    def side(number: int) -> None:
        equalise(send[number], SAMPLE_RATE, SEND_CUT, out=send[number])
        send[number] = reverberate(send[number], SAMPLE_RATE, place, number)

    each(side, (0, 1))
    run.check()


def _named(score: Score, kept: list[tuple[Part, Audio]]) -> dict[str, Audio]:
    """Stems under the names of their parts, in the score's order; a name that comes again gets a number."""
    order = {id(part): number for number, part in enumerate(score.parts)}
    out: dict[str, Audio] = {}
    for part, audio in sorted(kept, key=lambda pair: order[id(pair[0])]):
        name, number = part.name, 2
        while name in out:
            name, number = f"{part.name} {number}", number + 1
        out[name] = audio
    return out
