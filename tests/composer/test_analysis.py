"""MIDI in the composer's terms: beats, swing, chords, key, roles; and back from words to notes."""

import numpy as np
import pytest
import symusic

from models.composer.analysis import grid, harmony, key
from models.composer.analysis.encode import encode, sections
from models.composer.analysis.events import chord_word, drum_events, line_events
from models.composer.analysis.song import analyse
from models.composer.realise import extent, pitches, struck
from models.composer.tokens import (
    DURATIONS,
    LOW,
    PIECES,
    SLOTS,
    UNKNOWN,
    WHAT,
    WHAT_SIZE,
    WHEN,
    WHEN_SIZE,
    length_of,
    note_when,
    seat_of,
    seat_word,
    slot_of,
    tempo_word,
)

PER_QUARTER = 480
CHORDS = {"C": (0, 4, 7), "Am": (9, 0, 4), "F": (5, 9, 0), "G": (7, 11, 2)}


def midi(
    *, swing: float = 0.5, late: float = 0.0, transpose: int = 0, signature: tuple[int, int] = (4, 4), bars: int = 16
) -> symusic.Score:
    """C Am F G for a singer, a piano, a bass and drums. ``swing`` is where the off-beat falls, ``late`` in beats."""
    song = symusic.Score(PER_QUARTER)
    song.tempos.append(symusic.Tempo(0, qpm=100))
    song.time_signatures.append(symusic.TimeSignature(0, *signature))
    parts = {
        name: symusic.Track(name, program, name == "kit")
        for name, program in (("lead vocal", 66), ("piano", 0), ("bass", 33), ("kit", 0))
    }

    def add(name: str, beat: float, length: float, pitch: int, velocity: int = 90) -> None:
        whole, inside = divmod(beat, 1)
        played = whole + (swing * inside / 0.5 if inside <= 0.5 else swing + (inside - 0.5) * (1 - swing) / 0.5) + late
        parts[name].notes.append(
            symusic.Note(round(played * PER_QUARTER), round(length * PER_QUARTER), pitch + transpose, velocity)
        )

    for bar in range(bars):
        chord = list(CHORDS.values())[bar % 4]
        for beat in range(4):
            at = 4.0 * bar + beat
            for pc in chord:
                add("piano", at, 0.9, 60 + pc)
            add("bass", at, 0.8, 36 + chord[0])
            parts["kit"].notes.append(
                symusic.Note(round((at + late) * PER_QUARTER), 60, 36 if beat % 2 == 0 else 38, 100)
            )
            for half in (0.0, 0.5):
                add("lead vocal", at + half, 0.4, 72 + chord[(beat + int(half * 2)) % 3])
    for track in parts.values():
        song.tracks.append(track)
    return song


def test_a_band_is_read_as_it_was_written() -> None:
    song = analyse(midi(transpose=2), "pop")
    assert (song.metre, song.tempo, song.tonic, song.mode, song.bars) == (4, 100, 2, "major", 16)
    assert [(x.role, x.instrument) for x in song.lines] == [
        ("melody", "saxophone"),
        ("chords", "piano"),
        ("bass", "bass"),
        ("drums", "drums"),
    ]
    names = [harmony.CHORD_QUALITIES[c // 12] for c in song.chords[::4][:4]]
    assert [int(c) % 12 for c in song.chords[::4][:4]] == [0, 9, 5, 7]
    assert names == ["", "m", "", ""]
    assert not song.swings


def test_swing_is_recognised_and_written_straight() -> None:
    straight, swung = analyse(midi(), "jazz"), analyse(midi(swing=2 / 3), "jazz")
    assert not straight.swings
    assert swung.swings
    tunes = [next(x for x in s.lines if x.role == "melody") for s in (straight, swung)]
    np.testing.assert_array_equal(tunes[0].events[:, 0], tunes[1].events[:, 0])
    np.testing.assert_array_equal(tunes[0].events[:, 2], tunes[1].events[:, 2])


def test_an_offset_against_the_beat_is_removed() -> None:
    moved, plain = analyse(midi(late=0.06), "pop"), analyse(midi(), "pop")
    for one, other in zip(moved.lines, plain.lines, strict=True):
        np.testing.assert_array_equal(one.events[:, 0], other.events[:, 0])


def test_compound_time_counts_dotted_quarters() -> None:
    beats = grid.read(midi(signature=(6, 8)))
    assert beats.metre == 4
    assert beats.tempo == pytest.approx(100 / 1.5)


def test_music_without_a_beat_is_refused() -> None:
    song = midi()
    rng = np.random.default_rng(0)
    for track in song.tracks:
        for note in track.notes:
            note.time = int(rng.integers(0, 64 * PER_QUARTER))
    with pytest.raises(grid.Unusable, match="beat"):
        grid.read(song)
    with pytest.raises(grid.Unusable, match="notes"):
        grid.read(symusic.Score(PER_QUARTER))
    with pytest.raises(grid.Unusable, match="7/8"):
        grid.read(midi(signature=(7, 8)))


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_key_of_a_scale_with_its_chords(tonic: int, mode: str) -> None:
    third = 4 if mode == "major" else 3
    sixth = 9 if mode == "major" else 8
    scale = [0, 2, third, 5, 7, sixth, 11, 0, third, 7, 0, third, 7, 0]
    notes = np.array([(i * 12, 12, 60 + tonic + s) for i, s in enumerate(scale)])
    assert key.best(key.profile(notes))[:2] == (tonic, mode)


def test_chords_change_where_they_change() -> None:
    notes = [(beat * 12, 12, 60 + pc) for beat in range(8) for pc in (CHORDS["C"] if beat < 4 else CHORDS["G"])]
    empty = np.zeros((0, 3), dtype=np.int64)
    found = harmony.recognise(np.array(notes), empty, empty, 8, 4)
    assert list(found) == [0] * 4 + [7] * 4
    assert set(harmony.recognise(empty, empty, empty, 4, 4)) == {-1}


def test_words_of_places_lengths_and_seats_go_both_ways() -> None:
    for slot in SLOTS:
        for length in DURATIONS:
            word = note_when(slot, length)
            assert (slot_of(word), length_of(word)) == (slot, length)
            assert word in WHEN["note"]
    assert seat_of(seat_word("counter", "flute")) == ("counter", "flute")
    assert tempo_word(120) < tempo_word(121 * 1.2)
    assert max(s.stop for s in WHEN.values()) == WHEN_SIZE
    assert max(s.stop for s in WHAT.values()) == WHAT_SIZE


def test_a_line_keeps_the_highest_note_and_ends_at_the_next() -> None:
    notes = np.array([(0, 48, 60, 90), (0, 48, 64, 90), (12, 6, 62, 90)])
    top, bottom = line_events(notes, highest=True), line_events(notes, highest=False)
    assert top[0].tolist() == [0, 12, WHAT["pitch"].start + 64 - LOW]
    assert bottom[0].tolist() == [0, 12, WHAT["pitch"].start + 60 - LOW]


@pytest.mark.parametrize(
    ("notes", "chord", "sounding"),
    [
        ((60,), (0, 4, 7), (60,)),
        ((40, 47), (4, 8, 11), (40, 47)),
        ((40, 47, 52), (4, 8, 11), (40, 47)),
        ((36, 48), (0, 4, 7), (36, 48)),
        ((60, 64, 67), (0, 4, 7), (60, 64, 67)),
        ((55, 60, 64, 67), (0, 4, 7), (55, 60, 64, 67)),
        ((64, 67), (0, 4, 7), (64, 67)),
    ],
)
def test_chords_come_back_from_their_words(
    notes: tuple[int, ...], chord: tuple[int, ...], sounding: tuple[int, ...]
) -> None:
    word = chord_word(np.array(notes))
    assert pitches(word, chord) == sounding
    low, high = extent(word)
    assert low <= min(sounding)
    assert max(sounding) == high


def test_drums_are_sets_of_pieces() -> None:
    notes = np.array([(0, 1, 36, 100), (0, 1, 42, 80), (12, 1, 38, 110), (18, 1, 38, 30), (24, 1, 31, 100)])
    events = drum_events(notes)
    assert [[name for name, _ in struck(int(bits))] for bits in events[:, 2]] == [["kick", "hat"], ["snare"], ["ghost"]]
    assert len(PIECES) == len(set(PIECES))


def test_a_stretch_is_whole_bars_with_their_controls() -> None:
    song = analyse(midi(), "pop")
    drums = {int(bits): WHAT["drums"].start for x in song.lines if x.role == "drums" for bits in x.events[:, 2]}
    steps = encode(song, song.lines, 4, 150, lead_first=False, drums=drums)
    bars = int((steps.words[:, 0] == WHEN["bar"].start).sum())
    assert 0 < bars < 12
    assert len(steps.words) <= 150
    first = steps.words[steps.words[:, 0] == WHEN["chord"].start][:4, 1] - WHAT["chord"].start
    assert first.tolist() == [0, 12 + 9, 5, 7]
    # The tune knows the chord under it, controls are given and not learnt.
    sung = steps.words[(steps.words[:, 2] == 1)]
    assert set(sung[:8, 3]) == {0}
    assert not steps.learn[: 5 + 4].any()
    tune_first = encode(song, song.lines, 4, 150, lead_first=True, drums=drums)
    assert set(tune_first.words[tune_first.words[:, 2] == 1][:, 3]) == {UNKNOWN}
    assert len(sections(song)) == 16
