"""MusicXML says what the score says: read back by music21, a program that is not ours."""

from __future__ import annotations

import collections
import itertools
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import music21
import pytest

from models.composer.chart import to_chart
from models.composer.engine import Manner, compose
from models.composer.musicxml import to_lead_sheet, to_musicxml
from models.composer.notation.grid import TICKS, quantise
from models.composer.notation.harmony import KINDS
from models.composer.notation.measures import Metre, Sound, measures
from models.composer.notation.sheet import sheet
from models.composer.notation.spelling import key_on_paper, read_symbol
from models.composer.notation.staves import staves
from models.composer.notation.swing import find
from models.composer.score_json import from_dict, to_dict
from models.composer.theory import QUALITIES
from models.spec import Chord, GenerateRequest, Note, Part, Score, Section
from models.vocabulary import GENRES, TONICS, key_name, parse_key

WANTED = [
    ("jazz", 140, "Bb major", ("saxophone", "piano", "bass", "drums")),
    ("blues", 66, "E major", ("electric_guitar", "harmonica", "piano", "bass", "drums")),
    ("hiphop", 90, "Eb minor", ("electric_piano", "synth", "bass", "drums")),
    ("classical", 100, "Db minor", ("piano", "violin", "cello", "flute", "drums")),
    ("country", 118, "F# major", ("guitar", "violin", "bass", "drums")),
    ("pop", 44, "G minor", ("piano",)),
    ("metal", 215, "B minor", ("electric_guitar", "bass", "drums")),
    ("reggae", 76, "Ab major", ("organ", "guitar", "trombone", "bass", "drums")),
]


def written(genre: str, tempo: float, key: str, band: tuple[str, ...], manner: Manner | None = None) -> Score:
    return compose(GenerateRequest(genre, band, float(tempo), 16.0, 3, key), manner=manner)


SEVENTHS = {"dominant": "dominant-seventh", "half-diminished": "half-diminished-seventh"}
"""What music21 calls them."""


@pytest.fixture(scope="module", params=WANTED, ids=lambda w: f"{w[0]}-{w[1]}-{w[2].replace(' ', '-')}")
def score(request: pytest.FixtureRequest) -> Score:
    return written(*request.param)


@pytest.fixture(scope="module")
def read(score: Score) -> Any:
    return music21.converter.parseData(to_musicxml(score).decode(), format="musicxml")


def staves_read(read: Any) -> dict[str, list[Any]]:
    """The staves of each part by the part's id."""
    found: dict[str, list[Any]] = collections.defaultdict(list)
    for part in read.parts:
        found[str(part.getInstrument().partId)].append(part)
    return found


def events(staff: Any) -> collections.Counter[tuple[Fraction, Fraction, Any]]:
    """Onset, length and pitch of every note; where drums stand on the staff instead of a pitch. Ties are joined.

    music21's own stripTies loses chords that are tied beside a second voice.
    """
    seen: list[tuple[Fraction, Fraction, Any]] = []
    held: dict[tuple[Fraction, Any], int] = {}
    for element in sorted(staff.flatten().notes, key=lambda e: e.offset):
        if isinstance(element, music21.harmony.ChordSymbol) or element.duration.isGrace:
            continue
        onset, length = Fraction(element.offset), Fraction(element.quarterLength)
        for head in element.notes if isinstance(element, music21.chord.ChordBase) else [element]:
            what = head.displayName if isinstance(head, music21.note.Unpitched) else head.pitch.midi
            tie = head.tie.type if head.tie else None
            if tie in ("stop", "continue"):
                at = held.pop((onset, what))
                seen[at] = (seen[at][0], onset + length - seen[at][0], what)
            else:
                at = len(seen)
                seen.append((onset, length, what))
            if tie in ("start", "continue"):
                held[onset + length, what] = at
    assert not held, "every tie leads somewhere"
    return collections.Counter(seen)


def test_parts_have_their_names_instruments_and_staves(score: Score, read: Any) -> None:
    found = staves_read(read)
    assert len(found) == len(score.parts)
    page, text = sheet(score), to_musicxml(score).decode()
    for index, (part, paper) in enumerate(zip(score.parts, page.parts, strict=True), 1):
        rows = found[f"P{index}"]
        assert len(rows) == len(paper.staves)
        assert rows[0].partName == part.name
        if not part.is_drums:
            # music21 puts its own idea of a program in place of some.
            assert text.count(f'<midi-instrument id="P{index}-I1">') == 1
            assert (
                f"<midi-program>{part.program + 1}</midi-program>" in text.split(f'<midi-instrument id="P{index}-')[1]
            )
            clefs = [row.recurse().getElementsByClass(music21.clef.Clef).first() for row in rows]
            assert [clef.sign for clef in clefs] == [staff.clef.sign for staff in paper.staves]


def test_pitches_onsets_and_lengths_are_those_on_paper(score: Score, read: Any) -> None:
    found = staves_read(read)
    paper = quantise(score)
    for index, (part, notes) in enumerate(zip(score.parts, paper.parts, strict=True), 1):
        for row, staff in zip(found[f"P{index}"], staves(part, notes), strict=True):
            wanted: collections.Counter[tuple[Fraction, Fraction, Any]] = collections.Counter()
            for sound in itertools.chain.from_iterable(staff.voices):
                span = (Fraction(sound.onset, TICKS), Fraction(sound.end - sound.onset, TICKS))
                for pitch in sound.pitches:
                    wanted[(*span, pitch)] += 1
            got = events(row)
            if part.is_drums:
                # Several drums may share a line.
                strip = collections.Counter[tuple[Fraction, Fraction]]()
                for (onset, length, _), n in wanted.items():
                    strip[onset, length] += n
                back = collections.Counter[tuple[Fraction, Fraction]]()
                for (onset, length, _), n in got.items():
                    back[onset, length] += n
                assert back == strip
            else:
                assert got == wanted


def test_paper_is_close_to_the_performance(score: Score) -> None:
    paper = quantise(score)
    for part, notes in zip(score.parts, paper.parts, strict=True):
        graces = [note.grace for note in notes if note.grace is not None]
        assert len(notes) + len(graces) > 0.97 * len(part.notes), "hardly a note is lost where two fall together"
        moments: dict[int, list[float]] = {}
        for note in notes:
            for pitch in {note.pitch, note.grace} - {None}:
                moments.setdefault(pitch, []).append(paper.swing.performed(note.onset / TICKS))
        # A strummed chord spreads over up to a tenth of a second, as written it does not.
        errors = sorted(min(abs(at - n.onset) for at in moments[n.pitch]) * 60 / score.tempo for n in part.notes)
        assert errors[len(errors) // 2] < 0.02
        assert errors[int(0.98 * len(errors))] < 0.12


def test_key_metre_tempo_and_end(score: Score, read: Any) -> None:
    tonic, mode = parse_key(score.key)
    for part in read.parts:
        for bar in part.getElementsByClass("Measure"):
            assert bar.duration.quarterLength == 4 * score.metre[0] / score.metre[1]
        if part.recurse().getElementsByClass(music21.note.Unpitched):
            continue
        (key,) = part.recurse().getElementsByClass(music21.key.Key)
        assert (key.tonic.pitchClass, key.mode) == (tonic, mode)
        assert abs(key.sharps) <= 6
    first = read.parts[0]
    assert first.recurse().getElementsByClass(music21.meter.TimeSignature).first().ratioString == "{}/{}".format(
        *score.metre
    )
    assert first.recurse().getElementsByClass(music21.tempo.MetronomeMark).first().number == pytest.approx(score.tempo)
    assert first.getElementsByClass("Measure").last().rightBarline.type == "final"
    assert read.metadata.title == score.title


def test_chord_symbols_and_rehearsal_marks(score: Score, read: Any) -> None:
    key = key_on_paper(score.key)
    found = []
    for part in read.parts:
        for symbol in part.recurse().getElementsByClass(music21.harmony.ChordSymbol):
            offset = Fraction(symbol.getOffsetInHierarchy(part))
            bass = symbol.bass().pitchClass if symbol.bass() is not None else symbol.root().pitchClass
            found.append((offset, symbol.root().name.replace("-", "b"), symbol.chordKind, bass))
    wanted = []
    for chord in score.chords:
        symbol = read_symbol(chord.symbol, key)
        assert symbol is not None
        bass = (symbol.bass or symbol.root).pitch_class
        kind = KINDS[symbol.quality][0]
        wanted.append((Fraction(chord.start).limit_denominator(24), str(symbol.root), SEVENTHS.get(kind, kind), bass))
    assert found == wanted
    marks = read.parts[0].recurse().getElementsByClass(music21.expressions.RehearsalMark)
    assert [mark.content for mark in marks] == [section.name for section in score.sections]


def on_a_line(beat: float) -> bool:
    """Whether this is a thirty-second or a triplet, and not a string of a strum."""
    return any(abs(beat * n - round(beat * n)) < 1e-6 for n in (8, 6))


def test_without_feel_the_paper_is_the_score() -> None:
    for genre in GENRES:
        score = written(genre, 120, "C major", (), Manner(humanise=0.0, swing=0.0))
        paper = quantise(score)
        assert paper.swing.straight, genre
        for part, notes in zip(score.parts, paper.parts, strict=True):
            # Strummed strings follow each other; the first of a stroke stands for all.
            exact = {Fraction(n.onset).limit_denominator(24) for n in part.notes if on_a_line(n.onset)}
            assert exact <= {Fraction(note.onset, TICKS) for note in notes}, (genre, part.name)


@pytest.mark.parametrize(("genre", "unit"), [("jazz", 0.5), ("blues", 0.5), ("hiphop", 0.25), ("pop", 1), ("metal", 1)])
def test_swing_is_heard_and_said(genre: str, unit: float) -> None:
    scores = [compose(GenerateRequest(genre, (), 100.0, 20.0, seed, "C major")) for seed in range(1, 5)]
    texts = [to_musicxml(score).decode() for score in scores]
    words = {0.5: "Swing eighths", 0.25: "Swing sixteenths"}
    if unit == 1:
        assert all(find([n.onset for part in score.parts for n in part.notes]).straight for score in scores)
        assert not any(word in text for word in words.values() for text in texts)
    else:
        # A piece without a note off the beat does not swing.
        assert sum(words[unit] in text for text in texts) >= 2


@pytest.mark.parametrize("genre", ["jazz", "classical", "rock"])
def test_a_lead_sheet_is_one_line_with_chords(genre: str) -> None:
    score = written(genre, 110, "D minor", ())
    read = music21.converter.parseData(to_lead_sheet(score).decode(), format="musicxml")
    (part,) = read.parts
    notes = [n for n in part.flatten().notes if not isinstance(n, music21.harmony.ChordSymbol)]
    assert notes
    assert all(isinstance(note, music21.note.Note) for note in notes)
    symbols = part.recurse().getElementsByClass(music21.harmony.ChordSymbol)
    assert len(symbols) == len(score.chords)


def test_chords_as_text() -> None:
    chords = (Chord(0, "Dbm7"), Chord(2, "F#7/Bb"), Chord(4, "B"), Chord(12, "N.C."), Chord(14.5, "E"), Chord(15, "A"))
    sections = (Section("intro", 0, 8), Section("A", 8, 8))
    score = Score("Under\nthe {Lamp}", "pop", 92.5, "Db minor", (4, 4), 12.0, (), sections, chords)
    assert to_chart(score) == (
        "{title: Under the {Lamp}}\n{key: C#m}\n{tempo: 92.5}\n{time: 4/4}\n\n"
        '{start_of_grid: label="intro"}\n| C#m7 . F#7/A# . | B . . . |\n{end_of_grid}\n\n'
        '{start_of_grid: label="A"}\n| B . . . | N.C. . E A |\n{end_of_grid}\n'
    )


def test_every_chord_quality_has_a_kind() -> None:
    assert set(KINDS) == set(QUALITIES)
    empty = Score("x", "pop", 100, "C major", (4, 4), 2, (Part("Piano", "chords", "piano", 0, (Note(0, 4, 60, 80),)),))
    for quality, intervals in QUALITIES.items():
        text = to_musicxml(replace(empty, chords=(Chord(0, f"C{quality}"),))).decode()
        read = music21.converter.parseData(text, format="musicxml")
        symbol = read.parts[0].recurse().getElementsByClass(music21.harmony.ChordSymbol).first()
        heard = {pitch.pitchClass for pitch in symbol.pitches}
        if quality in ("7alt", "13", "7sus4"):
            # music21 hears an eleventh in 13, subtracts nothing, and takes an added 7 for a major one, against the
            # text of MusicXML ("relative to a dominant chord").
            assert {0, intervals[1]} <= heard
        else:
            assert heard == {i % 12 for i in intervals}, quality


def test_a_grace_note_is_small_and_takes_no_time() -> None:
    notes = (Note(0, 0.9, 60, 80), Note(1.01, 0.12, 66, 70), Note(1.13, 0.8, 67, 90), Note(2, 2, 64, 80))
    score = Score("x", "pop", 100, "C major", (4, 4), 3, (Part("Flute", "melody", "flute", 73, notes),))
    (part,) = music21.converter.parseData(to_musicxml(score).decode(), format="musicxml").parts
    found = [(n.duration.isGrace, n.offset, n.quarterLength, n.pitch.midi) for n in part.flatten().notes]
    assert found == [(False, 0, 1, 60), (True, 1, 0, 66), (False, 1, 1, 67), (False, 2, 2, 64)]


def test_names_follow_the_key() -> None:
    names = [str(key_on_paper("C major").name(pc)) for pc in range(12)]
    assert names == ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    assert [str(key_on_paper("A minor").name(pc)) for pc in (8, 6, 10)] == ["G#", "F#", "Bb"]
    assert str(key_on_paper("F# major").name(5)) == "E#"
    assert key_on_paper("Eb minor").fifths == -6
    assert str(key_on_paper("Eb minor").name(11)) == "Cb"
    assert key_on_paper("Eb minor").name(11).octave(59) == 4
    for tonic, mode, pitch in itertools.product(range(12), ("major", "minor"), range(12)):
        key = key_on_paper(key_name(tonic, mode))
        name = key.name(pitch)
        assert name.pitch_class == pitch
        assert abs(name.alter) <= 1, (TONICS[tonic], mode, pitch)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (12, 8), (2, 2), (5, 4)])
def test_any_rhythm_fills_its_bars(metre: tuple[int, int]) -> None:
    signature = Metre(*metre)
    grids = [3] if signature.compound else [3, 6, 8, 4]
    for onset, length, step in itertools.product(range(0, 9), range(1, 40, 3), grids):
        sound = Sound(onset * step, (onset + length) * step, (60,))
        bars = measures([sound], signature, -(-sound.end // signature.bar))
        for bar in bars:
            assert sum(piece.ticks for piece in bar) == signature.bar
            assert [p.start for p in bar] == list(itertools.accumulate([0] + [p.ticks for p in bar[:-1]]))
        assert sum(piece.ticks for bar in bars for piece in bar if piece.pitches) == length * step


@pytest.mark.filterwarnings("ignore:.*does not map to a valid instrument")  # music21 does not know keys 27 and 87
def test_strange_scores_are_still_written() -> None:
    lone = Part("A\x00<b> & c", "chords", "piano", 0, (Note(0.01, 9.97, 21, 1), Note(3.99, 0.02, 108, 127)))
    drums = Part("Drums", "drums", "drums", 0, (Note(0, 0.1, 27, 64), Note(0.3333, 0.1, 87, 64)))
    for parts in ((), (lone,), (drums,), (lone, drums)):
        for metre in ((4, 4), (6, 8), (7, 8)):
            score = Score(
                "t\x0b\ud800", "pop", 300, "C# minor", metre, 3, parts, (), (Chord(0, "H7"), Chord(1.3, "C13#11"))
            )
            music21.converter.parseData(to_musicxml(score).decode(), format="musicxml")
            to_lead_sheet(score)
            to_chart(score)


def test_a_score_survives_json() -> None:
    score = written(*WANTED[0])
    assert from_dict(json.loads(json.dumps(to_dict(score)))) == score


def test_the_same_score_gives_the_same_bytes(score: Score) -> None:
    assert to_musicxml(score) == to_musicxml(score)


def test_what_is_written_already_stays_as_it_is() -> None:
    """Short notes before rests keep their length, and nothing swings."""
    notes = tuple(Note(0.5 * i + (0.0 if i % 2 == 0 else 0.17), 0.25, 60 + i % 5, 80) for i in range(16))
    free = Score("T", "", 100.0, "C major", (4, 4), 5.0, (Part("Piano", "melody", "piano", 0, notes),))
    assert not quantise(free).swing.straight
    kept = replace(free, written=True)
    paper = quantise(kept)
    assert paper.swing.straight
    assert [(n.onset, n.end) for n in paper.parts[0]] == [
        (round(n.onset * TICKS), round((n.onset + n.duration) * TICKS)) for n in notes
    ]
    assert from_dict(to_dict(kept)) == kept
    old = {name: value for name, value in to_dict(free).items() if name != "written"}
    assert from_dict(old) == free
