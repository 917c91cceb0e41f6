"""A note's attributes as a place: source, family, qualities and velocity, as SoundFlow asked for sounds by them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.spec import Embedding, Prediction, Run, Spec

if TYPE_CHECKING:
    from models.audio import Recording
    from models.classifiers._notes import NoteClassifier

NAME = "attributes"
FULL_DB = -9.0
"""dB full scale, RMS over 50 ms, at which a note counts as played with velocity 127."""
LEVEL_FRAME = 0.05  # seconds
SILENCE_DB = -80.0
VELOCITIES = {"low": 30, "medium": 75, "high": 120}
WIDTHS = {"source": len(SOURCES), "family": len(FAMILIES), "qualities": len(QUALITIES), "velocity": 2}

SPEC = Spec(
    kind="embedders",
    name=NAME,
    label="Attributes",
    summary="Source, family, qualities and loudness of a note: finds sounds by what they shall be like.",
    queue="fast",
    licence="MIT (network; some of its training recordings are for research only)",
    packages=("torch",),
    files=tuple(f"checkpoints/{name}-*.pt" for name in ("notes", "msd_musicnn", "mtt_musicnn")),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def velocity_of(sound: NDArray[np.float32], rate: int) -> float | None:
    """(samples,) -> MIDI velocity by the loudest 50 ms, or None for silence.

    Level grows by 40 dB for a tenfold velocity, as General MIDI 2 recommends.
    """
    size = max(1, round(LEVEL_FRAME * rate))
    frames = np.resize(sound, -(-max(1, len(sound)) // size) * size) if len(sound) < size else sound
    power = np.square(frames[: len(frames) // size * size].reshape(-1, size), dtype=np.float64).mean(axis=1)
    level = 10 * np.log10(max(1e-12, float(power.max())))
    return None if level < SILENCE_DB else float(np.clip(127 * 10 ** ((level - FULL_DB) / 40), 1, 127))


def place(
    source: NDArray[np.floating] | None = None,
    family: NDArray[np.floating] | None = None,
    qualities: NDArray[np.floating] | None = None,
    velocity: float | None = None,
) -> NDArray[np.float32]:
    """Probabilities (3,), (11,), (9,) and a velocity -> (25,) at length one; what is None says nothing.

    Each of the four counts alike. Roots of probabilities make the inner product of two of them their Bhattacharyya
    coefficient: 1 for the same distribution.
    """
    from models.similarity.vectors import unit

    angle = np.pi / 2 * (velocity or 0) / 127
    blocks = (
        np.zeros(len(SOURCES)) if source is None else np.sqrt(source),
        np.zeros(len(FAMILIES)) if family is None else np.sqrt(family),
        np.zeros(len(QUALITIES)) if qualities is None else 2 * qualities - 1,
        np.zeros(2) if velocity is None else np.array([np.cos(angle), np.sin(angle)]),
    )
    return unit(np.concatenate([unit(block) for block in blocks]))


def of_words(
    qualities: Collection[str] = (), source: str | None = None, family: str | None = None, velocity: float | None = None
) -> NDArray[np.float32]:
    """The place of a sound that is just so. Raises ValueError for a word that is none of ours."""
    wanted = None
    if qualities:
        wanted = np.full(len(QUALITIES), 0.5)
        wanted[[QUALITIES.index(name) for name in qualities]] = 1
    return place(
        source=None if source is None else np.eye(len(SOURCES))[SOURCES.index(source)],
        family=None if family is None else np.eye(len(FAMILIES))[FAMILIES.index(family)],
        qualities=wanted,
        velocity=velocity,
    )


class Attributes:
    """Implements `models.spec.Embedder`."""

    def __init__(self, parts: dict[str, NoteClassifier]) -> None:
        self.parts = parts

    def embed(self, recording: Recording, run: Run) -> Embedding:
        """(25,) of a note; of longer sounds the general impression."""
        velocity = velocity_of(recording.mono(recording.sample_rate), recording.sample_rate)
        found: dict[str, NDArray[np.float64]] = {}
        checkpoint = None
        for name, words in (("source", SOURCES), ("family", FAMILIES), ("qualities", QUALITIES)):
            answer: Prediction = self.parts[name].classify(recording, run)
            by_label = {label.label: label.probability for label in answer.labels}
            found[name], checkpoint = np.array([by_label[word] for word in words]), answer.checkpoint
        if velocity is None:
            return Embedding(np.zeros(sum(WIDTHS.values()), np.float32), checkpoint)
        return Embedding(place(**found, velocity=velocity), checkpoint)


def load(device: str) -> Attributes:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import registry

    return Attributes({name: registry.load("classifiers", name, device) for name in ("source", "family", "qualities")})
