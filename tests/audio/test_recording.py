"""A recording as the classifiers hear it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio import Recording, decode
from models.audio.recording import KEPT_RATE, LONG


def tone(rate: int, seconds: float, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_keeps_at_most_the_kept_rate(rate: int, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack([tone(rate, 2.0)] * 2, axis=1), rate, subtype="FLOAT")
    recording = Recording.open(tmp_path / "a.wav")
    assert recording.sample_rate == min(rate, KEPT_RATE)
    assert recording.seconds == pytest.approx(2.0, abs=1e-3)
    heard = recording.mono(16000)
    middle = slice(4000, 28000)  # the resampler's edges are its own
    np.testing.assert_allclose(heard[middle], tone(16000, 2.0)[: len(heard)][middle], atol=5e-3)


def test_opening_equals_decoding(clip: Path) -> None:
    sound, rate = decode(clip)
    opened, made = Recording.open(clip), Recording.of(sound, rate)
    assert opened.sample_rate == made.sample_rate
    np.testing.assert_allclose(opened.mono(16000), made.mono(16000), atol=1e-4)


def test_no_more_is_read_than_asked(clip: Path) -> None:
    assert Recording.open(clip, max_seconds=1.5).seconds == pytest.approx(1.5, abs=1e-3)


def test_resampling_and_views_are_made_once() -> None:
    recording, made = Recording(tone(22050, 1.0), 22050), []
    assert recording.mono(16000) is recording.mono(16000)
    for _ in range(2):
        assert recording.remember("view", lambda: made.append(1) or len(made)) == 1


def test_a_long_recording_does_not_keep_a_copy_at_another_rate():
    recording = Recording(np.zeros(round(LONG) * 8000, np.float32), 8000)
    assert recording.mono(8000) is recording.mono(8000)
    first, second = recording.mono(4000), recording.mono(4000)
    assert first is not second
    assert len(first) == len(second) == round(LONG) * 4000


def test_a_failure_is_not_remembered() -> None:
    recording = Recording(tone(22050, 1.0), 22050)

    def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        recording.remember("view", fail)
    assert recording.remember("view", lambda: 2) == 2


def test_an_excerpt_is_taken_evenly_from_the_whole() -> None:
    ramp = np.arange(100, dtype=np.float32)
    recording = Recording(ramp, 10)
    assert recording.excerpt(5, 2.0) is recording  # that is all of it
    found = recording.excerpt(3, 1.0)
    assert found.sample_rate == 10
    assert found.mono(10).tolist() == [*range(0, 10), *range(45, 55), *range(90, 100)]
