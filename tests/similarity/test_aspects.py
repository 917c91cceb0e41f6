"""In what two tracks are alike, against what musicians would say."""

from __future__ import annotations

import pytest

from models.similarity.aspects import key_likeness, reasons, shared, tempo_likeness, weighted


def test_tempi_are_alike_when_close_and_nearly_when_doubled() -> None:
    assert tempo_likeness(120, 120) == 1
    close, double, far = tempo_likeness(120, 124), tempo_likeness(120, 60), tempo_likeness(120, 90)
    assert close is not None
    assert double is not None
    assert far == 0
    assert 0.8 < close < 1
    assert 0.5 < double < 0.9
    assert tempo_likeness(90, 120) == far  # either way
    assert tempo_likeness(60, 240) == pytest.approx(double)  # counted twice over is no further
    assert tempo_likeness(None, 120) is None
    assert tempo_likeness(0, 120) is None


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (("C major", "C major"), ("C major", "A minor")),
        (("C major", "A minor"), ("C major", "G major")),
        (("C major", "G major"), ("C major", "D major")),
        (("A minor", "E minor"), ("A minor", "B minor")),
        (("C major", "F major"), ("C major", "F# major")),
        (("Bb major", "Eb major"), ("Bb major", "E major")),
    ],
)
def test_keys_are_near_by_the_circle_of_fifths(nearer: tuple[str, str], farther: tuple[str, str]) -> None:
    one, other = key_likeness(*nearer), key_likeness(*farther)
    assert one is not None
    assert other is not None
    assert 1 >= one > other >= 0
    assert key_likeness(nearer[1], nearer[0]) == one


def test_a_key_that_is_none_has_no_likeness() -> None:
    assert key_likeness(None, "C major") is None
    assert key_likeness("noise", "C major") is None


def test_labels_that_both_have() -> None:
    assert shared({"sad": 2.0, "rock": 1.0, "piano": 0.6}, {"rock": 3.0, "sad": 1.5, "jazz": 2.0}) == ["sad", "rock"]
    assert shared({}, {"rock": 3.0}) == []


def test_weights_count_only_what_is_known() -> None:
    likeness = {"sound": 0.8, "tempo": 0.2, "key": None}
    assert weighted(likeness, {"sound": 1}) == 0.8
    assert weighted(likeness, {"sound": 1, "tempo": 1, "key": 5}) == pytest.approx(0.5)
    assert weighted(likeness, {"key": 1}) == 0


def test_reasons_are_said_in_words() -> None:
    said = reasons({"key": 0.9}, ["sad", "piano"], (120, 121), ("C major", "A minor"))
    assert said == [
        "both sad, piano",
        "nearly the same tempo, 120 and 121 BPM",
        "related keys, C major and A minor",
    ]
    assert reasons({"key": 1.0}, [], (120, 60), ("C major", "C major")) == [
        "half the tempo, 120 and 60 BPM",
        "the same key, C major",
    ]
    assert reasons({}, [], (76, 150), (None, None)) == ["twice the tempo, 76 and 150 BPM"]
    assert reasons({}, [], (76, 172), (None, None)) == []
    assert reasons({"key": 0.1}, [], (120, 90), ("C major", "B major")) == []
    assert reasons({"key": None}, [], (None, None), (None, None)) == []
