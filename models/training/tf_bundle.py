"""Read TensorFlow checkpoints ("tensor bundles", V2 format) without TensorFlow.

``<prefix>.index`` is a LevelDB table (github.com/google/leveldb, doc/table_format.md) from tensor name to a
BundleEntryProto (tensorflow/core/protobuf/tensor_bundle.proto); ``<prefix>.data-00000-of-00001`` holds the values.
Only what one needs here is read: uncompressed tables, one shard, float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = 0xDB4775248B80FB57
FOOTER = 48  # bytes
BLOCK_TRAILER = 5  # bytes: compression type and checksum
DT_FLOAT = 1


def read_bundle(folder: Path, prefix: str = "") -> dict[str, NDArray[np.float32]]:
    """All float32 tensors of a checkpoint by name. Raises ValueError where the format is not as expected."""
    index = (folder / f"{prefix}.index").read_bytes()
    values = (folder / f"{prefix}.data-00000-of-00001").read_bytes()
    tensors = {}
    for name, entry in _table(index):
        fields = dict(_fields(entry))
        if not name or fields.get(1) != DT_FLOAT:  # the empty name is the header
            continue
        shape = [int(dict(_fields(dim)).get(1, 0)) for tag, dim in _fields(fields.get(2, b"")) if tag == 2]
        offset, size = int(fields.get(4, 0)), int(fields[5])
        tensors[name.decode()] = np.frombuffer(values[offset : offset + size], "<f4").reshape(shape)
    return tensors


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A base-128 number and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value pairs of a LevelDB table."""
    if int.from_bytes(data[-8:], "little") != MAGIC:
        raise ValueError("not a tensor bundle index")
    at = len(data) - FOOTER
    for _ in range(2):  # the metaindex handle, which is not needed
        _, at = _varint(data, at)
    offset, at = _varint(data, at)
    size, _ = _varint(data, at)
    for _, handle in _block(data, offset, size):
        start, at = _varint(handle, 0)
        length, _ = _varint(handle, at)
        yield from _block(data, start, length)


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of one block; keys share prefixes with the key before."""
    if data[offset + size] != 0:
        raise ValueError("compressed tables are not supported")
    block = data[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end, at, key = len(block) - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _fields(message: object) -> Iterator[tuple[int, int | bytes]]:
    """Field number and value of a protocol buffer message: an int, or bytes for nested messages."""
    assert isinstance(message, bytes)
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
        elif wire == 2:
            length, at = _varint(message, at)
            yield number, message[at : at + length]
            at += length
        elif wire == 5:
            yield number, int.from_bytes(message[at : at + 4], "little")
            at += 4
        else:
            raise ValueError(f"unexpected wire type {wire}")
