"""A worker: ``python -m worker --queue fast --processes 1``."""

import os
import platform
import warnings

import click

from app.queue import QUEUES


@click.command()
@click.option("--queue", type=click.Choice(QUEUES), required=True, help="Which jobs to take.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Jobs at a time.")
def main(queue: str, processes: int) -> None:
    """Take jobs from one queue until told to end."""
    os.environ["WORKER_QUEUE"] = queue
    # Threads of a network's layer that wait for each other by spinning take the core that the others need: on a busy
    # machine an answer takes twice as long. Read by OpenMP when torch is imported, in the pool's processes.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Celery's warning about root is meant for pickled messages; ours are JSON.
    warnings.filterwarnings("ignore", message=".*superuser privileges", category=UserWarning)
    from worker.tasks import celery

    # Windows cannot fork, so there a worker does its one job in its own process.
    pool = "solo" if platform.system() == "Windows" else "prefork"
    name = f"{queue}-{os.getpid()}@{platform.node() or 'localhost'}"
    celery.worker_main(
        [
            "--quiet",
            "worker",
            f"--queues={queue}",
            f"--concurrency={processes}",
            f"--pool={pool}",
            f"--hostname={name}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "-O",
            "fair",
        ]
    )


if __name__ == "__main__":
    main()
