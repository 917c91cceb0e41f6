"""The genres, one file each with a ``STYLE`` table."""

from __future__ import annotations

import importlib
from functools import cache

from models.composer.style import Style
from models.vocabulary import GENRES


@cache
def style(genre: str) -> Style:
    """The style of a genre of `models.vocabulary.GENRES`. Raises KeyError for any other word."""
    if genre not in GENRES:
        raise KeyError(genre)
    found = importlib.import_module(f"models.composer.styles.{genre}").STYLE
    assert isinstance(found, Style)
    return found
