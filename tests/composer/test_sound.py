"""The devices of the mix: amplifier, 808, rooms, ducking, equaliser, articulations, other banks."""

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import sosfreqz

from models.composer.render import voices
from models.composer.render.amp import CRUNCH, EDGE, HIGH_GAIN, amplify
from models.composer.render.cache import ArrayCache
from models.composer.render.chains import Chain, chain
from models.composer.render.space import CHAMBER, HALL, PLATE, ROOM, SPRING, Room, echoes, impulse_response, reverberate
from models.composer.render.sub import boom
from models.composer.render.touch import CLEAN_GUITAR, MUTED_GUITAR, articulations
from models.composer.render.voices import Voice
from models.composer.render.width import chorus, two_takes
from models.dsp.dynamics import Squeeze, ducking_gain, saturate, squeezing_gain
from models.dsp.equaliser import bell, cascade, equalise, high_cut, high_shelf, low_cut, low_shelf
from models.dsp.ltas import CENTRES, crest, distance, ltas
from models.spec import Note, Part

RATE = 44_100


def sine(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def part(instrument: str, program: int, role: str, notes: list[Note]) -> Part:
    return Part(instrument, role, instrument, program, tuple(notes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("band", "frequency", "gain"),
    [
        (bell(1000, 6), 1000, 6),
        (bell(1000, 6), 60, 0),
        (low_shelf(200, -5), 20, -5),
        (low_shelf(200, -5), 5000, 0),
        (high_shelf(4000, 4), 18_000, 4),
        (high_shelf(4000, 4), 100, 0),
        (low_cut(100), 100, -3),
        (high_cut(5000, 4), 5000, -3),
    ],
)
def test_bands_do_what_they_say(band, frequency: float, gain: float) -> None:
    _, response = sosfreqz(cascade((band,), RATE), worN=[frequency], fs=RATE)
    assert 20 * np.log10(np.abs(response[0])) == pytest.approx(gain, abs=0.3)


def test_an_equaliser_in_pieces_is_one_equaliser() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 100_000)).astype(np.float32)
    out = equalise(noise, RATE, (low_cut(80), bell(500, 4)))
    again = noise.copy()
    equalise(again, RATE, (low_cut(80), bell(500, 4)), out=again)
    assert np.array_equal(out, again)
    from scipy.signal import sosfilt

    assert np.abs(out - sosfilt(cascade((low_cut(80), bell(500, 4)), RATE), noise)).max() < 1e-5


@pytest.mark.parametrize("amp", [EDGE, CRUNCH, HIGH_GAIN])
def test_an_amplifier_adds_harmonics_and_folds_none_back(amp) -> None:
    out = amplify(0.2 * sine(3_000.0), RATE, amp)
    assert len(out) == RATE
    spectrum = np.abs(np.fft.rfft(out[8192:40960] * np.hanning(32768)))
    frequencies = np.fft.rfftfreq(32768, 1 / RATE)
    harmonic = np.min(np.abs(frequencies[:, None] - 3_000 * np.arange(1, 8)), axis=1) < 12
    inside = (frequencies < 16_000) & (frequencies > 40)
    assert spectrum[harmonic & (frequencies > 5_000)].max() > 3e-3 * spectrum.max()
    # Without oversampling they would lie 12 dB below the tone; the cabinet takes more of them away.
    assert spectrum[~harmonic & inside].max() < 1e-2 * spectrum.max(), "aliases"


def test_more_gain_sustains_longer() -> None:
    pluck = sine(110.0, 3.0) * np.exp(-np.arange(3 * RATE) / RATE / 0.4).astype(np.float32)
    held = []
    for amp in (EDGE, CRUNCH, HIGH_GAIN):
        out = amplify(pluck, RATE, amp)
        held.append(np.std(out[RATE : RATE + 8000]) / np.std(out[:8000]))
    assert held == sorted(held)
    assert not amplify(np.zeros(5000, np.float32), RATE, CRUNCH).any()


def test_the_808_drops_into_its_pitch() -> None:
    tone = boom(36, 110, 1.0, RATE)
    spectrum = np.abs(np.fft.rfft(tone[8000:40768] * np.hanning(32768), 4 * 32768))
    found = np.argmax(spectrum) * RATE / (4 * 32768)
    assert 1200 * np.log2(found / 65.406) == pytest.approx(0, abs=6)
    assert np.abs(tone).max() <= 1.0
    assert np.abs(tone[-20:]).max() < 0.01


@pytest.mark.parametrize("room", [ROOM, HALL, CHAMBER, PLATE, SPRING])
def test_rooms_decay_as_long_as_they_say_and_differ_between_the_ears(room: Room) -> None:
    response = impulse_response(RATE, room)
    energy = np.cumsum(np.sum(response.astype(float) ** 2, axis=0)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    # RT60 from the fall between -5 and -25 dB (ISO 3382), which the damped highs make a little shorter.
    fall = (np.argmax(level < -25) - np.argmax(level < -5)) / RATE * 3
    assert 0.55 * room.decay < fall < 1.25 * room.decay
    assert abs(np.corrcoef(response)[0, 1]) < 0.3


def test_fast_convolution_is_convolution() -> None:
    from scipy.signal import fftconvolve

    send = np.random.default_rng(2).normal(size=7 * RATE).astype(np.float32)
    wanted = fftconvolve(send, impulse_response(RATE, ROOM)[1])[: len(send)]
    assert np.abs(reverberate(send, RATE, ROOM, 1) - wanted).max() < 1e-4


def test_echoes_come_at_their_time_on_changing_sides() -> None:
    click = np.zeros((2, RATE), np.float32)
    click[0, 100] = 1.0
    out = echoes(click, RATE, 0.25, 0.5, 3)
    gap = RATE // 4
    assert out[1, 100 + gap] == pytest.approx(0.5)
    assert out[0, 100 + 2 * gap] == pytest.approx(0.25)
    assert np.count_nonzero(out) == 3


def test_the_kick_ducks_and_lets_go() -> None:
    gain = ducking_gain(np.asarray([0.5]), RATE, RATE, 6.0, 0.03, 0.2)
    assert gain[: RATE // 2 - 200].min() == 1.0
    assert 20 * np.log10(gain[RATE // 2 + 600]) == pytest.approx(-6, abs=0.1)
    assert gain[int(0.75 * RATE) :].min() > 0.999
    assert (ducking_gain(np.zeros(0), 1000, RATE, 6.0, 0.03, 0.2) == 1).all()


def test_squeezing_brings_loud_and_soft_together_and_saturating_takes_peaks() -> None:
    audio = np.concatenate([sine(200), 0.1 * sine(200)])[None]
    gain = squeezing_gain(audio, RATE, Squeeze(-6.0, 4.0))
    assert gain[RATE // 2] < 0.7
    assert gain[RATE + RATE // 2] > 0.95
    noise = np.random.default_rng(3).normal(size=(2, RATE)).astype(np.float32)
    assert crest(saturate(noise, 0.0)) < crest(noise) - 3


def test_width_holds_in_mono() -> None:
    noise = np.random.default_rng(4).normal(size=RATE).astype(np.float32)
    for wide in (chorus(noise, RATE, 0.5), two_takes(np.stack([noise, np.roll(noise, 500)]), 0.75)):
        mid, side = wide.sum(axis=0), wide[0] - wide[1]
        assert 0.1 < np.std(side) / np.std(mid) < 1.1


def test_articulations_are_read_off_the_notes() -> None:
    chug = [Note(0, 0.25, 40, 100), Note(0, 0.25, 47, 100), Note(0.5, 1.0, 40, 100), Note(2, 0.25, 64, 100)]
    played = articulations(part("electric_guitar", 30, "chords", chug), 0.4)
    assert [p.program for p in played] == [MUTED_GUITAR, MUTED_GUITAR, CLEAN_GUITAR, CLEAN_GUITAR]
    clean = articulations(part("electric_guitar", 27, "chords", chug), 0.4)
    assert {p.program for p in clean} == {27}
    ghost, full = articulations(part("bass", 33, "bass", [Note(0, 1, 40, 40), Note(1, 1, 40, 90)]), 0.5)
    assert ghost.touch.longest < 0.1 < full.touch.longest
    short, long = articulations(part("strings", 48, "pad", [Note(0, 0.25, 60, 80), Note(1, 4, 60, 80)]), 0.5)
    assert short.touch.attack < long.touch.attack


def test_chains_follow_genre_role_and_program() -> None:
    note = [Note(0, 1, 50, 90)]
    assert chain(part("electric_guitar", 30, "chords", note), "metal", 3).amp is HIGH_GAIN
    assert chain(part("electric_guitar", 29, "melody", note), "rock", 3).takes == 2
    assert chain(part("electric_guitar", 26, "melody", note), "blues", 3).amp is EDGE
    assert chain(part("electric_guitar", 27, "chords", note), "disco", 3).amp is None
    assert chain(part("bass", 38, "bass", note), "hiphop", 3).sub
    assert chain(part("strings", 48, "pad", note), "disco", 4).duck > 0
    assert chain(part("strings", 48, "pad", note), "classical", 4).duck == 0
    base = Chain(eq=(bell(100, 1),), duck=2.0)
    assert base.then(Chain(eq=(bell(200, 1),))) == Chain(eq=(bell(100, 1), bell(200, 1)), duck=2.0)


def test_the_cache_forgets_the_oldest_and_keeps_within_its_bytes() -> None:
    kept = ArrayCache(1000)
    made: list[int] = []

    def take(number: int) -> None:
        kept.get(number, lambda: (made.append(number), np.zeros(100, np.float32))[1:])  # type: ignore[func-returns-value]

    for number in (1, 2, 1, 3, 1, 2):
        take(number)
    assert made == [1, 2, 3, 2]
    assert kept.held <= 1000


def test_a_tone_does_not_depend_on_what_was_played_before() -> None:
    voice = Voice(0, "piano", False, {60: 0.5})
    first = voice.sound(0.5, 60, 90, 0.0)
    Voice(0, "piano", False, {60: 4.0}).sound(4.0, 60, 90, 0.0)
    assert np.array_equal(first, Voice(0, "piano", False, {60: 0.5}).sound(0.5, 60, 90, 0.0))


def test_pink_noise_has_a_flat_third_octave_spectrum() -> None:
    rng = np.random.default_rng(5)
    spectrum = np.fft.rfft(rng.normal(size=20 * RATE))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum).astype(np.float32)
    levels = ltas(pink[None], RATE)
    assert len(levels) == len(CENTRES)
    assert np.abs(levels).max() < 1.0
    assert distance(levels, levels + 7) == pytest.approx(0)


def test_tuning_is_corrected_only_in_the_bank_that_it_was_measured_on(tmp_path: Path) -> None:
    data = bytearray(voices.SOUNDFONT.read_bytes())
    data[data.index(b"shdr") + 8] ^= 1  # a sample of another name: this is another bank
    (tmp_path / "other.sf3").write_bytes(data)

    def heard() -> float:
        """Hz of the strings' A3, whose samples are 6 cents sharp in our bank."""
        font = voices.bank()
        tone = font.play(font.matching(48, False, 57, 100), 57, 2.0, RATE)[8000:73_536]
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 16 * len(tone)))
        frequencies = np.fft.rfftfreq(16 * len(tone), 1 / RATE)
        near = np.abs(frequencies / 220 - 1) < 0.03
        return float(frequencies[near][np.argmax(spectrum[near])])

    ours = heard()
    try:
        voices.use(tmp_path / "other.sf3")
        other = heard()
    finally:
        voices.use(voices.SOUNDFONT)
    assert 1200 * abs(np.log2(other / ours)) == pytest.approx(6, abs=1)
