"""The recording: exact length, loudness, peaks, the same bytes for the same seed, a prompt stop."""

import time
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from models.composer.drums import PIECES
from models.composer.engine import compose
from models.composer.instruments import TABLE, program
from models.composer.render import render, voices
from models.composer.render.soundfont import BadSoundFont, SoundFont
from models.composer.render.voices import Voice, bank
from models.dsp.loudness import integrated, limit, normalise, true_peak
from models.spec import Cancelled, GenerateRequest, Run
from models.vocabulary import GENRES, INSTRUMENTS
from tests.composer.banks import renumbered

RATE = 44_100


def played(genre: str, instruments: tuple[str, ...], tempo: float, length: float, seed: int = 1) -> np.ndarray:
    return render(compose(GenerateRequest(genre, instruments, tempo, length, seed)))


@pytest.mark.parametrize(
    ("genre", "instruments", "tempo", "length"),
    [
        ("metal", (), 160, 12.0),
        ("classical", ("piano",), 90, 9.37),
        ("hiphop", (), 84, 10.001),
        ("jazz", ("drums",), 150, 8.0),
        ("reggae", ("bass",), 72, 6.0),
        ("pop", (), 120, 1.0),
        ("disco", (), 40, 1.5),
        ("rock", (), 220, 5.0),
    ],
)
def test_length_loudness_and_peaks(genre: str, instruments: tuple[str, ...], tempo: float, length: float) -> None:
    audio = played(genre, instruments, tempo, length)
    assert audio.shape == (2, round(length * RATE))
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert pyloudnorm.Meter(RATE).integrated_loudness(audio.T.astype(float)) == pytest.approx(-14, abs=0.5)
    peak = np.abs(resample_poly(audio, 8, 1, axis=1)).max()
    assert 20 * np.log10(peak) < -1.0
    assert np.abs(audio[:, :20]).max() < 0.05, "no click at the start"
    assert np.abs(audio[:, -20:]).max() < 0.01, "no click at the end"


def test_the_same_score_gives_the_same_samples() -> None:
    assert np.array_equal(played("blues", (), 100, 4), played("blues", (), 100, 4))


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_each_instrument_is_heard(instrument: str) -> None:
    audio = played("pop", (instrument,), 110, 4)
    envelope = np.sqrt(np.mean(audio.mean(axis=0)[: RATE * 4].reshape(-1, RATE // 10) ** 2, axis=1))
    assert np.median(envelope) > 0.01


@pytest.mark.parametrize(("genre", "tempo"), [("rock", 120), ("disco", 116), ("blues", 110), ("pop", 96)])
def test_a_beat_tracker_finds_the_tempo(genre: str, tempo: float) -> None:
    mono = played(genre, (), tempo, 15).mean(axis=0)
    found = float(np.atleast_1d(librosa.beat.beat_track(y=mono, sr=RATE)[0])[0])
    assert found == pytest.approx(tempo, rel=0.04)


def test_the_mix_is_stereo_but_holds_in_mono() -> None:
    audio = played("rock", (), 120, 8)
    mid, side = np.sqrt(np.mean((audio[0] + audio[1]) ** 2)), np.sqrt(np.mean((audio[0] - audio[1]) ** 2))
    assert 0.05 < side / mid < 0.8


def test_cancelling_stops_within_a_second() -> None:
    score = compose(GenerateRequest("metal", (), 150.0, 60.0, 1))
    started = time.monotonic()
    cancelled_at: list[float] = []

    def cancelled() -> bool:
        if time.monotonic() - started > 0.5 and not cancelled_at:
            cancelled_at.append(time.monotonic())
        return bool(cancelled_at)

    with pytest.raises(Cancelled):
        render(score, Run(cancelled=cancelled))
    assert time.monotonic() - started < 4


def test_progress_rises_and_names_the_work() -> None:
    told: list[tuple[float, str]] = []
    render(
        compose(GenerateRequest("pop", ("piano", "drums"), 120.0, 4.0, 1)),
        Run(progress=lambda fraction, stage: told.append((fraction, stage))),
    )
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"rendering piano", "rendering drums", "mastering"} <= {stage for _, stage in told}


PROGRAMS = sorted(
    {
        (name, program(name, genre, role))
        for name in INSTRUMENTS
        if name != "drums"
        for genre in GENRES
        for role in ("melody", "pad")
    }
)


@pytest.mark.parametrize(("instrument", "number"), PROGRAMS, ids=lambda v: str(v))
def test_every_sound_is_in_tune_over_its_range(instrument: str, number: int) -> None:
    item = TABLE[instrument]
    for pitch in np.linspace(max(item.low, 33), min(item.high, 88), 5).astype(int):
        zones = bank().matching(number, False, int(pitch), 100)
        assert zones, f"no sample for {pitch}"
        tone = bank().play(zones, int(pitch), 1.6, RATE)[4000:69536]
        assert np.sqrt(np.mean(tone**2)) > 1e-4
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 4 * len(tone)))
        frequencies = np.fft.rfftfreq(4 * len(tone), 1 / RATE)
        spectrum[frequencies < 25] = 0  # some synthetic samples carry a constant, which the mix takes out
        wanted = 440 * 2 ** ((pitch - 69) / 12)
        found = []
        for harmonic in range(1, 6):
            near = np.abs(frequencies / (wanted * harmonic) - 1) < 0.045
            peak = np.argmax(spectrum[near])
            cents = 1200 * np.log2(frequencies[near][peak] / (wanted * harmonic))
            found.append((float(cents), float(spectrum[near][peak])))
        assert max(level for _, level in found) > 0.05 * spectrum.max(), f"{pitch} has another pitch"
        found.sort()
        weights = np.cumsum([level for _, level in found])
        off = found[int(np.searchsorted(weights, weights[-1] / 2))][0]
        assert abs(off) < 20, f"{pitch} is {off:.0f} cents off"


@pytest.mark.parametrize("kit", [0, 8, 16, 25, 32, 48])
def test_every_drum_has_a_sound(kit: int) -> None:
    keys = PIECES.values() if kit != 48 else (36, 38, 41, 45, 53, 57)
    for key in keys:
        tone = bank().play(bank().matching(kit, True, key, 100), key, 1.0, RATE)
        assert np.abs(tone).max() > 0.1, f"key {key} is silent"


def test_harder_strokes_are_louder_and_brighter() -> None:
    voice = Voice(0, "piano", False, {60: 0.5})
    levels, centroids = [], []
    for velocity in (30, 60, 90, 120):
        out = np.zeros(RATE, np.float32)
        voice.add(out, 0.0, 0.5, 60, velocity, 0.0)
        power = np.abs(np.fft.rfft(out)) ** 2
        levels.append(np.sqrt(np.mean(out**2)))
        centroids.append(np.sum(power * np.arange(len(power))) / np.sum(power))
    assert levels == sorted(levels)
    assert levels[-1] > 5 * levels[0]
    assert centroids == sorted(centroids)


def test_something_else_is_not_a_soundfont(tmp_path: Path) -> None:
    for content in (b"", b"RIFF", b"RIFF\x04\x00\x00\x00WAVE", b"RIFF\x04\x00\x00\x00sfbk"):
        (tmp_path / "x.sf2").write_bytes(content)
        with pytest.raises(BadSoundFont):
            SoundFont(tmp_path / "x.sf2")


def test_scores_can_be_played_from_another_bank(tmp_path: Path) -> None:
    score = compose(GenerateRequest("classical", ("piano",), 120.0, 4.0, 1))
    ours = render(score)
    try:
        voices.use(renumbered(tmp_path / "flute-for-piano.sf3", {(0, 0): 73, (0, 73): 0}))
        flute = render(score)
    finally:
        voices.use(voices.SOUNDFONT)
    np.testing.assert_array_equal(render(score), ours)
    assert np.corrcoef(ours[0], flute[0])[0, 1] < 0.5
    with pytest.raises(BadSoundFont, match="no drum kit"):
        voices.use(renumbered(tmp_path / "no-kit.sf3", {(128, 0): 1}))


def test_a_silent_score_is_silence() -> None:
    score = compose(GenerateRequest("pop", ("piano",), 120.0, 2.0, 1))
    silent = replace(score, parts=tuple(replace(p, notes=()) for p in score.parts))
    assert not render(silent).any()


def test_loudness_agrees_with_another_implementation() -> None:
    rng = np.random.default_rng(3)
    for seconds, rate in ((0.5, 44_100), (3.21, 48_000), (12.0, 22_050)):
        noise = (0.1 * rng.normal(size=(2, round(seconds * rate)))).astype(np.float32)
        meter = pyloudnorm.Meter(rate)
        assert integrated(noise, rate) == pytest.approx(meter.integrated_loudness(noise.T.astype(float)), abs=0.1)
    assert integrated(np.zeros((2, RATE), np.float32), RATE) == -np.inf
    assert integrated(np.zeros((2, 0), np.float32), RATE) == -np.inf
    # The calibration tone of BS.1770: a full-scale 997 Hz sine in one channel reads -3.01.
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * 48_000) / 48_000).astype(np.float32)
    assert integrated(sine[None], 48_000) == pytest.approx(-3.01, abs=0.05)


def test_true_peak_sees_between_the_samples() -> None:
    # A sine at a quarter of the rate, 45 degrees off the samples, peaks 3 dB above every one of them.
    tone = np.sin(np.pi / 2 * np.arange(4000) + np.pi / 4).astype(np.float32)[None]
    assert 20 * np.log10(np.abs(tone).max()) == pytest.approx(-3.01, abs=0.01)
    middle = tone * np.hanning(4000).astype(np.float32)
    assert true_peak(middle) == pytest.approx(0.0, abs=0.15)
    assert true_peak(limit(middle * 4, RATE, -1.0)) < -0.9


def test_the_limiter_leaves_quiet_audio_alone_and_normalising_a_click_is_safe() -> None:
    quiet = (0.1 * np.random.default_rng(0).normal(size=(2, 5000))).astype(np.float32)
    assert np.array_equal(limit(quiet, RATE), quiet)
    click = np.zeros((2, RATE), np.float32)
    click[:, 20_000] = 1.0
    out = normalise(click, RATE)
    assert np.isfinite(out).all()
    assert true_peak(out) < -1.0
