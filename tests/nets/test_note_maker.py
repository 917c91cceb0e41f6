"""The maker of notes and its listener: shapes, what is asked for is heard, level and delta agree."""

from __future__ import annotations

import copy
import dataclasses
import math

import pytest
import torch

from models.dsp.excitation import mel_centres
from models.nets.note_frames import (
    BINS_PER_OCTAVE,
    DELTA_SCALE,
    FRAMES,
    INTERVALS,
    LOWEST,
    LOWEST_RATIO,
    RELATIVE_BINS,
    STEPS,
    combs,
    from_db,
    level_of,
    merged,
    rough,
    roughened,
    second_pitch,
    swings_of,
    to_db,
)
from models.nets.note_listener import MADE, NoteListener, NoteListenerConfig, disagreement
from models.nets.note_maker import Made, NoteMaker, NoteMakerConfig, latent
from models.nets.soundflow import delta

TINY = NoteMakerConfig(
    n_mels=32, condition=16, timbre=4, detail=2, units=24, decoder=(12, 8, 8, 8, 8), products=3, encoder=(12, 12)
)
ASKED = {
    "family": torch.tensor([0, 5, 10]),
    "source": torch.tensor([0, -1, 2]),
    "qualities": torch.tensor([[0, 1, -1] * 3, [1] * 9, [0] * 9]),
    "pitch": torch.tensor([21, 60, 108]),
    "velocity": torch.tensor([127, 0, 25]),
}
SWING = torch.tensor([[5.0, 3.0, 0.0]] * 3)
SECOND = torch.tensor([28, 0, 0])
GRAIN = torch.randn(1, 32, FRAMES, generator=torch.Generator().manual_seed(9))


@pytest.fixture(scope="module")
def net() -> NoteMaker:
    torch.manual_seed(0)
    return NoteMaker(TINY).eval()


def test_a_note_is_four_seconds_in_decibels(net: NoteMaker) -> None:
    condition = net.asked(**ASKED)
    noise = torch.randn(3, TINY.timbre + TINY.detail, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        level, noisiness = net(condition, ASKED["pitch"], noise, SWING, SECOND, GRAIN)
        again, _ = net(condition, ASKED["pitch"], noise, SWING, SECOND, GRAIN)
        other, _ = net(condition, ASKED["pitch"], -noise, SWING, SECOND, GRAIN)
    assert level.shape == (3, 32, FRAMES)
    assert noisiness.shape == (3, TINY.bands, STEPS)
    assert 0 <= noisiness.min() <= noisiness.max() <= 1
    assert torch.equal(level, again)
    assert not torch.allclose(level, other)


@pytest.mark.parametrize("name", ["family", "source", "qualities", "pitch", "velocity"])
def test_everything_that_is_asked_for_counts(net: NoteMaker, name: str) -> None:
    other = {**ASKED, name: ASKED[name].roll(1, dims=0)}
    assert not torch.allclose(net.asked(**ASKED), net.asked(**other))


def test_the_encoder_reads_a_latent_and_gradients_reach_everything(net: NoteMaker) -> None:
    condition = net.asked(**ASKED)
    timbre, detail = net.encoder(torch.rand(3, 32, FRAMES) * 2 - 1, condition)
    assert timbre.mean.shape == (3, TINY.timbre)
    assert detail.log_std.shape == (3, TINY.detail)
    made = net.decode(condition, timbre.mean, detail.mean, ASKED["pitch"], SWING, SECOND)
    assert made.level.shape == made.delta.shape == (3, 32, FRAMES)
    prior = net.expected(condition)
    loss = sum(part.square().mean() for part in (*made, *timbre, *detail, *prior[0], *prior[1]))
    loss.backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None] == []
    net.zero_grad()


def test_level_and_delta_are_merged_into_what_fits_both() -> None:
    torch.manual_seed(2)
    level = torch.cumsum(torch.randn(2, 8, FRAMES) * 0.05, dim=2)
    made = Made(level, DELTA_SCALE * delta(level), torch.zeros(2, 8, STEPS), torch.zeros(2, 8, 62))
    assert (merged(made.level, made.delta) - level).abs().max() < 1e-3
    # A level that shakes from frame to frame is calmed by a delta that does not.
    shaken = level + 0.1 * torch.randn_like(level)
    calmed = merged(shaken, made.delta)
    assert (calmed - level).abs().mean() < 0.8 * (shaken - level).abs().mean()


def test_the_comb_of_a_pitch_is_high_at_its_harmonics() -> None:
    comb = combs(128)
    assert comb.shape == (88, 128)
    assert comb.abs().max() <= 1
    wave = sum(torch.cos(2 * torch.pi * n * 440 * torch.arange(16_000) / 16_000) for n in range(1, 6)) / 10
    heard = level_of(wave[None])[0, :, 30]
    loud = heard > heard.max() - 6
    assert comb[69 - LOWEST][loud].min() > 0.1
    assert comb[69 - LOWEST][heard < heard.max() - 40][:40].max() < 0.3


def test_decibels_and_what_the_net_counts() -> None:
    level = torch.tensor([-60.0, -12.5, 35.0])
    assert torch.allclose(from_db(level), torch.tensor([-1.0, 0.0, 1.0]))
    assert torch.allclose(to_db(from_db(level)), level)
    assert from_db(torch.tensor([-90.0]))[0] == -1


def test_a_latent_is_drawn_around_its_mean() -> None:
    of = latent(torch.tensor([[2.0, -1.0, -9.0, 0.0]]))
    assert torch.equal(of.draw(torch.zeros(1, 2)), torch.tensor([[2.0, -1.0]]))
    assert of.draw(torch.ones(1, 2))[0, 1] == 0.0
    assert of.log_std[0, 0] == -6


def test_a_second_pitch_and_a_swing_are_heard_where_they_are(net: NoteMaker) -> None:
    told = torch.zeros(1, TINY.condition + TINY.timbre + TINY.detail)
    pitch, none, fifth = torch.tensor([60]), torch.tensor([0]), torch.tensor([67])
    decoder = copy.deepcopy(net.decoder)
    with torch.inference_mode():
        alone, both = (decoder(told, pitch, SWING[:1], second).level[0].mean(dim=1) for second in (none, fifth))
        assert not torch.allclose(both, alone, atol=1e-3)
        assert torch.equal(decoder(told, pitch, SWING[:1], none).level, decoder(told, pitch, SWING[:1], none).level)
        decoder.courses.swing.weight.normal_()
        swung, still = (decoder(told, pitch, swing, none).level for swing in (SWING[:1], 0 * SWING[:1]))
    swinging = (swung - still)[0, :, :250]
    spectrum = torch.fft.rfft(swinging - swinging.mean(dim=1, keepdim=True)).abs().sum(dim=0)
    # The transposed convolutions leave a pattern at the frame rate.
    assert int(spectrum[:80].argmax()) == pytest.approx(5.0 * 4, abs=2)


def test_what_lies_on_multiples_of_the_fundamental_moves_with_the_pitch(net: NoteMaker) -> None:
    relative = torch.zeros(2, 4, RELATIVE_BINS)
    third = round(BINS_PER_OCTAVE * math.log2(3 / LOWEST_RATIO))
    relative[:, :, third - 6 : third + 7] = 1 - torch.arange(-6, 7).abs() / 7
    decoder = NoteMaker(dataclasses.replace(TINY, n_mels=128)).decoder
    placed = decoder._in_place(relative, torch.tensor([57, 69]))
    centres = mel_centres(128)
    for row, hertz in zip(placed, (660.0, 1320.0), strict=True):
        assert float(centres[row[0].argmax()]) == pytest.approx(hertz, rel=0.04)
        assert float(row[0].max()) > 0.6


@pytest.mark.parametrize("step", INTERVALS)
def test_a_second_pitch_is_found(step: int) -> None:
    time = torch.arange(64_000) / 16_000
    hertz = [440 * 2 ** ((pitch - 69) / 12) for pitch in (57, 57 + step)]
    wave = sum(torch.sin(2 * torch.pi * n * base * time) / n for base in hertz for n in range(1, 12))
    level = from_db(level_of(0.9 * wave[None] / wave.abs().max()))
    assert int(second_pitch(level, torch.tensor([57]))[0]) == 57 + step


def test_roughness_has_the_size_that_is_said() -> None:
    level = torch.zeros(1, 32, FRAMES)
    size = torch.full((1, 32, FRAMES // 4), 0.2)
    made = roughened(level, size, GRAIN)
    assert float(rough(made).abs().mean()) == pytest.approx(0.2, rel=0.15)
    assert float(made.mean(dim=2).abs().mean()) < 0.02, "it has no course of its own"
    assert torch.equal(roughened(level, 0 * size, GRAIN), level)
    line = torch.linspace(0, 1, FRAMES).expand(1, 2, FRAMES)
    assert rough(line)[:, :, 8:-8].abs().max() < 1e-5


def test_swings_are_drawn_from_those_of_the_family(net: NoteMaker) -> None:
    swings = net.swings.clone()
    swings[4, 1, :, 0] = torch.arange(32)
    other = NoteMaker(TINY)
    other.swings.copy_(swings)
    drawn = other.swing(torch.tensor([4, 4, 3]), torch.tensor([1, 0, 1]), torch.tensor([0.5, 0.5, 0.99]), torch.ones(3))
    assert drawn.tolist() == [[16, 0, 1], [0, 0, 1], [0, 0, 1]]
    shape = swings_of(drawn, 128)
    assert shape.shape == (3, 4, 128)


def test_the_listener_hears_notes_at_any_level() -> None:
    torch.manual_seed(3)
    listener = NoteListener(NoteListenerConfig(channels=(8, 8, 8))).eval()
    words = ASKED["family"], ASKED["source"], ASKED["qualities"]
    level = 2 * torch.rand(3, 128, FRAMES) - 1
    opinion = listener(level)
    assert (opinion.family.shape, opinion.source.shape, opinion.qualities.shape) == ((3, MADE + 1), (3, 3), (3, 9))
    assert torch.allclose(opinion.family, listener(level - 0.3).family, atol=1e-4)
    unknown = torch.full_like(ASKED["qualities"], -1)
    loss = disagreement(opinion, ASKED["family"], torch.full((3,), -1), unknown)
    assert torch.isfinite(loss)
    assert loss < disagreement(opinion, *words)


def test_a_settled_listener_keeps_its_statistics() -> None:
    listener = NoteListener(NoteListenerConfig(channels=(8, 8)))
    listener.settle()
    before = [buffer.clone() for buffer in listener.buffers()]
    listener.train()
    listener(torch.rand(2, 128, FRAMES))
    assert all(torch.equal(a, b) for a, b in zip(before, listener.buffers(), strict=True))
    assert listener.heads[0].training
