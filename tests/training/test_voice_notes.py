"""What the networks of the voice learn from: recordings and their groups, targets, and voices from a synthesizer."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.dsp.voice_tones import voice_like
from models.evaluation.note_scores import f1
from models.nets.voice_notes import OUTPUTS, VoiceNotes, VoiceNotesConfig
from models.training.singing import STEP, differing, same_songs, songs
from models.training.voice_notes import CROP, batches, crop, fold_of, loss
from models.training.voice_notes_material import hear, targets
from models.training.voice_synthesis import CLIP_SECONDS, a_voice, excerpt, sing
from models.transcription.evidence import FEATURES
from models.transcription.pitch import FRAME_RATE, RATE, VOICED, follow, to_hertz


def test_recordings_are_read_without_the_suspect_ones_and_grouped_by_song(tmp_path: Path) -> None:
    folder = tmp_path / "vocals" / "sight_singing"
    folder.mkdir(parents=True)
    tunes = {"1": [60, 62, 64, 65, 67, 65, 64], "2": [55, 57, 59, 60, 62, 60, 59], "3": [60, 72, 60, 71, 59, 70, 58]}
    tunes["bad"] = tunes["1"]
    for name, keys in tunes.items():
        rows = [f"{0.5 * i} {0.5 * i + 0.4} {key}" for i, key in enumerate(keys)]
        (folder / f"{name}.txt").write_text("\n".join([*rows, "9.0 9.4 119.3"]))
        soundfile.write(folder / f"{name}.ogg", voice_like(60, 1.0, 22_050), 22_050)
    (folder / "SUSPECT.txt").write_text("# wrong\nbad\n# single notes out of range\n2\n")
    found = songs(tmp_path)
    assert [song.name for song in found] == ["1", "2", "3"]
    assert found[0].group == found[1].group != found[2].group  # the same intervals in another key
    assert len(found[0].notes) == 7
    lower = to_hertz(found[0].as_given[:, 2]) - to_hertz(found[0].notes[:, 2])
    assert lower == pytest.approx(STEP / 2)


def test_songs_are_told_by_their_intervals() -> None:
    one = np.array([2, 2, 1, 2, -2, -1, -2, 0])
    assert differing(one, one) == 0
    assert differing(one, np.append(one[:3], one[4:])) == pytest.approx(1 / 8)
    assert differing(one, one + 1) == pytest.approx(0.5)
    assert differing(one, np.zeros(0, int)) == 1
    melody = np.column_stack([np.arange(9), np.arange(9) + 0.5, np.cumsum([60, *one])]).astype(float)
    higher, other = melody.copy(), melody.copy()
    higher[:, 2] += 3
    other[:, 2] = [60, 72, 55, 71, 59, 50, 64, 48, 65]
    assert same_songs([melody, higher, other]) == [0, 0, 2]
    assert [fold_of(group) for group in (0, 4, 5, -1, -2)] == [0, 4, 0, -1, -1]


def test_targets_peak_where_notes_begin_and_end() -> None:
    made = targets(np.array([[10.0, 30.0], [30.0, 45.5]]), 0, 60)
    assert made.shape == (3, 60)
    assert np.flatnonzero(made[0] == 1).tolist() == [10, 30]
    assert made[1, 30] == 1
    assert made[2].sum() == pytest.approx(36, abs=1)
    assert targets(np.zeros((0, 2)), 0, 60).sum() == 0
    later = targets(np.array([[10.0, 30.0], [30.0, 45.5]]), 20, 60)
    assert np.array_equal(later[:, :40], made[:, 20:])


@pytest.mark.parametrize("seed", range(4))
def test_a_synthesized_voice_sings_its_notes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = 62 + rng.integers(-5, 6, 40)
    tune = np.column_stack([np.arange(40) * 0.5, np.arange(40) * 0.5 + 0.48, keys]).astype(float)
    notes = excerpt(tune, rng)
    voice = a_voice(rng)
    audio, sung = sing(notes, voice, rng)
    assert len(audio) == int(CLIP_SECONDS * RATE)
    assert 0.05 < np.abs(audio).max() <= 1
    assert (sung[1:, 0] >= sung[:-1, 1] - 1e-9).all()
    track = follow(audio)
    away = []
    for onset, offset, key in sung:
        inside = slice(round((onset + 0.6 * (offset - onset)) * FRAME_RATE), round(offset * FRAME_RATE))
        sure = track.confidence[inside] >= VOICED
        if sure.any():
            away.append(np.median(track.midi[inside][sure]) - key)
    # Within a tone of the key: the voice drifts, and a fast singer is still on the way.
    assert np.median(np.abs(away)) < 1.2
    assert len(away) > 0.7 * len(sung)


def test_a_network_learns_a_note_from_a_few_batches() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    tone = np.concatenate([np.zeros(RATE), voice_like(60, 1.0, RATE), np.zeros(RATE), voice_like(64, 1.0, RATE)])
    heard = [hear("tone", 0, tone.astype(np.float32), np.array([[1.0, 2.0, 60.0], [3.0, 4.0, 64.0]]))]
    assert heard[0].x.shape[1] == FEATURES
    x, goal = crop(heard[0], rng)
    assert x.shape == (CROP, FEATURES)
    assert goal.shape == (len(OUTPUTS), CROP)
    net = VoiceNotes(VoiceNotesConfig(FEATURES, channels=12, layers=4))
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    stream = batches(heard, 0, 0)
    costs = []
    for _ in range(25):
        cost = loss(net, next(stream))
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(float(cost.detach()))
    assert np.mean(costs[-5:]) < 0.6 * np.mean(costs[:3])


def test_notes_are_scored_as_the_literature_does() -> None:
    true = np.array([[0.0, 0.5, 60.0], [1.0, 1.5, 62.0], [2.0, 2.5, 64.0], [3.0, 3.5, 65.0]])
    assert f1(true, true) == {"onset": 1.0, "onset and pitch": 1.0, "with offset": 1.0}
    late = true + np.array([0.06, 0.0, 0.0])
    assert f1(true, late)["onset"] == 0
    flat = true + np.array([0.0, 0.0, 0.6])
    assert (f1(true, flat)["onset"], f1(true, flat)["onset and pitch"]) == (1.0, 0.0)
    short = true + np.array([0.0, -0.15, 0.0])
    assert (f1(true, short)["onset and pitch"], f1(true, short)["with offset"]) == (1.0, 0.0)
    assert f1(true, true[:2])["onset"] == pytest.approx(2 / 3)
    nothing = np.zeros((0, 3))
    assert f1(nothing, nothing)["onset"] == 1
    assert f1(true, nothing)["onset"] == 0
