"""What is played: as long as the recording to the sample, as loud as asked, no note into the next."""

from fractions import Fraction

import numpy as np
import pytest

from models.dsp.loudness import TARGET_LUFS, integrated, true_peak
from models.spec import Cancelled, Run
from models.transcription.notes import SungNote
from models.transcription.playing import HIGHEST_RATE, LOWEST_RATE, held, output_rate, play
from models.transcription.settings import PLAYERS


def tune(seconds: float, every: float = 0.5) -> list[SungNote]:
    return [
        SungNote(at, at + 0.8 * every, 60 + i % 8, 60 + 6 * (i % 8), 60.0 + i % 8)
        for i, at in enumerate(np.arange(0.2, seconds - every, every).tolist())
    ]


@pytest.mark.parametrize("rate", [1_000, 8_000, 11_025, 12_000, 16_000, 22_050, 32_000, 37_801, 44_100, 48_000, 96_000])
def test_rates_that_can_be_exactly_as_long(rate: int) -> None:
    assert output_rate(rate) % rate == 0
    assert LOWEST_RATE <= output_rate(rate) < LOWEST_RATE + rate
    assert output_rate(rate) <= HIGHEST_RATE


@pytest.mark.parametrize("rate", [176_400, 192_000, 768_000])
def test_very_high_rates_come_down(rate: int) -> None:
    assert rate % output_rate(rate) == 0
    assert output_rate(rate) <= HIGHEST_RATE


@pytest.mark.parametrize(
    ("seconds", "rate"), [(0.5, 44_100), (0.5, 8_000), (7.3, 22_050), (60.0, 48_000), (600.0, 44_100), (600.0, 8_000)]
)
def test_as_long_as_the_recording_to_the_sample(seconds: float, rate: int) -> None:
    samples = round(seconds * rate) + 1
    audio, out = play(tune(min(seconds, 20.0)), "piano", samples, rate)
    assert Fraction(audio.shape[1], out) == Fraction(samples, rate)
    assert audio.dtype == np.float32
    assert np.abs(audio).max() > 0.01 or seconds < 1
    silent, out = play([], "piano", samples, rate)
    assert Fraction(silent.shape[1], out) == Fraction(samples, rate)
    assert not silent.any()


def test_loudness_and_peaks() -> None:
    audio, rate = play(tune(10.0), "piano", 441_000, 44_100)
    assert integrated(audio, rate) == pytest.approx(TARGET_LUFS, abs=0.3)
    assert true_peak(audio) < -0.9  # dBTP


@pytest.mark.parametrize("player", PLAYERS)
def test_every_instrument_begins_each_note_on_time(player: str) -> None:
    notes = [SungNote(0.5, 0.9, 64, 100, 64.0), SungNote(1.5, 1.9, 67, 100, 67.0)]
    audio, _ = play(notes, player, 3 * 44_100, 44_100)
    level = np.sqrt(np.square(audio).mean(axis=0).reshape(-1, 441).mean(axis=1))
    assert level[:49].max() < 0.02 * level.max()
    for onset in (0.5, 1.5):
        frame = round(onset * 100)
        assert level[frame : frame + 20].max() > 0.2 * level.max()


def test_the_pedal_holds_to_the_next_note_and_no_longer() -> None:
    notes = [SungNote(0.0, 0.3, 60, 80, 60.0), SungNote(0.5, 0.8, 62, 80, 62.0), SungNote(5.0, 5.5, 64, 80, 64.0)]
    (_, first, *_), (_, second, *_), (_, last, *_) = held(notes, 6.0)
    assert first == pytest.approx(0.54)
    assert second == pytest.approx(0.3 + 1.5 + 0.04)
    assert last == pytest.approx(1.04)


def test_softer_notes_are_softer() -> None:
    def peak(velocity: int) -> float:
        notes = [SungNote(0.2, 0.8, 60, velocity, 60.0), SungNote(1.5, 2.2, 60, 110, 60.0)]
        audio, _ = play(notes, "piano", 3 * 44_100, 44_100)
        return float(np.abs(audio[:, :44_100]).max() / np.abs(audio[:, 66_150:]).max())

    assert peak(40) < 0.4 < 0.9 < peak(110) * 1.05


def test_it_stops_when_told() -> None:
    with pytest.raises(Cancelled):
        play(tune(30.0), "piano", 30 * 44_100, 44_100, Run(cancelled=lambda: True))
