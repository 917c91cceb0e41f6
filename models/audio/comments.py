"""Vorbis comments (https://xiph.org/vorbis/doc/v-comment.html): the tags of FLAC, Ogg Vorbis and Opus."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from models.audio.tags import for_vorbis

_ALIASES = {"key": {b"INITIALKEY", b"KEY"}, "bpm": {b"BPM", b"TBPM", b"TEMPO"}, "comment": {b"COMMENT", b"DESCRIPTION"}}


def merge_comments(block: bytes, tags: dict[str, str]) -> bytes:
    """A comment block with some comments replaced; the vendor, all others, and what follows stay as they were.

    Raises ValueError when the block is damaged.
    """
    try:
        vendor_end = 4 + struct.unpack_from("<I", block)[0]
        (count,) = struct.unpack_from("<I", block, vendor_end)
        entries, position = [], vendor_end + 4
        for _ in range(count):
            (length,) = struct.unpack_from("<I", block, position)
            position += 4 + length
            entries.append(block[position - length : position])
    except struct.error as error:
        raise ValueError("the Vorbis comments are damaged") from error
    if position > len(block):
        raise ValueError("the Vorbis comments are damaged")
    replaced = set().union(*(_ALIASES.get(name, {name.upper().encode()}) for name in tags))
    kept = [entry for entry in entries if entry.partition(b"=")[0].upper() not in replaced]
    kept += [f"{name}={value}".encode() for name, value in for_vorbis(tags).items()]
    return block[:vendor_end] + listed(kept) + block[position:]


def listed(entries: Iterable[bytes]) -> bytes:
    """A list of comments as it stands behind the vendor."""
    parts = [struct.pack("<I", len(entry)) + entry for entry in entries]
    return struct.pack("<I", len(parts)) + b"".join(parts)
