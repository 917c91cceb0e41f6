"""Export RAVE for other tools: ``python -m models.training.rave_export --genre jazz --out jazz.ts``.

The file opens wherever RAVE's own exports do; laid into ``models/checkpoints/rave/`` it is a model of the rave mode.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from models import checkpoint
from models.nets.rave import FIDELITY, KINDS, Rave, build, config_from
from models.nets.rave_export import ExportedRave
from models.nets.torchscript import torchscript
from models.vocabulary import GENRES


def export(net: Rave, genre: str, kind: str, path: Path, fidelity: float = FIDELITY) -> torch.jit.ScriptModule:
    """Write one genre of a network as TorchScript; ``fidelity`` is the share of the latent's variance that is kept."""
    module = ExportedRave(net, GENRES.index(genre), KINDS.index(kind), fidelity).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    with torchscript():
        script = torch.jit.script(module)
        script.save(str(path))
    return script


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genre", choices=GENRES, required=True)
    parser.add_argument("--kind", choices=KINDS, default="recorded")
    parser.add_argument("--fidelity", type=float, default=FIDELITY)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    stored = checkpoint.load("rave")
    net = build(config_from(stored.config), stored.state_dict)
    script = export(net, args.genre, args.kind, args.out, args.fidelity)
    print(f"{args.out}: {script.latent_size} of {script.full_latent_size} dimensions, {script.sr} Hz")


if __name__ == "__main__":
    main()
