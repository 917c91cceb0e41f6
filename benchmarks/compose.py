"""How long composing, playing and mastering take: ``python -m benchmarks.compose [--lengths 30 180]``.

Prints one row a genre with wall seconds for each length, and how many times faster than real time that is.
"""

from __future__ import annotations

import argparse
import resource
import time

from models.composer.engine import compose
from models.composer.render import render
from models.composer.render.effects import impulse_response
from models.composer.render.voices import SAMPLE_RATE, bank
from models.composer.styles import style
from models.spec import GenerateRequest
from models.vocabulary import GENRES

TEMPO = 112.0
SEED = 1


def measure(genre: str, length: float) -> tuple[float, float]:
    """Seconds for the score and for the recording of a piece with the genre's own band."""
    started = time.perf_counter()
    score = compose(GenerateRequest(genre, (), TEMPO, length, SEED))
    written = time.perf_counter()
    render(score)
    return written - started, time.perf_counter() - written


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time the composer.")
    parser.add_argument("--lengths", type=float, nargs="+", default=[30.0, 180.0])
    lengths = parser.parse_args().lengths
    bank()
    for genre in GENRES:
        impulse_response(SAMPLE_RATE, round(style(genre).decay, 2))
    print(f"{'genre':<10}" + "".join(f"{f'{n:g} s: score':>14}{'play':>8}{'x real':>8}" for n in lengths))
    for genre in GENRES:
        cells = []
        for length in lengths:
            written, played = measure(genre, length)
            cells.append(f"{written:>14.2f}{played:>8.2f}{length / (written + played):>8.0f}")
        print(f"{genre:<10}" + "".join(cells), flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
