"""How long each mode takes and how much memory it holds: ``python -m benchmarks.modes [--lengths 30 300]``.

Every mode makes a piece of each genre for the first length, and one of pop for each further length, in a process of its
own: wall seconds from the request to the finished clip, the guide included, and the highest resident memory after each.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
from multiprocessing.connection import Connection

import torch

from models import registry
from models.spec import GenerateRequest, Run
from models.vocabulary import GENRES, USUAL_BANDS, USUAL_TEMPOS

STRENGTH = 0.5
"""Of the guide: neither the fastest nor the slowest way."""
SEED = 1


def once(mode: str, genre: str, length: float, strength: float) -> float:
    """Seconds for one clip."""
    request = GenerateRequest(genre, USUAL_BANDS[genre], USUAL_TEMPOS[genre], length, SEED, guide_strength=strength)
    begun = time.perf_counter()
    clip = registry.load("generators", mode).generate(request, Run())
    seconds = time.perf_counter() - begun
    assert clip.audio.shape[1] == round(length * clip.sample_rate)
    return seconds


def peak() -> float:
    """The highest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def work(mode: str, lengths: list[float], threads: int, pipe: Connection) -> None:
    """Print a mode's row; run in a process of its own, so that memory is the mode's."""
    torch.set_num_threads(threads)
    once(mode, "pop", 5.0, STRENGTH)  # warm: weights, samples and compiled code are there
    start = peak()
    all_genres = [once(mode, genre, lengths[0], STRENGTH) for genre in GENRES]
    row = f"{mode:10}{statistics.median(all_genres):10.2f}{max(all_genres):10.2f}{start:8.0f}{peak():8.0f}"
    for length in lengths[1:]:
        row += f"{once(mode, 'pop', length, STRENGTH):10.2f}{peak():8.0f}"
    pipe.send(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", type=float, nargs="+", default=[30.0, 300.0])
    parser.add_argument(
        "--modes", nargs="+", default=[s.name for s in registry.specs("generators") if s.name != "dataset"]
    )
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    head = f"{'mode':10}{'median s':>10}{'worst s':>10}{'MB warm':>8}{'MB':>8}"
    head += "".join(f"{f'{length:g} s':>10}{'MB':>8}" for length in args.lengths[1:])
    print(f"{args.lengths[0]:g} s of every genre, guide strength {STRENGTH}, {args.threads} threads\n{head}")
    context = multiprocessing.get_context("spawn")
    for mode in args.modes:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(mode, args.lengths, args.threads, theirs))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{mode} ended with {process.exitcode}")
        print(ours.recv(), flush=True)


if __name__ == "__main__":
    main()
