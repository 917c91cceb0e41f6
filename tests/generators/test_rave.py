"""The rave mode: seamless pieces, the guide's strength, and models that others trained."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from models import registry
from models.evaluation import agreement
from models.generators import _rave_files, rave
from models.generators._guide import make_guide
from models.nets.torchscript import torchscript
from models.spec import BadInput, GenerateRequest, Run

REQUEST = GenerateRequest("rock", ("electric_guitar", "bass", "drums"), 120.0, 5.0, seed=5, key="A minor")


class StandIn(nn.Module):
    """The interface of a RAVE export: a latent of the mean level of two halves of 256 samples."""

    def __init__(self) -> None:
        super().__init__()
        self.sr = 16_000
        self.register_buffer("encode_params", torch.tensor([1, 1, 2, 512]))
        self.register_buffer("decode_params", torch.tensor([2, 512, 1, 1]))

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], -1, 2, 256).mean(dim=3).transpose(1, 2)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return z.transpose(1, 2).reshape(z.shape[0], 1, -1).repeat_interleave(256, dim=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for models of others, with one of them."""
    monkeypatch.setattr(_rave_files, "FOLDER", tmp_path)
    monkeypatch.setattr(_rave_files.names, "__defaults__", (tmp_path,))
    with torchscript():
        torch.jit.script(StandIn()).save(str(tmp_path / "stand_in.ts"))
    return tmp_path


@pytest.fixture(scope="module")
def backend() -> rave.RaveGenerator:
    return registry.load("generators", "rave")


def test_pieces_are_seamless(backend: rave.RaveGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    latent = torch.randn(1, backend.net.config.latent, 300, generator=torch.Generator().manual_seed(0))
    condition = backend.net.condition(torch.tensor([2]), torch.tensor([1]))

    def decoded(piece: int) -> Tensor:
        monkeypatch.setattr(rave, "PIECE", piece)
        with torch.inference_mode():
            return backend.decode(latent, condition, torch.Generator().manual_seed(1), Run())

    whole, cut = decoded(1000), decoded(64)
    assert whole.shape == (1, 300 * backend.net.config.ratio)
    assert float((whole - cut).abs().max()) < 10 ** (-80 / 20)


def test_pieces_are_encoded_like_the_whole(backend: rave.RaveGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = 0.1 * torch.randn(1, 512 * 200, generator=torch.Generator().manual_seed(0))

    def encoded(piece: int) -> Tensor:
        monkeypatch.setattr(rave, "PIECE", piece)
        with torch.inference_mode():
            return backend.encode(audio, Run())

    assert torch.allclose(encoded(1000), encoded(50), atol=1e-4)


def test_it_follows_the_guide_as_far_as_it_is_told(backend: rave.RaveGenerator) -> None:
    guide = make_guide(REQUEST, Run(), 22_050).audio.mean(axis=0)
    clips = {
        strength: backend.generate(dataclasses.replace(REQUEST, guide_strength=strength), Run())
        for strength in (1.0, 0.0)
    }
    close, free = (
        agreement.pitch_class_agreement(guide, clip.audio.mean(axis=0)[::2], 22_050) for clip in clips.values()
    )
    assert close > free
    assert clips[1.0].score == clips[0.0].score
    assert not np.array_equal(clips[1.0].audio, clips[0.0].audio)


def test_the_seed_decides_what_is_dreamt(backend: rave.RaveGenerator) -> None:
    free = dataclasses.replace(REQUEST, length=2.0, guide_strength=0.0)
    one, again = (backend.generate(free, Run()).audio for _ in range(2))
    other = backend.generate(dataclasses.replace(free, seed=6), Run()).audio
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_a_model_of_somebody_else_plays(backend: rave.RaveGenerator, folder: Path, strength: float) -> None:
    request = dataclasses.replace(REQUEST, options={"model": "stand_in"}, guide_strength=strength)
    clip, again = (backend.generate(request, Run()) for _ in range(2))
    assert clip.audio.shape == (2, round(5 * clip.sample_rate))
    assert np.abs(clip.audio).max() > 0.05
    assert np.array_equal(clip.audio, again.audio)
    digest = hashlib.sha256((folder / "stand_in.ts").read_bytes()).hexdigest()
    assert clip.checkpoint == digest[:8]
    assert (clip.notice is None) == (strength == 1)


def test_a_model_that_is_not_there_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(ValidationError, match="there are: tunesmith, stand_in"):
        rave.Options.model_validate({"model": "../secret"})


def test_a_file_that_is_no_rave_model_is_refused_in_words(backend: rave.RaveGenerator, folder: Path) -> None:
    (folder / "noise.ts").write_bytes(b"not a model at all")
    with torchscript():
        torch.jit.script(nn.Linear(2, 2)).save(str(folder / "linear.ts"))
    for name, words in (("noise", "cannot be read"), ("linear", "no RAVE export")):
        request = dataclasses.replace(REQUEST, options={"model": name})
        with pytest.raises(BadInput, match=words):
            backend.generate(request, Run())
