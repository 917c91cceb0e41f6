"""A cache that holds so many bytes of arrays and forgets what has been used least recently."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float32], ...]


class ArrayCache:
    """Keeps tuples of arrays up to ``limit`` bytes; safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._items: OrderedDict[Hashable, Arrays] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def get(self, key: Hashable, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of ``key``, made where they are not held. Two threads may make the same ones at once."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        made = make()
        size = sum(array.nbytes for array in made)
        with self._lock:
            if key not in self._items and size <= self._limit:
                self._items[key] = made
                self._held += size
                while self._held > self._limit:
                    _, gone = self._items.popitem(last=False)
                    self._held -= sum(array.nbytes for array in gone)
        return made
