"""The composer's trained network, loaded once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from models import checkpoint

if TYPE_CHECKING:
    from models.nets.composer_steps import Steps

NAME = "composer"


@dataclass(frozen=True)
class Network:
    """``drums`` are the sets of drum pieces that have words, ``hash`` is the checkpoint's."""

    steps: Steps
    drums: tuple[int, ...]
    hash: str


@cache
def network() -> Network:
    """Raises `models.checkpoint.CheckpointError` when the checkpoint is missing or damaged."""
    from models.nets.composer import ComposerNet, Config
    from models.nets.composer_steps import Steps

    loaded = checkpoint.load(NAME)
    settings = dict(loaded.config)
    drums = tuple(settings.pop("drums"))
    net = ComposerNet(Config(**settings))
    net.load_state_dict(loaded.state_dict, strict=True)
    return Network(Steps(net.eval()), drums, loaded.hash)
