"""MusicGen from a folder: real classes of transformers with tiny random weights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models import outside, registry
from models.generators import _musicgen
from models.generators._musicgen import Player, joined
from models.generators.musicgen import MusicGen
from models.spec import Cancelled, GenerateRequest, OutsideError, Run
from tests.generators import tiny_musicgen

REQUEST = GenerateRequest("jazz", ("piano", "drums"), 120.0, 4.0, seed=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_musicgen.write(tmp_path_factory.mktemp("musicgen") / "tiny")


@pytest.fixture(scope="module")
def player(folder: Path) -> Player:
    return Player(folder, "cpu")


@pytest.fixture(autouse=True)
def nothing_is_set_afterwards() -> Iterator[None]:
    yield
    outside.configure(None)


def played(player: Player, seconds: float = 1.0, seed: int = 1, run: Run | None = None, **words) -> np.ndarray:
    given = {"temperature": 1.0, "guidance": 3.0, "melody": None} | words
    return player.play("upbeat jazz, piano", seconds, seed, run=run or Run(), **given)


def test_it_says_what_is_missing(tmp_path: Path, folder: Path) -> None:
    spec = registry.spec("generators", "musicgen")
    assert "MUSICGEN_PATH" in (registry.not_ready(spec) or "")
    outside.configure(None, tmp_path)
    assert "config.json is missing" in (registry.not_ready(spec) or "")
    outside.configure(None, folder)
    assert registry.not_ready(spec) is None
    assert "CC BY-NC" in spec.licence


@pytest.mark.parametrize("content", ['{"model_type": "t5"}', "{}", "not json"])
def test_another_model_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(OutsideError, match="MUSICGEN_PATH"):
        Player(tmp_path, "cpu")


def test_a_clip_keeps_to_tempo_length_and_seed(player: Player) -> None:
    told: list[tuple[float, str]] = []
    model = MusicGen(player)
    clip = model.generate(REQUEST, Run(progress=lambda done, stage: told.append((done, stage))))
    assert clip.audio.shape == (2, 4 * 44_100)
    assert 0.05 < np.abs(clip.audio).max() <= 1
    assert (clip.score, clip.checkpoint) == (None, "tiny")
    # Whether a beat is heard in what random weights play is up to chance; where none is, no tempo is claimed.
    assert clip.tempo == (0.0 if "No clear beat" in (clip.notice or "") else 120.0)
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert sum(stage == "MusicGen plays" for _, stage in told) > 100  # token by token
    assert np.array_equal(clip.audio, model.generate(REQUEST, Run()).audio)


def test_prompt_seed_and_guidance_make_a_difference(player: Player) -> None:
    first = played(player)
    assert first.shape[0] == 1
    assert np.array_equal(first, played(player))
    assert not np.array_equal(first, played(player, seed=2))
    assert not np.array_equal(first, played(player, guidance=1.0))
    assert not np.array_equal(first, player.play("rock drums", 1.0, 1, 1.0, 3.0, None, Run()))


def test_what_is_longer_than_it_can_think_goes_on(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_musicgen, "LONGEST", 2.0)
    monkeypatch.setattr(_musicgen, "REMEMBERED", 0.5)
    told: list[float] = []
    wave = played(player, 5.0, run=Run(progress=lambda done, _: told.append(done)))
    assert wave.shape[1] >= 5.0 * player.sample_rate
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.05)
    once = played(player, 1.5)
    beginning = slice(0, player.sample_rate)
    assert np.allclose(wave[:, beginning], once[:, beginning], atol=1e-4)


def test_a_cancel_comes_between_two_tokens(player: Player) -> None:
    seen: list[float] = []

    def progress(done: float, stage: str) -> None:
        seen.append(done)
        if len(seen) == 10:
            raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        played(player, 30.0, run=Run(progress=progress))
    assert len(seen) == 10
    assert time.monotonic() - began < 10


def test_a_melody_model_hears_the_guide(tmp_path: Path) -> None:
    player = Player(tiny_musicgen.write(tmp_path / "melody", melody=True), "cpu")
    assert player.hears_melodies
    time_axis = np.arange(player.sample_rate * 2) / player.sample_rate
    low, high = (np.sin(2 * np.pi * hertz * time_axis).astype(np.float32) for hertz in (220, 311))
    assert not np.array_equal(played(player, melody=low), played(player, melody=high))
    clip = MusicGen(player).generate(REQUEST, Run())
    assert clip.audio.shape == (2, 4 * 44_100)


def test_joining_fades() -> None:
    one, two = np.ones((1, 100), np.float32), np.full((1, 50), 3.0, np.float32)
    out = joined(one, two, 10)
    assert out.shape == (1, 140)
    assert np.all(np.diff(out[0, 90:100]) > 0)
    assert joined(np.zeros((1, 0), np.float32), two, 10) is two


def test_the_folder_is_as_transformers_writes_it(folder: Path) -> None:
    assert json.loads((folder / "config.json").read_text())["model_type"] == "musicgen"
