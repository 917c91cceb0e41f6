"""The metadata blocks at the start of a FLAC file (RFC 9639, section 8)."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from typing import BinaryIO

from models.audio.comments import listed, merge_comments
from models.audio.id3 import read_tag

STREAMINFO, COMMENT = 0, 4  # types of blocks
LAST = 0x80  # flag of the last block
MAX_BLOCK = (1 << 24) - 1  # bytes
NO_COMMENTS = struct.pack("<I", 0) + listed([])


def edit(source: Path, target: Path, tags: dict[str, str]) -> None:
    """Copy a FLAC file with some comments replaced; pictures, seek table and sound stay as they are.

    Raises ValueError when the file's metadata is damaged.
    """
    with source.open("rb") as file, target.open("wb") as out:
        out.write(read_tag(file))  # some programs put an ID3 tag before the file
        if file.read(4) != b"fLaC":
            raise ValueError("not a FLAC file")
        blocks = _blocks(file)
        if not any(kind == COMMENT for kind, _ in blocks):
            blocks.insert(1, (COMMENT, NO_COMMENTS))
        out.write(b"fLaC")
        for number, (kind, body) in enumerate(blocks):
            changed = merge_comments(body, tags) if kind == COMMENT else body
            if len(changed) > MAX_BLOCK:
                raise ValueError("the FLAC comments would be too long")
            last = LAST if number == len(blocks) - 1 else 0
            out.write(bytes([kind | last]) + len(changed).to_bytes(3, "big") + changed)
        shutil.copyfileobj(file, out)


def _blocks(file: BinaryIO) -> list[tuple[int, bytes]]:
    found = []
    while True:
        head = file.read(4)
        body = file.read(int.from_bytes(head[1:], "big"))
        if len(head) < 4 or len(body) < int.from_bytes(head[1:], "big"):
            raise ValueError("the FLAC metadata is damaged")
        found.append((head[0] & ~LAST, body))
        if head[0] & LAST:
            return found
