"""Put measured figures into the card of a checkpoint: the weights stay as they are, the file's hash changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models import checkpoint


def recard(
    name: str,
    figures: dict[str, Any],
    tables: Sequence[dict[str, Any]],
    tried: Sequence[Sequence[str]],
    plots: Sequence[str],
    split: str,
) -> Path:
    """Save checkpoint ``name`` again with these figures, tables, pictures and words on the split; returns its path.

    The log of attempts stays as it is where ``tried`` is empty.

    Raises `models.checkpoint.CheckpointError` when it is missing or damaged.
    """
    found = checkpoint.load(name)
    extra = found.card.extra | {"tables": list(tables), "plots": list(plots)}
    if tried:
        extra["tried"] = [list(row) for row in tried]
    card = replace(found.card, figures=figures, split=split, extra=extra)
    return checkpoint.save(found.config, found.state_dict, card)
