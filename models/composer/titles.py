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
_PHRASES = ("{a} {n}", "{a} {n}", "{a} {n}", "The {a} {n}", "{n} at Dusk", "{a} {n} Road", "Under the {n}", "{n} Song")


def title(seed: int, genre: str) -> str:
    """The title of a piece; the same seed and genre always give the same."""
    rng = stream(seed, "title", genre)
    return pick(rng, _PHRASES).format(a=pick(rng, _ADJECTIVES), n=pick(rng, _NOUNS))
