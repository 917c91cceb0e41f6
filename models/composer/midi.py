"""Standard MIDI files of scores, and scores of MIDI files.

symusic is imported where it is used: the web process reads backends' descriptions and stays small without it.
"""

from __future__ import annotations

from models.composer.instruments import TABLE, program
from models.spec import Note, Part, Score, Section
from models.vocabulary import key_name, parse_key

TICKS = 960
"""Ticks in a quarter note."""
_MAJOR_FIFTHS = {0: 0, 7: 1, 2: 2, 9: 3, 4: 4, 11: 5, 6: 6, 5: -1, 10: -2, 3: -3, 8: -4, 1: -5}


def to_midi(score: Score) -> bytes:
    """The score as a format-1 MIDI file: tempo, metre, key, section markers, one named track a part."""
    import symusic

    song = symusic.Score(TICKS)
    song.tempos.append(symusic.Tempo(0, qpm=score.tempo))
    song.time_signatures.append(symusic.TimeSignature(0, score.metre[0], score.metre[1]))
    tonic, mode = parse_key(score.key)
    fifths = _MAJOR_FIFTHS[tonic if mode == "major" else (tonic + 3) % 12]
    song.key_signatures.append(symusic.KeySignature(0, fifths, int(mode == "minor")))
    for section in score.sections:
        song.markers.append(symusic.TextMeta(round(section.start * TICKS), section.name))
    end = round(score.length * score.tempo / 60 * TICKS)
    for part in score.parts:
        track = symusic.Track(part.name, part.program, part.is_drums)
        for note in part.notes:
            onset = min(round(note.onset * TICKS), end - 1)
            duration = max(1, min(round(note.duration * TICKS), end - onset))
            track.notes.append(symusic.Note(onset, duration, note.pitch, note.velocity))
        song.tracks.append(track)
    return bytes(song.dumps_midi())


def from_midi(data: bytes, genre: str = "", title: str = "") -> Score:
    """Read a MIDI file that `to_midi` wrote, or any other at one tempo.

    Instruments are taken from track names, else from programs. ``length`` is the end of the last note.
    """
    import symusic

    song = symusic.Score.from_midi(data)
    per_quarter = song.ticks_per_quarter
    tempo = float(song.tempos[0].qpm) if len(song.tempos) else 120.0
    parts = []
    end = 0.0
    for track in song.tracks:
        notes = tuple(
            Note(n.time / per_quarter, n.duration / per_quarter, n.pitch, max(1, n.velocity)) for n in track.notes
        )
        instrument = _instrument(track.name, track.program, track.is_drum)
        role = "drums" if track.is_drum else "bass" if instrument == "bass" else "chords"
        parts.append(Part(track.name or instrument, role, instrument, track.program, notes))  # type: ignore[arg-type]
        end = max([end, *(n.onset + n.duration for n in notes)])
    markers = [(m.time / per_quarter, m.text) for m in song.markers]
    stops = [start for start, _ in markers[1:]] + [end]
    sections = tuple(Section(text, start, stop - start) for (start, text), stop in zip(markers, stops, strict=False))
    metre = (4, 4)
    if len(song.time_signatures):
        metre = (song.time_signatures[0].numerator, song.time_signatures[0].denominator)
    key = "C major"
    if len(song.key_signatures):
        signature = song.key_signatures[0]
        major = next(tonic for tonic, fifths in _MAJOR_FIFTHS.items() if (fifths - signature.key) % 12 == 0)
        minor = bool(signature.tonality)
        key = key_name((major - 3) % 12 if minor else major, "minor" if minor else "major")
    return Score(title, genre, tempo, key, metre, end * 60 / tempo, tuple(parts), sections)


def _instrument(name: str, number: int, is_drum: bool) -> str:
    if is_drum:
        return "drums"
    word = name.strip().lower().replace(" ", "_")
    if word in TABLE:
        return word
    by_program = {program(n, "", "melody"): n for n in TABLE if n != "drums"}
    return by_program.get(number, min(by_program.items(), key=lambda item: abs(item[0] - number))[1])
