"""ID3v2.3 tags (https://id3.org/id3v2.3.0), written by hand.

FFmpeg would write them too, but puts comments where no player looks for them and signs its own name.
"""

from __future__ import annotations

import struct

_FRAMES = {"title": "TIT2", "genre": "TCON", "bpm": "TBPM", "key": "TKEY", "software": "TENC"}
UTF16 = b"\x01"  # the text encoding byte: UTF-16, the only one of 2.3 that holds everything


def _text(words: str) -> bytes:
    return words.encode("utf-16")  # with the byte order mark


def _frame(name: str, body: bytes) -> bytes:
    return name.encode("ascii") + struct.pack(">IH", len(body), 0) + body


def id3v2(tags: dict[str, str]) -> bytes:
    """A whole ID3v2.3 tag for cleaned tags; other names become TXXX. Empty for no tags."""
    frames = b""
    for name, value in tags.items():
        if name in _FRAMES:
            frames += _frame(_FRAMES[name], UTF16 + _text(value))
        elif name == "comment":
            frames += _frame("COMM", UTF16 + b"eng" + _text("") + b"\x00\x00" + _text(value))
        else:
            frames += _frame("TXXX", UTF16 + _text(name) + b"\x00\x00" + _text(value))
    if not frames:
        return b""
    size = len(frames)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + frames
