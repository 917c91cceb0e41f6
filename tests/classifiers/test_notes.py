"""Source, family and qualities of notes: the shipped weights on notes made here and on a real voice."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models import registry
from models.audio import Recording
from models.classifiers._notes import LONG, WINDOW, cut
from models.composer.render.voices import bank
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.spec import Cancelled, Prediction, Run
from models.training.notes_play import SAMPLE_RATE, soundfont_player

NAMES = ("source", "family", "qualities")
LABELS = {"source": SOURCES, "family": FAMILIES, "qualities": QUALITIES}
KNOWN = {
    "keyboard": (0, 60),
    "flute": (73, 79),
    "brass": (56, 70),
    "organ": (16, 60),
    "bass": (33, 36),
    "mallet": (13, 84),
}


@pytest.fixture(scope="module")
def play():
    player = soundfont_player(bank())
    return lambda program, pitch: player(program, pitch, 100) * np.float32(2.0)


def answer(name: str, sound: np.ndarray, rate: int = SAMPLE_RATE, run: Run | None = None) -> Prediction:
    sound = sound[None] if sound.ndim == 1 else sound
    return registry.load("classifiers", name).classify(Recording.of(sound, rate), run or Run())


def chances(prediction: Prediction) -> dict[str, float]:
    return {label.label: label.probability for label in prediction.labels}


@pytest.mark.parametrize("name", NAMES)
def test_is_ready_and_answers_with_its_labels(name, play):
    assert registry.not_ready(registry.spec("classifiers", name)) is None
    prediction = answer(name, play(0, 60))
    assert set(chances(prediction)) == set(LABELS[name])
    values = [label.probability for label in prediction.labels]
    assert values == sorted(values, reverse=True)
    if name != "qualities":
        assert sum(values) == pytest.approx(1, abs=1e-5)
    assert prediction.timeline == ()
    assert prediction.notice is None


@pytest.mark.parametrize("family", sorted(KNOWN))
def test_families_of_the_shipped_bank(family, play):
    assert answer("family", play(*KNOWN[family])).labels[0].label == family


@pytest.mark.parametrize("name", NAMES)
def test_level_and_silence_before_the_note_change_little(name, play):
    note = play(56, 70)
    plain = chances(answer(name, note))
    for changed in (note * 0.01, np.concatenate([np.zeros(12_000, np.float32), note])):
        other = chances(answer(name, changed))
        assert max(abs(plain[label] - other[label]) for label in plain) < 0.35


def test_a_singer_is_a_voice(singing):
    sound, rate = singing
    assert "vocal" in [label.label for label in answer("family", sound, rate).labels[:3]]
    assert answer("source", sound, rate).labels[0].label == "acoustic"


def test_qualities_follow_the_sound(play):
    time_axis = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    held = np.where(time_axis < 3, 1.0, 10 ** (-(time_axis - 3) / 0.05)) * np.minimum(time_axis / 0.02, 1)
    dull = (0.3 * np.sin(2 * np.pi * 130 * time_axis) * held).astype(np.float32)
    saw = sum(np.sin(2 * np.pi * 220 * n * time_axis) / n**0.4 for n in range(1, 34))
    sharp = (0.05 * saw * held).astype(np.float32)
    assert chances(answer("qualities", dull))["dark"] > 0.5 > chances(answer("qualities", sharp))["dark"]
    assert chances(answer("qualities", sharp))["bright"] > chances(answer("qualities", dull))["bright"] + 0.1
    xylophone, organ = chances(answer("qualities", play(13, 72))), chances(answer("qualities", play(19, 60)))
    assert xylophone["fast_decay"] > 0.5 > organ["fast_decay"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("samples", [1, 100, 16_000, 400_000])
def test_silence_is_nothing_in_particular(name, samples):
    prediction = answer(name, np.zeros((2, samples), np.float32))
    assert "silent" in prediction.notice
    expected = 0.0 if name == "qualities" else 1 / len(LABELS[name])
    assert all(label.probability == pytest.approx(expected) for label in prediction.labels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.5, 3.0])
def test_noise_of_any_length_gets_finite_answers(name, seconds):
    noise = np.random.default_rng(0).standard_normal((1, max(1, round(seconds * 44_100)))).astype(np.float32) * 0.1
    assert all(0 <= value <= 1 for value in chances(answer(name, noise, 44_100)).values())


def test_a_long_recording_gets_a_timeline_and_a_notice(play):
    phrase = np.concatenate([play(73, 79), play(33, 36), np.zeros(9 * SAMPLE_RATE, np.float32), play(73, 79)])
    prediction = answer("family", phrase)
    assert prediction.notice == LONG
    starts = [window.start for window in prediction.timeline]
    assert starts == sorted(starts)
    assert prediction.timeline[-1].end <= len(phrase) / SAMPLE_RATE
    best = {round(window.start): window.labels[0].label for window in prediction.timeline}
    assert best[0] == "flute"
    assert best[4] == "bass"
    assert not any(9 <= start <= 12 for start in starts)  # the silence is left out


def test_a_cancel_is_heard(play):
    with pytest.raises(Cancelled):
        answer("family", np.tile(play(73, 79), 10), run=Run(cancelled=lambda: True))


def test_three_tasks_share_one_hearing(play):
    recording = Recording.of(np.tile(play(73, 79), 7)[None], SAMPLE_RATE)
    backends = [registry.load("classifiers", name) for name in NAMES]
    backends[0].classify(recording, Run())

    def never(*_: object) -> None:
        raise AssertionError("heard twice")

    with pytest.MonkeyPatch.context() as patcher:
        patcher.setattr(backends[0].ear, "logits", never)
        for backend in backends:
            assert backend.classify(recording, Run()).labels


def test_musicnn_is_asked_about_a_note_and_not_about_a_phrase(play, monkeypatch):
    extractor = registry.load("classifiers", "family").ear.extractor
    of_notes, asked = extractor.of_notes, []

    def counted(audio: np.ndarray, run: Run) -> object:
        asked.append(len(audio))
        return of_notes(audio, run)

    monkeypatch.setattr(extractor, "of_notes", counted)
    assert answer("family", play(73, 79)).labels
    assert asked == [1]
    assert answer("family", np.tile(play(73, 79), 3)).timeline
    assert asked == [1]


def test_half_a_minute_takes_little_time(play):
    sound = np.tile(play(73, 79), 8)[None, : 30 * SAMPLE_RATE]
    taken = []
    for _ in range(4):
        recording = Recording.of(sound, SAMPLE_RATE)
        begun = time.perf_counter()
        for name in NAMES:
            registry.load("classifiers", name).classify(recording, Run())
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 1.0  # some 0.06 s on an idle machine; this one may be busy


@pytest.mark.parametrize("lead", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("hiss", [0.0, 0.003])
def test_a_note_is_cut_out_at_its_onset(lead, hiss):
    random = np.random.default_rng(0)
    quiet = np.zeros(round(lead * SAMPLE_RATE))
    note = 0.2 * np.sin(2 * np.pi * 440 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    sound = np.concatenate([quiet, note, np.zeros(4_000)])
    windows = cut((sound + hiss * random.standard_normal(len(sound))).astype(np.float32))
    assert windows.audio().shape == (1, WINDOW)
    assert windows.starts[0] == pytest.approx(max(0, lead - 0.03), abs=0.06)


def test_a_note_that_swells_is_not_cut():
    rise = np.linspace(0.2, 1, 2 * SAMPLE_RATE) * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    assert cut((0.3 * rise).astype(np.float32)).starts[0] == 0
