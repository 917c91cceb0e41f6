import io

import numpy as np
import pytest
from PIL import Image

from models.pictures import _palette, peaks, spectrogram_png

from .conftest import RATE, tone


def test_peaks_are_the_outline():
    audio = np.zeros((2, 10_000), np.float32)
    audio[0, 5000], audio[1, 5001] = 0.5, -0.75
    outline = peaks(audio, 100)
    assert outline.shape == (100, 2)
    assert outline[50] == pytest.approx([-0.75, 0.5])
    assert not outline[:50].any()


def test_peaks_of_very_short_audio():
    assert peaks(np.full((1, 3), 0.25, np.float32), 1000).tolist() == [[0.25, 0.25]] * 3
    with pytest.raises(ValueError, match="at least one sample"):
        peaks(np.zeros((2, 0), np.float32))


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_spectrogram_shows_a_tone_where_it_is(rate):
    picture = Image.open(io.BytesIO(spectrogram_png(tone(1, rate, 1), rate, 300, 128)))
    assert picture.size == (300, 128)
    column = np.asarray(picture.convert("L"))[:, 150].astype(int)
    brightest = column.argmax()
    assert 90 < brightest < 127  # 220 Hz lies in the lowest quarter
    assert column[:30].max() < 40


@pytest.mark.parametrize("samples", [1, 100, RATE])
def test_silence_and_tiny_clips_give_a_picture(samples):
    png = spectrogram_png(np.zeros((2, samples), np.float32), RATE, 64, 32)
    assert Image.open(io.BytesIO(png)).size == (64, 32)


def test_colours_grow_lighter_evenly():
    rgb = np.frombuffer(_palette(), np.uint8).reshape(256, 3) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)
    assert np.abs(np.diff(lightness)).max() < 1.5
    assert np.diff(lightness).min() > -0.3
