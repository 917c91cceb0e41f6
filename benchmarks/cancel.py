"""How soon a worker is free again: ``python -m benchmarks.cancel``.

A five-minute piece is cancelled in each stage of its making, and its process is killed; a short job that waits behind
it tells when the worker is free. Nothing may be left on disk.
"""

import signal
import tempfile
import time
from pathlib import Path

import click

from tests.running import Studio, start_studio, stop_studio
from tests.worker.test_studio import LONG, files, worker_children

SHORT = {"genre": "jazz", "instruments": ["piano"], "length": 1}
STAGES = ("rendering", "mastering", "writing", "encoding")


def freed_by_cancel(studio: Studio, stage: str, seed: int) -> tuple[float, bool]:
    """Seconds from the cancel until the next job is taken, and whether the disk is as it was."""
    before = files(studio)
    _, job = studio.call("POST", "/generate", LONG | {"seed": seed})
    studio.wait(job["id"], lambda row: row["stage"].startswith(stage) or row["state"] == "done")
    _, waiting = studio.call("POST", "/generate", SHORT)
    start = time.monotonic()
    studio.call("DELETE", f"/jobs/{job['id']}")
    studio.wait(waiting["id"], lambda row: row["state"] != "queued")
    freed = time.monotonic() - start
    track = studio.wait(waiting["id"])["result"]["track"]
    studio.fetch("DELETE", f"/tracks/{track['id']}")
    return freed, files(studio) == before


def failed_by_kill(studio: Studio, seed: int) -> float:
    """Seconds from the death of the process until its job says so."""
    _, job = studio.call("POST", "/generate", LONG | {"seed": seed})
    studio.wait(job["id"], lambda row: row["state"] == "running")
    (child,) = worker_children(studio, "slow")
    start = time.monotonic()
    child.send_signal(signal.SIGKILL)
    studio.wait(job["id"])
    return time.monotonic() - start


@click.command()
@click.option("--repeat", default=2, show_default=True)
def main(repeat: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        studio = start_studio(Path(folder) / "var")
        try:
            for stage in STAGES:
                for seed in range(repeat):
                    freed, clean = freed_by_cancel(studio, stage, seed)
                    click.echo(f"cancelled while {stage:10} free after {freed:5.2f} s, nothing left: {clean}")
            for seed in range(repeat):
                click.echo(f"process killed             job failed after {failed_by_kill(studio, seed):5.2f} s")
        finally:
            stop_studio(studio)


if __name__ == "__main__":
    main()
