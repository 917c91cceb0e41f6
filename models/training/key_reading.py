"""Temper the trained key network so that its confidence is honest, and write its checkpoint.

``python -m models.training.key_reading --data FOLDER --material FOLDER --weights FILE``: temperature and the least
contrast of a pitched sound come from validation renderings.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models import checkpoint
from models.classifiers.key import MODES, spectral_contrast
from models.dsp.semitones import SAMPLE_RATE, semitone_bands
from models.nets.keynet import KeyNet, KeyNetConfig
from models.training.loop import add_arguments
from models.training.roughen import pulseless, roughened
from models.training.tempo_and_key_material import is_validation, read
from models.vocabulary import key_name

CLIPS = 400
NOISES = (0, 1, 4)  # of the five kinds of `pulseless` those without pitch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--material", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="what models.training.key has written")
    args = parser.parse_args()
    content: dict[str, Any] = torch.load(args.weights, weights_only=True)
    config = KeyNetConfig()
    net = KeyNet(config).eval()
    net.load_state_dict(content["state_dict"])
    clips = [c for c in read(args.material) if not c.test and is_validation(c.group) and c.key is not None][:CLIPS]
    logits, contrast = [], []
    with torch.inference_mode():
        for index, clip in enumerate(clips):
            audio = clip.audio.astype(np.float32) / 32768
            rough = roughened(audio, SAMPLE_RATE, np.random.default_rng([args.seed, 8, index]))
            bands = semitone_bands(torch.from_numpy(rough))
            contrast.append(spectral_contrast(bands))
            logits.append(net(bands[None])[0])
    noise = [
        spectral_contrast(semitone_bands(torch.from_numpy(sound)))
        for i, sound in enumerate(pulseless(np.random.default_rng(args.seed), SAMPLE_RATE))
        if i % 5 in NOISES
    ]
    print(
        "contrast of music:", np.quantile(contrast, [0, 0.01, 0.05, 0.5]).round(4), "of noise:", np.max(noise).round(4)
    )
    temperature = fit_temperature(torch.stack(logits), torch.tensor([clip.key for clip in clips]))
    least = float(1.15 * np.max(noise))
    print(f"temperature {temperature:.3f}, least contrast {least:.4f}")
    card = checkpoint.Card(
        name="key",
        task="key",
        data=DATA,
        split=SPLIT,
        recipe=RECIPE,
        figures={"validation renderings": {k: round(v, 3) for k, v in content["history"][-1].items() if k in FIGURES}},
        licence="MIT",
        labels=tuple(key_name(k % 12, MODES[k // 12]) for k in range(24)),
        limits=LIMITS,
        extra={"history": content["history"]},
    )
    words = asdict(config) | {"temperature": round(temperature, 3), "contrast": round(least, 4)}
    print(checkpoint.save(words, content["state_dict"], card))


def fit_temperature(logits: torch.Tensor, keys: torch.Tensor) -> float:
    """The divisor of (n, 24) logits under which (n,) keys are likeliest (Guo et al. 2017)."""
    candidates = torch.exp(torch.linspace(-1.5, 1.5, 121))
    costs = torch.stack([torch.nn.functional.cross_entropy(logits / t, keys) for t in candidates])
    return float(candidates[costs.argmin()])


FIGURES = ("accuracy", "mirex")
DATA = (
    "Renderings only: excerpts of 20 s of pieces by Tunesmith's composer (whose key is known) and of MIDI files "
    "on whose key three symbolic key-finders agree, in the excerpt and in the whole file; transposed, re-arranged "
    "and played by FluidSynth with four General MIDI banks; rooms, noise, compression, detuning. No recording of "
    "music was used."
)
SPLIT = (
    "Songs not trained on, by a SoundFont not trained on: Sonivox GM, of which one sample in 52 is also in a bank of "
    "training (FluidR3, MuseScore General, OPL3, Csound's; `python -m models.training.shared_samples`)."
)
RECIPE = (
    "Three bands a semitone over five octaves at 5 frames/s, folded to pitch classes and convolved around their "
    "circle, so that a transposed input gives a transposed answer; AdamW, cosine rate, label smoothing .05, "
    "moving average of the weights; `python -m models.training.key`. Temperature fitted on validation renderings "
    "by `models.training.key_reading`."
)
LIMITS = (
    "Judged on renderings, as no recordings with known keys were at hand; on recordings expect more confusion "
    "with the fifth and the relative key. Modal, atonal and modulating music has no single key."
)

if __name__ == "__main__":
    main()
