"""A tune under a band: maps, the line through them, and whether there is a band at all."""

import numpy as np
import pytest
import torch

from models.audio import Recording, resample
from models.dsp.voice_tones import voice_like
from models.nets.melody_line import MelodyLine, MelodyLineConfig
from models.spec import Cancelled
from models.training.accompaniment import accompany
from models.training.melody_line import mix
from models.transcription import mixture
from models.transcription.mixture import BINS, LOW, MAPS, PER_SEMITONE, SAMPLE_RATE
from models.transcription.pitch import FRAME_RATE, RATE, frame_count
from tests.conftest import CLIPS

KEYS = (64, 67, 69, 67, 64, 62, 60, 62, 64, 67)
BEAT = 0.5


def voice() -> tuple[np.ndarray, np.ndarray]:
    """Ten notes with gaps, and what they are."""
    tone = [np.concatenate([voice_like(key, 0.42, SAMPLE_RATE), np.zeros(round(0.08 * SAMPLE_RATE))]) for key in KEYS]
    notes = np.array([(BEAT * i, BEAT * i + 0.42, key) for i, key in enumerate(KEYS)], float)
    return np.concatenate(tone).astype(np.float32), notes


def test_the_voice_is_followed_through_a_band() -> None:
    sound, notes = voice()
    band = accompany(notes, len(sound) / SAMPLE_RATE, SAMPLE_RATE, np.random.default_rng(5))
    both = mix(sound, band, 3.0)
    track = mixture.follow(mixture.load(), both, round(len(both) * RATE / SAMPLE_RATE))
    right = []
    for onset, offset, key in notes:
        inside = slice(round((onset + 0.06) * FRAME_RATE), round((offset - 0.04) * FRAME_RATE))
        right.append(np.abs(track.midi[inside] - key) < 0.6)
    assert np.concatenate(right).mean() > 0.8


def test_a_band_is_noticed_and_a_voice_alone_is_not_taken_for_one() -> None:
    singer = Recording.open(CLIPS / "vocadito_1.flac")
    assert not mixture.is_mix(singer)
    assert not mixture.is_mix(Recording.open(CLIPS / "vocadito_10.flac"))
    sound = singer.mono(SAMPLE_RATE)
    notes = np.array([(i * 1.0, i + 0.9, 60 + i % 5) for i in range(30)], float)
    band = accompany(notes, len(sound) / SAMPLE_RATE, SAMPLE_RATE, np.random.default_rng(1))
    assert mixture.is_mix(Recording(mix(sound, band, 5.0), SAMPLE_RATE))


def test_maps_mark_the_pitch_that_sounds() -> None:
    key = 60
    found = mixture.maps(voice_like(key, 2.0, SAMPLE_RATE))
    assert found.shape[0] == MAPS
    assert found.shape[2] == BINS
    place = (key - LOW) * PER_SEMITONE + 1
    middle = found[:, 20:-20]
    assert (np.abs(middle[0].argmax(axis=1) - place) <= 1).mean() > 0.9  # Basic Pitch's contour
    assert (np.abs(middle[3].argmax(axis=1) - place) <= 1).mean() > 0.6  # SwiftF0, every 16 ms in frames of 20
    spectrum = middle[5].mean(axis=0)
    assert spectrum[place] > spectrum[[place - 6, place + 6]].max() + 0.5


def test_a_line_stays_near_and_rests_where_nothing_is_sung() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(-6, 0.3, (200, BINS + 1))
    place = np.concatenate([np.full(80, 40), np.full(120, 52)])
    logits[np.arange(200), place] = -0.5
    logits[120:160] = -6
    logits[120:160, -1] = -0.1
    logits[50, 90] = -0.2  # a single frame elsewhere is chance
    path, sounds = mixture.line(logits)
    assert (path[:120] == place[:120]).mean() > 0.97
    assert not sounds[124:156].any()
    assert sounds[:118].all()
    assert sounds[164:].all()


def test_a_mix_is_read_alike_in_every_key() -> None:
    torch.manual_seed(0)
    net = MelodyLine(MelodyLineConfig(MAPS)).eval()
    maps = torch.zeros(1, MAPS, 40, BINS)
    maps[:, :, 10:30, 60:63] = 1
    with torch.inference_mode():
        here = net(maps)[0, :, :-1]
        moved = net(maps.roll(9, dims=3))[0, :, :-1]
    assert torch.allclose(here[:, 45:80], moved[:, 54:89], atol=0.01)


def test_reading_in_pieces_is_reading_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    net = mixture.load()
    maps = mixture.maps(np.tile(voice()[0], 3))
    path, sounds = mixture.line(mixture.read(net, maps))
    monkeypatch.setattr(mixture, "PIECE", 200)
    in_pieces, sounding = mixture.line(mixture.read(net, maps))
    both = sounds & sounding
    assert (sounds == sounding).mean() > 0.98
    assert (np.abs(path - in_pieces)[both] <= 1).mean() > 0.99


def test_it_stops_when_told() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        mixture.follow(mixture.load(), voice()[0], frame_count(80_000), stop)


def test_a_mixed_request_is_told_of() -> None:
    from models import registry
    from models.spec import Run
    from models.transcription.settings import Settings

    sound, notes = voice()
    band = accompany(notes, len(sound) / SAMPLE_RATE, SAMPLE_RATE, np.random.default_rng(5))
    recording = Recording(mix(sound, band, 8.0), SAMPLE_RATE)
    found = registry.load("transcribers", "vocal_piano").transcribe(recording, Settings(mix="mixed"), Run())
    assert found.mixed
    assert found.notices[0].startswith("The voice was followed through a mix")
    keys = [note.midi for note in found.heard]
    assert sum(key in keys for key in KEYS) >= 7
    assert (found.curve[~np.isnan(found.curve)] > LOW - 2).all()
    assert len(found.curve) == frame_count(len(resample(recording.mono(SAMPLE_RATE)[None], SAMPLE_RATE, RATE)[0]))
