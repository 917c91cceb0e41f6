"""Reads Standard MIDI Files, whatever is in them, and writes them, after the MIDI Association's RP-001.

Our own, because symusic 0.5.9 ends the whole process on some damaged files, and people upload those; and because it
writes no text events, which carry the chord symbols.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

DRUM_CHANNEL = 9
"""Counted from 0."""
MAX_NOTES = 200_000
NAME, TEXT, LYRIC, MARKER = 0x03, 0x01, 0x05, 0x06
_PORT = 0x21
_TEMPO, _METRE, _KEY, _END = 0x51, 0x58, 0x59, 0x2F
_SYSEX = (0xF0, 0xF7)
_META = 0xFF
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
"""Data bytes of channel messages by the upper half of their status."""


class Damaged(ValueError):
    """The bytes are no MIDI file, or break off; the message is a sentence for the user."""


@dataclass
class Voice:
    """What one channel plays with one program in one track; a note is (onset, duration, pitch, velocity) in ticks."""

    name: str
    channel: int
    program: int
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def is_drums(self) -> bool:
        return self.channel == DRUM_CHANNEL


@dataclass
class Song:
    """A file: ``tempos`` are (tick, BPM), ``metres`` (tick, beats, unit), ``keys`` (tick, fifths, is minor)."""

    per_quarter: int
    voices: list[Voice] = field(default_factory=list)
    tempos: list[tuple[int, float]] = field(default_factory=list)
    metres: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, bool]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    words: list[list[tuple[int, str]]] = field(default_factory=list)
    """Texts, and lyrics, of each track that has some."""
    title: str = ""


def read(data: bytes) -> Song:
    """Every track of a file. Raises Damaged."""
    if not data:
        raise Damaged("This MIDI file is empty.")
    if data.startswith(b"RIFF"):
        # Windows wraps MIDI files; the file begins inside.
        data = data[max(0, data.find(b"MThd")) :]
    if not data.startswith(b"MThd"):
        raise Damaged("This is not a MIDI file.")
    chunks = list(_chunks(data))
    if not chunks or len(chunks[0][1]) < 6:
        raise Damaged("This MIDI file is cut off.")
    division = struct.unpack(">H", chunks[0][1][4:6])[0]
    if division == 0 or division & 0x8000:
        raise Damaged("This MIDI file counts time in film frames and not in beats, which is not supported.")
    song = Song(division)
    for kind, body in chunks[1:]:
        if kind == b"MTrk":
            _track(body, song)
    song.tempos.sort()
    song.markers.sort()
    return song


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack(">I", data[at + 4 : at + 8])[0]
        if at + 8 + size > len(data):
            if at and kind != b"MTrk":
                return  # what follows the last track is no music
            raise Damaged("This MIDI file is cut off.")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size


class _Bytes:
    """A reader that says so when the bytes are over."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def over(self) -> bool:
        return self.at >= len(self.data)

    def byte(self) -> int:
        if self.over:
            raise Damaged("This MIDI file is damaged: a track breaks off.")
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """A number of one to four bytes, seven bits in each."""
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise Damaged("This MIDI file is damaged: a number in it is too long.")

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise Damaged("This MIDI file is damaged: a track breaks off.")
        self.at += size
        return self.data[self.at - size : self.at]


def _track(body: bytes, song: Song) -> None:
    source = _Bytes(body)
    now, status, name = 0, 0, ""
    programs = [0] * 16
    voices: dict[tuple[int, int], Voice] = {}
    struck: dict[tuple[int, int], deque[tuple[int, int, int]]] = {}
    texts: list[tuple[int, str]] = []
    lyrics: list[tuple[int, str]] = []
    while not source.over:
        now += source.number()
        first = source.byte()
        if first == _META:
            kind, content = source.byte(), source.take(source.number())
            if kind == _END:
                break
            if kind == NAME:
                name = name or _text(content)
            elif kind in (TEXT, LYRIC, MARKER):
                {TEXT: texts, LYRIC: lyrics, MARKER: song.markers}[kind].append((now, _text(content)))
            else:
                _meta(kind, content, now, song)
            continue
        if first in _SYSEX:
            source.take(source.number())
            continue
        if first < 0x80 and not status:
            raise Damaged("This MIDI file is damaged: a message has no beginning.")
        status, one = (first, source.byte()) if first >= 0x80 else (status, first)
        two = source.byte() if _LENGTHS.get(status >> 4) == 2 else 0
        if status >= 0xF0 or one > 0x7F or two > 0x7F:
            raise Damaged("This MIDI file is damaged: a message in it is none.")
        message, channel = status >> 4, status & 0xF
        if message == 0xC:
            programs[channel] = one
        elif message == 0x9 and two:
            struck.setdefault((channel, one), deque()).append((now, two, programs[channel]))
        elif message in (0x8, 0x9) and struck.get((channel, one)):
            _close(voices, struck, channel, one, now)
    for (channel, pitch), open_ in struck.items():
        for _ in list(open_):
            _close(voices, struck, channel, pitch, now)
    for voice in voices.values():
        voice.name = name
        voice.notes.sort()
    if sum(len(voice.notes) for voice in (*song.voices, *voices.values())) > MAX_NOTES:
        raise Damaged(f"This MIDI file has more than {MAX_NOTES:,} notes.")
    song.voices += [voices[key] for key in sorted(voices)]
    song.words += [found for found in (texts, lyrics) if found]
    if not voices:
        song.title = song.title or name


def _close(
    voices: dict[tuple[int, int], Voice],
    struck: dict[tuple[int, int], deque[tuple[int, int, int]]],
    channel: int,
    pitch: int,
    now: int,
) -> None:
    """End the note of a key that was struck first."""
    onset, velocity, program = struck[channel, pitch].popleft()
    voice = voices.setdefault((channel, program), Voice("", channel, program))
    voice.notes.append((onset, now - onset, pitch, velocity))


def _meta(kind: int, content: bytes, now: int, song: Song) -> None:
    """Tempo, metre and key; what has the wrong size says nothing."""
    if kind == _TEMPO and len(content) == 3 and any(content):
        song.tempos.append((now, 60e6 / int.from_bytes(content)))
    elif kind == _METRE and len(content) >= 2 and content[1] < 8:
        song.metres.append((now, content[0], 1 << content[1]))
    elif kind == _KEY and len(content) == 2 and content[1] < 2:
        song.keys.append((now, struct.unpack("b", content[:1])[0], content[1] == 1))


def _text(content: bytes) -> str:
    """Text on one line. Older programs did not write UTF-8."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:80]


def write(song: Song) -> bytes:
    """A format-1 file: a first track of title, tempo, metre, key, markers and words, then one a voice."""
    conductor: list[tuple[int, bytes]] = [(0, _event(NAME, song.title.encode()))]
    conductor += [(at, _event(_TEMPO, round(60e6 / bpm).to_bytes(3))) for at, bpm in song.tempos]
    conductor += [(at, _event(_METRE, bytes((n, unit.bit_length() - 1, 24, 8)))) for at, n, unit in song.metres]
    conductor += [(at, _event(_KEY, struct.pack("bB", fifths, minor))) for at, fifths, minor in song.keys]
    conductor += [(at, _event(MARKER, text.encode())) for at, text in song.markers]
    conductor += [(at, _event(TEXT, text.encode())) for words in song.words for at, text in words]
    tracks = [conductor]
    pitched = 0
    for voice in song.voices:
        events: list[tuple[int, bytes]] = [(0, _event(NAME, voice.name.encode()))]
        channel = DRUM_CHANNEL
        if not voice.is_drums:
            port, channel = divmod(pitched, len(_PITCHED))
            channel = _PITCHED[channel]
            pitched += 1
            if port:
                # More players than channels sit at a second cable.
                events.append((0, _event(_PORT, bytes((port,)))))
        events.append((0, bytes((0xC0 | channel, voice.program))))
        strokes = [(at + length, 0, bytes((0x80 | channel, pitch, 0))) for at, length, pitch, _ in voice.notes]
        strokes += [(at, 1, bytes((0x90 | channel, pitch, loud))) for at, _, pitch, loud in voice.notes]
        # A key is let go before it is struck again.
        events += [(at, message) for at, _, message in sorted(strokes)]
        tracks.append(events)
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), song.per_quarter)
    return head + b"".join(_packed(events) for events in tracks)


_PITCHED = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)


def _event(kind: int, content: bytes) -> bytes:
    return bytes((_META, kind)) + _number(len(content)) + content


def _number(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def _packed(events: list[tuple[int, bytes]]) -> bytes:
    body, now = bytearray(), 0
    for at, message in sorted(events, key=lambda event: event[0]):
        body += _number(at - now) + message
        now = at
    body += b"\0" + _event(_END, b"")
    return struct.pack(">4sI", b"MTrk", len(body)) + bytes(body)
