"""What stands before the frames of an MP3 file: the "Info" frame, by which players know its exact length.

LAME's encoder begins with silence and ends on a whole frame; without this frame (first Xing's, then extended by LAME,
http://gabriel.mp3-tech.org/mp3infotag.html) all of that would be played. lameenc leaves writing it to us.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

ENCODER_DELAY = 576  # samples of silence that LAME puts first; what the decoder adds is not told
HEADER = 4  # bytes of a frame's header
_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Layer III bit rates of MPEG 1 and of the two half-rate versions, by index."""
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_HAS_FRAMES_AND_BYTES = 3
_NAME = b"LAME3.100"


def _shape(header: bytes) -> tuple[int, int, int]:
    """Bytes of a frame, the samples it holds and the bytes of its side information."""
    if len(header) < HEADER or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        raise ValueError("not a frame of MPEG audio layer III")
    version, mono = header[1] >> 3 & 3, header[3] >> 6 == 3
    full = version == 3
    kbits, rate = _KBITS[3 if full else 2][header[2] >> 4], _RATES[version][header[2] >> 2 & 3]
    size = (144 if full else 72) * kbits * 1000 // rate + (header[2] >> 1 & 1)
    side = (17 if mono else 32) if full else (9 if mono else 17)
    return size, 1152 if full else 576, side


def frames(file: BinaryIO) -> Iterator[bytes]:
    """The headers of the frames from here to the end of a file. Raises ValueError where something else stands."""
    while header := file.read(HEADER):
        yield header
        file.seek(_shape(header)[0] - HEADER, 1)


def info_frame(first: bytes, count: int, size: int, samples: int) -> bytes:
    """The frame to put before ``count`` frames at one bit rate, of ``size`` bytes in all, that hold ``samples``.

    ``first`` is the header of the first of them.
    """
    header = bytes([first[0], first[1] | 1, first[2] & ~2, first[3]])  # no checksum, no padding
    length, held, side = _shape(header)
    padding = count * held - samples - ENCODER_DELAY
    body = b"Info" + struct.pack(">III", _HAS_FRAMES_AND_BYTES, count, size + length)
    # Revision and method (1: constant bit rate), low-pass, replay gain, flags and rate: not said.
    body += _NAME + bytes([1]) + bytes(1 + 8 + 2)
    body += (ENCODER_DELAY << 12 | min(padding, 0xFFF)).to_bytes(3, "big")
    body += bytes(1 + 1 + 2) + struct.pack(">I", size + length) + bytes(2)
    whole = header + bytes(side) + body
    return (whole + _checksum(whole).to_bytes(2, "big")).ljust(length, b"\0")


def _checksum(data: bytes) -> int:
    """CRC-16/ARC."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value
