"""Tempo and beats as the networks hear them: periodicities in blocks, a tempo for each, the likeliest beats.

One network hears beats in the spectrogram, another reads the tempo off their periodicity and that of plain onsets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.dsp.bands import FRAME_RATE, HOP_LENGTH, SAMPLE_RATE, log_bands
from models.dsp.periodicities import (
    CURVES,
    PER_OCTAVE,
    REACH,
    TEMPI,
    local_spectra,
    onset_curves,
    periodicities,
    standard,
)  # fmt: skip
from models.dsp.pulse import beat_times

if TYPE_CHECKING:
    from torch import Tensor

    from models.nets.beats import BeatNet
    from models.nets.tempo import TempoNet

NAME = "tempo"  # of the checkpoint
BLOCK_SECONDS = 30.0  # heard at once
CLEAR_SECONDS = 15.0  # of the sounds without a pulse by which the least clarity was set
NEAR = 0.04  # share by which two tempi may differ and still be the same

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """A recording as the network hears it."""

    onsets: Array
    """(frames,): onset strength of each frame of 20 ms, standard deviations above its local mean."""
    blocks: tuple[tuple[float, float], ...]
    """Start and end of each block in seconds."""
    probability: Array
    """(blocks, tempi): of each tempo of `models.dsp.periodicities.TEMPI`, each block for itself."""
    clarity: Array
    """(blocks,): how strongly each block repeats, see `clarity`."""


class Listener:
    """Both networks, loaded once a process."""

    def __init__(self, net: TempoNet, beat_net: BeatNet, settings: dict[str, float], checkpoint_hash: str) -> None:
        """``settings``: slope and offset of the confidence, and the clarity that sound without a pulse stays below."""
        self.net, self.beat_net, self.settings, self.hash = net, beat_net, settings, checkpoint_hash

    def listen(self, mono: NDArray[np.float32], check: Callable[[], object] = lambda: None) -> Heard:
        """Hear (samples,) at 22,050 Hz in blocks; ``check`` is called before each and may raise."""
        import torch

        size = round(BLOCK_SECONDS * FRAME_RATE)
        count = len(mono) // HOP_LENGTH
        bounds = list(range(0, count, size)) or [0]
        if len(bounds) > 1 and count - bounds[-1] < size // 3:
            bounds.pop()  # a short rest belongs to the block before it
        onsets, found, blocks, clear = [], [], [], []
        for start, stop in zip(bounds, [*bounds[1:], count], strict=True):
            check()
            part = np.ascontiguousarray(mono[start * HOP_LENGTH : stop * HOP_LENGTH], dtype=np.float32)
            with torch.inference_mode():
                curves = all_curves(log_bands(torch.from_numpy(part)), self.beat_net)
                measured = measure(curves)
                logits = self.net(torch.from_numpy(measured)[None])[0].double()
            onsets.append(curves[CURVES - 2, : stop - start])
            found.append(torch.softmax(logits, dim=0).numpy())
            blocks.append((start / FRAME_RATE, stop / FRAME_RATE))
            plain = [*range(CURVES), *range(len(curves), len(curves) + CURVES)]
            clear.append(clarity(measured[plain]))
        blocks[-1] = (blocks[-1][0], len(mono) / SAMPLE_RATE)
        return Heard(np.concatenate(onsets), tuple(blocks), np.array(found), np.array(clear))

    def tempo(self, heard: Heard) -> tuple[float, Array]:
        """The likeliest tempo of the whole recording in BPM, and (tempi,) probabilities.

        Blocks count by how strongly they repeat.
        """
        weight = heard.clarity + 1e-6
        probability = (heard.probability * weight[:, None]).sum(axis=0) / weight.sum()
        return peak(probability), probability

    def confidence(self, probability: Array, bpm: float) -> float:
        """How often an answer with so much of the (tempi,) probability near it is right, 0-1."""
        odds = self.settings["slope"] * log_odds(probability, bpm) + self.settings["offset"]
        return float(1 / (1 + np.exp(-odds)))

    def beats(self, heard: Heard, bpm: float) -> Array:
        """Beat times in seconds near a tempo."""
        # Half the frames lie below their local mean: those are no onsets at all.
        strong = np.maximum(heard.onsets, 0)
        strong = np.convolve(strong, [0.25, 0.5, 0.25], "same")
        return beat_times(np.clip(strong / max(float(np.quantile(strong, 0.98)), 1e-6), 0, 0.98), FRAME_RATE, bpm)

    def clear(self, heard: Heard) -> NDArray[np.bool_]:
        """(blocks,): whether anything repeats clearly enough to be called a beat.

        The shorter a noise, the more it repeats by chance: both measures fall with the root of its length.
        """
        seconds = np.array([end - start for start, end in heard.blocks])
        return np.asarray(heard.clarity > self.settings["clarity"] * CLEAR_SECONDS / seconds)


def all_curves(bands: Tensor, beat_net: BeatNet) -> Array:
    """(curves, frames) of log-bands (frames, 84): the onset curves, then what the beat network hears, standardized."""
    from models.nets.beats import activations

    heard = [standard(row) for row in activations(beat_net, bands)]
    return np.concatenate([onset_curves(bands.double().numpy()), heard])


def measure(curves: Array) -> NDArray[np.float32]:
    """(3 * curves, 440) of (curves, frames): autocorrelations, spectra of the whole, mean spectra of 8 s."""
    return np.concatenate([periodicities(curves), local_spectra(curves)])


def clarity(measured: NDArray[np.float32]) -> float:
    """How strongly sound repeats: mean autocorrelation times mean spectrum of the onset curves, at their best, 0-1.

    Noise and drones stay below 0.005, as they are periodic by one measure at most; music lies near 0.04.
    ``measured`` (`CHANNELS`, 440) is what `periodicities` gives of the onset curves alone.
    """
    answers = measured[:, REACH : REACH + len(TEMPI)]
    both = np.maximum(answers[:CURVES].mean(axis=0), 0) * answers[CURVES:].mean(axis=0)
    return float(both.max())


def peak(probability: Array) -> float:
    """The tempo in BPM of the highest hill of (tempi,): the mean over the tempi within 4 % of the most likely one."""
    best = int(np.argmax(np.convolve(probability, [0.5, 1, 1, 1, 0.5], "same")))
    near = slice(max(0, best - 3), best + 4)
    mass = probability[near]
    return float(2 ** ((np.log2(TEMPI[near]) * mass).sum() / mass.sum()))


def mass(probability: Array, bpm: float) -> float:
    """Probability of the tempi within 4 % of one; 0 for a tempo that cannot be answered."""
    return float(probability[np.abs(TEMPI / bpm - 1) <= NEAR].sum())


def log_odds(probability: Array, bpm: float) -> float:
    """Of the mass within 4 % of a tempo."""
    share = float(np.clip(mass(probability, bpm), 1e-4, 1 - 1e-4))
    return float(np.log(share / (1 - share)))


@cache
def listener() -> Listener:
    """The shipped networks. Raises `models.checkpoint.CheckpointError` when its file is missing or damaged."""
    from models import checkpoint
    from models.nets.beats import BeatConfig, BeatNet
    from models.nets.tempo import TempoConfig, TempoNet

    found = checkpoint.load(NAME)
    config = dict(found.config)
    settings, beat_config = config.pop("settings"), config.pop("beats")
    if config["reach"] != REACH or config["per_octave"] != PER_OCTAVE:
        raise checkpoint.CheckpointError(f"{NAME} was trained on another grid of tempi")
    net, beat_net = TempoNet(TempoConfig(**config)), BeatNet(BeatConfig(**beat_config))
    net.load_state_dict(_part(found.state_dict, "tempo."))
    beat_net.load_state_dict(_part(found.state_dict, "beats."))
    return Listener(net.eval(), beat_net.eval(), settings, found.hash)


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights of one of the networks."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
