"""What each loss of the diffusion mode is good for: ``python -m models.evaluation.ddim_ablation --data PACK``.

The denoiser is trained from the same first weights on the same batches with the velocity's error alone, with the
distance of magnitudes, with that of changes, and with both; each run of the same number of steps. For each, the errors
of the velocity on held-back recordings and the Frechet audio distance of short pieces to them, to which no figure of
the test artists belongs: the choice is made here.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.evaluation.ddim import Listener
from models.generators.ddim import DiffusionGenerator
from models.nets.ddim import Ddim, DdimConfig
from models.training import loop
from models.training.audio_pack import load
from models.training.ddim import judge, plan_of, train
from models.training.ddim_material import sounds

USUAL = DdimConfig()
VARIANTS = {
    "velocity": (0.0, 0.0),
    "velocity, magnitudes": (USUAL.spectral, 0.0),
    "velocity, changes": (0.0, USUAL.derivative),
    "velocity, magnitudes, changes": (USUAL.spectral, USUAL.derivative),
}
"""Weights of the losses beside the velocity's."""
WAYS = [(10, 0.5, 2.0), (10, 0.1, 2.0)]
"""Steps, guide strength and guidance of the pieces."""
SPAN = 0.05
"""Share of the steps over which the weights are averaged: runs are too short for the usual average."""


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows as a table of a card."""
    names = list(rows[0])
    return {
        "title": "Losses.",
        "note": (
            "The same first weights and batches, the same few steps; errors of the velocity at three noise levels on "
            "held-back recordings, and Frechet audio distance to them at two guide strengths."
        ),
        "columns": names,
        "rows": [[row[name] for name in names] for row in rows],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=800, help="of each run")
    parser.add_argument("--clips", type=int, default=2, help="pieces a genre")
    parser.add_argument("--out", type=Path, default=Path("var/ddim_ablation.json"))
    args = parser.parse_args()
    pack = load(args.data)
    given, held, listener = (
        sounds(pack, "train"),
        sounds(pack, "valid", recorded=True),
        Listener(pack, "valid", args.clips),
    )
    rows, average = [], max(0.0, 1 - 1 / (SPAN * args.steps))
    for name, (spectral, derivative) in VARIANTS.items():
        loop.seed_everything(args.seed)
        net = Ddim(replace(USUAL, spectral=spectral, derivative=derivative))
        plan = replace(plan_of(args, args.steps), name=f"ddim-{spectral:g}-{derivative:g}", average=average)
        history = train(net, given, plan, judge(held, net.config, args.device))
        row: dict[str, Any] = {"loss": name}
        row |= {key: round(value, 4) for key, value in history[-1].items() if key.startswith("velocity")}
        mode = DiffusionGenerator(net, "", args.device)
        row |= {f"FAD at {way[1]:g}": listener.hear(mode, way)["FAD"] for way in WAYS}
        rows.append(row)
        print(row, flush=True)
    args.out.write_text(json.dumps(table(rows), indent=2) + "\n")


if __name__ == "__main__":
    main()
