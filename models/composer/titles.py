"""Titles made from a seed, such as "Blue Lantern"."""

from __future__ import annotations

from models.composer.chance import pick, stream

_ADJECTIVES = (
    "Blue", "Silver", "Midnight", "Golden", "Quiet", "Paper", "Velvet", "Distant", "Amber", "Hollow", "Bright",
    "Crooked", "Second", "Northern", "Scarlet", "Slow", "Electric", "Borrowed", "Winter", "Open", "Copper", "Restless",
    "Early", "Faded", "Wild", "Hidden", "Painted", "Long", "Neon", "Burning", "Gentle", "Iron",
)  # fmt: skip
_NOUNS = (
    "Lantern", "River", "Avenue", "Window", "Harbour", "Shadow", "Garden", "Signal", "Mirror", "Train", "Orchard",
    "Letter", "Horizon", "Tide", "Feather", "Station", "Engine", "Meadow", "Compass", "Thunder", "Carousel", "Bridge",
    "Satellite", "Canyon", "Season", "Parade", "Ember", "Weather", "Island", "Sparrow", "Corner", "Moon",
)  # fmt: skip
_TIMES = ("Dusk", "Dawn", "Noon", "Midnight", "Low Tide", "First Light", "Five", "Closing Time")
_PHRASES = (
    "{a} {n}",
    "{a} {n}",
    "{a} {n}",
    "The {a} {n}",
    "{n} at {t}",
    "{n} and {m}",
    "Under the {a} {n}",
    "{a} {n} Road",
)


def title(seed: int, genre: str) -> str:
    """The title of a piece; the same seed and genre always give the same."""
    rng = stream(seed, "title", genre)
    phrase, noun, other = pick(rng, _PHRASES), pick(rng, _NOUNS), pick(rng, _NOUNS)
    if noun == other:
        phrase = _PHRASES[0]
    return phrase.format(a=pick(rng, _ADJECTIVES), n=noun, m=other, t=pick(rng, _TIMES))
