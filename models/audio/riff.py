"""The chunks of WAV (RIFF, little-endian) and AIFF (IFF, big-endian) files, changed without touching the sound."""

from __future__ import annotations

import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.audio import id3
from models.audio.tags import for_riff, join_riff_comment

HEAD = 8  # bytes of a chunk's header
_INFO = {"title": b"INAM", "genre": b"IGNR", "software": b"ISFT", "comment": b"ICMT"}
MAX_INFO = 1 << 24  # bytes; a larger list of texts is damage


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    start: int  # of the header
    size: int  # of the body, as the header claims


def edit_wav(source: Path, target: Path, tags: dict[str, str]) -> None:
    """Copy a WAV file with some texts of its INFO list replaced; what INFO cannot hold goes into the comment."""
    with source.open("rb") as file, target.open("wb") as out:
        if (head := file.read(12))[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise ValueError("not a RIFF WAVE file")
        chunks = _chunks(file, "<")
        lists = [chunk for chunk in chunks if _is_info(file, chunk)]
        old: dict[bytes, bytes] = {}
        for chunk in lists:
            old |= _texts(_body(file, chunk)[4:])
        info = _pack(b"LIST", b"INFO" + b"".join(_pack(*text, "<") for text in _merged(old, tags).items()), "<")
        # Before the sound: a recorder that was cut off leaves a "data" chunk without a true length.
        data = next((chunk for chunk in chunks if chunk.name == b"data"), None)
        if data is None:
            raise ValueError("the WAV file has no data chunk")
        _rebuild(file, out, head, chunks, "<", leave_out=lists, before=data, new=info)


def edit_aiff(source: Path, target: Path, tags: dict[str, str]) -> None:
    """Copy an AIFF or AIFF-C file with some frames of its ID3 chunk replaced."""
    with source.open("rb") as file, target.open("wb") as out:
        if (head := file.read(12))[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
            raise ValueError("not an AIFF file")
        chunks = _chunks(file, ">")
        old = [chunk for chunk in chunks if chunk.name in (b"ID3 ", b"id3 ")]
        tag = id3.merge(_body(file, old[0]) if old else b"", tags)
        sound = next((chunk for chunk in chunks if chunk.name == b"SSND"), None)
        if sound is None:
            raise ValueError("the AIFF file has no sound chunk")
        _rebuild(file, out, head, chunks, ">", leave_out=old[:1], before=sound, new=_pack(b"ID3 ", tag, ">"))


def _chunks(file: BinaryIO, order: str) -> list[_Chunk]:
    """The chunks in their order; the last one may claim more than there is."""
    end = os.fstat(file.fileno()).st_size
    found, position = [], 12
    while position + HEAD <= end:
        file.seek(position)
        name, size = struct.unpack(f"{order}4sI", file.read(HEAD))
        found.append(_Chunk(name, position, size))
        position += HEAD + size + size % 2
    return found


def _rebuild(
    file: BinaryIO,
    out: BinaryIO,
    head: bytes,
    chunks: list[_Chunk],
    order: str,
    *,
    leave_out: list[_Chunk],
    before: _Chunk,
    new: bytes,
) -> None:
    out.write(head)
    ends = [chunk.start for chunk in chunks[1:]] + [os.fstat(file.fileno()).st_size]
    for chunk, end in zip(chunks, ends, strict=True):
        if chunk is before:
            out.write(new)
        if chunk in leave_out:
            continue
        file.seek(chunk.start)
        _copy(file, out, end - chunk.start)
        if out.tell() % 2 and chunk is not chunks[-1]:
            out.write(b"\0")
    size = out.tell() - HEAD
    if size > 0xFFFFFFFF:
        raise ValueError("the file would be larger than its format allows")
    out.seek(4)
    out.write(struct.pack(f"{order}I", size))


def _copy(file: BinaryIO, out: BinaryIO, length: int) -> None:
    while length and (part := file.read(min(length, shutil.COPY_BUFSIZE))):
        out.write(part)
        length -= len(part)


def _is_info(file: BinaryIO, chunk: _Chunk) -> bool:
    file.seek(chunk.start + HEAD)
    return chunk.name == b"LIST" and chunk.size < MAX_INFO and file.read(4) == b"INFO"


def _body(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.start + HEAD)
    return file.read(chunk.size)


def _texts(body: bytes) -> dict[bytes, bytes]:
    found, position = {}, 0
    while position + HEAD <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        found[name] = body[position + HEAD : position + HEAD + size]
        position += HEAD + size + size % 2
    return found


def _merged(old: dict[bytes, bytes], tags: dict[str, str]) -> dict[bytes, bytes]:
    comment = old.get(_INFO["comment"], b"").rstrip(b"\0").decode("utf-8", errors="replace")
    words = for_riff(tags)
    if "comment" in words:
        words["comment"] = join_riff_comment(comment, tags)
    return old | {_INFO[name]: value.encode() + b"\0" for name, value in words.items()}


def _pack(name: bytes, body: bytes, order: str) -> bytes:
    return struct.pack(f"{order}4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
