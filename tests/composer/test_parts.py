"""The composer's own parts: theory, patterns, form, harmony tables, voice leading, swing."""

import itertools

import numpy as np
import pytest

from models.composer.chance import stream
from models.composer.humanise import swing_time, tidy
from models.composer.plan import make_plan
from models.composer.recut import Cut, bar_cuts
from models.composer.roles import seat
from models.composer.styles import style
from models.composer.theory import Harmony, nearest, parse_roman
from models.composer.voicing import voiced
from models.spec import Note
from models.vocabulary import GENRES, INSTRUMENTS


@pytest.mark.parametrize(
    ("text", "root", "quality", "bass"),
    [
        ("I", 0, "", 0),
        ("ii7", 2, "m7", 2),
        ("V7/3", 7, "7", 11),
        ("bVII", 10, "", 10),
        ("iim7b5", 2, "m7b5", 2),
        ("bVImaj7", 8, "maj7", 8),
        ("imaj7", 0, "mmaj7", 0),
        ("VI7b9", 9, "7b9", 9),
        ("iidim/b3", 2, "dim", 5),
    ],
)
def test_roman_numerals(text: str, root: int, quality: str, bass: int) -> None:
    assert parse_roman(text) == (root, quality, bass)


def test_unknown_numerals_are_refused() -> None:
    for text in ("", "H", "IIII7", "V7foo", "I/9"):
        with pytest.raises(ValueError, match=r"Roman numeral|unknown quality"):
            parse_roman(text)


@pytest.mark.parametrize("genre", GENRES)
def test_the_tables_of_a_genre_can_be_read(genre: str) -> None:
    table = style(genre)
    assert set(table.progressions) == {"major", "minor"}
    for mode, progressions in table.progressions.items():
        assert {"intro", "A", "B", "C"} <= set(progressions)
        every = [*itertools.chain(*progressions.values()), *table.cadences[mode], *table.finals[mode]]
        for chord in itertools.chain(*(p.replace("|", " ").split() for p in every)):
            parse_roman(chord)
        assert all(len(c.split("|")) == 4 for c in table.cadences[mode])
    assert all(set(band) <= set(INSTRUMENTS) for band in table.bands)


@pytest.mark.parametrize("genre", ["pop", "blues", "classical"])
def test_any_length_and_tempo_gets_a_form_that_ends_in_time(genre: str) -> None:
    for tempo, length in itertools.product((40, 63, 120, 171, 220), (1, 2.2, 5, 14, 30, 77, 300)):
        plan = make_plan(style(genre), tempo, length, 4, stream(0, tempo, length))
        beat = plan.seconds_per_beat
        assert plan.total * beat == pytest.approx(length)
        assert 0 <= plan.final < plan.total
        ring = (plan.total - plan.final) * beat
        assert ring >= min(1.0, length)
        assert ring <= 5.5
        assert plan.sections[0].start == 0
        for one, two in itertools.pairwise(plan.sections):
            assert one.start + one.bars == two.start
        last = plan.sections[-1]
        assert (last.start + last.bars) * 4 >= plan.final
        assert sum(s.bars for s in plan.sections) <= max(1, plan.bars)


@pytest.mark.parametrize("quality", ["maj7", "m7", "m9", "13", "", "dim"])
def test_a_voicing_is_complete_close_and_clear(quality: str) -> None:
    for root in range(12):
        chord = Harmony(0, 4, root, quality, root)
        voicing = voiced(chord, 52, 72, 4)
        assert list(voicing) == sorted(set(voicing))
        assert all(52 <= p <= 72 for p in voicing)
        assert {chord.third, *((chord.seventh,) if "7" in quality else ())} <= {p % 12 for p in voicing}
        assert voicing[-1] - voicing[0] <= 19
        assert min(np.diff(voicing)) >= 1


def test_chords_are_spelled_in_the_key() -> None:
    assert Harmony(0, 4, 1, "m", 1).symbol(9) == "C#m"
    assert Harmony(0, 4, 1, "", 1).symbol(8) == "Db"
    assert Harmony(0, 4, 10, "7", 2).symbol(5) == "Bb7/D"
    assert Harmony(0, 4, 6, "", 6).symbol(11) == "F#"
    assert Harmony(0, 4, 4, "", 4).symbol(8) == "E"


def test_nearest() -> None:
    assert nearest(0, 61) == 60
    assert nearest(11, 60) == 59
    assert all(abs(nearest(pc, 50) - 50) <= 6 and nearest(pc, 50) % 12 == pc for pc in range(12))


def test_swing_moves_only_the_off_beats() -> None:
    assert [swing_time(b, 2 / 3, 0.5) for b in (0, 0.5, 1, 1.5, 2)] == pytest.approx([0, 2 / 3, 1, 5 / 3, 2])
    assert [swing_time(b, 0.6, 0.25) for b in (0, 0.25, 0.5, 0.75)] == pytest.approx([0, 0.3, 0.5, 0.8])
    places = [swing_time(b, 0.62, 0.5) for b in np.linspace(0, 8, 200)]
    assert places == sorted(places)


def test_tidy_makes_a_line_of_a_monophonic_player() -> None:
    notes = tidy([Note(0, 3, 60, 80), Note(1, 1, 62, 80), Note(1.001, 1, 65, 90), Note(3.9, 2, 64, 80)], 4.0, True)
    assert [(n.onset, n.pitch) for n in notes] == [(0, 60), (1, 65), (3.9, 64)]
    assert all(a.onset + a.duration <= b.onset + 1e-9 for a, b in itertools.pairwise(notes))
    assert notes[-1].onset + notes[-1].duration <= 4.0


def test_roles() -> None:
    def roles(genre: str, *instruments: str) -> dict[str, str]:
        return {s.instrument: s.role for s in seat(instruments, style(genre))}

    assert roles("jazz", "saxophone", "piano", "bass", "drums") == {
        "saxophone": "melody", "piano": "chords", "bass": "bass", "drums": "drums",
    }  # fmt: skip
    assert roles("rock", "bass") == {"bass": "melody"}
    assert roles("rock", "drums") == {"drums": "drums"}
    assert roles("classical", "violin", "piano", "cello") == {"violin": "melody", "piano": "chords", "cello": "bass"}
    assert roles("pop", "flute", "strings") == {"flute": "melody", "strings": "chords"}
    for genre in GENRES:
        assert set(roles(genre, *INSTRUMENTS)) == set(INSTRUMENTS)
        assert list(roles(genre, *INSTRUMENTS).values()).count("melody") == 1


def test_bars_are_cut_and_repeated() -> None:
    assert bar_cuts(14, 14, ends=True) == (Cut(0, 14),)
    assert bar_cuts(14, 6, ends=True) == (Cut(0, 4), Cut(12, 14))
    longer = bar_cuts(14, 30, ends=True, intro=4)
    assert sum(c.last - c.first for c in longer) == 30
    assert longer[-1].last == 14
    assert all(c.first >= 4 for c in longer[1:])
    assert sum(c.last - c.first for c in bar_cuts(5, 17, ends=False)) == 17
    assert bar_cuts(1, 1, ends=True) == (Cut(0, 1),)
    assert bar_cuts(0, 3, ends=True) == ()
