"""Words as a query: "calm piano", "fast female vocals, no drums" -> wanted tags, and qualities of single notes.

Words that are no tag themselves stand for some. A word after "no" or "without" is unwanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from models.embedders.tags import names
from models.note_words import FAMILIES, QUALITIES, SOURCES

LONGEST = 1000
"""Characters that are read."""
MEANINGS: dict[str, dict[str, float]] = {
    "calm": {"mellow": 1, "chillout": 0.7, "chill": 0.7, "quiet": 1, "soft": 1, "slow": 0.7, "ambient": 0.5,
             "loud": -0.7, "party": -0.5},
    "quiet": {"quiet": 1, "soft": 0.7, "loud": -0.7},
    "relaxing": {"chillout": 1, "mellow": 1, "easy listening": 0.7, "soft": 0.7, "loud": -0.5},
    "gentle": {"soft": 1, "mellow": 1, "quiet": 0.7, "loud": -0.5},
    "dreamy": {"ambient": 1, "chillout": 0.7, "mellow": 0.7, "new age": 0.7},
    "energetic": {"fast": 1, "loud": 1, "party": 0.7, "dance": 0.5, "mellow": -0.5, "quiet": -0.7},
    "aggressive": {"heavy metal": 1, "metal": 1, "hard rock": 0.7, "loud": 1, "mellow": -0.5},
    "heavy": {"heavy metal": 1, "metal": 1, "hard rock": 1, "loud": 0.7},
    "cheerful": {"happy": 1, "catchy": 0.7, "party": 0.5, "sad": -0.7},
    "joyful": {"happy": 1, "catchy": 0.5, "sad": -0.7},
    "melancholic": {"sad": 1, "mellow": 0.7, "beautiful": 0.3, "happy": -0.7},
    "melancholy": {"sad": 1, "mellow": 0.7, "beautiful": 0.3, "happy": -0.7},
    "romantic": {"beautiful": 1, "mellow": 0.5, "sexy": 0.3},
    "groovy": {"funk": 1, "soul": 0.7, "dance": 0.5},
    "danceable": {"dance": 1, "beat": 0.7, "beats": 0.7, "party": 0.7},
    "upbeat": {"fast": 1, "happy": 0.7, "party": 0.5, "dance": 0.5, "slow": -0.7},
    "old": {"oldies": 1, "60s": 0.7},
    "vintage": {"oldies": 1, "60s": 0.7, "70s": 0.3},
    "orchestral": {"classical": 1, "strings": 1, "violin": 0.5, "instrumental": 0.5},
    "orchestra": {"classical": 1, "strings": 1, "violin": 0.5},
    "baroque": {"classical": 1, "harpsichord": 1},
    "hip hop": {"hip-hop": 1}, "hiphop": {"hip-hop": 1}, "rap": {"hip-hop": 1, "rnb": 0.3},
    "disco": {"dance": 1, "70s": 0.7, "funk": 0.5, "party": 0.5},
    "reggae": {"chill": 0.5, "soul": 0.3, "guitar": 0.3, "rock": -0.5, "oldies": 0.3},
    "techno": {"techno": 1, "electronic": 0.7, "electro": 0.5, "beats": 0.5},
    "synthesizer": {"synth": 1, "electronic": 0.7}, "synthesiser": {"synth": 1, "electronic": 0.7},
    "vocals": {"vocals": 1, "vocal": 1, "voice": 1, "singing": 1, "no vocals": -1, "instrumental": -0.7},
    "singing": {"singing": 1, "vocals": 1, "vocal": 1, "voice": 0.7, "no vocals": -1},
    "female vocals": {"female vocalists": 1, "female vocalist": 1, "female vocal": 1, "female voice": 1, "woman": 0.7},
    "woman": {"woman": 1, "female": 1, "female voice": 1, "female vocalists": 0.7},
    "male vocals": {"male vocalists": 1, "male vocal": 1, "male voice": 1, "man": 0.7},
    "man": {"man": 1, "male": 1, "male voice": 1, "male vocalists": 0.7},
    "drum": {"drums": 1, "beat": 0.5}, "drumming": {"drums": 1, "beat": 0.5},
    "violins": {"violin": 1, "strings": 0.7}, "guitars": {"guitar": 1}, "pianos": {"piano": 1},
    "string": {"strings": 1}, "chorus": {"choir": 1, "choral": 1}, "choir": {"choir": 1, "choral": 1},
    "rhythm and blues": {"rnb": 1, "soul": 0.5}, "r&b": {"rnb": 1, "soul": 0.5},
    "lounge": {"easy listening": 1, "chillout": 0.7, "jazz": 0.5},
}  # fmt: skip
_UNSUNG = {"vocals": -0.5, "vocal": -0.5, "voice": -0.5, "no vocals": 1.0, "no vocal": 1.0, "no voice": 0.7}
MEANINGS |= {"instrumental": {"instrumental": 1.0, **_UNSUNG}} | dict.fromkeys(
    ("no vocals", "no vocal", "no voice", "no singing", "without vocals", "without singing"), _UNSUNG
)
_DENIED = re.compile(r"\b(?:no|not|without|minus|except)\s+(?:any\s+)?$")
_FILLERS = frozenset(
    re.findall(r"\S+", "a an and the with of for some music song track piece sound like very more in to by or")
)


@dataclass(frozen=True)
class Asked:
    """What was understood: tags with weights, and words of single notes. ``unread`` is what nothing was made of."""

    tags: dict[str, float] = field(default_factory=dict)
    qualities: tuple[str, ...] = ()
    source: str | None = None
    family: str | None = None
    unread: tuple[str, ...] = ()


def read(text: str) -> Asked:
    """What a text asks for. The longest words are read first, none twice."""
    rest = " ".join(text[:LONGEST].lower().replace("_", " ").split())
    known = {name: {name: 1.0} for name in names()} | MEANINGS
    tags: dict[str, float] = {}
    notes: dict[str, list[str]] = {"source": [], "family": [], "qualities": []}
    phrases = sorted({*known, *(word.replace("_", " ") for word in _NOTE_WORDS)}, key=len, reverse=True)
    for phrase in phrases:
        while (found := re.search(rf"(?<![\w&]){re.escape(phrase)}(?![\w&])", rest)) is not None:
            denied = _DENIED.search(rest[: found.start()])
            begin = denied.start() if denied else found.start()
            for tag, weight in known.get(phrase, {}).items():
                tags[tag] = tags.get(tag, 0.0) + (-weight if denied else weight)
            word = phrase.replace(" ", "_")
            if word in _NOTE_WORDS and not denied:
                notes[_NOTE_WORDS[word]].append(word)
            rest = rest[:begin] + " | " + rest[found.end() :]
    unread = tuple(word for word in re.findall(r"[^\s|,.;:!?]+", rest) if word not in _FILLERS)
    return Asked(
        tags={name: weight for name, weight in tags.items() if weight},
        qualities=tuple(notes["qualities"]),
        source=next(iter(notes["source"]), None),
        family=next(iter(notes["family"]), None),
        unread=unread,
    )


_NOTE_WORDS = (
    dict.fromkeys(QUALITIES, "qualities") | dict.fromkeys(FAMILIES, "family") | dict.fromkeys(SOURCES, "source")
)
