"""The bus and the master of each genre's mix, and its room. Tables, and the chain that reads them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.composer.render.space import CHAMBER, HALL, PLATE, ROOM, SPRING, Room
from models.composer.render.voices import SAMPLE_RATE
from models.composer.style import Style
from models.dsp.dynamics import compressor_gain, fading_gain
from models.dsp.equaliser import Band, bell, equalise, high_shelf, low_cut, low_shelf
from models.dsp.parallel import each
from models.spec import Audio

FADE_IN, FADE_OUT = 0.002, 0.9
"""Seconds; the last one covers only the ring of the last chord and is shortened for short pieces."""
_FADE_SHARE = 0.3
"""Of the piece, at most, for the fade at the end."""
_SUBSONIC = low_cut(26.0)
SEND_CUT = (low_cut(180.0),)
"""What goes into the room, so that the lows stay clear."""
_ROOMS: dict[str, Room] = {
    "blues": CHAMBER,
    "classical": HALL,
    "country": PLATE,
    "disco": PLATE,
    "hiphop": ROOM,
    "jazz": ROOM,
    "metal": PLATE,
    "pop": PLATE,
    "reggae": SPRING,
    "rock": PLATE,
}
_BUS: dict[str, tuple[Band, ...]] = {
    "blues": (low_shelf(110.0, -4.0), bell(650.0, 4.5, 0.6), high_shelf(4500.0, -2.5)),
    "classical": (low_shelf(65.0, 5.0), high_shelf(3500.0, -3.0)),
    "country": (bell(900.0, 2.0, 0.7), high_shelf(3500.0, -1.5)),
    "disco": (low_shelf(80.0, 1.5), bell(500.0, -2.5, 0.8), high_shelf(6000.0, 3.0)),
    "hiphop": (bell(90.0, 1.5, 0.8), bell(450.0, -2.5, 0.8), bell(1000.0, 2.0, 0.8), high_shelf(4500.0, -2.0)),
    "jazz": (low_shelf(70.0, -3.0), bell(550.0, 5.0, 0.6), high_shelf(4000.0, -7.0)),
    "metal": (low_shelf(80.0, -2.5), bell(900.0, 1.5, 0.8), bell(3500.0, 2.5, 0.7)),
    "pop": (low_shelf(85.0, 3.5), bell(560.0, -3.5, 1.0), bell(1050.0, 3.0, 1.2), high_shelf(4500.0, -1.5)),
    "reggae": (low_shelf(85.0, 6.5), bell(180.0, -3.0, 0.8), bell(800.0, 3.5, 0.8), high_shelf(2300.0, -3.0)),
    "rock": (low_shelf(70.0, 4.0), bell(800.0, 3.0, 0.6), high_shelf(2600.0, -4.5)),
}
"""Broad strokes of tone on the whole mix, two to four, towards how records of the genre are balanced."""
_GLUE: dict[str, tuple[float, float]] = {
    "classical": (4.0, 1.3),
    "jazz": (3.0, 1.4),
    "blues": (2.0, 1.6),
    "country": (-2.0, 2.5),
    "disco": (-2.0, 2.5),
    "hiphop": (-3.0, 3.0),
    "pop": (-1.0, 2.2),
    "reggae": (1.0, 1.6),
}
"""The bus compressor's threshold, in dB above the mix's RMS level, and its ratio."""
_USUAL_GLUE = (0.0, 1.8)


def room(style: Style) -> Room:
    """The genre's reverberator, as long as its style says."""
    return replace(_ROOMS.get(style.genre, CHAMBER), decay=style.decay)


def tone(audio: Audio, genre: str, seconds: float) -> None:
    """The linear part of the master on (2, samples), a mix or one of its stems, in place: equaliser and fades."""
    bands = (_SUBSONIC, *_BUS.get(genre, ()))
    each(lambda side: equalise(side, SAMPLE_RATE, bands, out=side), audio)
    audio *= fading_gain(audio.shape[1], SAMPLE_RATE, FADE_IN, min(FADE_OUT, _FADE_SHARE * seconds))


def glue(mix: Audio, genre: str) -> NDArray[np.float32]:
    """The gain (samples,) of the bus compressor for a toned mix (2, samples)."""
    level = float(np.sqrt(np.mean([np.dot(side, side) / len(side) for side in mix]))) if mix.size else 0.0
    if level <= 0:
        return np.ones(mix.shape[1], dtype=np.float32)
    above, ratio = _GLUE.get(genre, _USUAL_GLUE)
    return compressor_gain(mix, SAMPLE_RATE, 20 * np.log10(level) + above, ratio)
