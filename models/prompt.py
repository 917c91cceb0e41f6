"""What a text-to-music model is asked for: a request in words. Free of imports that weigh anything, as forms use it."""

from __future__ import annotations

from collections.abc import Sequence

from models.vocabulary import GENRE_LABELS, USUAL_BANDS

_PACES: tuple[tuple[float, str], ...] = ((76, "slow"), (112, "mid-tempo"), (150, "upbeat"))
_FASTEST = "fast"


def prompt_of(
    genre: str, instruments: Sequence[str], tempo: float, key: str | None = None, mood: str | None = None
) -> str:
    """For example "Dreamy upbeat jazz, saxophone, piano, bass and drums, 140 BPM, in A minor": what models of this kind
    were taught with, captions of stock music. No length: they are told that in numbers."""
    pace = next((word for most, word in _PACES if tempo < most), _FASTEST)
    names = [name.replace("_", " ") for name in instruments or USUAL_BANDS[genre]]
    band = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    words = [*(mood or "").replace(",", " ").split(), pace, GENRE_LABELS[genre].lower()]
    parts = [" ".join(words), band, f"{tempo:g} BPM"]
    if key:
        parts.append(f"in {key}")
    text = ", ".join(parts)
    return text[0].upper() + text[1:]
