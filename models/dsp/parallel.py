"""Two threads for work that numpy, scipy and soxr do without the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = min(2, os.cpu_count() or 1)
"""The two cores the project is made for; more would hold more in memory at once."""
T, R = TypeVar("T"), TypeVar("R")


def each(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """``work`` on every item (the channels of a recording, say), results in order."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, items))
