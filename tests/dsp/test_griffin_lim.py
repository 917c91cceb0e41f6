"""Mel inversion and Griffin-Lim against librosa's, and spectral distances against their definitions."""

import librosa
import numpy as np
import pytest
import torch

from models import audio
from models.dsp.griffin_lim import griffin_lim, mel_to_audio, mel_to_magnitude
from models.dsp.mel import mel_filters
from models.dsp.spectral_distance import log_spectral_distance, magnitudes, multi_scale, spectral_convergence

RATE, N_FFT, HOP, MELS = 22_050, 1024, 256, 80


@pytest.fixture(scope="module")
def sound(clip) -> torch.Tensor:
    """(1, samples) two seconds of a voice."""
    return torch.from_numpy(audio.resample(*audio.decode(clip, mono=True), RATE))[:, : 2 * RATE]


def spectrum(sound: torch.Tensor) -> torch.Tensor:
    window = torch.hann_window(N_FFT)
    return torch.stft(sound, N_FFT, HOP, window=window, pad_mode="constant", return_complex=True).abs()


def convergence(wanted: torch.Tensor, got: torch.Tensor) -> float:
    return float((wanted - got).norm() / wanted.norm())


def test_magnitudes_become_sound_as_well_as_librosa_makes_them(sound: torch.Tensor) -> None:
    wanted = spectrum(sound)
    ours = griffin_lim(wanted, HOP, sound.shape[1])
    theirs = librosa.griffinlim(
        wanted[0].numpy(), hop_length=HOP, pad_mode="constant", length=sound.shape[1], random_state=0
    )
    assert ours.shape == sound.shape
    error = convergence(wanted, spectrum(ours))
    assert error <= 1.05 * convergence(wanted, spectrum(torch.from_numpy(theirs)[None]))
    assert error < 0.5 * convergence(wanted, spectrum(griffin_lim(wanted, HOP, sound.shape[1], iterations=0)))


def test_the_true_phases_are_a_perfect_start(sound: torch.Tensor) -> None:
    rebuilt = griffin_lim(spectrum(sound), HOP, sound.shape[1], iterations=2, start=sound)
    inside = slice(N_FFT, (sound.shape[1] // HOP) * HOP - N_FFT)
    assert torch.allclose(rebuilt[:, inside], sound[:, inside], atol=1e-4)


def test_mel_inversion_explains_the_mel_spectrogram_as_well_as_librosas(sound: torch.Tensor) -> None:
    filters = mel_filters(RATE, N_FFT, MELS)
    mel = filters @ spectrum(sound).square()
    ours = mel_to_magnitude(mel, RATE, N_FFT)
    theirs = librosa.feature.inverse.mel_to_stft(mel[0].numpy(), sr=RATE, n_fft=N_FFT)
    assert (ours >= 0).all()
    assert convergence(mel, filters @ ours.square()) < 0.05
    wanted = spectrum(sound)
    assert convergence(wanted, ours) <= 1.1 * convergence(wanted, torch.from_numpy(theirs)[None])


def test_a_batch_gives_what_each_alone_gives(sound: torch.Tensor) -> None:
    mel = (mel_filters(RATE, N_FFT, MELS) @ spectrum(torch.cat([sound, sound.flip(1)])).square())[:, :, :60]
    both = mel_to_audio(mel, RATE, N_FFT, HOP, 59 * HOP, start=torch.ones(2, 59 * HOP))
    alone = mel_to_audio(mel[1:], RATE, N_FFT, HOP, 59 * HOP, start=torch.ones(1, 59 * HOP))
    assert torch.allclose(both[1:], alone, atol=1e-3)


def test_the_seed_decides(sound: torch.Tensor) -> None:
    wanted = spectrum(sound)[:, :, :40]
    one, again, other = (griffin_lim(wanted, HOP, 39 * HOP, 2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_hop_that_does_not_divide_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide"):
        griffin_lim(torch.ones(1, 513, 4), 300, 900)


def test_distances_are_zero_for_equal_waves_and_grow_with_noise(sound: torch.Tensor) -> None:
    noise = torch.randn(sound.shape, generator=torch.Generator().manual_seed(0))
    near, far = (float(multi_scale(sound, sound + level * noise)) for level in (0.001, 0.1))
    assert float(multi_scale(sound, sound)) == 0
    assert 0 < near < far
    assert log_spectral_distance(sound, sound) == 0
    assert log_spectral_distance(sound, 10 * sound) == pytest.approx(20, abs=3)


def test_spectral_convergence_is_the_relative_error() -> None:
    wanted = torch.rand(1, 5, 7) + 1
    assert float(spectral_convergence(wanted, 1.25 * wanted)) == pytest.approx(0.25, abs=1e-5)


def test_a_full_scale_sine_has_the_magnitude_of_its_window() -> None:
    time = torch.arange(RATE) / RATE
    middle = magnitudes(torch.sin(2 * np.pi * 47 * RATE / N_FFT * time)[None], N_FFT, HOP)[0, :, 40]
    window = torch.hann_window(N_FFT)
    assert float(middle.max()) == pytest.approx(float(window.sum() / window.square().sum().sqrt() / 2), rel=0.01)


def test_the_distance_has_a_gradient_even_in_silence() -> None:
    made = torch.zeros(1, 4096, requires_grad=True)
    multi_scale(torch.zeros(1, 4096), made).backward()
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()
