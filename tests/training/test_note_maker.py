"""The maker of notes learns from a small set, goes on, and saves what the generator can use."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.evaluation import note_maker as evaluation
from models.generators._note_maker import Kind, Stroke, from_checkpoint
from models.nets.note_frames import from_db, level_of
from models.nets.note_maker import NoteMakerConfig
from models.note_words import QUALITIES
from models.training import note_features, note_maker, note_material
from models.training.loop import Plan

SMALL = NoteMakerConfig(
    condition=24, timbre=4, detail=2, units=64, decoder=(16, 16, 16, 16, 16), products=4, encoder=(16, 16)
)


@pytest.fixture(scope="module")
def folder(small_set) -> Path:
    return Path(small_set[0].filename).parent


@pytest.fixture(scope="module")
def material(folder: Path) -> note_material.Material:
    note_features.features(folder, jobs=1)
    return note_material.Material(folder)


def plan(work: Path, **changes: object) -> Plan:
    given = {"steps": 60, "lr": 5e-3, "average": 0.9, "judge_every": 4, "work": work}
    return Plan("test", **(given | changes))


def test_features_are_kept_and_are_those_of_the_note(folder: Path, small_set) -> None:
    notes, index = small_set
    found = note_features.features(folder, jobs=1)
    again = note_features.features(folder, jobs=1)
    assert np.array_equal(found.levels, again.levels)
    level = level_of(torch.from_numpy(notes[3:4] / np.float32(32768)))[0].numpy()
    kept = note_features.from_bytes(found.levels[3])
    loud = level > note_features.LOWEST_DB
    assert np.abs(kept - level)[loud].max() <= note_features.STEP_DB
    assert found.noise.shape == (len(notes), 8, 63)
    held = index["program"] == 40
    assert np.median(np.abs(found.cents[held])) <= 15


def test_instruments_are_programs_of_one_bank(small_set) -> None:
    _, index = small_set
    numbers = note_features.instruments(index)
    assert len(np.unique(numbers)) == 3 * 6
    for number in np.unique(numbers):
        rows = numbers == number
        assert len(np.unique(index["program"][rows])) == 1
        assert len(np.unique(index["bank"][rows])) == 1


def test_a_batch_has_notes_and_others_of_their_instruments(material: note_material.Material) -> None:
    batch = next(material.batches(0, size=16))
    level, noise, swing, second, family, source, qualities, pitch, velocity, other = batch[:10]
    assert level.shape == other.shape == (16, 128, 251)
    assert noise.shape == (16, 8, 63)
    assert swing.shape == (16, 3)
    several = qualities[:, QUALITIES.index("multiphonic")] == 1
    assert torch.equal(second > 0, several)
    assert -1 <= level.min() <= level.max() <= 1
    assert qualities.shape == (16, 9)
    assert torch.equal(family, batch[10])  # the other note is of the same instrument
    assert not torch.equal(pitch, batch[13])
    assert torch.equal(next(material.batches(0, size=16))[0], level)
    assert len(source) == len(velocity) == 16
    trained = set(material.rows["train"].tolist())
    held = np.isin(material.index["bank"], ("timgm", "csound"))
    assert not trained & set(np.flatnonzero(held).tolist())


def test_it_learns_and_what_it_saves_makes_notes(
    folder: Path, material: note_material.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(note_material.Material.batches, "__defaults__", (0, 8))
    net, history = note_maker.train(folder, plan(tmp_path / "work"), SMALL)
    assert list(history) == ["listener", "alone", "guided"]
    for name in ("listener", "alone"):
        assert history[name][-1]["loss"] < history[name][0]["loss"]
    # Maker and listener work against each other here, so neither's loss need fall.
    assert {"loss", "words", "real", "made"} <= set(history["guided"][-1])
    with torch.inference_mode():
        judged = note_maker.judge(material, material.rows["train"])(net)
    assert judged["own db"] < 16
    assert judged["own db"] <= judged["expected db"] + 1
    monkeypatch.setattr(checkpoint.save, "__defaults__", (tmp_path,))
    path = note_maker.save(net, history, plan(tmp_path / "work"))
    loaded = checkpoint.load("note_maker", tmp_path)
    assert path.name == f"note_maker-{loaded.hash}.pt"
    assert loaded.card.extra["history"] == history
    shop = from_checkpoint(loaded)
    timbre = shop.timbre(1, 0.8)
    wave = shop.single(Kind("flute", "acoustic", ("dark",)), Stroke(72, 90, 3.0), timbre)
    assert wave.shape == (64_000,)
    assert np.abs(wave).max() == pytest.approx(0.9, abs=1e-3)
    rows = evaluation.asked_rows(material.index, material.rows["train"], 6)
    figures = evaluation.in_tune(evaluation.made(shop, material.index, rows, 0), material.index, rows)
    assert set(figures) == {"median_cents", "within_15_cents", "pitch_found"}


def test_a_stopped_run_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_material.Material.batches, "__defaults__", (0, 4))
    short = plan(tmp_path, steps=10, judge_every=5)
    first, _ = note_maker.train(folder, short, SMALL)
    again, _ = note_maker.train(folder, dataclasses.replace(short, minutes=1.0), SMALL)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_a_perfect_note_costs_least(material: note_material.Material) -> None:
    level, noise = next(material.batches(3, size=4))[:2]
    certain = torch.logit(noise.clamp(1e-3, 1 - 1e-3))
    slopes = note_maker.DELTA_SCALE * note_maker.delta(level)
    smooth = torch.zeros(4, 128, 62)
    right = note_maker.apart(note_maker.Made(level, slopes, certain, smooth), level, noise)
    wrong = note_maker.apart(note_maker.Made(level.flip(0), slopes.flip(0), -certain, smooth), level, noise)
    assert right < 0.2 * wrong
    assert from_db(torch.tensor(-200.0)) == -1


def test_the_mean_of_two_nets_lies_between_them() -> None:
    torch.manual_seed(0)
    new, old = note_maker.NoteMaker(SMALL), note_maker.NoteMaker(SMALL)
    first, begun = next(new.parameters()).clone(), next(old.parameters())
    note_maker.mix(new, old, 0.25)
    assert torch.allclose(next(new.parameters()), 0.75 * first + 0.25 * begun)
