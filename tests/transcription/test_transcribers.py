"""Voices to notes by the networks that ship: a real singer, and everything that is no singer."""

import numpy as np
import pytest

from models import registry
from models.audio import Recording
from models.composer.render.voices import SAMPLE_RATE as BANK_RATE
from models.composer.render.voices import Voice
from models.dsp.voice_tones import voice_like
from models.evaluation.note_scores import f1
from models.spec import Cancelled, Run, Transcription
from models.transcription.pitch import to_midi
from models.transcription.settings import Settings
from tests.conftest import CLIPS

RATE = 22_050
SINGER = CLIPS / "vocadito_1.flac"


def transcribed(sound: np.ndarray | Recording, rate: int = RATE, **settings: object) -> Transcription:
    asked = Settings(**settings)
    backend = registry.load("transcribers", "vocal_piano" if asked.kind == "melody" else "polyphonic")
    recording = sound if isinstance(sound, Recording) else Recording.of(np.atleast_2d(sound).astype(np.float32), rate)
    return backend.transcribe(recording, asked, Run())


def rows(found: Transcription) -> np.ndarray:
    return np.array([(n.onset, n.offset, n.pitch) for n in found.heard]).reshape(-1, 3)


def annotated(name: str) -> np.ndarray:
    read = np.loadtxt(CLIPS / f"vocadito_1_notes{name}.csv", delimiter=",")
    return np.column_stack([read[:, 0], read[:, 0] + read[:, 2], to_midi(read[:, 1])])


def singer(seconds: float | None = None) -> np.ndarray:
    sound = Recording.open(SINGER).mono(RATE)
    return sound if seconds is None else sound[: round(seconds * RATE)]


def test_a_singer_is_written_down_as_people_do() -> None:
    """Two annotators agree on this clip to .90, .79 and .63."""
    found = rows(transcribed(singer()))
    for name in ("A1", "A2"):
        scores = f1(annotated(name), found)
        assert scores["onset"] > 0.7, name
        assert scores["onset and pitch"] > 0.6, name


def test_the_curve_and_the_level_have_a_value_for_each_frame() -> None:
    found = transcribed(singer(5.0))
    assert len(found.curve) == len(found.level) == pytest.approx(5.0 / found.hop, abs=2)
    inside = [n for n in found.heard if n.duration > 0.2]
    for note in inside:
        part = found.curve[round(note.onset / found.hop) : round(note.offset / found.hop)]
        assert abs(np.nanmedian(part) - note.pitch) < 0.5


@pytest.mark.parametrize("shift", [-12, 0, 12])
def test_hummed_notes_without_gaps_are_told_apart(shift: int) -> None:
    keys = [57, 59, 61, 62, 64, 62, 61, 59, 57]
    place = np.repeat(np.array(keys, float) + shift, 50)
    smooth = np.convolve(np.pad(place, 4, mode="edge"), np.ones(9) / 9, "valid")
    sound = np.concatenate([np.zeros(RATE // 4), voice_like(smooth, 0.5 * len(keys), RATE), np.zeros(RATE // 4)])
    found = transcribed(sound)
    assert [n.midi for n in found.heard] == [key + shift for key in keys]
    for index, note in enumerate(found.heard):
        assert note.onset == pytest.approx(0.25 + 0.5 * index, abs=0.08)


def test_soft_notes_get_a_lower_velocity() -> None:
    tones = [voice_like(key, 0.5, RATE, level) for key, level in ((60, 0.5), (62, 0.05), (64, 0.5))]
    gap = np.zeros(RATE // 10, np.float32)
    found = transcribed(np.concatenate([part for tone in tones for part in (gap, tone)])).heard
    assert [n.midi for n in found] == [60, 62, 64]
    assert found[1].velocity < found[0].velocity - 20


def drum_loop() -> np.ndarray:
    kit = Voice(0, "drums", True, dict.fromkeys(range(128), 1.0))
    out = np.zeros(6 * BANK_RATE, np.float32)
    for step in range(24):
        for key in [42] + ([36] if step % 4 == 0 else []) + ([38] if step % 4 == 2 else []):
            kit.add(out, step * 0.25, 0.2, key, 100, 0.0)
    return out


def test_silence_noise_and_drums_give_nothing_and_say_so() -> None:
    rng = np.random.default_rng(0)
    for sound, rate in (
        (np.zeros(3 * RATE), RATE),
        (0.1 * rng.standard_normal(3 * RATE), RATE),
        (drum_loop(), BANK_RATE),
    ):
        found = transcribed(sound, rate)
        assert len(found.heard) <= 1
        assert found.notices
    assert transcribed(np.zeros(3 * RATE)).notices[0].startswith("The recording is silent")


def test_speech_gives_little_and_says_so() -> None:
    found = transcribed(Recording.open(CLIPS / "speech.flac"))
    assert len(found.heard) <= 3
    assert found.notices


@pytest.mark.parametrize("case", ["clipped", "soft", "8 kHz", "96 kHz", "one side"])
def test_the_same_melody_from_worse_recordings(case: str) -> None:
    clean = transcribed(singer(12.0))
    sound, rate = singer(12.0), RATE
    if case == "clipped":
        sound = np.clip(12 * sound, -0.9, 0.9)
    elif case == "soft":
        sound = 0.02 * sound
    elif case == "8 kHz":
        from models.audio import resample

        sound, rate = resample(sound[None], RATE, 8_000), 8_000
    elif case == "96 kHz":
        from models.audio import resample

        sound, rate = resample(sound[None], RATE, 96_000), 96_000
    else:
        sound = np.stack([sound, np.zeros_like(sound)])
    found = transcribed(sound, rate)
    assert f1(rows(clean), rows(found))["onset and pitch"] > 0.75


@pytest.mark.parametrize("seconds", [0.001, 0.03, 0.5])
def test_very_short_sounds_are_answered(seconds: float) -> None:
    found = transcribed(voice_like(60, 1.0, RATE)[: max(1, round(seconds * RATE))])
    assert len(found.heard) <= 1


def test_chords_are_heard_by_the_polyphonic_one() -> None:
    piano = Voice(0, "piano", False, dict.fromkeys(range(128), 1.0))
    out = np.zeros(4 * BANK_RATE, np.float32)
    chords = [(48, 64, 67), (53, 65, 69), (55, 62, 71)]
    for index, chord in enumerate(chords):
        for key in chord:
            piano.add(out, 0.3 + index, 0.8, key, 90, 0.0)
    found = transcribed(out, BANK_RATE, kind="polyphonic")
    for index, chord in enumerate(chords):
        heard = {n.midi for n in found.heard if abs(n.onset - 0.3 - index) < 0.1}
        assert set(chord) <= heard
    assert np.isnan(found.curve).all()
    assert transcribed(np.zeros(RATE), kind="polyphonic").notices


def test_a_cancelled_run_ends_at_once() -> None:
    def cancel(fraction: float, stage: str) -> None:
        raise Cancelled

    backend = registry.load("transcribers", "vocal_piano")
    with pytest.raises(Cancelled):
        backend.transcribe(Recording.open(SINGER), Settings(), Run(progress=cancel))
