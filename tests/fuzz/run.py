"""Sends damaged files to a studio that really runs: ``python -m tests.fuzz.run --count 2000 --seed 5``.

Each must be refused in words or end as a job that is done or failed with a plain message; no worker may be lost.
What breaks this is written to the folder ``--keep`` names, to be looked at.
"""

import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil

from app.jobs import OUR_FAULT
from tests.fuzz.mutate import Mutant, mutants
from tests.running import Studio, start_studio, stop_studio
from worker.signals import DIED

SENDERS = 3  # requests at a time
PATIENCE = 30.0  # seconds for one small file
REFUSED = (413, 422)
# Many short jobs: where cores are busy, a second thread mostly waits for the first.
ENVIRONMENT = {"OMP_NUM_THREADS": "1"}


@dataclass
class Outcome:
    """What came of all files; ``bad`` holds what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[Mutant, str]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def fuzz(studio: Studio, folder: Path, count: int, seed: int, tasks: str = "genre") -> Outcome:
    """Send ``count`` damaged files and look at what becomes of each."""
    outcome = Outcome()
    before = pool_processes(studio)
    with ThreadPoolExecutor(SENDERS) as senders:
        for mutant, kind, words, seconds in senders.map(
            lambda mutant: _send(studio, mutant, tasks), mutants(folder, count, seed)
        ):
            outcome.counts[kind] += 1
            outcome.slowest = max(outcome.slowest, (seconds, f"{mutant.name} {mutant.story}"))
            if kind.startswith("BAD"):
                outcome.bad.append((mutant, f"{kind}: {words}"))
            elif kind != "done":
                outcome.reasons[words] += 1
    if (after := pool_processes(studio)) != before:
        outcome.bad.append((Mutant("", "all of them", b""), f"pool processes were replaced: {before} -> {after}"))
    return outcome


def _send(studio: Studio, mutant: Mutant, tasks: str) -> tuple[Mutant, str, str, float]:
    start = time.monotonic()
    status, answer = studio.upload("/classify?wait=10", mutant.data, name=mutant.name, tasks=tasks)
    kind, words = _judge(studio, status, answer)
    return mutant, kind, words, time.monotonic() - start


def _judge(studio: Studio, status: int, answer: dict[str, Any]) -> tuple[str, str]:
    if status in REFUSED:
        words = answer["error"]["message"]
        return ("refused", words) if _plain(words) else ("BAD refusal", words)
    if status not in (200, 202):
        return f"BAD status {status}", str(answer)
    job = answer if status == 200 else studio.wait(answer["id"], seconds=PATIENCE)
    if job["state"] == "done":
        return "done", ""
    words = str(job["error"])
    return ("failed", words) if job["state"] == "failed" and _plain(words) else (f"BAD {job['state']}", words)


def _plain(words: str) -> bool:
    """A sentence for people that names what is wrong with the file, not our own trouble."""
    ours = (OUR_FAULT, DIED, "Traceback", "Error", "0x")
    return words.endswith(".") and len(words) > 10 and not any(sign in words for sign in ours)


def pool_processes(studio: Studio) -> set[int]:
    """The processes of the fast queue's pool."""
    launcher = psutil.Process(studio.process.pid)
    main = next(child for child in launcher.children() if "fast" in child.cmdline())
    return {child.pid for child in main.children()}


@click.command()
@click.option("--count", default=200, show_default=True, help="Files to send.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other files.")
@click.option("--tasks", default="genre", show_default=True, help="Separated by commas.")
@click.option("--keep", type=click.Path(path_type=Path), default=Path("scratch/fuzz"), show_default=True)
def main(count: int, seed: int, tasks: str, keep: Path) -> None:
    """Start a studio, send the files, and tell what became of them. Status 1 if anything bad happened."""
    with tempfile.TemporaryDirectory() as folder:
        studio = start_studio(Path(folder) / "var", env=ENVIRONMENT)
        try:
            start = time.monotonic()
            outcome = fuzz(studio, Path(folder), count, seed, tasks)
            seconds = time.monotonic() - start
        finally:
            stop_studio(studio)
        log = studio.log.read_text()
    click.echo(f"{count} files in {seconds:.1f} s; the slowest took {outcome.slowest[0]:.1f} s: {outcome.slowest[1]}")
    for kind, number in sorted(outcome.counts.items()):
        click.echo(f"{number:6} {kind}")
    for words, number in outcome.reasons.most_common():
        click.echo(f"{number:10} {words}")
    for mutant, words in outcome.bad:
        click.echo(f"BAD {mutant.name} ({mutant.story}): {words}")
        if mutant.data:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"seed{seed}-{mutant.name}").write_bytes(mutant.data)
    if outcome.bad:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"seed{seed}.log").write_text(log)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
