"""MIDI files out and in: what ours hold, and what becomes of anyone's."""

from __future__ import annotations

import random
import struct
import time
from pathlib import Path

import pytest
import symusic

from app.settings import ROOT
from models.composer.engine import compose
from models.composer.midi import MAX_BYTES, from_midi, to_midi
from models.composer.smf import MAX_NOTES
from models.spec import BadInput, Chord, GenerateRequest, Note, Part, Score
from models.vocabulary import GENRES, parse_key

LIBRARY = sorted((ROOT / "genres").rglob("*.mid"))


def song(genre: str, key: str | None = None, seed: int = 1, seconds: float = 20.0) -> Score:
    return compose(GenerateRequest(genre, (), 120.0, seconds, seed, key))


def file(*tracks: bytes, division: int = 480, kind: bytes = b"MTrk") -> bytes:
    """A MIDI file of tracks without their heads."""
    head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division)
    return head + b"".join(kind + struct.pack(">I", len(track)) + track for track in tracks)


def meta(kind: int, content: bytes) -> bytes:
    return b"\x00\xff" + bytes((kind, len(content))) + content


def line(*pitches: int, channel: int = 0, program: int = 0, name: bytes = b"") -> bytes:
    """Quarter notes after each other."""
    body = meta(3, name) if name else b""
    body += bytes((0, 0xC0 | channel, program))
    for pitch in pitches:
        body += bytes((0, 0x90 | channel, pitch, 90, 0x83, 0x60, 0x80 | channel, pitch, 0))
    return body + meta(0x2F, b"")


def test_our_files_hold_names_programs_tempo_key_markers_and_chords() -> None:
    score = song("jazz", "Eb minor")
    read = symusic.Score.from_midi(to_midi(score))
    assert [(t.name, t.program, t.is_drum) for t in read.tracks] == [
        (p.name, p.program, p.is_drums) for p in score.parts
    ]
    assert read.tempos[0].qpm == pytest.approx(120)
    assert (read.key_signatures[0].key, read.key_signatures[0].tonality) == (-6, 1)
    assert (read.time_signatures[0].numerator, read.time_signatures[0].denominator) == score.metre
    assert [m.text for m in read.markers] == [s.name for s in score.sections]
    for part, track in zip(score.parts, read.tracks, strict=True):
        wanted = sorted((round(n.onset * 960), n.pitch, n.velocity) for n in part.notes)
        assert sorted((n.time, n.pitch, n.velocity) for n in track.notes) == wanted
    back = from_midi(to_midi(score))
    assert [(round(c.start, 3), c.symbol) for c in back.chords] == [(round(c.start, 3), c.symbol) for c in score.chords]
    assert [(s.name, round(s.start, 3)) for s in back.sections] == [(s.name, round(s.start, 3)) for s in score.sections]


def test_more_players_than_channels_keep_their_instruments() -> None:
    parts = tuple(Part(f"P{n}", "chords", "synth", 80 + n, (Note(n, 1, 60, 90),)) for n in range(20))
    score = Score("x", "pop", 100, "C major", (4, 4), 30, parts)
    assert [(p.name, p.program, p.notes) for p in from_midi(to_midi(score)).parts] == [
        (p.name, p.program, p.notes) for p in parts
    ]


@pytest.mark.parametrize("path", LIBRARY[::8], ids=lambda path: path.stem)
def test_another_reader_reads_the_same(path: Path) -> None:
    ours, theirs = from_midi(path.read_bytes()), symusic.Score.from_midi(path.read_bytes())
    assert ours.tempo == pytest.approx(theirs.tempos[0].qpm, abs=0.01)
    assert len(ours.parts) == len(theirs.tracks)
    for part, track in zip(ours.parts, theirs.tracks, strict=True):
        assert (part.name, part.program, part.is_drums) == (track.name, track.program, track.is_drum)
        assert sorted((n.onset, n.duration, n.pitch, n.velocity) for n in part.notes) == sorted(
            (n.time / theirs.tpq, n.duration / theirs.tpq, n.pitch, n.velocity) for n in track.notes
        )


def test_roles_are_guessed_from_the_notes() -> None:
    right = total = 0
    for genre in GENRES:
        score = song(genre, seed=4)
        for part, back in zip(score.parts, from_midi(to_midi(score)).parts, strict=True):
            total += 1
            right += part.role == back.role
    assert right > 0.9 * total


def test_a_strangers_band_is_understood() -> None:
    chords = b"".join(
        bytes((0, 0x91, 48 + step, 80, 0, 0x91, 55 + step, 80, 0, 0x91, 64 + step, 80))
        + bytes((0x83, 0x60, 0x81, 48 + step, 0, 0, 0x81, 55 + step, 0, 0, 0x81, 64 + step, 0))
        for step in (0, 5, 7, 0)
    )  # fmt: skip
    data = file(
        meta(0x51, (500_000).to_bytes(3)) + meta(0x2F, b""),
        line(72, 74, 76, 79, program=73, name="Flöte".encode("latin-1")),
        b"\x00\xc1\x04" + chords,
        line(36, 41, 43, 36, channel=2, program=58),
        line(36, 38, 36, 38, channel=9),
        line(67, 67, 67, 67, channel=3, program=71, name=b"Solo"),
        line(67, 65, 67, 65, channel=4, program=71, name=b"Solo"),
    )
    score = from_midi(data, "pop", "Theirs")
    found = [(part.name, part.instrument, part.role) for part in score.parts]
    assert found == [
        ("Flöte", "flute", "counter"),
        ("Electric piano", "electric_piano", "chords"),
        ("Trombone", "trombone", "bass"),
        ("Drums", "drums", "drums"),
        ("Solo", "clarinet", "counter"),
        ("Solo 2", "clarinet", "melody"),
    ]
    assert score.key == "C major"
    assert score.length == pytest.approx(4 * 60 / 120)


def test_a_file_that_changes_its_tempo_keeps_its_beats() -> None:
    slow, fast = (60_000_000 // 60).to_bytes(3), (60_000_000 // 150).to_bytes(3)
    # A slow bar, then eight fast ones.
    tempos = meta(0x51, slow) + b"\x8f\x00" + meta(0x51, fast)[1:] + meta(0x2F, b"")
    score = from_midi(file(tempos, line(*[60 + n % 5 for n in range(36)])))
    assert score.tempo == pytest.approx(150)
    assert [note.onset for note in score.parts[0].notes] == list(range(36))
    assert score.length == pytest.approx(36 * 60 / 150)


def test_overlapping_and_endless_notes_have_an_end() -> None:
    body = (
        b"\x00\x90\x3c\x50"
        + b"\x83\x60\x90\x3c\x50"
        + b"\x83\x60\x80\x3c\x00"
        + b"\x83\x60\x90\x40\x50\x83\x60\xff\x2f\x00"
    )
    notes = from_midi(file(body)).parts[0].notes
    assert [(n.onset, n.duration, n.pitch) for n in notes] == [(0, 2, 60), (1, 3, 60), (3, 1, 64)]


MANY = b"\x00\x90\x3c\x50" + b"\x00\x3c\x00\x00\x3c\x50" * (MAX_NOTES + 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"MThd", "cut off"),
        (b"ID3\x04 not midi", "not a MIDI file"),
        (b"RIFF\x00\x00\x00\x00RMID", "not a MIDI file"),
        (file(line(60))[:-9], "cut off"),
        (file(), "no notes"),
        (file(meta(0x2F, b"")), "no notes"),
        (file(line(60), division=0xE728), "film frames"),
        (file(line(60), division=0), "film frames"),
        (file(b"\x00\x3c\x50"), "damaged"),
        (file(b"\x00\x90\x3c\xff"), "damaged"),
        (file(b"\xff\xff\xff\xff\x7f\x90\x3c\x50"), "damaged"),
        (file(b"\xff\xff\xff\x7f\x90\x3c\x50" + b"\xff\xff\xff\x7f\x80\x3c\x00"), "longer than"),
        (file(line(60)) + b"\0" * MAX_BYTES, "larger than"),
        (file(MANY), "more than"),
        (file(*[line(60)] * 50_000), "more than 256 parts"),
        (file(b"\xff" * 1_000_000), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_used_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refusal:
        from_midi(data)
    assert str(refusal.value).endswith(".")


def test_events_of_a_wrong_size_say_nothing() -> None:
    broken = (
        (0x51, b"\1"),
        (0x51, b"\0\0\0"),
        (0x54, b""),
        (0x58, b"\3"),
        (0x59, b"\x0e\5"),
        (0x59, b""),
        (0x20, b""),
        (0, b"\1"),
    )
    score = from_midi(file(b"".join(meta(*event) for event in broken) + line(60, 64, 67, 60)))
    assert (score.tempo, score.metre, score.key) == (120, (4, 4), "C major")


def test_what_follows_the_last_track_does_no_harm() -> None:
    for rest in (b"\0", b"\0" * 40, b"XFIH\xff\xff\xff\xffjunk"):
        assert from_midi(file(line(60, 62)) + rest).parts[0].notes


def test_damaged_bytes_never_do_more_than_be_refused() -> None:
    chance = random.Random(7)
    sources = [path.read_bytes() for path in LIBRARY[::10]] + [to_midi(song("jazz", seconds=4))]
    read = 0
    start = time.process_time()
    for _ in range(1500):
        data = bytearray(chance.choice(sources)[: chance.choice((400, 3000, None))])
        way = chance.randrange(4)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            if way == 0:
                data[at] = chance.randrange(256)
            elif way == 1:
                del data[at : at + chance.randint(1, 9)]
            elif way == 2:
                data[at:at] = chance.randbytes(chance.randint(1, 9))
            else:
                data[min(at, 80)] = chance.choice((0, 0x7F, 0x80, 0xFF))
            if not data:
                break
        try:
            score = from_midi(bytes(data))
        except BadInput:
            continue
        read += 1
        assert all(
            note.onset >= 0 and note.duration > 0 and 0 <= note.pitch < 128 and 1 <= note.velocity < 128
            for part in score.parts
            for note in part.notes
        )
        to_midi(score)
    assert read > 30
    assert time.process_time() - start < 60


@pytest.mark.parametrize("wanted", ["D major", "F minor", "Bb major", "A minor"])
def test_a_key_that_is_not_named_is_heard(wanted: str) -> None:
    tonic, mode = parse_key(wanted)
    # I vi IV V I and i VI iv V i under a tune of scale steps: no network, so the music never changes.
    chords = {
        "major": ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2)),
        "minor": ((0, 3, 7), (8, 0, 3), (5, 8, 0), (7, 11, 2)),
    }
    steps = {
        "major": (7, 4, 2, 0, 9, 7, 5, 4, 5, 4, 2, 0, 2, 4, 2, -1),
        "minor": (7, 3, 2, 0, 8, 7, 5, 3, 5, 3, 2, 0, 2, 3, 2, -1),
    }
    bars = [*chords[mode], chords[mode][0]]
    tune = tuple(Note(float(at), 1, 60 + tonic + step, 90) for at, step in enumerate((*steps[mode], 0)))
    comp = tuple(Note(4.0 * bar, 4, 48 + (tonic + tone) % 12, 80) for bar, chord in enumerate(bars) for tone in chord)
    bass = tuple(Note(4.0 * bar, 4, 36 + (tonic + chord[0]) % 12, 80) for bar, chord in enumerate(bars))
    parts = (
        Part("Tune", "melody", "flute", 73, tune),
        Part("Comp", "chords", "piano", 0, comp),
        Part("Low", "bass", "bass", 33, bass),
    )
    data = bytearray(to_midi(Score("x", "pop", 100, wanted, (4, 4), 12, parts)))
    at = data.index(b"\xff\x59\x02")
    data[at + 1] = 0x7F  # words for one program alone
    assert from_midi(bytes(data)).key == wanted


def test_words_that_are_no_chords_are_none() -> None:
    words = meta(5, b"A") + meta(5, b"day") + meta(5, b"in")
    assert from_midi(file(words + line(60, 62))).chords == ()
    assert from_midi(file(meta(1, b"Am7") + meta(1, b"D/F#") + line(60, 62))).chords == (
        Chord(0, "Am7"),
        Chord(0, "D/F#"),
    )
