"""The score keeps to the request: tempo, length, key, instruments, ranges, seed."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from models.composer import frame
from models.composer.engine import Manner, compose
from models.composer.instruments import TABLE
from models.composer.midi import from_midi, to_midi
from models.composer.styles import style
from models.spec import GenerateRequest, Score, Section
from models.vocabulary import GENRES, INSTRUMENTS, key_name

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""Probe-tone profiles of Krumhansl and Kessler (1982)."""


def request(genre="pop", instruments=(), tempo=112.0, length=20.0, seed=1, key=None) -> GenerateRequest:
    return GenerateRequest(genre, tuple(instruments), float(tempo), float(length), seed, key)


def estimated_key(score: Score) -> str:
    """Duration-weighted pitch classes against the profiles; the bass counts double, as it does to the ear."""
    weights = np.zeros(12)
    for part in score.parts:
        for note in part.notes:
            if not part.is_drums:
                weights[note.pitch % 12] += min(note.duration, 4.0) * (2 if part.role == "bass" else 1)
    scores = {
        key_name(tonic, mode): np.corrcoef(np.roll(profile, tonic), weights)[0, 1]
        for tonic in range(12)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
    }
    return max(scores, key=scores.__getitem__)


def last_end(score: Score) -> float:
    """Seconds at which the last note ends."""
    return max(n.onset + n.duration for p in score.parts for n in p.notes) * 60 / score.tempo


REQUESTS = [
    request(genre, tempo=tempo, length=length, seed=seed)
    for (genre, seed), (tempo, length) in zip(
        itertools.product(GENRES, (1, 2, 3)),
        itertools.cycle([(120, 30), (40, 30), (220, 20), (93.5, 1), (77, 7.3), (140, 61.7), (180, 2.5)]),
        strict=False,
    )
]


@pytest.mark.parametrize("wanted", REQUESTS, ids=lambda r: f"{r.genre}-{r.tempo:g}-{r.length:g}s-{r.seed}")
def test_what_was_asked_for_is_what_is_written(wanted: GenerateRequest) -> None:
    score = compose(wanted)
    assert score.genre == wanted.genre
    assert score.tempo == wanted.tempo
    assert score.length == wanted.length
    assert score.title
    assert last_end(score) <= wanted.length + 1e-6
    assert last_end(score) > 0.5 * wanted.length
    for part in score.parts:
        assert part.notes, f"{part.instrument} is silent"
        instrument = TABLE[part.instrument]
        for note in part.notes:
            assert note.onset >= 0
            assert note.duration > 0
            assert 1 <= note.velocity <= 127
            if not part.is_drums:
                assert instrument.low <= note.pitch <= instrument.high
    ends = [s.start + s.duration for s in score.sections]
    assert score.sections[0].start == 0
    assert ends[-1] == pytest.approx(wanted.length * wanted.tempo / 60)
    assert [s.start for s in score.sections[1:]] == pytest.approx(ends[:-1])
    assert score.chords[0].start == 0


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("genre", ["jazz", "metal", "hiphop"])
def test_an_instrument_alone(genre: str, instrument: str) -> None:
    score = compose(request(genre, [instrument], 120, 16))
    assert [p.instrument for p in score.parts] == [instrument]
    notes = score.parts[0].notes
    assert len(notes) >= 8
    silence = np.diff([n.onset for n in notes]).max() * 60 / score.tempo
    assert silence < 9, "a lone player does not pause for long"


@pytest.mark.parametrize(
    "instruments",
    [
        ("flute", "trumpet", "saxophone"),
        ("drums", "bass"),
        ("violin", "cello"),
        ("strings", "choir", "organ", "synth"),
        ("bass", "choir"),
        ("drums", "harmonica"),
        tuple(INSTRUMENTS),
    ],
    ids=lambda i: "+".join(i) if len(i) < 6 else "all",
)
@pytest.mark.parametrize("genre", ["classical", "reggae", "rock"])
@pytest.mark.parametrize("length", [4.0, 30.0])
def test_every_asked_for_instrument_sounds_and_no_other(
    genre: str, instruments: tuple[str, ...], length: float
) -> None:
    score = compose(request(genre, instruments, 100, length))
    assert {p.instrument for p in score.parts} == set(instruments)
    assert len(score.parts) == len(instruments)
    assert all(p.notes for p in score.parts)


@pytest.mark.parametrize("genre", GENRES)
def test_the_band_of_a_genre_plays_when_none_is_named(genre: str) -> None:
    parts = compose(request(genre)).parts
    assert parts
    assert len({p.instrument for p in parts}) == len(parts)


@pytest.mark.parametrize("vamps", [True, False])
def test_a_vamp_goes_over_the_same_chords_in_every_section(monkeypatch: pytest.MonkeyPatch, vamps: bool) -> None:
    monkeypatch.setattr(frame, "style_of", lambda genre: replace(style(genre), vamps=float(vamps)))

    def beats(score: Score, section: Section) -> list[str]:
        onsets = [section.start + beat for beat in range(7 * 4)]
        return [next(c.symbol for c in reversed(score.chords) if c.start <= at) for at in onsets]

    same = 0
    for seed in range(3):
        score = compose(request("hiphop", length=60, seed=seed))
        named = {s.name: s for s in reversed(score.sections)}
        verse, chorus = named["verse"], named["hook"]
        same += beats(score, verse) == beats(score, chorus)
    assert same == (3 if vamps else 0)


@pytest.mark.parametrize("genre", GENRES)
def test_the_key_is_heard(genre: str) -> None:
    wrong = []
    for seed, key in enumerate(["C major", "A minor", "F# minor", "Bb major", "Eb minor", "D major"]):
        score = compose(request(genre, length=40, seed=seed, key=key))
        assert score.key == key
        found = estimated_key(score)
        if found != key:
            wrong.append((key, found))
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize("genre", GENRES)
def test_the_last_chord_is_the_tonic(genre: str) -> None:
    for seed in range(4):
        score = compose(request(genre, seed=seed, key="G major" if seed % 2 else "C minor"))
        last = score.chords[-1]
        assert last.symbol.startswith("G" if seed % 2 else "C")
        ring = score.length - last.start * 60 / score.tempo
        assert 1.0 <= ring <= 6.0


def test_a_seed_decides_everything() -> None:
    for genre in GENRES:
        one, again, other = (compose(request(genre, seed=s)) for s in (5, 5, 6))
        assert one == again
        assert to_midi(one) == to_midi(again)
        tune = [[(round(n.onset, 2), n.pitch) for n in s.parts[0].notes] for s in (one, other)]
        shared = len(set(tune[0]) & set(tune[1])) / max(1, min(len(set(tune[0])), len(set(tune[1]))))
        assert one.title != other.title or shared < 0.7
        assert shared < 0.7


def test_the_midi_file_holds_the_score() -> None:
    score = compose(request("jazz", tempo=133.7, length=25, key="Eb major"))
    back = from_midi(to_midi(score), "jazz", score.title)
    assert back.tempo == pytest.approx(133.7, abs=0.01)
    assert back.key == "Eb major"
    assert back.metre == score.metre
    assert [s.name for s in back.sections] == [s.name for s in score.sections]
    assert [(p.name, p.instrument, p.is_drums) for p in back.parts] == [
        (p.name, p.instrument, p.is_drums) for p in score.parts
    ]
    for one, two in zip(score.parts, back.parts, strict=True):
        assert sorted(n.pitch for n in one.notes) == sorted(n.pitch for n in two.notes)
        assert max(abs(a.onset - b.onset) for a, b in zip(one.notes, two.notes, strict=True)) < 0.01
    assert last_end(back) <= score.length + 0.001


def test_density_chance_swing_and_feel_matter() -> None:
    band = ("electric_guitar", "bass", "drums", "flute")
    wanted = request("rock", band, length=30)

    def count(density: float) -> int:
        scores = [
            compose(request("rock", band, length=30, seed=s), manner=Manner(density=density)) for s in range(1, 5)
        ]
        return sum(len(p.notes) for score in scores for p in score.parts)

    assert count(1.0) > 1.1 * count(0.0)
    plain = compose(wanted, manner=Manner())
    for manner in (Manner(swing=1.0), Manner(temperature=0.6), Manner(top_p=0.6), Manner(humanise=0.0)):
        assert compose(wanted, manner=manner).parts != plain.parts
    exact = compose(wanted, manner=Manner(humanise=0.0, swing=0.0))
    drums = next(p for p in exact.parts if p.is_drums)
    on_grid = [abs(n.onset * 12 - round(n.onset * 12)) < 1e-6 for n in drums.notes]
    assert np.mean(on_grid) > 0.99


def test_the_tune_repeats_its_motif_and_breathes() -> None:
    score = compose(
        request("pop", ("flute", "piano", "bass", "drums"), 112, 60, key="C major"), manner=Manner(humanise=0)
    )
    tune = next(p for p in score.parts if p.role == "melody").notes
    bars: dict[int, tuple[float, ...]] = {}
    for note in tune:
        bars[int(note.onset // 4)] = (*bars.get(int(note.onset // 4), ()), round(note.onset % 4, 2))
    rhythms = list(bars.values())
    assert len(set(rhythms)) < 0.75 * len(rhythms), "rhythms come back"
    leaps = np.abs(np.diff([n.pitch for n in tune]))
    assert np.mean(leaps <= 4) > 0.7, "mostly steps and thirds"
    rests = [b.onset - a.onset - a.duration for a, b in itertools.pairwise(tune)]
    assert max(rests) >= 0.75, "the singer takes breath"


def test_long_pieces_have_a_form() -> None:
    for genre in GENRES:
        score = compose(request(genre, length=180))
        names = [s.name for s in score.sections]
        assert len(names) >= 5
        assert names[-1] in ("ending", "chorus", "A", "verse", "tag", "hook")
        assert len(set(names)) < len(names), "something returns"
