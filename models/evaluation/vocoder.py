"""The vocoder against Griffin-Lim: ``python -m models.evaluation.vocoder --data PACK [--card]``.

Held-out recordings become mel spectrograms and sound again from these alone. Prints the log-spectral distance, the
Frechet audio distance to the recordings themselves, and the speed; ``--card`` puts the figures into the checkpoint.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import checkpoint
from models.dsp import griffin_lim, log_mel, low_noise
from models.dsp.spectral_distance import log_spectral_distance, multi_scale
from models.evaluation import frechet
from models.evaluation.recard import recard
from models.nets.mel_vocoder import LENT_ITERATIONS, MelVocoder, build, first_wave
from models.training.audio_pack import Pack, load

SECONDS = 12.0
"""Of each recording."""
OURS, PLAIN, FIRST, LENT = "vocoder", "Griffin-Lim", "vocoder without its network", "vocoder, lent phases"
SPLIT = "Recordings of artists that are in no training material (the test split of the data pack)."
NOTE = (
    "From the log-mel of held-out recordings alone. Griffin-Lim: 32 fast iterations from least-squares magnitudes "
    "(models.dsp.griffin_lim.mel_to_audio) and Gaussian noise; ours begin from noise of little grain; without its "
    "network: the first wave that the network corrects; lent phases: begun from the recording itself under noise at "
    "-10 dB, as a guide lends its phases. FAD against the same recordings on musicnn's features; speed in multiples of "
    "real time."
)

Way = Callable[[Tensor, torch.Generator, Tensor], Tensor]
"""Log-mel (1, n_mels, frames), what chance decides, and the recording (1, samples) -> a wave (1, samples)."""


def ways(net: MelVocoder) -> dict[str, Way]:
    """The ways from a mel spectrogram to a wave."""

    def plain(mel: Tensor, random: torch.Generator, audio: Tensor) -> Tensor:
        whole = torch.cat([mel, mel[:, :, -1:]], dim=2).exp()
        rate, n_fft, hop = log_mel.SAMPLE_RATE, log_mel.N_FFT, log_mel.HOP_LENGTH
        start = torch.randn(audio.shape, generator=random)
        return griffin_lim.mel_to_audio(whole, rate, n_fft, hop, audio.shape[1], power=1.0, start=start)

    def noise(random: torch.Generator, audio: Tensor) -> Tensor:
        return low_noise.drawn(low_noise.places(1, random), audio.shape[1])

    def first(mel: Tensor, random: torch.Generator, audio: Tensor) -> Tensor:
        return first_wave(mel, noise(random, audio), net.config.iterations)

    def lent(mel: Tensor, random: torch.Generator, audio: Tensor) -> Tensor:
        start = audio + 10 ** (-10 / 20) * audio.std() * noise(random, audio)
        return net(mel, first_wave(mel, start, LENT_ITERATIONS, lent=True))

    return {OURS: lambda *given: net(given[0], first(*given)), PLAIN: plain, FIRST: first, LENT: lent}


def recordings(pack: Pack, seconds: float = SECONDS) -> list[Tensor]:
    """(1, samples) the middles of the held-out recordings, whole frames."""
    found = []
    for number in pack.where("test", recorded=True):
        audio = pack.audio(number)
        count = min(len(audio), round(seconds * log_mel.SAMPLE_RATE)) // log_mel.HOP_LENGTH * log_mel.HOP_LENGTH
        start = (len(audio) - count) // 2
        found.append(torch.from_numpy(audio[start : start + count])[None])
    return found


@torch.inference_mode()
def measure(net: MelVocoder, sounds: list[Tensor]) -> dict[str, dict[str, float]]:
    """Figures by way."""
    real = [frechet.embed(audio[0].numpy(), log_mel.SAMPLE_RATE) for audio in sounds]
    windows = np.concatenate(real)
    figures = {}
    for name, way in ways(net).items():
        random = torch.Generator().manual_seed(0)
        rows, heard, spent = [], [], 0.0
        for audio in sounds:
            mel = log_mel.log_mel(audio)
            begun = time.perf_counter()
            wave = way(mel, random, audio)
            spent += time.perf_counter() - begun
            mels = float((log_mel.log_mel(wave) - mel).abs().mean())
            rows.append((log_spectral_distance(audio, wave), float(multi_scale(audio, wave)), mels))
            heard.append(frechet.embed(wave[0].numpy(), log_mel.SAMPLE_RATE))
        lengths = [audio.shape[1] for audio in sounds]
        lsd, scales, mels = np.average(rows, axis=0, weights=lengths)
        figures[name] = {
            "log-spectral distance": round(float(lsd), 3),
            "multi-scale distance": round(float(scales), 3),
            "mel distance": round(float(mels), 4),
            "FAD": round(frechet.distance(windows, np.concatenate(heard)), 4),
            "speed": round(sum(lengths) / log_mel.SAMPLE_RATE / spent, 1),
        }
        print(name, figures[name], flush=True)
    return figures


def table(figures: dict[str, dict[str, float]], count: int) -> dict[str, Any]:
    """The figures as a table of the card."""
    columns = list(next(iter(figures.values())))
    rows = [[name, *(str(row[column]) for column in columns)] for name, row in figures.items()]
    return {
        "title": "Mel spectrogram to wave",
        "note": f"{NOTE} n = {count}.",
        "columns": ["way", *columns],
        "rows": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that models.training.audio_pack wrote")
    parser.add_argument("--card", action="store_true", help="put the figures into the checkpoint")
    args = parser.parse_args()
    stored = checkpoint.load("vocoder")
    sounds = recordings(load(args.data))
    figures = measure(build(stored.config, stored.state_dict), sounds)
    if args.card:
        kept = {"validation": stored.card.figures["validation"]}
        print(recard("vocoder", kept | {"test": figures}, [table(figures, len(sounds))], (), (), SPLIT))


if __name__ == "__main__":
    main()
