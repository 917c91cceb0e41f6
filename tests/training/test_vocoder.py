"""Training the vocoder: what a batch holds, that it learns, and what is written."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.dsp import log_mel
from models.evaluation import vocoder as evaluation
from models.nets.mel_vocoder import MelVocoder, VocoderConfig, build
from models.training import audio_pack, vocoder
from models.training.loop import Plan
from tests.training import tones

SMALL = VocoderConfig(widths=(16, 16, 16), iterations=2)


@pytest.fixture(autouse=True)
def genres(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops are of the genres that the pack has."""
    monkeypatch.setattr(audio_pack, "GENRES", tones.GENRES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


@pytest.fixture(scope="module")
def pack(folder: Path) -> audio_pack.Pack:
    return audio_pack.load(folder)


def test_a_batch_is_a_crop_its_mel_spectrogram_and_a_first_wave(pack) -> None:
    audio, mel, first = next(vocoder.batches(pack, SMALL, 0)(0))
    samples = vocoder.CROP_FRAMES * log_mel.HOP_LENGTH
    assert audio.shape == first.shape == (vocoder.BATCH, samples)
    assert mel.shape == (vocoder.BATCH, log_mel.N_MELS, vocoder.CROP_FRAMES)
    # Away from the edges, where the crop lacks its surroundings, the mel spectrogram is the crop's own.
    assert torch.allclose(log_mel.log_mel(audio)[:, :, 4:-4], mel[:, :, 4:-4], atol=1e-3)
    again = next(vocoder.batches(pack, SMALL, 0)(0))
    assert all(torch.equal(a, b) for a, b in zip((audio, mel, first), again, strict=True))


def test_lent_phases_bring_the_first_wave_nearer(pack) -> None:
    audio = torch.from_numpy(np.stack([pack.crop(0, 0, 88 * log_mel.HOP_LENGTH)]))

    def far(lent: bool) -> float:
        whole, _, first = vocoder.prepared(audio, np.random.default_rng(0), 2, lent)
        return float((whole - first).square().mean() / whole.square().mean())

    assert far(True) < 0.7 * far(False)


def test_it_learns(pack, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = MelVocoder(SMALL)
    plan = Plan("v", 30, lr=4e-3, warmup=0.1, judge_every=10, clip=5.0, work=tmp_path)
    history = vocoder.represent(net, pack, plan)
    assert history[-1]["validation loss"] < history[0]["validation loss"]


def test_the_command_writes_a_checkpoint_that_can_be_measured(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "checkpoints"
    monkeypatch.setattr(vocoder, "VocoderConfig", lambda: SMALL)
    monkeypatch.setattr(
        sys, "argv", ["vocoder", "--data", str(folder), "--steps", "5", "--work", str(tmp_path), "--out", str(out)]
    )
    vocoder.main()
    stored = checkpoint.load("vocoder", out)
    assert {value.dtype for value in stored.state_dict.values()} == {torch.float16}
    assert [row["step"] for row in stored.card.extra["histories"]["refine"]] == [2]
    assert "discriminator loss" in stored.card.figures["validation"]
    assert (tmp_path / "vocoder-represent.png").exists()

    sounds = evaluation.recordings(audio_pack.load(folder), seconds=1.0)
    assert [sound.shape[1] % log_mel.HOP_LENGTH for sound in sounds] == [0] * 4
    figures = evaluation.measure(build(stored.config, stored.state_dict), sounds)
    assert set(figures) == {evaluation.OURS, evaluation.PLAIN, evaluation.FIRST, evaluation.LENT}
    assert figures[evaluation.LENT]["multi-scale distance"] < figures[evaluation.PLAIN]["multi-scale distance"]
    assert all(row["FAD"] >= 0 and row["speed"] > 0 for row in figures.values())
    table = evaluation.table(figures, len(sounds))
    assert [row[0] for row in table["rows"]] == list(figures)
    assert all(len(row) == len(table["columns"]) for row in table["rows"])
