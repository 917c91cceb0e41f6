"""The diffusion mode with a small untrained denoiser: what it hands over, keeps and reports."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models import registry
from models.composer.midi import to_midi
from models.generators._guide import make_guide
from models.generators.ddim import DiffusionGenerator, Options
from models.nets.ddim import Ddim, DdimConfig
from models.spec import Cancelled, GenerateRequest, Run

SMALL = DdimConfig(widths=(16, 16, 16), heads=2, word=16)


def request(**changes) -> GenerateRequest:
    given = {"genre": "jazz", "instruments": ("flute", "bass"), "tempo": 120.0, "length": 4.0, "seed": 11}
    return GenerateRequest(**(given | {"options": {"steps": 6}} | changes))


@pytest.fixture(scope="module")
def mode() -> DiffusionGenerator:
    torch.manual_seed(0)
    net = Ddim(SMALL)
    for weight in net.parameters():  # what begins at zero would hide what comes before it
        if not weight.any():
            torch.nn.init.normal_(weight, 0.0, 0.05)
    net.companding.spread[:] = 0.1
    return DiffusionGenerator(net.eval(), "hash", "cpu")


def test_length_score_and_seed(mode: DiffusionGenerator) -> None:
    told: list[tuple[float, str]] = []
    clip = mode.generate(request(length=3.7), Run(progress=lambda done, stage: told.append((done, stage))))
    assert clip.audio.shape == (2, round(3.7 * 44_100))
    assert clip.score is not None
    assert (clip.tempo, clip.checkpoint, clip.notice) == (120.0, "hash", None)
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert sum(stage == "denoising" for _, stage in told) == 6
    again = mode.generate(request(length=3.7), Run())
    assert np.array_equal(clip.audio, again.audio)
    assert to_midi(clip.score) == to_midi(again.score)


def test_the_guide_counts_as_much_as_it_is_told(mode: DiffusionGenerator) -> None:
    likeness = []
    guide = mode.generate(request(guide_strength=1.0, options={"steps": 5}), Run()).audio
    for strength in (0.0, 0.5, 0.9):
        other = mode.generate(request(guide_strength=strength, options={"steps": 5}), Run())
        likeness.append(float(np.corrcoef(guide[0], other.audio[0])[0, 1]))
        assert (other.notice is not None) == (strength == 0)
    assert likeness == sorted(likeness)
    assert abs(likeness[0]) < 0.2 < likeness[2]


@pytest.mark.parametrize("option", [{"eta": 1.0}, {"guidance": 1.0}, {"timbre": "metal"}, {"steps": 7}])
def test_options_make_a_difference(mode: DiffusionGenerator, option: dict) -> None:
    plain = mode.generate(request(guide_strength=0.5), Run()).audio
    other = mode.generate(request(guide_strength=0.5, options={"steps": 6} | option), Run()).audio
    assert not np.array_equal(plain, other)


def test_without_a_guide_it_denoises_what_rave_dreams(mode: DiffusionGenerator) -> None:
    def free(**changes) -> tuple[np.ndarray, list[str]]:
        stages: list[str] = []
        asked = request(guide_strength=0.0, **changes)
        guide = make_guide(asked, Run(), 22_050).audio
        with torch.inference_mode():
            run = Run(progress=lambda done, stage: stages.append(stage))
            return mode.imagined(guide, asked, Options(steps=5), run).numpy(), stages

    sound, stages = free()
    assert list(dict.fromkeys(stages)) == ["dreaming", "decoding", "listening to the guide", "denoising"]
    assert np.array_equal(free(instruments=("piano", "guitar"))[0], sound)  # whatever is composed
    assert not np.array_equal(free(genre="metal")[0], sound)
    dream = registry.load("generators", "rave").generate(request(guide_strength=0.0, options={}), Run()).audio[:, ::2]
    assert 0.1 < np.corrcoef(dream[0], sound[0])[0, 1] < 0.9


def test_left_and_right_differ_but_belong_together(mode: DiffusionGenerator) -> None:
    clip = mode.generate(request(guide_strength=0.0), Run())
    assert 0.3 < np.corrcoef(clip.audio)[0, 1] < 0.99


def test_long_pieces_have_no_seams(mode: DiffusionGenerator) -> None:
    clip = mode.generate(request(length=24.0, guide_strength=0.5), Run())
    assert clip.audio.shape == (2, 24 * 44_100)
    jumps = np.abs(np.diff(clip.audio[0]))
    assert jumps.max() < 12 * np.percentile(jumps, 99)


def test_a_cancel_comes_between_two_steps(mode: DiffusionGenerator) -> None:
    def progress(done: float, stage: str) -> None:
        if stage == "denoising" and done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        mode.generate(request(options={"steps": 100}), Run(progress=progress))
