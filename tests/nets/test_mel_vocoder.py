"""The vocoder's network: what it begins with, what it costs, what can move what."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from models.dsp import log_mel
from models.dsp.log_mel import HOP_LENGTH, N_FFT, N_MELS, SAMPLE_RATE
from models.dsp.mel import mel_filters
from models.dsp.spectral_distance import log_spectral_distance
from models.nets.mel_vocoder import (
    LENT_ITERATIONS,
    MelVocoder,
    VocoderConfig,
    build,
    first_wave,
    guess_context,
    scaled_to,
)

SMALL = VocoderConfig(widths=(16, 16, 16))


@pytest.fixture(scope="module")
def audio() -> torch.Tensor:
    time = torch.arange(120 * HOP_LENGTH) / SAMPLE_RATE
    tones = sum(torch.sin(2 * torch.pi * hertz * time) / n for n, hertz in enumerate((220.0, 331.0, 880.0), start=1))
    noise = torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    return (0.1 * tones + 0.02 * noise * (1 + torch.sin(8 * time)))[None]


def noise_like(audio: torch.Tensor) -> torch.Tensor:
    return torch.randn(audio.shape, generator=torch.Generator().manual_seed(1))


def net_that_does_something(config: VocoderConfig) -> MelVocoder:
    torch.manual_seed(0)
    net = MelVocoder(config).eval()
    torch.nn.init.normal_(net.leave.weight, 0.0, 0.05)
    return net


def test_magnitudes_are_brought_to_a_mel_spectrogram(audio) -> None:
    mel = log_mel.log_mel(audio).exp()
    flat = torch.ones(1, N_FFT // 2 + 1, mel.shape[2])
    again = mel_filters(SAMPLE_RATE, N_FFT, N_MELS) @ scaled_to(mel, flat)
    assert ((again - mel).abs().mean() / mel.mean()) < 0.05


def test_magnitudes_that_fit_already_stay_as_they_are() -> None:
    shape = torch.rand(1, N_FFT // 2 + 1, 8, generator=torch.Generator().manual_seed(0)) + 0.1
    mel = mel_filters(SAMPLE_RATE, N_FFT, N_MELS) @ shape
    again = scaled_to(mel, shape)
    assert torch.allclose(again[:, 1:-1], shape[:, 1:-1], rtol=1e-3)  # no filter reaches the lowest and the highest bin


def test_music_that_lends_its_phases_is_rebuilt(audio) -> None:
    mel = log_mel.log_mel(audio)
    far = log_spectral_distance(audio, first_wave(mel, noise_like(audio), 12))
    near = log_spectral_distance(audio, first_wave(mel, audio, LENT_ITERATIONS, lent=True))
    assert near < 0.4 * far


def test_it_begins_as_the_first_wave(audio) -> None:
    first = first_wave(log_mel.log_mel(audio), noise_like(audio), 4)
    made = MelVocoder(SMALL)(log_mel.log_mel(audio), first)
    assert made.shape == audio.shape
    inner = slice(HOP_LENGTH, -HOP_LENGTH)
    assert (made - first)[:, inner].std() < 2e-3 * first.std()  # the filter bank's error


def test_nothing_beyond_the_context_moves_a_frame(audio) -> None:
    net, mel, first = net_that_does_something(SMALL), log_mel.log_mel(audio), audio.clone()
    other, place = mel.clone(), 60
    other[:, :, place] += 3
    lower = first.clone()
    lower[:, place * HOP_LENGTH : (place + 1) * HOP_LENGTH] *= -2
    with torch.inference_mode():
        plain = net(mel, first)
        for changed in (net(other, first), net(mel, lower)):
            moved = (changed - plain).abs()[0].unflatten(0, (-1, HOP_LENGTH)).amax(dim=1) > 1e-6
            frames = moved.nonzero()[:, 0]
            assert moved[place]
            assert place - frames.min() <= SMALL.context()
            assert frames.max() - place <= SMALL.context()


def test_nothing_beyond_a_window_an_iteration_moves_the_first_wave(audio) -> None:
    mel, start = log_mel.log_mel(audio), noise_like(audio)
    place, iterations = 60, 3
    other = mel.clone()
    other[:, :, place] += 3
    moved = (first_wave(other, start, iterations) - first_wave(mel, start, iterations)).abs()[0] > 1e-6
    frames = moved.nonzero()[:, 0] // HOP_LENGTH
    assert max(place - frames.min(), frames.max() - place) <= guess_context(iterations)


def test_a_second_of_sound_costs_less_than_a_gigaflop() -> None:
    frames = 86
    with FlopCounterMode(display=False) as counter:
        MelVocoder(VocoderConfig())(torch.zeros(1, N_MELS, frames), torch.zeros(1, frames * HOP_LENGTH))
    assert counter.get_total_flops() / (frames * HOP_LENGTH / SAMPLE_RATE) < 0.85e9


def test_half_precision_weights_are_read_as_single(audio) -> None:
    net = net_that_does_something(SMALL)
    words = {"widths": [16, 16, 16], "strides": [4, 4], "dilations": [1, 3, 9]}
    again = build(words, {name: value.half() for name, value in net.state_dict().items()})
    mel = log_mel.log_mel(audio)
    with torch.inference_mode():
        one, other = net(mel, audio), again(mel, audio)
    assert other.dtype == torch.float32
    assert (one - other).std() < 0.01 * one.std()
