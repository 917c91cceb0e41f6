"""The guide that the neural modes share: made once for requests that differ in options only."""

import dataclasses

import numpy as np

from models.generators import _guide
from models.generators._guide import Guide, finish, make_guide
from models.spec import GenerateRequest, Run

REQUEST = GenerateRequest("jazz", ("piano", "bass"), 120.0, 2.0, seed=11)


def test_the_last_guide_is_given_again_for_other_options_and_strengths() -> None:
    first = make_guide(REQUEST, Run(), 22_050)
    turned = dataclasses.replace(REQUEST, guide_strength=0.3, options={"timbre": "guide"})
    assert make_guide(turned, Run(), 22_050) is first
    assert make_guide(REQUEST, Run(), 16_000) is not first
    other = make_guide(dataclasses.replace(REQUEST, seed=12), Run(), 22_050)
    assert other.score != first.score
    again = make_guide(REQUEST, Run(), 22_050)
    assert np.array_equal(again.audio, first.audio)


def test_a_long_guide_is_not_kept(monkeypatch) -> None:
    monkeypatch.setattr(_guide, "_KEPT_SECONDS", 1.0)
    longer = dataclasses.replace(REQUEST, seed=13)
    assert make_guide(longer, Run(), 22_050) is not make_guide(longer, Run(), 22_050)


def test_a_wave_of_one_side_and_a_short_one_become_a_whole_clip() -> None:
    guide = make_guide(REQUEST, Run(), 22_050)
    wave = 0.1 * np.sin(np.arange(30_000) / 8, dtype=np.float32)[None]
    clip = finish(wave, 22_050, Guide(guide.score, guide.audio, 22_050), Run(), "none")
    assert clip.audio.shape == (2, round(2.0 * clip.sample_rate))
    assert np.array_equal(clip.audio[0], clip.audio[1])
    assert np.abs(clip.audio[:, 20_000:40_000]).max() > 0.05
    assert not clip.audio[:, 61_000:].any()
    assert abs(clip.audio[0, 0]) < 1e-6
