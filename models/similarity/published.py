"""Versions of an index on disk: written whole beside the last one, then named as the current one in a single step.

A folder holds ``current``, a file with the name of a version, and the versions: ``index.faiss``, ``ids.npy`` (text, in
ascending order), ``rows.npy`` (a number that the owner gave to each) and ``about.json``. A reader keeps the version
that it opened although it is deleted meanwhile. A crash leaves the version before.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from models.similarity import index
from models.similarity.vectors import Vectors

CURRENT = "current"
KEPT = 2
"""Versions that stay: readers may just be opening the one before."""
SCRATCH = "new-"


@dataclass(frozen=True)
class Version:
    """An open version: (n,) ids in ascending order as UTF-8, the owner's number of each, and the index."""

    name: str
    ids: NDArray[np.bytes_]
    rows: NDArray[np.int64]
    index: faiss.Index
    about: dict[str, Any]

    def number(self, id: str) -> int | None:
        """The place of an id."""
        wanted = np.bytes_(id.encode())
        place = int(np.searchsorted(self.ids, wanted))
        return place if place < len(self.ids) and self.ids[place] == wanted else None

    def id(self, number: int) -> str:
        """The id at a place."""
        return bytes(self.ids[number]).decode()


def publish(
    root: Path, ids: Sequence[str], vectors: Vectors, about: dict[str, Any], rows: Sequence[int] | None = None
) -> str:
    """Write a version of unit vectors (n, size), make it the current one, and delete old ones; returns its name.

    Ids are text, each there once, without a NUL. Raises ValueError otherwise.
    """
    if len(set(ids)) != len(ids) or len(ids) != len(vectors) or any("\0" in id for id in ids):
        raise ValueError("ids must be one for each vector, different, and without a NUL")
    encoded = np.array([id.encode() for id in ids] or [b""])[: len(ids)]
    order = np.argsort(encoded, kind="stable")
    root.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}"
    scratch = root / f"{SCRATCH}{name}-{os.getpid()}"
    scratch.mkdir()
    index.write(index.fit(np.ascontiguousarray(vectors[order], np.float32)), scratch / "index.faiss")
    np.save(scratch / "ids.npy", encoded[order])
    np.save(scratch / "rows.npy", np.array(rows if rows is not None else range(len(ids)), np.int64)[order])
    (scratch / "about.json").write_text(json.dumps(about | {"count": len(ids), "created": time.time()}) + "\n")
    for path in scratch.iterdir():
        _to_disk(path)
    scratch.replace(root / name)
    pointer = root / f"{SCRATCH}{CURRENT}-{os.getpid()}"
    pointer.write_text(name)
    _to_disk(pointer)
    pointer.replace(root / CURRENT)
    _tidy(root, name)
    return name


def current(root: Path) -> str | None:
    """The name of the current version, or None when there is none."""
    try:
        return (root / CURRENT).read_text()
    except FileNotFoundError:
        return None


def open_version(root: Path) -> Version | None:
    """Open the current version, or None when there is none."""
    while (name := current(root)) is not None:
        folder = root / name
        try:
            return Version(
                name=name,
                ids=np.load(folder / "ids.npy", mmap_mode="r"),
                rows=np.load(folder / "rows.npy", mmap_mode="r"),
                index=index.read(folder / "index.faiss"),
                about=json.loads((folder / "about.json").read_text()),
            )
        except (FileNotFoundError, RuntimeError):  # FAISS raises the latter
            if current(root) == name:
                raise
            # Others have published twice since its name was read.
    return None


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tidy(root: Path, newest: str) -> None:
    """Delete versions but the latest, and what a crash left of those that were being written."""
    versions = sorted(path for path in root.iterdir() if path.is_dir() and path.name.isdigit() and path.name <= newest)
    for path in versions[:-KEPT]:
        shutil.rmtree(path)
    for path in root.glob(f"{SCRATCH}[0-9]*"):
        if int(path.name[len(SCRATCH) :].split("-")[0]) < int(newest) - 3600 * 10**9:
            shutil.rmtree(path)
