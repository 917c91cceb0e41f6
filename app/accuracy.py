"""A model's measured figures in one plain sentence, to stand beside its answers."""

from collections.abc import Mapping
from typing import Any

# The figures that we put into words, the plainest first. Names are compared in lower case without other signs.
_WORDS = {
    "accuracy": "right for {n} of 100",
    "correct": "exactly right for {n} of 100",
    "exact": "exactly right for {n} of 100",
    "accuracy1": "within 4 % for {n} of 100",
    "acc1": "within 4 % for {n} of 100",
    "mirex": "scores {n} of 100 by MIREX, which counts near misses in part",
    "weighted": "scores {n} of 100 by MIREX, which counts near misses in part",
    "macrof1": "F1 score {n} of 100 over all labels",
    "onsetandpitch": "F1 score {n} of 100 for notes at the right time and pitch",
    "rocauc": "ranks a right one above a wrong one {n} times of 100",
}
_WHERE = {
    "recordings": "recordings of artists it had never heard",
    "61 recordings of songs it had never heard, as given": "61 recordings of songs it had never heard",
    "by instrument and bank": "sounds of instruments and sound banks it had never heard",
}
_TUNED = "validation"
_AUTHORS = {"published by the authors, on the data set's test split": "as its authors measured"}


def sentence(figures: Mapping[str, Any]) -> str | None:
    """The first figure that can be told plainly, with what it was measured on; None where nothing was measured.

    ``figures`` is a card's: measured on one thing, or a table of such by what they were measured on.
    """
    words = _told(figures)
    if words:
        return words
    # What a model was tuned on says less than what it had never seen.
    for where, inside in sorted(figures.items(), key=lambda row: _TUNED in str(row[0])):
        if isinstance(inside, Mapping) and (words := _told(inside)):
            if where in _AUTHORS:
                return f"{words}, {_AUTHORS[where]}"
            if where not in _WHERE:
                return f"{words} ({where})"
            return f"{words} {_WHERE[where]}" if words.endswith("of 100") else f"{words}, on {_WHERE[where]}"
    return None


def _told(figures: Mapping[str, Any]) -> str | None:
    plain = {"".join(c for c in str(name).lower() if c.isalnum()): value for name, value in figures.items()}
    for name, words in _WORDS.items():
        value = plain.get(name)
        if isinstance(value, int | float) and 0 <= value <= 1:
            return words.format(n=round(100 * value))
    return None
