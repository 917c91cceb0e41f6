import shutil
from pathlib import Path

import numpy as np
import pytest

from models.training.band import SECONDS, _midi_file, excerpt, play
from models.training.pieces import agreed_key, composed, from_midi
from models.training.roughen import pulseless, roughened
from models.training.tempo_and_key_material import is_test, is_validation

BANK = Path(__file__).parents[2] / "models" / "composer" / "render" / "FluidR3Mono_GM.sf3"


@pytest.fixture(scope="module")
def pieces():
    return list(composed(5, seed=3))


def test_composed_pieces_know_their_beats_and_key(pieces):
    for piece in pieces:
        assert np.ptp(np.diff(piece.beats)) < 1e-9
        assert piece.downbeats[0]
        assert piece.key in range(24)
        assert len(piece.notes)


def test_three_finders_agree_on_a_plain_scale(pieces):
    notes = pieces[0].notes[:7].copy()
    notes["pitch"], notes["track"] = [60, 62, 64, 65, 67, 69, 71], 0
    notes["onset"] = np.arange(7)
    notes["end"] = notes["onset"] + [3, 1, 2, 1, 2.5, 1, 0.5]
    assert agreed_key(notes, ((0, False),)) == 0
    assert agreed_key(notes, ((0, True),)) is None


def test_an_excerpt_keeps_beats_and_notes_together(pieces):
    rng = np.random.default_rng(0)
    for piece in pieces:
        cut = excerpt(piece, rng)
        if cut is None:
            continue
        assert cut.beats.min() >= 0
        assert cut.beats.max() <= SECONDS
        assert (np.diff(cut.beats) > 0).all()
        pitched = np.array([not drums for _, drums in cut.players])[cut.notes["track"]]
        # A tenth of a beat: swing and sixteenths apart, enough onsets lie on beats.
        gap = np.abs(cut.notes["onset"][:, None] - cut.beats[None]).min(axis=1)
        assert (gap < 0.1 * np.diff(cut.beats).mean()).mean() > 0.2
        assert pitched.any() or cut.key is None or len(cut.notes)


def test_the_midi_file_is_read_back_with_its_times(pieces, tmp_path):
    from symusic import Score

    cuts = [cut for piece in pieces[:2] if (cut := excerpt(piece, np.random.default_rng(1)))]
    path = tmp_path / "band.mid"
    path.write_bytes(_midi_file(cuts, SECONDS + 3))
    score = Score(str(path), ttype="second")
    onsets = np.sort(np.concatenate([t.notes.numpy()["time"] for t in score.tracks]))
    first = cuts[0].notes["onset"]
    assert onsets[0] == pytest.approx(max(0.0, float(first.min())), abs=0.002)
    assert score.note_num() == pytest.approx(sum(len(cut.notes) for cut in cuts), rel=0.1)


def test_a_performance_off_the_grid_is_left_out(tmp_path, pieces):
    from symusic import Note, Score, Track

    rng = np.random.default_rng(0)
    score, track = Score(480), Track(program=0)
    for time in np.sort(rng.integers(0, 480 * 60, 300)):
        track.notes.append(Note(int(time), 200, 60, 80))
    score.tracks.append(track)
    score.dump_midi(str(tmp_path / "free.mid"))
    assert from_midi(tmp_path / "free.mid", "classical") is None
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    assert from_midi(tmp_path / "broken.mid", "classical") is None


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="fluidsynth is not installed")
def test_fluidsynth_plays_each_excerpt_in_its_place(pieces):
    rng = np.random.default_rng(2)
    cuts = [cut for piece in pieces[:2] if (cut := excerpt(piece, rng, seconds=4.0))]
    played = play(cuts, BANK, rng, seconds=4.0)
    assert [len(audio) for audio in played] == [4 * 22_050] * len(cuts)
    assert all(np.abs(audio).max() > 10_000 for audio in played)


def test_songs_never_change_sides():
    names = [f"song {n}" for n in range(2000)]
    test, check = {n for n in names if is_test(n)}, {n for n in names if is_validation(n)}
    assert not test & check
    assert 0.08 < len(test) / len(names) < 0.16
    assert 0.03 < len(check) / len(names) < 0.1


def test_roughening_keeps_length_and_order():
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal(22_050)).astype(np.float32)
    for seed in range(6):
        out = roughened(sound, 22_050, np.random.default_rng(seed), sound[:5000])
        assert out.shape == sound.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
    assert all(np.abs(sound).max() <= 0.1 + 1e-6 for sound in pulseless(rng, 22_050)[:5])
