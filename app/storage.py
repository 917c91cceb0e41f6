"""Files by content hash on fsspec: a local folder, or ``s3://bucket/prefix``.

A key is ``<first two hex digits>/<sha-256>.<suffix>``, so equal content is stored once and never changes.
A file appears under its key only when it is complete.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from models.files import replacing

CHUNK = 1 << 20  # bytes read at a time


@dataclass(frozen=True)
class Stored:
    """Where a file went and how many bytes it has."""

    key: str
    size: int


class Storage:
    """A folder, local or remote, of files named by their content."""

    def __init__(self, url: str, **options: Any) -> None:
        self.fs, root = fsspec.core.url_to_fs(url, **options)
        self.root = root.rstrip("/")
        self.local = isinstance(self.fs, LocalFileSystem)
        if self.local:
            Path(self.root).mkdir(parents=True, exist_ok=True)

    def put(self, source: Path, suffix: str) -> Stored:
        """Store a copy of a local file. Raises OSError, for example when the disk is full."""
        name = content_hash(source)
        stored = Stored(f"{name[:2]}/{name}.{suffix}", source.stat().st_size)
        target = self._path(stored.key)
        if self.local:
            self._put_local(source, Path(target))
        elif not self.fs.exists(target):
            self.fs.put_file(str(source), target)
        return stored

    def _put_local(self, source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            # A newer date keeps the sweep away from a file that has just found a new owner.
            target.touch()
            return
        with replacing(target) as part:
            shutil.copyfile(source, part)

    def open(self, key: str) -> IO[bytes]:
        """A seekable reader. Raises FileNotFoundError."""
        return cast(IO[bytes], self.fs.open(self._path(key), "rb"))

    def exists(self, key: str) -> bool:
        return bool(self.fs.exists(self._path(key)))

    def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        try:
            self.fs.rm_file(self._path(key))
        except FileNotFoundError:
            return

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """The file as a path on this machine; fetched for the time of the block when storage is remote."""
        if self.local:
            yield Path(self._path(key))
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(key).name
            self.fs.get_file(self._path(key), str(path))
            yield path

    def sweep(self, referenced: set[str], older_than: float) -> list[str]:
        """Delete files no table refers to and that are older than ``older_than`` seconds; returns their keys."""
        removed = []
        limit = time.time() - older_than
        for path, info in self.fs.find(self.root, detail=True).items():
            key = path[len(self.root) + 1 :]
            if key not in referenced and _modified(info) < limit:
                self.delete(key)
                removed.append(key)
        return removed

    def _path(self, key: str) -> str:
        return f"{self.root}/{key}"


def content_hash(path: Path) -> str:
    """SHA-256 of a local file in hexadecimal, by which it is stored. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _modified(info: dict[str, Any]) -> float:
    if "mtime" in info:
        return float(info["mtime"])
    return float(info["LastModified"].timestamp())
