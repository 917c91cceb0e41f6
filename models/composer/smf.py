"""Standard MIDI Files as songs and back, by mido, after the MIDI Association's RP-001.

What mido leaves to its caller is here: Windows' wrapper, chunks that are no tracks, sizes that would take minutes or
gigabytes, events of tempo, metre and key with the wrong size, and which strokes and releases are one note.
"""

from __future__ import annotations

import io
import re
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import mido
from mido.midifiles.meta import MetaSpec, add_meta_spec

DRUM_CHANNEL = 9
"""Counted from 0."""
MAX_NOTES = 200_000
MAX_VOICES = 256
"""More than any orchestra has."""
_PITCHED = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_TEMPO, _METRE, _KEY = 0x51, 0x58, 0x59
_PLAIN = (0x00, 0x20, 0x21, 0x54, _TEMPO, _METRE, _KEY)
"""Meta events that mido refuses, and the file with them, when their content is not what the standard says."""
_LATEST = 1 << 28
"""Ticks that the four bytes of a time can hold."""
_ENDLESS = re.compile(rb"[\x80-\xff]{2000}")
"""What no music holds: mido would read it as one number, in time that grows with its square."""
_CHARSET = "latin-1"


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


class _Plain(MetaSpec):  # type: ignore[misc]
    """A meta event whose content is kept as bytes and looked at by `_meta`."""

    attributes = ("kind", "content")
    defaults = (0, b"")
    type_byte = 0

    def decode(self, message: mido.MetaMessage, data: list[int]) -> None:
        message.kind = self.type_byte
        message.content = bytes(data)


for _kind in _PLAIN:
    # Reading finds these by their byte; writing still finds mido's own by their name.
    add_meta_spec(type(f"_Plain{_kind:02x}", (_Plain,), {"type_byte": _kind, "type": f"plain_{_kind:02x}"}))


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
    for track in _tracks([body for kind, body in chunks[1:] if kind == b"MTrk"], division):
        _track(track, song)
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


def _tracks(bodies: list[bytes], division: int) -> Iterator[mido.MidiTrack]:
    """The messages of each track; one track at a time, so that only one is in memory."""
    for body in bodies:
        if _ENDLESS.search(body):
            raise Damaged("This MIDI file is damaged: a number in it is too long.")
        head = struct.pack(">4sIHHH", b"MThd", 6, 1, 1, division)
        chunk = struct.pack(">4sI", b"MTrk", len(body)) + body
        try:
            yield mido.MidiFile(file=io.BytesIO(head + chunk), charset=_CHARSET).tracks[0]
        except EOFError as error:
            raise Damaged("This MIDI file is damaged: a track breaks off.") from error
        except (OSError, ValueError, LookupError) as error:
            raise Damaged("This MIDI file is damaged: a message in it is none.") from error


Struck = dict[tuple[int, int], deque[tuple[int, int, int]]]
"""By channel and pitch, the keys that are down: when, how hard, with which program."""


def _track(messages: mido.MidiTrack, song: Song) -> None:
    now, name = 0, ""
    programs = [0] * 16
    voices: dict[tuple[int, int], Voice] = {}
    struck: Struck = {}
    texts: dict[str, list[tuple[int, str]]] = {"text": [], "lyrics": [], "marker": song.markers}
    for message in messages:
        if message.time >= _LATEST:
            raise Damaged("This MIDI file is damaged: a number in it is too long.")
        now += message.time
        kind = message.type
        if kind == "note_on" and message.velocity:
            stroke = (now, message.velocity, programs[message.channel])
            struck.setdefault((message.channel, message.note), deque()).append(stroke)
        elif kind in ("note_on", "note_off"):
            if struck.get((message.channel, message.note)):
                _close(voices, struck, message.channel, message.note, now)
        elif kind == "program_change":
            programs[message.channel] = message.program
        elif kind == "track_name":
            name = name or _text(message.name)
        elif kind in texts:
            texts[kind].append((now, _text(message.text)))
        elif kind.startswith("plain"):
            _meta(message.kind, message.content, now, song)
        elif kind == "end_of_track":
            break
    for (channel, pitch), open_ in struck.items():
        for _ in list(open_):
            _close(voices, struck, channel, pitch, now)
    for voice in voices.values():
        voice.name = name
        voice.notes.sort()
    if sum(len(voice.notes) for voice in (*song.voices, *voices.values())) > MAX_NOTES:
        raise Damaged(f"This MIDI file has more than {MAX_NOTES:,} notes.")
    song.voices += [voices[key] for key in sorted(voices)]
    if len(song.voices) > MAX_VOICES:
        raise Damaged(f"This MIDI file has more than {MAX_VOICES} parts.")
    song.words += [found for found in (texts["text"], texts["lyrics"]) if found]
    if not voices:
        song.title = song.title or name


def _close(voices: dict[tuple[int, int], Voice], struck: Struck, channel: int, pitch: int, now: int) -> None:
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


def _text(read: str) -> str:
    """Text on one line. Older programs did not write UTF-8."""
    try:
        text = read.encode(_CHARSET).decode()
    except UnicodeDecodeError:
        text = read
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:80]


def write(song: Song) -> bytes:
    """A format-1 file: a first track of title, tempo, metre, key, markers and words, then one a voice."""
    conductor = [(0, mido.MetaMessage("track_name", name=_written(song.title)))]
    conductor += [(at, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm))) for at, bpm in song.tempos]
    conductor += [(at, mido.MetaMessage("time_signature", numerator=n, denominator=d)) for at, n, d in song.metres]
    conductor += [(at, mido.UnknownMetaMessage(_KEY, struct.pack("bB", *key))) for at, *key in song.keys]
    conductor += [(at, mido.MetaMessage("marker", text=_written(text))) for at, text in song.markers]
    conductor += [(at, mido.MetaMessage("text", text=_written(text))) for words in song.words for at, text in words]
    file = mido.MidiFile(type=1, ticks_per_beat=song.per_quarter, charset=_CHARSET, tracks=[_timed(conductor)])
    pitched = 0
    for voice in song.voices:
        events = [(0, mido.MetaMessage("track_name", name=_written(voice.name)))]
        channel = DRUM_CHANNEL
        if not voice.is_drums:
            port, place = divmod(pitched, len(_PITCHED))
            channel = _PITCHED[place]
            pitched += 1
            if port:
                # More players than channels sit at a second cable.
                events.append((0, mido.MetaMessage("midi_port", port=port)))
        events.append((0, mido.Message("program_change", channel=channel, program=voice.program)))
        file.tracks.append(_timed([*events, *_strokes(voice, channel)]))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _strokes(voice: Voice, channel: int) -> list[tuple[int, mido.Message]]:
    # A key is let go before it is struck again.
    ends = [(at + length, 0, pitch, 0) for at, length, pitch, _ in voice.notes]
    strokes = sorted([*ends, *((at, 1, pitch, velocity) for at, _, pitch, velocity in voice.notes)])
    kinds = ("note_off", "note_on")
    return [
        (at, mido.Message(kinds[on], channel=channel, note=pitch, velocity=velocity))
        for at, on, pitch, velocity in strokes
    ]


def _written(text: str) -> str:
    """UTF-8 in the letters of mido's charset, which it keeps in one variable for all threads: it never changes here."""
    return text.encode().decode(_CHARSET)


def _timed(events: list[tuple[int, mido.Message]]) -> mido.MidiTrack:
    """A track of messages, each with the ticks since the one before."""
    track, now = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda event: event[0]):
        message.time = at - now
        track.append(message)
        now = at
    return track
