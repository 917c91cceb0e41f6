"""Trained weights on disk: ``checkpoints/<name>-<hash>.pt`` with its card ``<name>-<hash>.json`` beside it.

The file holds ``{config, state_dict, card}`` and nothing that would run code when it is loaded; its name carries the
first 8 hex digits of its SHA-256, which loading verifies. The card says what the model is and how good it was
measured to be, and is read without torch, so that the web process can show it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

FOLDER = Path(__file__).parent / "checkpoints"
HASH_DIGITS = 8
_HASH = "[0-9a-f]" * HASH_DIGITS


class CheckpointError(RuntimeError):
    """A checkpoint is missing or is not what its name says."""


@dataclass(frozen=True)
class Card:
    """What a person should know before trusting a model."""

    name: str
    task: str
    data: str
    """What it was trained on."""
    split: str
    """How training and test material were kept apart for the figures."""
    recipe: str
    """How it was trained: method, main settings, command."""
    figures: dict[str, Any]
    """Measured results, e.g. ``{"accuracy": 0.71}``; nested by test set where there are several."""
    licence: str
    labels: tuple[str, ...] = ()
    limits: str = ""
    """Where it is known to fail."""
    sha256: str = ""
    size: int = 0
    """Bytes."""
    parameters: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """A loaded file; ``hash`` is what its name carries."""

    config: dict[str, Any]
    state_dict: dict[str, torch.Tensor]
    card: Card
    hash: str


def save(config: dict[str, Any], state_dict: dict[str, torch.Tensor], card: Card, folder: Path = FOLDER) -> Path:
    """Write a checkpoint and its card; an older one of the same name is removed. Returns the checkpoint's path.

    The same content gives the same bytes, and so the same name.
    """
    import torch

    tensors = {key: value.detach().cpu().contiguous() for key, value in state_dict.items()}
    # Integers such as batch-norm counters are no parameters.
    parameters = sum(value.numel() for value in tensors.values() if value.is_floating_point())
    words = _card_dict(card) | {"sha256": "", "size": 0, "parameters": parameters}
    buffer = io.BytesIO()
    torch.save({"config": config, "state_dict": tensors, "card": words}, buffer)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    old = set(_candidates(card.name, folder))
    path = folder / f"{card.name}-{digest[:HASH_DIGITS]}.pt"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(
        json.dumps(words | {"sha256": digest, "size": len(data)}, indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
    for stale in old - {path}:
        stale.unlink()
        stale.with_suffix(".json").unlink(missing_ok=True)
    return path


def halved(state_dict: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in half precision, integers as they are: half the file. ``load_state_dict`` makes them whole again."""
    return {name: value.half() if value.is_floating_point() else value for name, value in state_dict.items()}


def load(name: str, folder: Path = FOLDER) -> Checkpoint:
    """Read a checkpoint onto the CPU. Raises CheckpointError when it is missing, doubled, damaged or tampered with."""
    import torch

    path = find(name, folder)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    stated = path.stem[-HASH_DIGITS:]
    if not digest.startswith(stated):
        raise CheckpointError(f"{path.name} is damaged or was changed: its SHA-256 begins with {digest[:8]}")
    content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    card = Card(**(content["card"] | {"sha256": digest, "size": len(data), "labels": tuple(content["card"]["labels"])}))
    return Checkpoint(content["config"], content["state_dict"], card, stated)


def find(name: str, folder: Path = FOLDER) -> Path:
    """The file of a checkpoint. Raises CheckpointError when there is none or more than one."""
    found = _candidates(name, folder)
    if len(found) != 1:
        what = "is missing" if not found else "exists more than once"
        raise CheckpointError(f"the checkpoint {name!r} {what} in {folder}")
    return found[0]


def card(name: str, folder: Path = FOLDER) -> Card:
    """The card of one checkpoint, without loading it. Raises CheckpointError when there is none."""
    return _read_card(find(name, folder).with_suffix(".json"))


def cards(folder: Path = FOLDER) -> list[Card]:
    """All cards, by name."""
    paths = (p.with_suffix(".json") for p in folder.rglob(f"*-{_HASH}.pt"))
    return sorted((_read_card(p) for p in paths if p.exists()), key=lambda c: c.name)


def _candidates(name: str, folder: Path) -> list[Path]:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(f"{name!r} is not a checkpoint name")
    return sorted(folder.rglob(f"{name}-{_HASH}.pt"))


def _read_card(path: Path) -> Card:
    words = json.loads(path.read_text(encoding="utf-8"))
    return Card(**(words | {"labels": tuple(words["labels"])}))


def _card_dict(card: Card) -> dict[str, Any]:
    """The card as plain JSON types."""
    words: dict[str, Any] = json.loads(json.dumps(asdict(card)))
    return words
