"""The chords of a piece, to be asked for by beat."""

from __future__ import annotations

from bisect import bisect_right

from models.composer.theory import Harmony


class Changes:
    """The chords of a piece, to be asked for by beat."""

    def __init__(self, chords: tuple[Harmony, ...]) -> None:
        self.chords = chords
        self._starts = [chord.start for chord in chords]

    def at(self, beat: float) -> Harmony:
        """The chord that sounds at ``beat``."""
        return self.chords[max(0, bisect_right(self._starts, beat + 1e-6) - 1)]

    def after(self, beat: float) -> Harmony:
        """The chord after the one that sounds at ``beat`` (the last chord at the end)."""
        return self.chords[min(len(self.chords) - 1, bisect_right(self._starts, beat + 1e-6))]
