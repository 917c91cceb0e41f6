"""Words as a query, and tags and attributes as places."""

from __future__ import annotations

import numpy as np
import pytest

from models.embedders import attributes, tags
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.similarity.words import LONGEST, MEANINGS, read


def test_every_word_stands_for_tags_that_there_are() -> None:
    known = set(tags.names())
    assert {tag for meaning in MEANINGS.values() for tag in meaning} <= known


def test_calm_piano() -> None:
    asked = read("Calm piano")
    assert asked.tags["piano"] == 1
    assert asked.tags["quiet"] > 0 > asked.tags["loud"]
    assert asked.unread == ()


@pytest.mark.parametrize("no", ["no", "without", "without any", "not"])
def test_what_is_unwanted_counts_against(no: str) -> None:
    asked = read(f"jazz, {no} drums")
    assert (asked.tags["jazz"], asked.tags["drums"]) == (1, -1)


def test_the_longest_words_are_read_first_and_none_twice() -> None:
    asked = read("female vocals")
    assert "female vocalists" in asked.tags
    assert "female" not in asked.tags
    assert read("heavy metal").tags == {"heavy metal": 1.0}
    assert read("no vocals").tags["vocals"] < 0 < read("instrumental").tags["no vocals"]


def test_words_of_notes_are_told_apart() -> None:
    asked = read("a bright acoustic guitar, long release")
    assert (asked.qualities, asked.source, asked.family) == (("long_release", "bright"), "acoustic", "guitar")
    assert read("synth_lead").family == "synth_lead"


def test_what_is_not_understood_is_told_and_nothing_breaks() -> None:
    assert read("the qwertz of music").unread == ("qwertz",)
    assert read("").tags == {}
    for text in ("(" * 50, "no no no", "\\b.*", "🎹 piano", "x" * 10 * LONGEST):
        read(text)


def test_a_place_of_words_is_near_music_that_is_so() -> None:
    usual = np.array([mean for table in tags.scale().values() for mean, _ in table.values()])
    likely = 1 / (1 + np.exp(-usual))
    piano = likely.copy()
    piano[[name == "piano" for name in tags.names()]] = 0.9
    query = tags.of_words({"piano": 1.0})
    assert tags.of_likelihoods(piano) @ query > 0.9
    assert np.linalg.norm(tags.of_words({"piano": 1, "loud": -1})) == pytest.approx(1)
    assert not tags.of_words({}).any()


def test_tags_above_what_is_usual() -> None:
    table = next(iter(tags.scale().values()))
    usual = {name: 1 / (1 + np.exp(-mean)) for name, (mean, _) in table.items()}
    assert tags.above_usual(usual) == {}
    found = tags.above_usual(usual | {"jazz": 0.9, "unknown": 0.9})
    assert list(found) == ["jazz"]
    assert found["jazz"] > 0.5


def test_the_place_of_attributes_prefers_what_was_asked_for() -> None:
    def note(source: str, family: str, quality: str, velocity: float) -> np.ndarray:
        chosen = np.full(len(QUALITIES), 0.1)
        chosen[QUALITIES.index(quality)] = 0.9
        sources, families = np.full(len(SOURCES), 0.1), np.full(len(FAMILIES), 0.02)
        sources[SOURCES.index(source)], families[FAMILIES.index(family)] = 0.8, 0.8
        return attributes.place(sources, families, chosen, velocity)

    query = attributes.of_words(qualities=["bright"], source="acoustic", velocity=120)
    right = note("acoustic", "guitar", "bright", 118)
    for wrong in (
        note("synthetic", "guitar", "bright", 118),
        note("acoustic", "guitar", "dark", 118),
        note("acoustic", "guitar", "bright", 20),
    ):
        assert query @ right > query @ wrong
    assert query @ right == pytest.approx(query @ note("acoustic", "organ", "bright", 118), abs=1e-6)  # not asked for
    with pytest.raises(ValueError, match="not in tuple"):
        attributes.of_words(qualities=["loud"])


def test_velocity_follows_the_level() -> None:
    time = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    loud, soft = (attributes.velocity_of(level * tone, 16_000) for level in (0.5, 0.05))
    assert loud is not None
    assert soft is not None
    assert loud / soft == pytest.approx(10**0.5, rel=0.01)  # 20 dB less, half of the 40 for a tenth of the velocity
    assert attributes.velocity_of(tone * 0, 16_000) is None
    assert attributes.velocity_of(tone[:10], 16_000) is not None
    assert attributes.velocity_of(np.zeros(0, np.float32), 16_000) is None
