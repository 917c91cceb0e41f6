"""Two hundred damaged files through a running studio: none may break anything, and each is answered in words."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.audio import write_tags
from models.audio.retag import fingerprint
from models.spec import BadInput
from tests.fuzz.mutate import mutants
from tests.fuzz.run import ENVIRONMENT, fuzz
from tests.running import Studio, start_studio, stop_studio

COUNT, SEED = 200, 1


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio of these tests' own: should a worker be lost, no other test is blamed for it."""
    running = start_studio(tmp_path_factory.mktemp("fuzz") / "var", env=ENVIRONMENT)
    yield running
    stop_studio(running)


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


def test_tags_in_damaged_files_change_nothing_else(tmp_path: Path) -> None:
    written = 0
    for mutant in mutants(tmp_path, 300, SEED):
        path = tmp_path / mutant.name
        path.write_bytes(mutant.data)
        try:
            before = fingerprint(path)
            written += bool(write_tags(path, {"genre": "rock", "bpm": 97, "key": "C major"}, overwrite=True))
        except BadInput:
            assert path.read_bytes() == mutant.data, mutant.story
        else:
            assert fingerprint(path) == before, mutant.story
        path.unlink()
    assert written > 100
    assert not list(tmp_path.glob(".*"))
