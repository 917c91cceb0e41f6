"""Standard MIDI files of scores, and scores of MIDI files from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from models.composer.analysis import key as keys
from models.composer.casting import cast, instrument_of
from models.composer.notation.spelling import key_on_paper, read_symbol
from models.composer.smf import DRUM_CHANNEL, Damaged, Song, Voice, read, write
from models.spec import BadInput, Chord, Note, Part, Score, Section
from models.vocabulary import key_name

TICKS = 960
"""Ticks in a quarter note of the files we write."""
MAX_BYTES = 2_000_000
"""As many as `smf.MAX_NOTES` take; reading them keeps a core busy for three seconds and takes 200 MB."""
MAX_SECONDS = 3600.0
MAX_WORDS = 2_000
"""Markers and lyrics that are looked at."""
_SLOWEST, _FASTEST = 10.0, 500.0
"""BPM of a tempo that is believed."""
_USUAL_TEMPO = 120.0
"""BPM of a file that names none, by the standard."""
_MAX_BEATS = 32
_GRACE = 1 / 16
"""Quarter notes a note of no length is given."""
_LONGEST = 2.0
"""Quarter notes of a note that count for the key."""


def to_midi(score: Score) -> bytes:
    """The score as a format-1 MIDI file: title, tempo, metre, key, one named track a part.

    Sections are markers and chord symbols texts of the first track.
    """
    key = key_on_paper(score.key)
    end = round(score.length * score.tempo / 60 * TICKS)
    song = Song(
        TICKS,
        voices=[_voice(part, end) for part in score.parts],
        tempos=[(0, score.tempo)],
        metres=[(0, *score.metre)],
        keys=[(0, key.fifths, key.mode == "minor")],
        markers=[(round(section.start * TICKS), section.name) for section in score.sections],
        words=[[(round(chord.start * TICKS), chord.symbol) for chord in score.chords]],
        title=score.title,
    )
    return write(song)


def _voice(part: Part, end: int) -> Voice:
    notes = []
    for note in part.notes:
        onset = min(round(note.onset * TICKS), end - 1)
        duration = max(1, min(round(note.duration * TICKS), end - onset))
        notes.append((onset, duration, note.pitch, note.velocity))
    return Voice(part.name, DRUM_CHANNEL if part.is_drums else 0, part.program, notes)


def from_midi(data: bytes, genre: str = "", title: str = "") -> Score:
    """Read a MIDI file, ours or anyone's. ``length`` is the end of the last note at the score's tempo.

    Times are quarter notes, so a file that changes its tempo keeps its beats; the score has the tempo that most beats
    have. Roles are guessed from who plays what (`casting.cast`); instruments come from track names, else from programs;
    a key that is not named is the likeliest one. Raises BadInput with a sentence for the user.
    """
    song = _parsed(data)
    voices = [(voice, _notes(voice, song.per_quarter)) for voice in song.voices]
    if not voices:
        raise BadInput("This MIDI file has no notes.")
    end = max(note.onset + note.duration for _, notes in voices for note in notes)
    tempo = _dominant_tempo(song, end * song.per_quarter)
    if end * 60 / tempo > MAX_SECONDS:
        raise BadInput(f"This MIDI file is longer than {MAX_SECONDS / 60:g} minutes.")
    parts = _parts(voices)
    return Score(
        title=title,
        genre=genre,
        tempo=tempo,
        key=_key(song, parts),
        metre=_metre(song),
        length=end * 60 / tempo,
        parts=parts,
        sections=_sections(song, end),
        chords=_chords(song, end),
    )


def _parsed(data: bytes) -> Song:
    if len(data) > MAX_BYTES:
        raise BadInput(f"This MIDI file is larger than {MAX_BYTES / 1e6:g} MB.")
    try:
        return read(data)
    except Damaged as error:
        raise BadInput(str(error)) from error


def _notes(voice: Voice, per_quarter: int) -> tuple[Note, ...]:
    return tuple(
        Note(onset / per_quarter, duration / per_quarter if duration else _GRACE, pitch, velocity)
        for onset, duration, pitch, velocity in voice.notes
    )


def _parts(voices: list[tuple[Voice, tuple[Note, ...]]]) -> tuple[Part, ...]:
    names: list[str] = []
    players = []
    for voice, notes in voices:
        instrument = instrument_of(voice.name, voice.program, voice.is_drums)
        wanted = voice.name or instrument.replace("_", " ").capitalize()
        unique, number = wanted, 2
        while unique in names:
            unique, number = f"{wanted} {number}", number + 1
        names.append(unique)
        players.append((unique, instrument, notes))
    return tuple(
        Part(name, role, instrument, voice.program, notes)
        for (name, instrument, notes), role, (voice, _) in zip(players, cast(players), voices, strict=True)
    )


def _dominant_tempo(song: Song, end: float) -> float:
    """The tempo of most beats, in BPM."""
    believed = [(time, bpm) for time, bpm in song.tempos if time < end and _SLOWEST <= bpm <= _FASTEST]
    if not believed:
        return _USUAL_TEMPO
    beats: dict[float, float] = {}
    for (time, bpm), (stop, _) in pairwise([*believed, (end, 0.0)]):
        beats[round(bpm, 3)] = beats.get(round(bpm, 3), 0.0) + stop - time
    return max(beats, key=lambda bpm: beats[bpm])


def _metre(song: Song) -> tuple[int, int]:
    return next(((beats, unit) for _, beats, unit in song.metres if 1 <= beats <= _MAX_BEATS and unit <= 32), (4, 4))


def _key(song: Song, parts: Iterable[Part]) -> str:
    for _, fifths, minor in song.keys:
        if -7 <= fifths <= 7:
            major = fifths * 7 % 12
            return key_name(major - 3 if minor else major, "minor" if minor else "major")
    return _heard_key(parts)


def _heard_key(parts: Iterable[Part]) -> str:
    """The key whose profile fits best; C major where there is no pitch. Basses count double, as they do to the ear."""
    weights = np.zeros(12)
    for part in parts:
        for note in () if part.is_drums else part.notes:
            weights[note.pitch % 12] += min(note.duration, _LONGEST) * (2 if part.role == "bass" else 1)
    tonic, mode, _ = keys.best(weights)
    return key_name(tonic, mode)


def _sections(song: Song, end: float) -> tuple[Section, ...]:
    named = {tick / song.per_quarter: name for tick, name in song.markers[:MAX_WORDS] if name}
    starts = [(start, name) for start, name in sorted(named.items()) if start < end]
    return tuple(Section(name, start, stop - start) for (start, name), (stop, _) in pairwise([*starts, (end, "")]))


def _chords(song: Song, end: float) -> tuple[Chord, ...]:
    """Texts or lyrics of a track that are chord symbols, all of them, as `to_midi` writes them."""
    key = key_on_paper("C major")
    for words in song.words:
        symbols = [read_symbol(text, key) for _, text in words[:MAX_WORDS]]
        if symbols and all(symbol is not None and symbol.known for symbol in symbols):
            starts = [(tick / song.per_quarter, text) for tick, text in words[:MAX_WORDS]]
            return tuple(Chord(start, text) for start, text in starts if start < end)
    return ()
