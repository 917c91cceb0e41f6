"""musicnn here against its TensorFlow original, turn by turn in one run: ``python -m benchmarks.tagging``.

The original needs an environment of its own, because its pins exclude ours:

    python -m venv scratch && scratch/bin/pip install tensorflow-cpu tf-keras librosa
    pip download --no-deps musicnn==0.1.0 && unzip musicnn-0.1.0-py3-none-any.whl -d musicnn-0.1.0
    python -m benchmarks.tagging --python scratch/bin/python --original musicnn-0.1.0

Without it only our own networks are timed: as trained, and with the live filters alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from models import checkpoint
from models.nets.musicnn import Musicnn, config_from
from models.nets.musicnn_live import LiveMusicnn

PATCHES = 10  # 30 s
MODELS = {"msd_musicnn": "MSD_musicnn", "mtt_musicnn": "MTT_musicnn"}
Timer = Callable[[], float]


def loaded(name: str) -> Musicnn:
    stored = checkpoint.load(name)
    net = Musicnn(config_from(stored.config))
    net.load_state_dict(stored.state_dict)
    return net.eval()


def timer(net: torch.nn.Module, patches: torch.Tensor) -> Timer:
    def once() -> float:
        begun = time.perf_counter()
        with torch.inference_mode():
            net(patches)
        return time.perf_counter() - begun

    once()
    return once


@contextmanager
def original(python: Path, folder: Path, model: str, patches: torch.Tensor, tags: Path) -> Iterator[Timer]:
    """A timer of the original, and its tags in ``tags`` afterwards."""
    source = tags.with_suffix(".in.npy")
    np.save(source, patches.numpy())
    script = Path(__file__).with_name("tagging_original.py")
    environment = os.environ | {"PYTHONPATH": str(folder), "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(
        [str(python), str(script), str(source), str(tags), model, str(torch.get_num_threads())],
        env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout

        def line() -> str:
            text = child.stdout.readline()  # type: ignore[union-attr]
            if not text:
                raise RuntimeError("the original stopped; its error is above")
            return text

        def once() -> float:
            child.stdin.write("\n")  # type: ignore[union-attr]
            child.stdin.flush()  # type: ignore[union-attr]
            return float(line())

        while line().strip() != "ready":
            pass
        yield once
        child.stdin.close()
        child.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=Path, help="the other environment's interpreter")
    parser.add_argument("--original", type=Path, help="the folder of the unpacked wheel")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    patches = torch.rand(PATCHES, 187, 96, generator=torch.Generator().manual_seed(0)) * 3
    print(f"milliseconds for {3 * PATCHES} s of music, {options.threads} threads, median (fastest) of {options.rounds}")
    print("| network | original | as trained | live | original / live | greatest difference of a tag |")
    print("|---|---|---|---|---|---|")
    for name, model in MODELS.items():
        whole, live = loaded(name), LiveMusicnn(loaded(name))
        timers = [timer(whole, patches), timer(live, patches)]
        if options.python is None:
            print(_row(name, None, [[run() for run in timers] for _ in range(options.rounds)], float("nan")))
            continue
        with tempfile.TemporaryDirectory() as folder:
            tags = Path(folder) / "tags.npy"
            with original(options.python, options.original, model, patches, tags) as peer:
                rows = [[peer(), *(run() for run in timers)] for _ in range(options.rounds)]
            with torch.inference_mode():
                gap = (torch.sigmoid(live(patches).logits) - torch.from_numpy(np.load(tags))).abs().max().item()
        print(_row(name, 0, rows, gap))


def _row(name: str, peer: int | None, rows: list[list[float]], gap: float) -> str:
    columns = list(zip(*rows, strict=True))
    cells = [f"{1e3 * statistics.median(column):.0f} ({1e3 * min(column):.0f})" for column in columns]
    ratio = "-"
    if peer is None:
        cells.insert(0, "-")
    else:
        ratio = f"{statistics.median(columns[peer]) / statistics.median(columns[-1]):.1f}"
    return f"| {name} | {' | '.join(cells)} | {ratio} | {gap:.1e} |"


if __name__ == "__main__":
    main()
