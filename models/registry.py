"""Which backends there are. A backend is one file in the folder of its kind; nothing else lists it.

The file defines ``SPEC`` (a `models.spec.Spec`) and ``load(device)``, with heavy imports inside ``load``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from models.spec import Kind, Spec

ROOT = Path(__file__).parent
KINDS: tuple[Kind, ...] = ("generators", "classifiers", "embedders", "transcribers")


class UnknownBackend(LookupError):
    """There is no backend of that name."""


@cache
def names(kind: Kind) -> tuple[str, ...]:
    """The backends of a kind in alphabetical order. Files that begin with ``_`` are helpers, not backends."""
    return tuple(m.name for m in pkgutil.iter_modules([str(ROOT / kind)]) if not m.name.startswith("_"))


def get(kind: Kind, name: str) -> ModuleType:
    """Import the module of one backend. Raises UnknownBackend."""
    if name not in names(kind):
        raise UnknownBackend(f"no {kind} backend is called {name!r}; there are: {', '.join(names(kind))}")
    return importlib.import_module(f"models.{kind}.{name}")


def spec(kind: Kind, name: str) -> Spec:
    """The self-description of one backend. Raises UnknownBackend."""
    found = get(kind, name).SPEC
    assert isinstance(found, Spec)
    return found


def specs(kind: Kind) -> tuple[Spec, ...]:
    """All self-descriptions of a kind."""
    return tuple(spec(kind, name) for name in names(kind))


def not_ready(spec: Spec) -> str | None:
    """Why a backend cannot run here, in a sentence for the user, or None when it can.

    Checks that packages can be found and files exist, without importing or reading them.
    """
    missing = [p for p in spec.packages if importlib.util.find_spec(p) is None]
    if missing:
        return f"The package {', '.join(missing)} is not installed. {spec.install_hint}".strip()
    absent = [f for f in spec.files if not any(ROOT.glob(f))]
    if absent:
        return f"The file models/{absent[0]} is missing. {spec.install_hint}".strip()
    module = get(spec.kind, spec.name)
    own_check = getattr(module, "not_ready", None)
    return own_check() if own_check else None


@cache
def cards(spec: Spec) -> tuple[dict[str, Any], ...]:
    """The cards of a backend's checkpoints: data, split, recipe, measured figures, licence."""
    patterns = [name for name in spec.files if name.startswith("checkpoints/")]
    paths = [path.with_suffix(".json") for name in patterns for path in sorted(ROOT.glob(name)) if path.suffix == ".pt"]
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in dict.fromkeys(paths))


def figures(spec: Spec) -> dict[str, Any]:
    """The figures measured for a backend's own task, from the card that names it or has figures under its name."""
    for card in cards(spec):
        if spec.name in (card.get("task"), card.get("name")):
            return card["figures"]
        if spec.name in card["figures"]:
            return card["figures"][spec.name]
    return {}


_loaded: dict[tuple[str, str, str], Any] = {}


def load(kind: Kind, name: str, device: str = "cpu") -> Any:
    """The loaded backend, read from disk once a process."""
    key = (kind, name, device)
    if key not in _loaded:
        _loaded[key] = get(kind, name).load(device)
    return _loaded[key]
