"""The iTunes-style tags of MP4 and M4A files (ISO/IEC 14496-12 boxes), changed without touching the sound.

Tags live in moov/udta/meta/ilst. When the "moov" box lies before the sound and changes its size, the tables that say
where the sound is are moved along.
"""

from __future__ import annotations

import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEAD = 8  # bytes of a box's header
MAX_MOOV = 1 << 28  # bytes held in memory
TEXT, INTEGER = 1, 21  # well-known types of a data box
_NAMES = {"title": b"\xa9nam", "genre": b"\xa9gen", "bpm": b"tmpo", "comment": b"\xa9cmt", "software": b"\xa9too"}
_FREE = {"key": "initialkey"}  # names of iTunes' free-form boxes
_ITUNES = b"com.apple.iTunes"
_HANDLER = struct.pack(">II4s4sIIB", 0, 0, b"mdir", b"appl", 0, 0, 0)
_PATH_TO_TABLES = (b"trak", b"mdia", b"minf", b"stbl")


@dataclass(frozen=True)
class _Box:
    name: bytes
    body: bytes


def edit(source: Path, target: Path, tags: dict[str, str]) -> None:
    """Copy an MP4 file with some of its tags replaced; cover art, chapters and sound stay as they are.

    Raises ValueError when the file is fragmented, keeps its tags in another way, or is damaged.
    """
    with source.open("rb") as file, target.open("wb") as out:
        outline, (start, size), boxes = _index(file)
        changed = _pack(b"moov", _joined(_tagged(boxes, tags)))
        moved = len(changed) - size
        if moved and any(name == b"mdat" and at > start for name, at, _ in outline):
            changed = _pack(b"moov", _joined(_shifted(_tagged(boxes, tags), start, moved)))
        file.seek(0)
        _copy(file, out, start)
        out.write(changed)
        file.seek(start + size)
        shutil.copyfileobj(file, out)


def tempo(path: Path) -> str:
    """The beats a minute, which FFmpeg does not read in the form that iTunes writes; empty where there are none."""
    try:
        with path.open("rb") as file:
            _, _, boxes = _index(file)
        meta = _child(_boxes(_child(boxes, b"udta", b"")), b"meta", b"")
        row = _boxes(_child(_boxes(_child(_boxes(meta[4:]), b"ilst", b"")), b"tmpo", b""))
    except (ValueError, struct.error):
        return ""
    beats = int.from_bytes(_child(row, b"data", b"")[8:], "big")
    return str(beats) if beats else ""


def _index(file: BinaryIO) -> tuple[list[tuple[bytes, int, int]], tuple[int, int], list[_Box]]:
    """The outermost boxes, where the "moov" box starts and how long it is, and what is in it."""
    outline = _outline(file)
    names = [name for name, _, _ in outline]
    if b"moof" in names or names.count(b"moov") != 1:
        raise ValueError("the MP4 file is fragmented or has no index")
    _, start, size = next(row for row in outline if row[0] == b"moov")
    if size > MAX_MOOV:
        raise ValueError("the MP4 index is too large")
    header = _header(file, start)
    file.seek(start + header)
    return outline, (start, size), _boxes(file.read(size - header))


def _outline(file: BinaryIO) -> list[tuple[bytes, int, int]]:
    """(name, start, size) of the outermost boxes."""
    end = os.fstat(file.fileno()).st_size
    found, position = [], 0
    while position + HEAD <= end:
        file.seek(position)
        size, name = struct.unpack(">I4s", file.read(HEAD))
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))
        size = size or end - position
        if size < HEAD or (name == b"moov" and position + size > end):
            raise ValueError("the MP4 file is damaged")
        found.append((name, position, size))
        position += size
    return found


def _header(file: BinaryIO, start: int) -> int:
    file.seek(start)
    return 16 if file.read(4) == b"\0\0\0\1" else HEAD


def _boxes(body: bytes) -> list[_Box]:
    """The boxes inside of one; a rest too short for a box (QuickTime's final zeros) becomes a box without a name."""
    found, position = [], 0
    while position + HEAD <= len(body):
        size, name = struct.unpack_from(">I4s", body, position)
        if size < HEAD or position + size > len(body):
            raise ValueError("a box of the MP4 file is damaged")
        found.append(_Box(name, body[position + HEAD : position + size]))
        position += size
    return [*found, _Box(b"", body[position:])] if position < len(body) else found


def _joined(boxes: list[_Box]) -> bytes:
    return b"".join(_pack(box.name, box.body) if box.name else box.body for box in boxes)


def _pack(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", HEAD + len(body), name) + body


def _tagged(moov: list[_Box], tags: dict[str, str]) -> list[_Box]:
    udta = _boxes(_child(moov, b"udta", b""))
    meta = _child(udta, b"meta", b"\0\0\0\0" + _pack(b"hdlr", _HANDLER))
    inside = _boxes(meta[4:])
    if _child(inside, b"hdlr", b"")[8:12] != b"mdir":
        raise ValueError("the MP4 file keeps its tags in a way that is not iTunes'")
    rows = [box for box in _boxes(_child(inside, b"ilst", b"")) if _tag_of(box) not in tags]
    rows += [_row(name, value) for name, value in tags.items()]
    inside = _with(inside, _Box(b"ilst", _joined(rows)))
    return _with(moov, _Box(b"udta", _joined(_with(udta, _Box(b"meta", meta[:4] + _joined(inside))))))


def _child(boxes: list[_Box], name: bytes, absent: bytes) -> bytes:
    return next((box.body for box in boxes if box.name == name), absent)


def _with(boxes: list[_Box], new: _Box) -> list[_Box]:
    """Boxes with the first of that name replaced, or one more before the unnamed rest."""
    place = next((i for i, box in enumerate(boxes) if box.name == new.name), None)
    if place is not None:
        return [*boxes[:place], new, *boxes[place + 1 :]]
    rest = boxes[-1:] if boxes and not boxes[-1].name else []
    return [*boxes[: len(boxes) - len(rest)], new, *rest]


def _tag_of(box: _Box) -> str:
    """Our name of a tag, empty for one that we do not write. The old numbered genre is the genre too."""
    if box.name == b"gnre":
        return "genre"
    if box.name == b"----":
        word = _child(_boxes(box.body), b"name", b"")[4:].decode("utf-8", errors="replace").lower()
        return next((name for name, free in _FREE.items() if free == word), "")
    return next((name for name, code in _NAMES.items() if code == box.name), "")


def _row(name: str, value: str) -> _Box:
    if name == "bpm":
        return _Box(_NAMES[name], _data(INTEGER, struct.pack(">H", round(float(value)))))
    if name in _NAMES:
        return _Box(_NAMES[name], _data(TEXT, value.encode()))
    head = _pack(b"mean", b"\0\0\0\0" + _ITUNES) + _pack(b"name", b"\0\0\0\0" + _FREE.get(name, name).encode())
    return _Box(b"----", head + _data(TEXT, value.encode()))


def _data(kind: int, value: bytes) -> bytes:
    return _pack(b"data", struct.pack(">II", kind, 0) + value)


def _shifted(moov: list[_Box], start: int, by: int) -> list[_Box]:
    """Chunk tables (stco, co64) moved by a number of bytes where they point behind the index."""

    def along(boxes: list[_Box], path: tuple[bytes, ...]) -> list[_Box]:
        if not path:
            return [_moved_table(box, start, by) if box.name in (b"stco", b"co64") else box for box in boxes]
        return [
            _Box(box.name, _joined(along(_boxes(box.body), path[1:]))) if box.name == path[0] else box for box in boxes
        ]

    return along(moov, _PATH_TO_TABLES)


def _moved_table(table: _Box, start: int, by: int) -> _Box:
    code = "I" if table.name == b"stco" else "Q"
    (count,) = struct.unpack_from(">I", table.body, 4)
    offsets = struct.unpack_from(f">{count}{code}", table.body, 8)
    moved = [offset + by if offset > start else offset for offset in offsets]
    try:
        return _Box(table.name, table.body[:8] + struct.pack(f">{count}{code}", *moved))
    except struct.error as error:
        raise ValueError("the MP4 file would be too large for its index") from error


def _copy(file: BinaryIO, out: BinaryIO, length: int) -> None:
    while length and (part := file.read(min(length, shutil.COPY_BUFSIZE))):
        out.write(part)
        length -= len(part)
