"""Work shared by two threads: numpy, scipy, soxr and libsndfile let go of the interpreter while they compute."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from models.dsp.parallel import WORKERS
from models.spec import Run

_POLL = 0.05
"""Seconds between two looks at the run."""
T, R = TypeVar("T"), TypeVar("R")


def side_by_side(work: Callable[[T, Run], R], items: Iterable[T], run: Run) -> Iterator[tuple[T, R]]:
    """``work(item, run)`` for each item in threads; results come in the order of the items, few are held at a time.

    Only the calling thread looks at ``run``, whose callbacks need not be thread-safe; the run that the work gets
    raises `Cancelled` once the caller's does, or once the caller stops taking results.
    """
    stop = threading.Event()
    inner = Run(cancelled=stop.is_set)
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item, inner)))
                if len(waiting) >= WORKERS:
                    yield _taken(waiting, run)
            while waiting:
                yield _taken(waiting, run)
        finally:
            stop.set()
            for _, future in waiting:
                future.cancel()


def _taken(waiting: deque[tuple[T, Future[R]]], run: Run) -> tuple[T, R]:
    item, future = waiting[0]
    while not wait((future,), timeout=_POLL).done:
        run.check()
    run.check()
    waiting.popleft()
    return item, future.result()
