"""Notes of the SoundFont that ships, and a small set of them."""

from __future__ import annotations

import pytest

from models.composer.render.voices import bank as shipped_bank
from models.training import notes_set
from models.training.notes_play import soundfont_player
from models.training.notes_programs import PROGRAMS


@pytest.fixture(scope="package")
def play():
    return soundfont_player(shipped_bank())


@pytest.fixture(scope="package")
def small_set(tmp_path_factory, play):
    """Six programs as if from three banks, written and read again."""
    folder = tmp_path_factory.mktemp("set")
    chosen = {number: PROGRAMS[number] for number in (0, 13, 40, 56, 73, 80)}
    banks = [
        notes_set.Bank("fluid", "", "fluid"),
        notes_set.Bank("timgm", "", "timgm"),
        notes_set.Bank("opl3", "", "opl3", synthetic=True),
    ]
    with pytest.MonkeyPatch.context() as patcher:
        patcher.setattr(notes_set, "PROGRAMS", chosen)
        made = (note for bank in banks for note in notes_set.bank_notes(bank, play, pitches=2, seed=0))
        assert notes_set.build(notes_set.stored(made), folder) == 3 * 6 * 2 * 3
    return notes_set.load(folder)
