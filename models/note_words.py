"""The words in which a single note is asked for: NSynth's families, sources and qualities.

Kept free of imports, as `models.vocabulary` is, so that the web process, the forms and the models agree on one list.
"""

FAMILIES: tuple[str, ...] = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
SOURCES: tuple[str, ...] = ("acoustic", "electronic", "synthetic")
QUALITIES: tuple[str, ...] = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
)
BY_DEVICE = ("distortion", "reverb")
"""The qualities that no player and no instrument gives: a pedal and a room do."""
LOWEST_PITCH, HIGHEST_PITCH = 21, 108
"""MIDI: the 88 keys of a piano."""

USUAL_SOURCES: dict[str, str] = {
    "bass": "electronic",
    "brass": "acoustic",
    "flute": "acoustic",
    "guitar": "acoustic",
    "keyboard": "acoustic",
    "mallet": "acoustic",
    "organ": "electronic",
    "reed": "acoustic",
    "string": "acoustic",
    "synth_lead": "synthetic",
    "vocal": "acoustic",
}
"""The source that a family has when a request names none."""
CONTRADICTIONS: tuple[tuple[str, str], ...] = (("bright", "dark"), ("fast_decay", "long_release"))
"""Qualities that no note has together."""


def checked_qualities(words: list[str]) -> tuple[str, ...]:
    """The words in the order of `QUALITIES`, once each. Raises ValueError for unknown ones and contradictions."""
    unknown = [word for word in words if word not in QUALITIES]
    if unknown:
        raise ValueError(f"there is no quality {unknown[0][:40]!r}; there are: {', '.join(QUALITIES)}")
    for one, other in CONTRADICTIONS:
        if one in words and other in words:
            raise ValueError(f"no note is {one} and {other} at once")
    return tuple(word for word in QUALITIES if word in words)
