"""The converter: every sound of a folder becomes a picture and an array, and what is no sound is named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from models.training import spectrograms


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "blues").mkdir(parents=True)
    time = np.arange(3 * 44_100) / 44_100
    soundfile.write(folder / "007.wav", np.stack([np.sin(2 * np.pi * 440 * time)] * 2, axis=1) * 0.5, 44_100)
    soundfile.write(folder / "blues" / "007.flac", 0.1 * np.sin(2 * np.pi * 3000 * time), 44_100)
    (folder / ".hidden").write_bytes(b"x")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["spectrograms", *words])
    with pytest.raises(SystemExit) as end:
        spectrograms.main()
    return int(end.value.code or 0)


def test_every_file_becomes_two(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dest = tmp_path / "out"
    words = ["--source", str(source), "--dest", str(dest), "--duration", "2", "--n_mels", "64"]
    assert run(monkeypatch, *words) == 0
    names = sorted(str(path.relative_to(dest)) for path in dest.rglob("*") if path.is_file())
    assert names == ["007.wav.npy", "007.wav.png", "blues/007.flac.npy", "blues/007.flac.png"]
    low, high = np.load(dest / "007.wav.npy"), np.load(dest / "blues" / "007.flac.npy")
    assert low.shape == high.shape == (64, spectrograms.frames_of(2))
    assert low.dtype == np.float32
    assert low.mean(axis=1).argmax() < high.mean(axis=1).argmax()
    picture = np.asarray(Image.open(dest / "007.wav.png"))
    assert np.abs(picture[::-1] / 255 - low).max() < 1 / 250


def test_what_is_no_sound_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "broken.wav").write_bytes(b"RIFF nothing of the kind")
    dest = tmp_path / "out"
    assert run(monkeypatch, "--source", str(source), "--dest", str(dest)) == 1
    said = capsys.readouterr().out
    assert "2 files converted, 1 not." in said
    assert "broken.wav: " in said
    assert not (dest / "broken.wav.npy").exists()
    short = np.load(dest / "007.wav.npy")
    assert short.shape == (128, spectrograms.frames_of(30))
    assert short[:, 140:].max() == 0  # three seconds of sound, then nothing
