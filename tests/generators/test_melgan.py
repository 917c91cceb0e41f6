"""The melgan mode: seamless pieces, the guide followed as far as asked, both vocoders, length and seed exact."""

import dataclasses

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from models import registry
from models.audio import resample
from models.dsp import log_mel
from models.evaluation import agreement
from models.generators import _mel_music, melgan
from models.generators._guide import Guide, make_guide
from models.spec import Cancelled, Clip, GenerateRequest, Run

REQUEST = GenerateRequest("rock", ("electric_guitar", "bass", "drums"), 120.0, 6.0, seed=5, key="A minor")
RATE = log_mel.SAMPLE_RATE


@pytest.fixture(scope="module")
def backend() -> melgan.MelGan:
    return registry.load("generators", "melgan")


@pytest.fixture(scope="module")
def guide() -> Guide:
    return make_guide(REQUEST, Run(), RATE)


@pytest.fixture(scope="module")
def clips(backend: melgan.MelGan) -> dict[float, Clip]:
    return {s: backend.generate(dataclasses.replace(REQUEST, guide_strength=s), Run()) for s in (1.0, 0.5, 0.0)}


def mono(clip: Clip) -> np.ndarray:
    return resample(clip.audio, clip.sample_rate, RATE).mean(axis=0)


@pytest.mark.parametrize(("strength", "trained"), [(1.0, True), (0.0, True), (0.0, False)])
def test_pieces_are_seamless(backend: melgan.MelGan, guide: Guide, strength: float, trained: bool) -> None:
    lent = strength > 0

    def made(piece: int) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode():
            heard = _mel_music.hear(guide.audio, piece, Run())
            mel = _mel_music.dream(backend.generator, heard.features, 9, 9, strength, 3, piece, Run())
            start = _mel_music.phases(heard, strength, lent, 3)
            net = backend.vocoder if trained else None
            return mel, _mel_music.sound(net, mel + heard.sides, start, lent, piece, Run())

    (mel, whole), (other_mel, cut) = made(10_000), made(90)
    assert whole.shape == (2, mel.shape[1] * log_mel.HOP_LENGTH)
    assert torch.allclose(mel, other_mel, atol=1e-3)
    assert float((whole - cut).abs().max() / whole.abs().max()) < 10 ** (-60 / 20)


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_it_follows_the_guide(clips: dict[float, Clip], guide: Guide, strength: float) -> None:
    made, played = mono(clips[strength]), guide.audio.mean(axis=0)
    free = mono(clips[0.0])
    assert agreement.onset_f1(played, made, RATE) > 0.5

    def loudness(sound: np.ndarray) -> np.ndarray:
        rows = log_mel.log_mel(torch.from_numpy(np.ascontiguousarray(sound))[None])[0, :, :500]
        return rows.unflatten(0, (8, -1)).mean(dim=1).numpy()

    def follows(sound: np.ndarray) -> float:
        pairs = zip(loudness(played), loudness(sound), strict=True)
        return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))

    assert follows(made) > 0.4
    assert follows(made) > follows(free) + 0.2
    pitches = [agreement.pitch_class_agreement(played, sound, RATE) for sound in (made, free)]
    assert pitches[0] > pitches[1] + 0.15


def test_left_and_right_are_as_the_guide_has_them(backend: melgan.MelGan, guide: Guide) -> None:
    one_side = guide.audio * np.array([[1.0], [0.3]], np.float32)
    sides = _mel_music.hear(one_side, 512, Run()).sides
    loud = _mel_music.hear(guide.audio, 512, Run()).features[-1] > -6
    assert float((sides[0] - sides[1])[:, loud].mean()) == pytest.approx(np.log(1 / 0.3), abs=0.35)


def test_the_same_request_gives_the_same_sound(backend: melgan.MelGan, clips: dict[float, Clip]) -> None:
    again = backend.generate(dataclasses.replace(REQUEST, guide_strength=0.5), Run())
    assert np.array_equal(again.audio, clips[0.5].audio)
    assert again.score == clips[0.5].score
    assert again.audio.shape == (2, round(6.0 * again.sample_rate))
    other = backend.generate(dataclasses.replace(REQUEST, guide_strength=0.0, seed=6), Run())
    assert not np.allclose(other.audio, clips[0.0].audio, atol=1e-2)


def test_free_sampling_says_that_it_does_not_follow_the_score(clips: dict[float, Clip]) -> None:
    assert clips[0.0].notice == melgan.NOTICE
    assert clips[0.5].notice is None


def test_options_change_the_sound(backend: melgan.MelGan, clips: dict[float, Clip]) -> None:
    plain = clips[1.0].audio
    for options in ({"vocoder": "griffin_lim"}, {"timbre": "classical"}, {"guide_phases": False}):
        clip = backend.generate(dataclasses.replace(REQUEST, options=options), Run())
        assert clip.audio.shape == plain.shape
        assert np.abs(clip.audio - plain).max() > 0.05
    with pytest.raises(ValidationError):
        backend.generate(dataclasses.replace(REQUEST, options={"vocoder": "wavenet"}), Run())


def test_it_reports_each_piece_and_stops_between_them(backend: melgan.MelGan) -> None:
    stages: list[str] = []

    def stop_at_third(fraction: float, stage: str) -> None:
        stages.append(stage)
        if stages.count("vocoding") == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        backend.generate(dataclasses.replace(REQUEST, length=20.0), Run(progress=stop_at_third))
    assert "imagining the spectrum" in stages


@pytest.mark.slow
def test_five_minutes_are_played_to_the_sample(backend: melgan.MelGan) -> None:
    clip = backend.generate(dataclasses.replace(REQUEST, length=300.0), Run())
    assert clip.audio.shape == (2, 300 * 44_100)
