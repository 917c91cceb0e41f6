"""The channel strips: what each instrument goes through in each genre. Tables only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from models.composer.render.amp import CRUNCH, EDGE, HIGH_GAIN, Amp
from models.composer.render.touch import DISTORTED
from models.dsp.dynamics import Squeeze
from models.dsp.equaliser import Band, bell, high_cut, high_shelf, low_cut
from models.spec import Part


@dataclass(frozen=True)
class Echo:
    """A tape delay on what sounds in the last beat of every ``each`` bars: "throws", as a dub engineer plays it.

    ``beats`` between the repeats, each ``feedback`` (0-1) of the one before; ``level`` of the first in dB.
    """

    beats: float
    feedback: float
    level: float
    each: int


@dataclass(frozen=True)
class Chain:
    """One channel strip, in the order of the signal. None and 0 leave a device out."""

    amp: Amp | None = None
    takes: int = 1
    """2: the part is recorded twice, one take to each side."""
    spread: float = 0.75
    """How far apart the takes are, 0-1."""
    eq: tuple[Band, ...] = ()
    drive: float | None = None
    """Saturation in dB over the part's level; below zero it only rounds the peaks off."""
    squeeze: Squeeze | None = None
    duck: float = 0.0
    """dB by which the kick pushes the part down."""
    echo: Echo | None = None
    chorus: float = 0.0
    """Level of the modulated copies, 0-1."""
    send: float = 1.0
    """Times the role's usual reverb send."""
    sub: bool = False
    """A bass played by the 808 instead of the bank."""

    def then(self, other: Chain) -> Chain:
        """This strip with another's settings on top: equalisers add up, other devices are replaced."""
        empty = Chain()
        changed = {
            f.name: getattr(other, f.name)
            for f in fields(other)
            if f.name != "eq" and getattr(other, f.name) != getattr(empty, f.name)
        }
        return replace(self, eq=self.eq + other.eq, **changed)


ROLE_SEND = {"melody": 1.0, "counter": 1.1, "chords": 0.8, "pad": 1.3, "bass": 0.05, "drums": 0.5}
LOW_CUT = {"melody": 110.0, "counter": 110.0, "chords": 95.0, "pad": 160.0, "bass": 42.0, "drums": 34.0}
"""Hz below which a role leaves the field to others."""
_DEEP, _DEEP_CUT = 45, 45.0
"""A part that reaches down to this MIDI note, or plays alone, is cut no higher than this (Hz)."""
_UNCUT = ("classical",)
"""Genres heard as one body of sound in a hall, whose parts keep their lows."""
_ROOM_FOR_THE_TUNE = bell(2800.0, -2.0)

_INSTRUMENTS: dict[str, Chain] = {
    "bass": Chain(eq=(bell(750.0, 3.0), bell(140.0, 2.5)), squeeze=Squeeze(-4.0, 3.0, 0.04)),
    "drums": Chain(eq=(bell(60.0, -2.0, 0.7),), squeeze=Squeeze(2.0, 2.0, 0.02, parallel=0.5)),
    "strings": Chain(chorus=0.55),
    "choir": Chain(chorus=0.55),
    "organ": Chain(chorus=0.5),
    "electric_piano": Chain(chorus=0.55),
    "synth": Chain(chorus=0.55),
}
_SYNTH_TOP = {"melody": 7500.0}
_SYNTH_PAD_TOP = 4200.0

_FAR_AWAY = high_shelf(2500.0, -4.0)
"""What some metres of air take from an orchestra; the bank's players sit at the microphone."""
_HARD_DRUMS = Squeeze(-4.0, 6.0, 0.012, parallel=0.45)
_GENRES: dict[tuple[str, str], Chain] = {
    # Guitars: see `_guitar` for which program goes into an amplifier.
    ("blues", "drums"): Chain(squeeze=Squeeze(3.0, 2.0, 0.02, parallel=0.4)),
    ("country", "drums"): Chain(drive=-5.0),
    ("rock", "drums"): Chain(squeeze=_HARD_DRUMS, drive=-5.0),
    ("rock", "bass"): Chain(drive=2.0),
    ("metal", "drums"): Chain(squeeze=_HARD_DRUMS, drive=-5.0),
    ("metal", "bass"): Chain(drive=6.0),
    ("pop", "drums"): Chain(squeeze=Squeeze(-2.0, 4.0, 0.015, parallel=0.4), drive=-4.0),
    ("pop", "bass"): Chain(duck=1.5),
    ("pop", "chords"): Chain(duck=1.0),
    ("pop", "pad"): Chain(duck=2.5),
    ("disco", "drums"): Chain(squeeze=Squeeze(-2.0, 4.0, 0.015, parallel=0.4), drive=-4.0),
    ("disco", "bass"): Chain(duck=2.0),
    ("disco", "chords"): Chain(duck=2.5),
    ("disco", "pad"): Chain(duck=4.0),
    ("disco", "strings"): Chain(duck=1.5),
    ("hiphop", "drums"): Chain(squeeze=Squeeze(-3.0, 5.0, 0.015, parallel=0.5), drive=-2.0),
    ("hiphop", "bass"): Chain(duck=2.5, sub=True),
    ("hiphop", "chords"): Chain(duck=2.5),
    ("hiphop", "pad"): Chain(duck=4.0),
    ("reggae", "chords"): Chain(echo=Echo(0.75, 0.55, -9.0, 4)),
    ("reggae", "drums"): Chain(echo=Echo(0.75, 0.5, -14.0, 4), squeeze=Squeeze(1.0, 2.5, 0.02, parallel=0.5)),
    ("classical", "strings"): Chain(eq=(_FAR_AWAY,)),
    ("classical", "violin"): Chain(eq=(_FAR_AWAY,)),
    ("classical", "choir"): Chain(eq=(_FAR_AWAY,)),
    ("jazz", "drums"): Chain(squeeze=Squeeze(6.0, 1.5, 0.03, parallel=0.3)),
}
_HEAVY_AMPS = {"metal": HIGH_GAIN, "rock": CRUNCH}
_CLEAN_CHORUS = {"pop": 0.35, "disco": 0.25, "reggae": 0.0}


def chain(part: Part, genre: str, crowd: int) -> Chain:
    """The strip of a part in a genre's mix of ``crowd`` parts."""
    strip = _INSTRUMENTS.get(part.instrument, Chain())
    for key in dict.fromkeys((part.role, part.instrument)):
        strip = strip.then(_GENRES.get((genre, key), Chain()))
    if part.instrument == "electric_guitar":
        strip = strip.then(_guitar(part, genre))
    if part.instrument == "synth":
        strip = strip.then(Chain(eq=(high_cut(_SYNTH_TOP.get(part.role, _SYNTH_PAD_TOP)),)))
    eq = (low_cut(_low_cut(part, genre, crowd)), *strip.eq)
    if part.role in ("chords", "pad") and crowd > 2:
        eq += (_ROOM_FOR_THE_TUNE,)
    return replace(strip, eq=eq + (strip.amp.cabinet if strip.amp else ()), send=strip.send * ROLE_SEND[part.role])


def _guitar(part: Part, genre: str) -> Chain:
    if part.program in DISTORTED:
        amp = _HEAVY_AMPS.get(genre, HIGH_GAIN if part.program == DISTORTED[1] else CRUNCH)
        return Chain(amp=amp, takes=2, send=0.5)
    if genre == "blues":
        return Chain(amp=EDGE)
    return Chain(chorus=_CLEAN_CHORUS.get(genre, 0.0))


def _low_cut(part: Part, genre: str, crowd: int) -> float:
    lowest = min((n.pitch for n in part.notes), default=60)
    if genre in _UNCUT:
        return _DEEP_CUT
    return min(LOW_CUT[part.role], _DEEP_CUT) if lowest <= _DEEP or crowd == 1 else LOW_CUT[part.role]
