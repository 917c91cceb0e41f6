"""Broker, web, workers and their processes are killed at random; the full run is `python -m benchmarks.chaos`."""

from pathlib import Path

from benchmarks import chaos


def test_no_job_is_lost_stuck_or_done_twice(tmp_path: Path) -> None:
    outcome = chaos.run(jobs=40, seed=3, var=tmp_path)
    assert outcome["done"] + outcome["failed"] == 40
    assert outcome["done"] > 0
    assert sum(outcome["kills"].values()) >= 3
