"""SoundFonts that differ from ours in what a test needs."""

import struct
from pathlib import Path

from models.composer.render import voices

PRESET_BYTES = 38


def renumbered(path: Path, moves: dict[tuple[int, int], int]) -> Path:
    """A copy of our bank where presets (bank, program) have other programs."""
    data = bytearray(voices.SOUNDFONT.read_bytes())
    table = data.index(b"phdr") + 8
    (size,) = struct.unpack_from("<I", data, table - 4)
    for row in range(table + 20, table + size, PRESET_BYTES):
        number, bank = struct.unpack_from("<HH", data, row)
        struct.pack_into("<H", data, row, moves.get((bank, number), number))
    path.write_bytes(data)
    return path
