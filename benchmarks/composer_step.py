"""One step of the composer's network, by torch and by the compiled code that the composer uses.

``python -m benchmarks.composer_step`` prints processor milliseconds of one core for reading a step and giving both
logits, after contexts of several lengths, their ratio, and how far the logits are apart at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import numpy as np
import torch

from models.composer.network import network
from models.nets.composer import Cache

CONTEXTS = (0, 250, 500, 1000)
ROUNDS = 50


def milliseconds(step: Callable[[], object]) -> float:
    """The median over `ROUNDS`, after one that is not counted."""
    step()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    return 1e3 * float(np.median(times))


def measure(context: int) -> tuple[float, float, float]:
    """Milliseconds of torch's step and of ours after ``context`` steps, and the largest difference of their logits."""
    steps = network().steps
    net, config = steps.net, steps.config
    rng = np.random.default_rng(context)
    sizes = (config.whens, config.whats, config.players, config.chords)
    rows = np.stack([rng.integers(0, size, context + 1) for size in sizes], axis=1)
    theirs, ours = Cache(config), Cache(config)
    if context:
        for cache in (theirs, ours):
            net.read(torch.tensor(rows[:-1]), cache)
    following = rows[-1].tolist()

    def by_torch() -> tuple[np.ndarray, np.ndarray]:
        theirs.length = context
        state = net.read(torch.tensor(rows[-1:]), theirs)
        when, what = net.heads(state[None, None], torch.tensor(following)[None, None])
        return when[0, 0].numpy(), what[0, 0].numpy()

    def by_ours() -> tuple[np.ndarray, np.ndarray]:
        ours.length = context
        state = steps.read([following], ours)
        return steps.when(state), steps.what(state, following[0], *following[2:])

    apart = max(float(np.abs(a - b).max()) for a, b in zip(by_torch(), by_ours(), strict=True))
    return milliseconds(by_torch), milliseconds(by_ours), apart


@click.command()
def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    click.echo("steps before   torch ms   ours ms   ratio   logits apart")
    with torch.inference_mode():
        for context in CONTEXTS:
            torch_ms, own_ms, apart = measure(context)
            click.echo(f"{context:12}   {torch_ms:8.2f}   {own_ms:7.2f}   {torch_ms / own_ms:5.1f}   {apart:12.5f}")


if __name__ == "__main__":
    main()
