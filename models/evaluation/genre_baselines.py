"""What the genre model must beat, on the same folds: 490G1's network, MFCC with a support vector machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch.nn import functional as F
from tqdm import tqdm

from models.audio import Recording
from models.dsp.mel import log_compress, mel_power
from models.nets.genre490 import Genre490, Genre490Config
from models.training.datasets import Track
from models.training.loop import Batch, Plan, fit
from models.vocabulary import GENRES

RATE, N_FFT, HOP, N_MELS = 22_050, 2048, 512, 128  # Hz, samples, samples, bands
N_MFCC = 20
CNN_STEPS, CNN_BATCH = 600, 64  # about 90 passes over the training windows

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def spectrograms(tracks: list[Track]) -> list[NDArray[np.float32]]:
    """Log-mel (n_mels, frames) of each track, scaled to about 0-1; short ones are repeated to fill a window."""
    found = []
    for track in tqdm(tracks, desc="spectrograms"):
        mono = torch.from_numpy(Recording.open(track.path).mono(RATE))
        log_mel = log_compress(mel_power(mono, RATE, N_FFT, HOP, N_MELS)).T.numpy() / 6
        repeats = -(-Genre490Config().n_frames // log_mel.shape[1])
        found.append(np.tile(log_mel, repeats))
    return found


def cnn(
    spectrum: list[NDArray[np.float32]], y: NDArray[np.int64], folds: list[Fold], work: Path
) -> NDArray[np.float32]:
    """Probabilities (n, 10) of held-out tracks by 490G1's network, averaged over windows."""
    width, probability = Genre490Config().n_frames, np.zeros((len(y), len(GENRES)), np.float32)

    def windows(train: NDArray[np.int64], step: int) -> Iterator[Batch]:
        while True:
            rng = np.random.default_rng(step)
            step += 1
            chosen = rng.choice(train, CNN_BATCH)
            begins = [rng.integers(spectrum[i].shape[1] - width + 1) for i in chosen]
            cut = np.stack([spectrum[i][:, b : b + width] for i, b in zip(chosen, begins, strict=True)])
            yield torch.from_numpy(cut), torch.from_numpy(y[chosen])

    for number, (train, test) in enumerate(folds):
        torch.manual_seed(number)
        net = Genre490()
        # Named by what it learns from: a state must never be taken up for other folds.
        name = f"genre490-{hashlib.sha256(train.tobytes()).hexdigest()[:8]}"
        plan = Plan(name, CNN_STEPS, judge_every=CNN_STEPS, bf16=False, seed=number, work=work)
        fit(net, lambda step, t=train: windows(t, step), lambda n, b: F.cross_entropy(n(b[0]), b[1]), plan)
        for i in test:
            begins = range(0, spectrum[i].shape[1] - width + 1, width // 2)
            seen = torch.from_numpy(np.stack([spectrum[i][:, b : b + width] for b in begins]))
            with torch.inference_mode():
                probability[i] = F.softmax(net(seen), dim=1).mean(dim=0).numpy()
    return probability


def mfcc(tracks: list[Track]) -> NDArray[np.float32]:
    """(n, 80): mean and standard deviation of 20 MFCCs and of their differences over time."""
    rows = []
    for track in tqdm(tracks, desc="MFCC"):
        values = librosa.feature.mfcc(y=Recording.open(track.path).mono(RATE), sr=RATE, n_mfcc=N_MFCC)
        change = np.diff(values, axis=1)
        rows.append(np.concatenate([values.mean(1), values.std(1), change.mean(1), change.std(1)]))
    return np.array(rows, dtype=np.float32)


def svm(x: NDArray[np.float32], y: NDArray[np.int64], folds: list[Fold]) -> NDArray[np.float32]:
    """Answers (n, 10) of held-out tracks by a support vector machine with a Gaussian kernel, as 0 and 1."""
    answer = np.zeros((len(y), len(GENRES)), np.float32)
    for train, test in folds:
        model = make_pipeline(StandardScaler(), SVC(C=10, class_weight="balanced")).fit(x[train], y[train])
        answer[test, model.predict(x[test])] = 1
    return answer
