"""The composer's corpus: duplicates, splits, and stretches for training."""

import numpy as np
import pytest
import torch

from models.composer.analysis.song import Line, Song
from models.composer.tokens import LOW, WHAT, WHAT_SIZE, WHEN, WHEN_SIZE
from models.training.composer_corpus import Piece, _split, kind, load, save
from models.training.composer_windows import Windows, combinations, fixed


def song(name: str, seed: int, tag: str = "rock", *, transpose: int = 0, drums: bool = True) -> Song:
    """Sixteen bars: a random tune, a bass on the beats, and a kit."""
    rng = np.random.default_rng(seed)
    tune = np.column_stack(
        [np.arange(128) * 6, np.full(128, 6), WHAT["pitch"].start + 60 - LOW + transpose + rng.integers(0, 12, 128)]
    )
    bass = np.column_stack(
        [np.arange(64) * 12, np.full(64, 12), WHAT["pitch"].start + 36 - LOW + rng.integers(0, 7, 64)]
    )
    kit = np.column_stack([np.arange(64) * 12, np.zeros(64), np.where(np.arange(64) % 2, 2, 1)]).astype(int)
    lines = [Line("melody", "flute", 73, tune), Line("bass", "bass", 33, bass)]
    if drums:
        lines.append(Line("drums", "drums", 0, kit))
    chords = np.repeat(rng.integers(0, 12, 16), 4)
    return Song(tag, 120.0, 4, 0, "major", False, 16, chords, tuple(lines), 1.0, name)


def test_duplicates_are_dropped_also_transposed_ones() -> None:
    pieces = [Piece(song(f"{i}", i), "a", False) for i in range(6)]
    pieces += [Piece(song("copy", 2), "b", False), Piece(song("higher", 3, transpose=5), "b", False)]
    kept = {p.song.name for p in _split(pieces)}
    assert len(kept) == 6
    assert len(kept & {"2", "copy"}) == 1
    assert len(kept & {"3", "higher"}) == 1


def test_every_genre_is_dealt_by_song_and_made_pieces_only_teach() -> None:
    pieces = [
        Piece(song(f"{tag}{i}", 100 * k + i, tag), "a", False)
        for k, tag in enumerate(("rock", "jazz"))
        for i in range(40)
    ]
    pieces += [Piece(song(f"made{i}", 900 + i), "mma", True) for i in range(5)]
    dealt = _split(pieces)
    for tag in ("rock", "jazz"):
        splits = [p.split for p in dealt if p.song.tag == tag and not p.made]
        assert splits.count("test") == 10
        assert splits.count("valid") == 2
        assert splits.count("train") == 28
    assert {p.split for p in dealt if p.made} == {"train"}
    assert _split(pieces) == dealt
    assert {kind(p) for p in dealt} == {"band", "made"}


def test_a_corpus_survives_its_file(tmp_path) -> None:
    pieces = _split([Piece(song(f"{i}", i), "a", False) for i in range(8)])
    save(pieces, tmp_path / "corpus.npz")
    back = load(tmp_path / "corpus.npz")
    for one, other in zip(pieces, back, strict=True):
        assert (one.song.name, one.split, one.source) == (other.song.name, other.split, other.source)
        np.testing.assert_array_equal(one.song.chords, other.song.chords)
        for a, b in zip(one.song.lines, other.song.lines, strict=True):
            assert (a.role, a.instrument) == (b.role, b.instrument)
            np.testing.assert_array_equal(a.events, b.events)


@pytest.fixture
def windows() -> Windows:
    pieces = [Piece(song(f"{tag}{i}", i, tag), "a", False) for tag in ("rock", "jazz") for i in range(4)]
    return Windows(pieces, combinations(pieces), 256)


def test_batches_are_full_of_words_and_go_on_where_they_were(windows: Windows) -> None:
    stream = windows.batches(3, 0, 0)
    first, second = next(stream), next(stream)
    for words, learn in (first, second):
        assert words.shape == (3, 256, 4)
        assert learn.shape == (3, 256)
        assert int(words[..., 0].max()) < WHEN_SIZE
        assert int(words[..., 1].max()) < WHAT_SIZE
        # Controls are given, music is learnt.
        assert not learn[words[..., 0] == WHEN["bar"].start].any()
        assert learn[words[..., 0] == WHEN["part"].start].all()
    assert torch.equal(next(windows.batches(3, 0, 1))[0], second[0])
    assert not torch.equal(first[0], second[0])


def test_rare_sets_of_drums_lose_their_least_telling_pieces() -> None:
    words = combinations([Piece(song("x", 0), "a", False)])
    kick, snare, conga = 1, 2, 1 << 16
    assert words[kick | conga] == words[kick]
    assert words[snare] != words[kick]


def test_validation_material_is_always_the_same(windows: Windows) -> None:
    pieces = [Piece(song(f"{i}", i), "a", False) for i in range(3)]
    one, other = (fixed(pieces, windows, 4) for _ in range(2))
    assert torch.equal(one[0], other[0])
    assert torch.equal(one[1], other[1])
