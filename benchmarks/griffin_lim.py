"""How fast a mel spectrogram becomes sound, ours against librosa: ``python -m benchmarks.griffin_lim [--seconds 10]``.

Both invert the same mel spectrograms of a track of each genre of the starter library. Spectral
convergence is |S - S'| / |S| in the Frobenius norm: of magnitudes against the sound's own, and of mel spectrograms
against the one that was given; lower is better.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import torch

from models import audio
from models.dsp.griffin_lim import mel_to_audio
from models.dsp.mel import mel_filters
from models.vocabulary import GENRES

SAMPLE_RATE, N_FFT, HOP, N_MELS = 22_050, 2048, 512, 128
OURS = (32, 24, 20, 16, 12)
"""Iterations of ours to compare: fewer may converge as far as librosa's."""
FOLDER = Path(__file__).parents[1] / "genres"


def magnitudes(sound: np.ndarray) -> np.ndarray:
    """(samples,) -> (bins, frames)."""
    return np.abs(librosa.stft(sound, n_fft=N_FFT, hop_length=HOP, pad_mode="constant"))


def convergence(wanted: np.ndarray, got: np.ndarray) -> float:
    return float(np.linalg.norm(wanted - got) / np.linalg.norm(wanted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--iterations", type=int, default=32)
    args = parser.parse_args()
    filters = mel_filters(SAMPLE_RATE, N_FFT, N_MELS).numpy()

    def theirs(mel: np.ndarray, length: int) -> np.ndarray:
        return librosa.feature.inverse.mel_to_audio(
            mel, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, pad_mode="constant", n_iter=args.iterations, length=length
        )

    def ours(iterations: int) -> Callable[[np.ndarray, int], np.ndarray]:
        def work(mel: np.ndarray, length: int) -> np.ndarray:
            given = torch.from_numpy(mel)[None]
            return mel_to_audio(given, SAMPLE_RATE, N_FFT, HOP, length, iterations=iterations)[0].numpy()

        return work

    systems = {f"librosa {args.iterations}": theirs} | {f"Tunesmith {n}": ours(n) for n in OURS}
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in systems}
    for genre in GENRES:
        sound = audio.decode(FOLDER / genre / f"{genre}-01.opus", SAMPLE_RATE, mono=True)[0][0]
        sound = sound[: round(args.seconds * SAMPLE_RATE)]
        wanted = magnitudes(sound)
        mel = (filters @ wanted**2).astype(np.float32)
        for name, work in systems.items():
            if not rows[name]:
                work(mel[:, :40], 39 * HOP)  # imports and caches
            begun = time.perf_counter()
            made = work(mel, len(sound))
            seconds = time.perf_counter() - begun
            again = magnitudes(made)
            both = convergence(wanted, again), convergence(mel, filters @ again**2)
            rows[name].append((seconds, *both))
    mean = {name: np.mean(row, axis=0) for name, row in rows.items()}
    reference = next(iter(mean.values()))
    print(f"{len(GENRES)} sounds of {args.seconds:g} s, {torch.get_num_threads()} threads")
    print(f"{'iterations':14} {'seconds':>8} {'x real time':>12} {'magnitudes':>11} {'mel':>7} {'times librosa':>14}")
    for name, (seconds, linear, mel_error) in mean.items():
        equal = "" if linear <= reference[1] and mel_error <= reference[2] else "  (converged less)"
        speed = f"{args.seconds / seconds:12.1f} {linear:11.4f} {mel_error:7.4f} {reference[0] / seconds:14.1f}"
        print(f"{name:14} {seconds:8.3f} {speed}{equal}")


if __name__ == "__main__":
    main()
