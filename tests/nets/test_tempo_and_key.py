import numpy as np
import pytest
import torch

from models.dsp.bands import FRAME_RATE, log_bands
from models.dsp.periodicities import CHANNELS, CURVES, GRID, TEMPI, local_spectra, onset_curves, periodicities
from models.dsp.pulse import beat_times, periodicity, refined
from models.dsp.semitones import BANDS, LOWEST, PER_SEMITONE, semitone_bands
from models.nets.keynet import KeyNet, KeyNetConfig
from models.nets.tempo import TempoConfig, TempoNet
from models.training.key import mirex

RATE = 22_050  # Hz
BPM = np.exp(np.linspace(np.log(30), np.log(300), 300))


def pulse(bpm: float, seconds: float = 30.0) -> np.ndarray:
    """An activation with a beat each period, the first after 0.3 s."""
    activation = np.full(round(seconds * FRAME_RATE), 0.02)
    at = np.arange(0.3, seconds - 0.1, 60 / bpm) * FRAME_RATE
    for offset, share in ((0, 1 - at % 1), (1, at % 1)):
        activation[at.astype(int) + offset] = np.maximum(activation[at.astype(int) + offset], 0.95 * share)
    return activation


@pytest.mark.parametrize("bpm", [48, 60, 83, 97, 120, 151, 200])
def test_beats_of_a_clean_activation(bpm):
    beats = beat_times(pulse(bpm), FRAME_RATE, bpm * 1.05)
    assert np.median(np.diff(beats)) == pytest.approx(60 / bpm, rel=0.02)
    assert np.abs(np.interp(beats, np.arange(0.3, 31, 60 / bpm), np.arange(0.3, 31, 60 / bpm)) - beats).max() < 0.05


@pytest.mark.parametrize("bpm", [60, 97, 151])
def test_periodicity_is_high_at_the_tempo_and_low_between(bpm):
    found = periodicity(np.convolve(pulse(bpm), [0.06, 0.24, 0.4, 0.24, 0.06], "same"), FRAME_RATE, BPM)
    assert found[np.argmin(np.abs(BPM - bpm))] > 0.5
    assert found[np.argmin(np.abs(BPM - bpm * 1.21))] < 0.25
    assert found.min() >= 0
    assert found.max() <= 1.2


@pytest.mark.parametrize("bpm", [61.3, 97.7, 151.2])
def test_a_coarse_tempo_is_refined(bpm):
    assert refined(pulse(bpm), FRAME_RATE, bpm * 1.005) == pytest.approx(bpm, rel=0.0015)


def test_nothing_is_no_pulse():
    assert not periodicity(np.zeros(500), FRAME_RATE, BPM).any()
    assert len(beat_times(np.zeros(5), FRAME_RATE, 120.0)) == 0


@pytest.mark.parametrize("make", [log_bands, semitone_bands])
def test_bands_do_not_depend_on_level(make):
    sound = torch.from_numpy(np.random.default_rng(0).standard_normal(RATE).astype(np.float32))
    assert torch.allclose(make(sound), make(0.01 * sound), atol=1e-3)
    assert not make(torch.zeros(RATE)).any()
    assert len(make(torch.zeros(0))) == 0


@pytest.mark.parametrize("pitch", range(LOWEST + 12, LOWEST + 60, 5))
def test_a_tone_lights_its_semitone(pitch):
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time).astype(np.float32)
    brightest = int(semitone_bands(torch.from_numpy(tone)).mean(dim=0).argmax())
    assert (brightest // PER_SEMITONE, brightest % PER_SEMITONE) == (pitch - LOWEST, 1)


def test_onsets_rise_where_a_sound_begins():
    sound = np.zeros(RATE * 4, np.float32)
    sound[2 * RATE : 2 * RATE + 2000] = np.random.default_rng(0).standard_normal(2000)
    strength = onset_curves(log_bands(torch.from_numpy(sound)).double().numpy())[CURVES - 2]
    assert np.argmax(strength) / FRAME_RATE == pytest.approx(2.0, abs=0.06)


def test_a_change_of_harmony_is_heard_without_an_attack():
    time = np.arange(RATE * 2) / RATE
    low, high = np.sin(2 * np.pi * 330 * time), np.sin(2 * np.pi * 440 * time)
    sound = np.concatenate([low, high]).astype(np.float32)
    change = onset_curves(log_bands(torch.from_numpy(sound)).double().numpy())[CURVES - 1]
    assert np.argmax(change[10:-10]) / FRAME_RATE == pytest.approx(1.8, abs=0.1)


@pytest.mark.parametrize("bpm", [60, 97, 151])
def test_both_measures_peak_at_the_tempo(bpm):
    curve = np.convolve(pulse(bpm), np.hanning(7)[1:-1], "same")
    found = periodicities(np.tile((curve - curve.mean()) / curve.std(), (CURVES, 1)))
    assert found.shape == (CHANNELS, len(GRID))
    at, between = np.argmin(np.abs(GRID - bpm)), np.argmin(np.abs(GRID - bpm * 1.21))
    for row in (0, CURVES):
        assert found[row, at] > 0.2
        assert found[row, between] < 0.5 * found[row, at]


def test_a_swaying_tempo_blurs_the_local_spectra_less():
    seconds = np.arange(0, 30, 1 / FRAME_RATE)
    steady, swaying = (
        np.maximum(np.cos(2 * np.pi * (2 * seconds + depth * np.sin(2 * np.pi * seconds / 25))), 0)[None] - 0.3
        for depth in (0.0, 0.5)
    )
    at = np.argmin(np.abs(GRID - 120))
    near = slice(at - 6, at + 7)
    lost = [
        measure(swaying)[-1, near].max() / measure(steady)[-1, near].max() for measure in (periodicities, local_spectra)
    ]
    assert lost[1] > lost[0]
    assert local_spectra(steady)[0].argmax() == pytest.approx(at, abs=1)


@pytest.mark.parametrize("frames", [0, 5, 20, 60])
def test_short_sound_has_curves_but_hardly_periods(frames):
    curves = onset_curves(np.random.default_rng(0).random((frames, 84)))
    assert curves.shape == (CURVES, frames)
    assert np.isfinite(periodicities(curves)).all()
    assert local_spectra(curves).shape == (CURVES, len(GRID))
    assert np.isfinite(local_spectra(curves)).all()


def test_the_key_network_turns_with_its_input():
    torch.manual_seed(0)
    net = KeyNet(KeyNetConfig()).eval()
    chroma = torch.rand(1, 40, 12, PER_SEMITONE)
    octaves = 5
    with torch.inference_mode():
        # Every octave the same: a shift round the circle is then a shift of the bands.
        straight = net(chroma.repeat(1, 1, octaves, 1).flatten(2))[0].view(2, 12)
        turned = net(chroma.roll(3, dims=2).repeat(1, 1, octaves, 1).flatten(2))[0].view(2, 12)
    assert straight.shape == (2, 12)
    # The lowest and highest semitone lack a neighbour, so the answers agree but for the edges.
    assert torch.allclose(straight.roll(3, dims=1), turned, atol=0.05)


def test_the_tempo_network_judges_all_tempi_alike():
    torch.manual_seed(0)
    net = TempoNet(TempoConfig()).eval()
    measured = torch.rand(1, CHANNELS, len(GRID))
    with torch.inference_mode():
        straight, moved = net(measured)[0], net(measured.roll(7, dims=2))[0]
    assert straight.shape == (len(TEMPI),)
    # Away from the edges a faster recording gives the same logits further up: the preference starts at zero.
    assert torch.allclose(straight[10:-20], moved[17:-13], atol=1e-5)
    assert TEMPI[0] == pytest.approx(30)
    assert len(semitone_bands(torch.rand(RATE))[0]) == BANDS


@pytest.mark.parametrize(
    ("answer", "truth", "score"),
    [(0, 0, 1), (7, 0, 0.5), (5, 0, 0.5), (21, 0, 0.3), (0, 21, 0.3), (12, 0, 0.2), (1, 0, 0)],
)
def test_mirex_scores(answer, truth, score):
    assert mirex(answer, truth) == score
