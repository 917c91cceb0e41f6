"""Give an Ogg Vorbis file its comments and a fixed serial number (RFC 3533; Vorbis I, section 5).

libsndfile writes good Vorbis, but draws a random serial number and knows only a few comments.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

SERIAL = 0
NO_PACKET_ENDS = -1  # the granule position of a page on which no packet ends
MAX_SEGMENTS = 255  # of up to 255 bytes, in one page
CONTINUED = 1  # header flag
_HEADER = struct.Struct("<4sBBqIIIB")
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """One Ogg page; ``lacing`` are its segment lengths, 255 meaning that the packet goes on."""

    flags: int
    granule: int
    lacing: bytes
    body: bytes


def checksum(page: bytes) -> int:
    """The CRC-32 of Ogg (polynomial 0x04C11DB7, most significant bit first, initial value 0).

    zlib computes the mirror image of it, so bits are reversed on the way in and out.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")


def pages(file: BinaryIO) -> Iterator[Page]:
    """The pages of a file with one logical stream. Raises ValueError where there is no page."""
    while head := file.read(_HEADER.size):
        capture, _, flags, granule, _, _, _, segments = _HEADER.unpack(head)
        if capture != b"OggS":
            raise ValueError("not an Ogg page")
        lacing = file.read(segments)
        yield Page(flags, granule, lacing, file.read(sum(lacing)))


def encode_page(page: Page, sequence: int) -> bytes:
    """The bytes of a page with its number and checksum."""

    def with_crc(crc: int) -> bytes:
        head = _HEADER.pack(b"OggS", 0, page.flags, page.granule, SERIAL, sequence, crc, len(page.lacing))
        return head + page.lacing + page.body

    return with_crc(checksum(with_crc(0)))


def retag(source: Path, target: Path, comments: dict[str, str]) -> None:
    """Copy a Vorbis file with other comments. Raises ValueError if it is not Ogg Vorbis."""
    with source.open("rb") as file, target.open("wb") as out:
        stream = pages(file)
        identification = next(stream)
        old_comment, setup = _header_packets(stream)
        headers = _paginate([_comment_packet(old_comment, comments), setup])
        sequence = 0
        for page in (identification, *headers):
            out.write(encode_page(page, sequence))
            sequence += 1
        for page in stream:
            out.write(encode_page(page, sequence))
            sequence += 1


def _header_packets(stream: Iterator[Page]) -> list[bytes]:
    """The comment and the setup packet; after them Vorbis begins a new page."""
    packets, open_packet = [], b""
    for page in stream:
        position = 0
        for length in page.lacing:
            open_packet += page.body[position : position + length]
            position += length
            if length < MAX_SEGMENTS:
                packets.append(open_packet)
                open_packet = b""
        if len(packets) >= 2:
            return packets
    raise ValueError("the Vorbis headers are incomplete")


def _comment_packet(old: bytes, comments: dict[str, str]) -> bytes:
    """A comment header with the vendor string of the old one."""
    start = len(b"\x03vorbis")
    vendor = old[start : start + 4 + struct.unpack_from("<I", old, start)[0]]
    entries = [f"{name}={value}".encode() for name, value in comments.items()]
    listed = b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    return old[:start] + vendor + struct.pack("<I", len(entries)) + listed + b"\x01"


def _paginate(packets: list[bytes]) -> Iterator[Page]:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body, flags = b"".join(packets), 0
    while lacing:
        now, lacing = lacing[:MAX_SEGMENTS], lacing[MAX_SEGMENTS:]
        size = sum(now)
        page = Page(flags, 0, now, body[:size])
        yield page if min(now) < MAX_SEGMENTS else replace(page, granule=NO_PACKET_ENDS)
        body, flags = body[size:], CONTINUED if now[-1] == MAX_SEGMENTS else 0
