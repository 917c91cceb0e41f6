"""What RAVE loses: ``python -m models.evaluation.rave --data PACK [--weights var/rave.pt] [--out var/rave.json]``.

Held-out recordings go through the latent, with as many principal components as are used, and beside that through a mel
spectrogram of as many numbers a second and Griffin-Lim. The multi-scale spectral distance of both, by genre, and how
many times faster than real time the latent is decoded.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from models import checkpoint
from models.dsp.griffin_lim import mel_to_audio
from models.dsp.mel import mel_power
from models.dsp.spectral_distance import multi_scale
from models.nets.rave import FIDELITY, Rave, build, config_from
from models.training.audio_pack import Pack, load
from models.vocabulary import GENRES

N_FFT = 2048  # of the mel spectrogram; its hop is the latent's ratio
MOST_SECONDS, MOST_SOUNDS = 8.0, 8
"""Of a recording, and recordings of a genre, the longest ones."""
SPEED_SECONDS, SPEED_ROUNDS = 30, 3


@torch.inference_mode()
def round_trip(net: Rave, audio: torch.Tensor, genre: int, recorded: bool, count: int) -> torch.Tensor:
    """(batch, samples) -> the same through ``count`` components of the latent."""
    mean, _ = net.encode(audio)
    latent = net.from_components(net.components(mean, count))
    condition = net.condition(torch.tensor([genre]), torch.tensor([int(recorded)])).expand(len(audio), -1)
    return net.decode(latent, condition, net.offsets(len(latent), torch.Generator().manual_seed(0)))


def mel_round_trip(audio: torch.Tensor, sample_rate: int, hop_length: int, count: int) -> torch.Tensor:
    """(batch, samples) -> the same through ``count`` mel bands every ``hop_length`` samples and Griffin-Lim."""
    mel = mel_power(audio, sample_rate, N_FFT, hop_length, count).transpose(1, 2)
    return mel_to_audio(mel, sample_rate, N_FFT, hop_length, audio.shape[1])


def measure(net: Rave, pack: Pack) -> dict[str, Any]:
    """Distances by genre, and their means."""
    count, ratio, rate = net.kept(FIDELITY), net.config.ratio, net.config.sample_rate
    genres: dict[str, dict[str, float]] = {}
    for number, genre in enumerate(tqdm(GENRES, desc="round trips", mininterval=5)):
        ours, theirs = [], []
        sounds = pack.where("test", recorded=True, genre=genre)
        for sound in sorted(sounds, key=lambda number: -pack.sounds[number].seconds)[:MOST_SOUNDS]:
            audio = torch.from_numpy(pack.audio(sound)[: int(MOST_SECONDS * rate)])[None]
            audio = audio[:, : audio.shape[1] // ratio * ratio]
            ours.append(float(multi_scale(audio, round_trip(net, audio, number, True, count))))
            theirs.append(float(multi_scale(audio, mel_round_trip(audio, rate, ratio, count))))
        genres[genre] = {"RAVE": round(np.mean(ours), 3), "mel and Griffin-Lim": round(np.mean(theirs), 3)}
    means = {name: round(float(np.mean([row[name] for row in genres.values()])), 3) for name in genres[GENRES[0]]}
    return {
        "components": count,
        "of": net.config.latent,
        "numbers a second": round(count * rate / ratio),
        "distance": means,
        "below mel and Griffin-Lim": round(1 - means["RAVE"] / means["mel and Griffin-Lim"], 3),
        "by genre": genres,
        "times real time": round(speed(net), 1),
    }


@torch.inference_mode()
def speed(net: Rave) -> float:
    """Seconds of sound decoded in a second, the best of a few rounds."""
    latent = torch.randn(1, net.config.latent, SPEED_SECONDS * net.config.sample_rate // net.config.ratio)
    condition, offset = net.condition(torch.tensor([0]), torch.tensor([1])), net.offsets(1)
    taken = []
    for _ in range(SPEED_ROUNDS):
        begun = time.perf_counter()
        net.decode(latent, condition, offset)
        taken.append(time.perf_counter() - begun)
    return SPEED_SECONDS / min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--weights", type=Path, help="a run's weights instead of the shipped ones")
    parser.add_argument("--out", type=Path, default=Path("var/rave.json"))
    args = parser.parse_args()
    if args.weights:
        stored = torch.load(args.weights, weights_only=True)
        net = build(config_from(stored["config"]), stored["state"])
    else:
        shipped = checkpoint.load("rave")
        net = build(config_from(shipped.config), shipped.state_dict)
    result = measure(net, load(args.data))
    args.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
