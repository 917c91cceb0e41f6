"""Music models that do not come with Tunesmith: one behind HTTP (the mode `api`), and MusicGen's weights in a folder.

The settings of the process are handed over once (`configure`), because models know no settings of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Contract = Literal["huggingface", "plain"]


@dataclass(frozen=True)
class Service:
    """A model behind HTTP. ``huggingface`` is the text-to-audio contract (``inputs`` and ``parameters``); ``plain``
    takes ``prompt``, ``seconds`` and ``seed``. URL and key are not shown: both may hold secrets."""

    url: str = field(repr=False)
    key: str = field(default="", repr=False)
    contract: Contract = "huggingface"
    timeout: float = 120.0
    """Seconds for everything together, waits and repetitions included."""
    retries: int = 3
    max_mb: float = 50.0
    """Largest answer, in MB (10^6 bytes)."""

    @property
    def host(self) -> str:
        """What may be shown of the URL."""
        return urlsplit(self.url).hostname or "?"


_service: Service | None = None
_musicgen: Path | None = None


def configure(service: Service | None, musicgen: Path | None = None) -> None:
    """Take over what this process was told; None: there is no such model."""
    global _service, _musicgen
    _service, _musicgen = service, musicgen


def service() -> Service | None:
    """The outside model, if there is one."""
    return _service


def musicgen_folder() -> Path | None:
    """Where MusicGen's weights lie, if that was told."""
    return _musicgen
