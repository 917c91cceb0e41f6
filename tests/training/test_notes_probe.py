"""The probe on musicnn's activations, and how it is joined to the note network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.nets.notes import NotesConfig
from models.nets.notes_pair import NotesPair, NotesProbeConfig
from models.training import loop, notes, notes_probe
from models.training.notes_calibrate import calibrate_pair
from models.training.notes_splits import Split


@pytest.fixture(scope="module")
def activations(small_set, tmp_path_factory):
    audio, index = small_set
    folder = tmp_path_factory.mktemp("hearings")
    return notes_probe.Activations(folder, notes.Hearings(folder, audio, index))


def test_activations_are_computed_once(activations, monkeypatch):
    rows = np.array([0, 40])
    activations.make(rows)
    again = notes_probe.Activations(Path(activations.rows.filename).parent, activations.hearings)
    monkeypatch.setattr(again, "extractor", None)
    again.make(rows)
    versions = np.array([1, 0])
    assert np.array_equal(again.get(rows, versions), activations.get(rows, versions))
    assert np.abs(again.get(rows, versions)).max() > 0.1


def test_a_probe_learns_and_is_joined_where_it_helps(small_set, activations, tmp_path):
    _, index = small_set
    rows = np.arange(0, 108, 3)
    plan = loop.Plan("probe", 25, lr=3e-3, work=tmp_path)
    torch.manual_seed(0)
    probe = notes_probe.train(activations, index, Split(rows, rows, rows), plan)
    with torch.inference_mode():
        told = probe(torch.from_numpy(activations.get(rows, np.zeros(len(rows), int))))[1]
    assert (told.argmax(1).numpy() == index["family"][rows]).mean() > 0.8
    pair = NotesPair(NotesConfig(), NotesProbeConfig()).eval()
    pair.probe.load_state_dict(probe.state_dict())
    notes_probe.join(pair, activations, index, rows)
    assert pair.shares[1] > 0.5  # an untrained network knows nothing, and the probe does


def test_a_probe_that_knows_nothing_does_not_count():
    random = np.random.default_rng(0)
    labels = random.integers(3, size=600), random.integers(11, size=600), random.integers(2, size=(600, 9))
    sure = (
        4 * np.eye(3, dtype=np.float32)[labels[0]],
        4 * np.eye(11, dtype=np.float32)[labels[1]],
        (8 * labels[2] - 4).astype(np.float32),
    )
    noise = tuple(random.standard_normal(one.shape).astype(np.float32) for one in sure)
    pair = NotesPair(NotesConfig(), NotesProbeConfig())
    calibrate_pair(pair, sure, noise, labels)
    assert pair.shares.max() < 0.35
    calibrate_pair(pair, noise, sure, labels)
    assert pair.shares.min() > 1.0


def test_without_a_share_the_probe_is_silent():
    pair = NotesPair(NotesConfig(), NotesProbeConfig())
    ours = torch.randn(2, 3), torch.randn(2, 11), torch.randn(2, 9)
    probed = torch.randn(2, 3), torch.randn(2, 11), torch.randn(2, 9)
    assert all(torch.equal(one, two) for one, two in zip(pair.both(ours, probed), ours, strict=True))
    pair.shares.fill_(0.5)
    assert torch.allclose(pair.both(ours, probed)[2], ours[2] + 0.5 * probed[2])
