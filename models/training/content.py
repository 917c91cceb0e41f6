"""Train what tells music from speech and other sounds.

``python -m models.training.content --data FOLDER --speech FOLDER ... --other FOLDER ...``

The genre and tag models know music only, and call speech hip hop. This probe on the same musicnn features lets them say
so. ``--speech`` and ``--other`` are folders of short files, e.g. of Debian's packages asterisk-core-sounds-*,
klettres-data, tuxpaint-stamps-default (speech), the ``sfx`` of supertuxkart-data (other). ``--data`` has the music.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from models import checkpoint
from models.audio import Recording, decode
from models.classifiers._content import LABELS, NAME, SPEECH_LIMIT, heard
from models.classifiers._musicnn import Extractor
from models.evaluation import metrics
from models.nets.probe import Probe, ProbeConfig
from models.spec import BadInput
from models.training.datasets import gtzan
from models.training.loop import seed_everything

RATE = 16_000  # Hz
STRETCH = 9.0  # seconds: short files of one voice are joined until they are this long
STRETCHES = 12  # of one voice at most
NOISES = 60  # stretches of synthetic noise
STRENGTH = 0.003  # inverse of the L2 penalty, as for genre
FOLDS = 5
LANGUAGE = re.compile(r"_([a-z]{2}(?:_[A-Z]{2})?)\.ogg$")  # of tuxpaint's descriptions: cow_desc_fr.ogg

Stretches = dict[str, list[NDArray[np.float32]]]


def joined(files: list[Path], group: str, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Short files of one voice put one after another, in random order, to stretches of `STRETCH` seconds."""
    out, held = [], []
    for index in rng.permutation(len(files)):
        try:
            held.append(decode(files[index], sample_rate=RATE, mono=True)[0][0])
        except BadInput:
            continue  # packages hold some empty and foreign files
        if sum(map(len, held)) >= STRETCH * RATE:
            out.append(np.concatenate(held)[: round(STRETCH * RATE)])
            held = []
        if len(out) == STRETCHES:
            break
    return out


def voices(folder: Path) -> dict[str, list[Path]]:
    """Files by who speaks: one folder is one voice, but files that name a language are grouped by that."""
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".wav", ".ogg", ".g722", ".mp3"):
            continue
        language = LANGUAGE.search(path.name)
        if "tuxpaint" in path.parts and language is None:
            continue  # sounds of animals and machines beside the spoken descriptions
        groups[language[1] if language else "/".join(path.parts[-4:-1])].append(path)
    return groups


def noises(rng: np.random.Generator) -> Stretches:
    """Synthetic noise of many colours and densities; each is a group of its own."""
    made = {}
    for number in range(NOISES):
        size = round(STRETCH * RATE)
        spectrum = np.fft.rfft(rng.standard_normal(size))
        spectrum *= np.maximum(1.0, np.arange(len(spectrum))) ** -rng.uniform(-0.3, 1.2)
        sound = np.fft.irfft(spectrum, size)
        if number % 3 == 0:  # crackle: noise in sparse bursts
            sound *= rng.random(size) ** rng.uniform(5, 60)
        if number % 3 == 1:  # hum under it
            sound /= np.abs(sound).max()
            sound += rng.uniform(0, 1) * np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(size) / RATE)
        made[f"noise {number}"] = [(sound / np.abs(sound).max() * 10 ** -rng.uniform(0, 2)).astype(np.float32)]
    return made


def collect(
    data: Path, speech: list[Path], other: list[Path], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.str_]]:
    """Features (n, d), class numbers (n,) and groups (n,): artist, singer, voice or noise."""
    extractor = Extractor()
    sources: list[tuple[int, Stretches]] = [(LABELS.index("other"), noises(rng))]
    for label, folders in (("speech", speech), ("other", other)):
        for folder in folders:
            sources += [(LABELS.index(label), {g: joined(f, g, rng)}) for g, f in voices(folder).items()]
    x, y, groups = [], [], []

    def add(recording: Recording, label: int, group: str) -> None:
        x.append(heard(extractor, recording).numpy())
        y.append(label)
        groups.append(group)

    for label, stretches in tqdm(sources, desc="speech and noise"):
        for group, sounds in stretches.items():
            for sound in sounds:
                level = np.float32(10 ** -rng.uniform(0, 1))
                add(Recording(sound / max(1e-6, float(np.abs(sound).max())) * level, RATE), label, group)
    for track in tqdm(gtzan(data), desc="music"):
        add(Recording.open(track.path), LABELS.index("music"), track.group)
    for path in tqdm(
        sorted((data / "vocals").rglob("*.ogg")) + sorted((data / "vocals").rglob("*.wav")), desc="singing"
    ):
        add(Recording.open(path, max_seconds=30), LABELS.index("music"), path.stem)
    return np.array(x), np.array(y), np.array(groups)


def fit(x: NDArray[np.float32], y: NDArray[np.int64]) -> Probe:
    """A probe for all three classes, each of equal weight."""
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced").fit((x - mean) / scale, y)
    probe = Probe(ProbeConfig(x.shape[1], len(LABELS)))
    state = {"mean": mean, "scale": scale, "linear.weight": model.coef_, "linear.bias": model.intercept_}
    probe.load_state_dict(
        {name: torch.tensor(value, dtype=torch.float32) for name, value in (state | {"temperature": 1.0}).items()}
    )
    return probe.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gtzan.csv, vocals/ and their files")
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="folders of spoken words")
    parser.add_argument("--other", type=Path, nargs="*", default=[], help="folders of sounds that are neither")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    x, y, groups = collect(options.data, options.speech, options.other, seed_everything(options.seed))
    probability = np.zeros((len(y), len(LABELS)), np.float32)
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=options.seed).split(x, y, groups):
        with torch.inference_mode():
            probability[test] = fit(x[train], y[train])(torch.from_numpy(x[test])).numpy()
    figures = metrics.classification(probability, y, LABELS, groups)
    music = y == LABELS.index("music")
    alarm = probability[:, LABELS.index("speech")] >= SPEECH_LIMIT
    figures["music called speech"] = round(float(alarm[music].mean()), 4)
    figures["speech called speech"] = round(float(alarm[y == LABELS.index("speech")].mean()), 4)
    probe = fit(x, y)
    counts = ", ".join(f"{int((y == k).sum())} of {name}" for k, name in enumerate(LABELS))
    card = checkpoint.Card(
        name=NAME,
        task="whether a sound is music, speech or something else",
        data=f"Recordings: {counts}. Music: GTZAN (research use only), sight-singing; speech: Asterisk's core sounds "
        "(CC BY-SA 3.0), KLettres and Tux Paint (GPL-2) in many languages; other: synthetic noise and sound effects of "
        "SuperTuxKart and HyperRogue (free licences). Features from musicnn (MSD and MTT).",
        split=f"{FOLDS} folds by group: artist, singer, voice (language) or noise; no group is on both sides.",
        recipe=f"Logistic regression (L2, C = {STRENGTH}) on the averaged penultimate layers. "
        "python -m models.training.content --data FOLDER --speech FOLDER --other FOLDER",
        figures=figures,
        licence="MIT for the weights of the probe; the music that it learnt from is for research only",
        labels=LABELS,
        limits="Rap without accompaniment, speech over music and very short shouts lie between the classes.",
    )
    print(checkpoint.save(asdict(probe.config), probe.state_dict(), card))
    print(figures)


if __name__ == "__main__":
    main()
