"""ID3v2 tags (https://id3.org/id3v2.3.0), written and changed by hand.

FFmpeg would write them too, but puts comments where no player looks for them, signs its own name, and loses the frames
that it does not know.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

HEADER = 10  # bytes, of a tag and of a frame from version 2.3 on
UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10  # flags of the tag's header

_FRAMES = {"title": "TIT2", "genre": "TCON", "bpm": "TBPM", "key": "TKEY", "software": "TENC"}
_SHORT = {"TIT2": "TT2", "TCON": "TCO", "TBPM": "TBP", "TKEY": "TKE", "TENC": "TEN", "COMM": "COM", "TXXX": "TXX"}
_UTF16, _UTF8 = b"\x01", b"\x03"  # text encoding bytes; UTF-8 only from 2.4 on


@dataclass(frozen=True)
class _Frame:
    name: str
    raw: bytes  # header and body
    body: bytes


def id3v2(tags: dict[str, str]) -> bytes:
    """A whole ID3v2.3 tag for cleaned tags; names without a frame of their own become TXXX. Empty for no tags."""
    return _tag(3, [_made(3, name, value) for name, value in tags.items()])


def read_tag(file: BinaryIO) -> bytes:
    """The tag at the position of the file, which moves behind it; empty, without a move, where there is none."""
    head = file.read(HEADER)
    if len(head) < HEADER or head[:3] != b"ID3" or head[3] not in (2, 3, 4) or max(head[6:]) > 0x7F:
        file.seek(-len(head), 1)
        return b""
    tag = head + file.read(_from_synchsafe(head[6:]))
    if head[5] & FOOTER:
        file.seek(HEADER, 1)
    return tag


def merge(tag: bytes, tags: dict[str, str]) -> bytes:
    """A tag in the version of the old one with some frames replaced; every other frame stays as it was, byte by byte.

    Raises ValueError when the old tag is damaged.
    """
    if not tag:
        return id3v2(tags)
    version = tag[3]
    old = _frames(tag)
    new = [_made(version, name, value) for name, value in tags.items()]
    replaced = {_identity(version, frame) for frame in new}
    return _tag(version, [frame for frame in old if _identity(version, frame) not in replaced] + new, _kept_flags(tag))


def _kept_flags(tag: bytes) -> int:
    # From 2.4 on unsynchronisation is applied frame by frame, and old frames stay as they are.
    return tag[5] & UNSYNCHRONISED if tag[3] == 4 else 0


def _frames(tag: bytes) -> list[_Frame]:
    version, flags, body = tag[3], tag[5], tag[HEADER:]
    if version < 4 and flags & UNSYNCHRONISED:
        body = body.replace(b"\xff\x00", b"\xff")
    if version > 2 and flags & EXTENDED:
        body = body[_from_synchsafe(body[:4]) :] if version == 4 else body[4 + struct.unpack(">I", body[:4])[0] :]
    head = 6 if version == 2 else HEADER
    found = []
    while len(body) > head and body[0]:  # a zero byte begins the padding
        name_length = 3 if version == 2 else 4
        name, size = body[:name_length], body[name_length : 2 * name_length]
        length = head + (_from_synchsafe(size) if version == 4 else int.from_bytes(size, "big"))
        if length > len(body) or not name.isalnum():
            raise ValueError("the ID3 tag is damaged")
        found.append(_Frame(name.decode("ascii"), body[:length], body[head:length]))
        body = body[length:]
    return found


def _identity(version: int, frame: _Frame) -> tuple[str, bytes]:
    """What a frame is about: comments and free texts are told apart by their description."""
    if frame.name not in ("COMM", "COM", "TXXX", "TXX"):
        return frame.name, b""
    start = 4 if frame.name.startswith("COM") else 1  # behind the encoding byte and a comment's language
    wide = frame.body[:1] in (b"\x01", b"\x02")
    text = frame.body[start:]
    end = next((i for i in range(0, len(text), 2 if wide else 1) if not any(text[i : i + (2 if wide else 1)])), 0)
    words = text[:end].decode("utf-16" if wide else "utf-8", errors="replace")
    return frame.name, words.lower().encode()


def _made(version: int, name: str, value: str) -> _Frame:
    # No byte 0xFF may come into a tag of 2.4, which may be flagged as unsynchronised: UTF-16 begins with one.
    encoding, codec, end = (_UTF8, "utf-8", b"\x00") if version == 4 else (_UTF16, "utf-16", b"\x00\x00")
    if name in _FRAMES:
        kind, body = _FRAMES[name], encoding + value.encode(codec)
    elif name == "comment":
        kind, body = "COMM", encoding + b"eng" + "".encode(codec) + end + value.encode(codec)
    else:
        kind, body = "TXXX", encoding + name.encode(codec) + end + value.encode(codec)
    if version == 2:
        kind = _SHORT[kind]
        return _Frame(kind, kind.encode() + len(body).to_bytes(3, "big") + body, body)
    size = _synchsafe(len(body)) if version == 4 else struct.pack(">I", len(body))
    return _Frame(kind, kind.encode() + size + b"\x00\x00" + body, body)


def _tag(version: int, frames: list[_Frame], flags: int = 0) -> bytes:
    raw = b"".join(frame.raw for frame in frames)
    return b"ID3" + bytes([version, 0, flags]) + _synchsafe(len(raw)) + raw if raw else b""


def _synchsafe(size: int) -> bytes:
    """Four bytes of seven bits each, so that no tag looks like the start of an MPEG frame."""
    if size >= 1 << 28:
        raise ValueError("an ID3 tag cannot be so large")
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))


def _from_synchsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]
