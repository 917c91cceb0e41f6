"""Two hundred damaged files through a running studio: none may break anything, and each is answered in words."""

import tempfile
from pathlib import Path

import pytest

from tests.fuzz.mutate import mutants
from tests.fuzz.run import fuzz
from tests.running import Studio

COUNT, SEED = 200, 1


def test_damaged_files_do_no_harm(studio: Studio, tmp_path: Path) -> None:
    outcome = fuzz(studio, tmp_path, COUNT, SEED)
    assert [f"{mutant.name} ({mutant.story}): {words}" for mutant, words in outcome.bad] == []
    assert sum(outcome.counts.values()) == COUNT
    # If nearly all were refused, or none, the files would not be testing anything.
    assert outcome.counts["done"] > COUNT / 4
    assert outcome.counts["refused"] > COUNT / 20


@pytest.mark.slow
def test_many_more_damaged_files_and_every_task(studio: Studio, tmp_path: Path) -> None:
    assert fuzz(studio, tmp_path, 600, SEED + 1, tasks="").bad == []


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    def made(seed: int) -> list[bytes]:
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            return [mutant.data for mutant in mutants(Path(folder), 30, seed)]

    assert made(1) == made(1)
    assert made(1) != made(2)
