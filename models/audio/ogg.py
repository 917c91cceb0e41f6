"""The comments of Ogg Vorbis and Opus files (RFC 3533; Vorbis I, section 5; RFC 7845), changed page by page.

libsndfile writes good Vorbis, but draws a random serial number and knows only a few comments.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from models.audio.comments import listed, merge_comments

SERIAL = 0
NO_PACKET_ENDS = -1  # the granule position of a page on which no packet ends
MAX_SEGMENTS = 255  # of up to 255 bytes, in one page
CONTINUED = 1  # header flag
VORBIS, OPUS = b"\x03vorbis", b"OpusTags"  # how the comment packet begins
_FIRST = {b"\x01vorbis": (VORBIS, 2), b"OpusHead": (OPUS, 1)}  # first packet -> comment packet, header packets after it
_HEADER = struct.Struct("<4sBBqIIIB")
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """One Ogg page; ``lacing`` are its segment lengths, 255 meaning that the packet goes on."""

    flags: int
    granule: int
    lacing: bytes
    body: bytes
    serial: int = SERIAL


def checksum(page: bytes) -> int:
    """The CRC-32 of Ogg (polynomial 0x04C11DB7, most significant bit first, initial value 0).

    zlib computes the mirror image of it, so bits are reversed on the way in and out.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")


def pages(file: BinaryIO) -> Iterator[Page]:
    """The pages of a file with one logical stream. Raises ValueError where there is no page."""
    while head := file.read(_HEADER.size):
        capture, _, flags, granule, serial, _, _, segments = _HEADER.unpack(head.ljust(_HEADER.size, b"\0"))
        if capture != b"OggS":
            raise ValueError("not an Ogg page")
        lacing = file.read(segments)
        yield Page(flags, granule, lacing, file.read(sum(lacing)), serial)


def encode_page(page: Page, sequence: int) -> bytes:
    """The bytes of a page with its number and checksum."""

    def with_crc(crc: int) -> bytes:
        head = _HEADER.pack(b"OggS", 0, page.flags, page.granule, page.serial, sequence, crc, len(page.lacing))
        return head + page.lacing + page.body

    return with_crc(checksum(with_crc(0)))


def retag(source: Path, target: Path, comments: dict[str, str]) -> None:
    """Copy a Vorbis file with other comments and the serial number 0. Raises ValueError if it is not Ogg Vorbis."""

    def replaced(old: bytes) -> bytes:
        vendor = old[: 4 + struct.unpack_from("<I", old)[0]]
        return vendor + listed(f"{name}={value}".encode() for name, value in comments.items()) + b"\x01"

    _copy(source, target, replaced, SERIAL)


def edit(source: Path, target: Path, tags: dict[str, str]) -> None:
    """Copy a Vorbis or Opus file with some of its comments replaced.

    Raises ValueError when it is another codec, holds several streams, or is damaged in its headers.
    """
    _copy(source, target, lambda old: merge_comments(old, tags), None)


def _copy(source: Path, target: Path, change: Callable[[bytes], bytes], serial: int | None) -> None:
    with source.open("rb") as file, target.open("wb") as out:
        stream = pages(file)
        first = next(stream, None)
        kind = next((found for start, found in _FIRST.items() if first and first.body.startswith(start)), None)
        if first is None or kind is None:
            raise ValueError("neither Ogg Vorbis nor Opus")
        mark, count = kind
        comment, *others = _header_packets(stream, count)
        if not comment.startswith(mark):
            raise ValueError("the Ogg headers are out of order")
        headers = _paginate([mark + change(comment[len(mark) :]), *others])
        sequence = 0
        for page in (first, *headers):
            out.write(encode_page(replace(page, serial=first.serial if serial is None else serial), sequence))
            sequence += 1
        for page in stream:
            if page.serial != first.serial:
                raise ValueError("the Ogg file holds several streams")
            out.write(encode_page(replace(page, serial=first.serial if serial is None else serial), sequence))
            sequence += 1


def _header_packets(stream: Iterator[Page], count: int) -> list[bytes]:
    """The comment packet, and the setup packet where there is one; after them the codec begins a new page."""
    packets, open_packet = [], b""
    for page in stream:
        position = 0
        for length in page.lacing:
            open_packet += page.body[position : position + length]
            position += length
            if length < MAX_SEGMENTS:
                packets.append(open_packet)
                open_packet = b""
        if len(packets) >= count:
            return packets
    raise ValueError("the Ogg headers are incomplete")


def _paginate(packets: list[bytes]) -> Iterator[Page]:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body, flags = b"".join(packets), 0
    while lacing:
        now, lacing = lacing[:MAX_SEGMENTS], lacing[MAX_SEGMENTS:]
        size = sum(now)
        page = Page(flags, 0, now, body[:size])
        yield page if min(now) < MAX_SEGMENTS else replace(page, granule=NO_PACKET_ENDS)
        body, flags = body[size:], CONTINUED if now[-1] == MAX_SEGMENTS else 0
