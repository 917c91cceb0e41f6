"""How loud each part of a genre's mix is."""

from __future__ import annotations

ROLE_LOUDNESS = {"melody": -18.0, "counter": -21.5, "chords": -22.5, "pad": -25.0, "bass": -22.0, "drums": -18.5}
"""Loudness in LUFS of a part in the mix, before mastering."""
GENRE_TRIM: dict[tuple[str, str], float] = {
    ("metal", "drums"): 1.0,
    ("metal", "bass"): -0.5,
    ("hiphop", "drums"): 1.5,
    ("hiphop", "bass"): 1.0,
    ("hiphop", "melody"): -1.5,
    ("disco", "drums"): 1.0,
    ("disco", "bass"): 1.0,
    ("reggae", "bass"): 2.0,
    ("reggae", "chords"): 1.5,
    ("rock", "drums"): 0.5,
    ("rock", "chords"): 1.5,
    ("jazz", "drums"): -3.0,
    ("classical", "drums"): -4.0,
    ("classical", "chords"): 1.0,
    ("classical", "pad"): 2.0,
    ("country", "drums"): -1.5,
    ("blues", "drums"): -1.0,
}
"""dB on top, by genre and role."""


def loudness_of(genre: str, role: str) -> float:
    """Loudness in LUFS of a role's part before mastering."""
    return ROLE_LOUDNESS[role] + GENRE_TRIM.get((genre, role), 0.0)
