"""Put RAVE and its prior among the checkpoints: ``python -m models.training.rave_card --rave R.pt --prior P.pt``.

With what ``models.evaluation.rave`` measured of these weights (``--figures``). Later, ``models.evaluation.audio_card``
adds the figures of the whole mode.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from models import checkpoint
from models.checkpoint import Card
from models.evaluation import plots
from models.nets.rave import RaveConfig
from models.training.audio_pack import CONTENT, LICENCE, SPLIT
from models.vocabulary import GENRES

HOP_SECONDS = RaveConfig().ratio / RaveConfig().sample_rate


def rave_card(figures: dict[str, Any], recipe: str, limits: str) -> Card:
    """What the autoencoder is and how good it is."""
    return Card(
        name="rave",
        task="codes sound as 43 short vectors a second and decodes it, for ten genres",
        data=CONTENT,
        split=SPLIT,
        recipe=recipe,
        figures=figures,
        licence=LICENCE,
        labels=GENRES,
        limits=limits,
    )


PHASES = {
    "outline": "the outline alone",
    "represent": "the whole by multi-scale spectral distance, tones and divergence",
    "settle": "the same with the components that are kept",
    "refine": "against a discriminator with feature matching",
}


def recipe_of(histories: dict[str, list[dict[str, float]]], before: str, batch: int, frames: int) -> str:
    """The phases that a run went through, in words, after the recipe of the weights with which it began."""
    done = "; ".join(
        f"{words} for {histories[name][-1]['step']} steps ({histories[name][-1]['minutes']:.0f} minutes)"
        for name, words in PHASES.items()
        if histories.get(name)
    )
    command = f"python -m models.training.rave --data PACK --batch {batch} --frames {frames} --minutes MINUTES"
    recipe = f"{done}, batches of {batch} x {frames * HOP_SECONDS:.1f} s on one processor core. {command}"
    return f"{before} Then, going on: {recipe} --go-on" if before else recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rave", type=Path, required=True)
    parser.add_argument("--prior", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=2, help="crops of a batch in that run")
    parser.add_argument("--frames", type=int, default=48, help="latent vectors of a crop in that run")
    args = parser.parse_args()
    net, prior = (torch.load(path, weights_only=True) for path in (args.rave, args.prior))
    figures = json.loads(args.figures.read_text())
    histories = net["histories"]
    for name, history in histories.items():
        plots.curves(history, plots.FOLDER / f"rave-{name}.png")
    plots.curves(prior["history"], plots.FOLDER / "rave-prior.png")
    recipe = recipe_of(histories, net["before"], args.batch, args.frames)
    limits = (
        "Trained for two hours on a processor, an hour of music: bass line, chords and beat come through, "
        "voices are not intelligible, attacks are soft, dense mixes blur into hiss. Reggae and blues were learnt from "
        "one artist for the most part. A GPU would take the thousandfold steps."
    )
    print(checkpoint.save(net["config"], checkpoint.halved(net["state"]), rave_card(figures, recipe, limits)))
    last = prior["history"][-1]
    card = Card(
        name="rave_prior",
        task="draws RAVE's latent vectors one after the other, for ten genres",
        data=CONTENT,
        split=SPLIT,
        recipe=f"Recurrent mixture density network on {prior['config']['components']} principal components, "
        f"{last['step']} steps of 24 x 2.2 s, {last['minutes']:.0f} minutes of a processor. "
        "python -m models.training.rave_prior --data PACK --rave RAVE.pt",
        figures={"validation loss, nats a vector": round(last["validation loss"], 2)},
        licence=LICENCE,
        labels=GENRES,
        limits="Remembers seconds: what it dreams has sound and density of a genre, but no form and no steady beat.",
    )
    print(checkpoint.save(prior["config"], checkpoint.halved(prior["state"]), card))


if __name__ == "__main__":
    main()
