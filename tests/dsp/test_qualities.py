"""The rules of sound qualities on notes whose qualities are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from models.dsp import qualities
from models.dsp.qualities import SAMPLE_RATE, Processing, measure
from models.note_words import QUALITIES

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
HELD = (TIME < qualities.HELD).astype(float)


def tone(hertz: float, harmonics: int, slope: float = 1.0) -> np.ndarray:
    """(64000,): a steady tone whose n-th harmonic has amplitude n ** -slope."""
    numbers = [n for n in range(1, harmonics + 1) if n * hertz < 7_800]
    wave = sum(np.sin(2 * np.pi * n * hertz * TIME + n) * n**-slope for n in numbers)
    return (0.3 * wave).astype(np.float32)


def noted(wave: np.ndarray, release: float = 0.02) -> np.ndarray:
    """Let go at 3 s; falls to a tenth in ``release`` seconds."""
    fall = np.where(TIME < 3, 1.0, 10 ** (-(TIME - 3) / release))
    rise = np.minimum(TIME / 0.03, 1)
    return (wave * fall * rise).astype(np.float32)


def present(note: np.ndarray, hertz: float, done: Processing | None = None) -> set[str]:
    return {name for name, value in measure(note, hertz, done).items() if value}


def test_a_plain_steady_tone_has_no_quality():
    assert present(noted(tone(440, 4)), 440) == set()


def test_every_quality_is_defined_and_measured():
    assert set(measure(noted(tone(440, 4)), 440)) == set(QUALITIES) == set(qualities.DEFINITIONS)


def test_bright_has_strong_upper_harmonics_and_dark_has_none():
    assert "bright" in present(noted(tone(220, 40, slope=0.2)), 220)
    assert present(noted(tone(110, 2)), 110) == {"dark"}


def test_a_high_note_is_not_bright_by_its_pitch_alone():
    assert "bright" not in present(noted(tone(3_000, 1)), 3_000)


def test_a_plucked_note_decays_fast_and_a_held_one_does_not():
    plucked = tone(440, 5) * np.exp(-2 * TIME)
    assert "fast_decay" in present(noted(plucked), 440)
    assert "fast_decay" not in present(noted(tone(440, 5) * np.exp(-0.5 * TIME)), 440)


def test_fast_decay_asks_all_strong_harmonics_to_decay():
    low, high = tone(200, 1), tone(2_000, 1) * np.exp(-4 * TIME)
    assert "fast_decay" not in present(noted(low + high), 200)


@pytest.mark.parametrize(("release", "long"), [(0.05, False), (0.3, False), (1.5, True), (5.0, True)])
def test_long_release_is_what_still_sounds_after_note_off(release, long):
    assert ("long_release" in present(noted(tone(440, 4), release), 440)) == long


def test_a_note_that_is_gone_at_note_off_has_no_release():
    assert "long_release" not in present(noted(tone(440, 4) * np.exp(-6 * TIME), 5.0), 440)


def test_two_notes_are_multiphonic_and_an_octave_or_a_bell_is_not():
    assert "multiphonic" in present(noted(tone(220, 8) + tone(220 * 2 ** (7 / 12), 8)), 220)
    assert "multiphonic" not in present(noted(tone(220, 8) + tone(440, 8)), 220)
    bell = tone(523, 1) + tone(523 * 2.76, 1) + tone(523 * 5.4, 1)
    assert "multiphonic" not in present(noted(bell), 523)


@pytest.mark.parametrize("depth_db", [8, 14])
def test_tremolo_is_a_nonlinear_envelope(depth_db):
    wave = tone(440, 4) * 10 ** (depth_db / 2 * np.sin(2 * np.pi * 3 * TIME) / 20)
    assert "nonlinear_env" in present(noted(wave), 440)


def test_a_monotonic_decrease_and_a_slow_attack_are_not():
    assert "nonlinear_env" not in present(noted(tone(440, 4) * np.exp(-TIME)), 440)
    assert "nonlinear_env" not in present(noted(tone(440, 4) * np.minimum(TIME / 0.8, 1)), 440)


def test_a_knock_at_the_onset_is_percussive():
    random = np.random.default_rng(0)
    knock = random.standard_normal(len(TIME)) * np.exp(-TIME / 0.015) * 0.3
    assert "percussive" in present(noted(tone(440, 4)) + knock.astype(np.float32), 440)


def test_steady_breath_is_not_percussive():
    breath = np.random.default_rng(0).standard_normal(len(TIME)) * 0.05 * HELD
    assert "percussive" not in present(noted(tone(440, 4) + breath.astype(np.float32)), 440)


def test_what_was_done_counts_when_it_is_strong_enough():
    note = noted(tone(440, 4))
    assert "distortion" in present(note, 440, Processing(crunch_db=-10))
    assert "distortion" not in present(note, 440, Processing(crunch_db=-40))
    assert "reverb" in present(note, 440, Processing(wet_db=-6, room_seconds=1.5))
    assert "reverb" not in present(note, 440, Processing(wet_db=-30, room_seconds=1.5))
    assert "reverb" not in present(note, 440, Processing(wet_db=-6, room_seconds=0.2))


def test_level_does_not_matter():
    loud = noted(tone(220, 40, slope=0.2) * np.exp(-2 * TIME))
    assert present(loud, 220) == present(loud * 0.01, 220)


def test_added_power_is_what_no_gain_explains():
    note = tone(440, 1)
    assert qualities.added_power_db(note, 0.3 * note) < -60
    assert -20 < qualities.added_power_db(note, np.tanh(10 * note)) < -6


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="64000"):
        measure(np.ones(100, np.float32), 440)
    with pytest.raises(ValueError, match="silent"):
        measure(np.zeros(64_000, np.float32), 440)
