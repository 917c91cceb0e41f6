"""The maker of notes, loaded once a process: what a note is to be -> its wave at 16 kHz."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import checkpoint
from models.dsp.excitation import SAMPLE_RATE, frames_of, mel_centres, note_wave
from models.generators._note_effects import in_a_room, overdriven
from models.nets.note_frames import FRAMES, INTERVALS
from models.nets.note_maker import NoteMaker, NoteMakerConfig
from models.note_words import BY_DEVICE, FAMILIES, QUALITIES, SOURCES

CHECKPOINT = "note_maker"
HELD, SECONDS = 3.0, 4.0
"""Seconds until note-off and of a whole single note."""
PEAK = 0.9
LONGEST = 30.0
"""Seconds; a note of a score that is held longer ends there."""
SINGLE_WILDNESS = 0.8
"""Of a single note's latent: standard deviations of the prior's noise, 1 being as wild as what was heard."""
_STEADY, _UNTIL = 1.4, 2.8
"""Seconds of the note that are stretched where it is held longer."""
_TILT_FROM, _TILT = 500.0, 3.5
"""Hz above which the brightness tilts a note, and decibels an octave at most."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """What a note is besides its pitch and its stroke."""

    family: str
    source: str
    qualities: tuple[str, ...] = ()
    brightness: float = 0.0
    """-1 dull to 1 bright: tilts the spectrum that the net made."""


@dataclass(frozen=True)
class Stroke:
    """One note: MIDI pitch, velocity 1-127, seconds for which it is held, and how the pitch wavers."""

    pitch: int
    velocity: int
    held: float
    vibrato: float = 0.0
    """Hz."""
    depth: float = 0.0
    """Cents."""


@dataclass(frozen=True)
class Timbre:
    """What chance decides of a player's sound, once, so that all its notes belong together."""

    noise: Tensor
    """(timbre + detail,) from which the latent is drawn."""
    draw: float
    """In [0, 1): which swing of its family it has, which second pitch, and which room."""
    phase: float
    """Of the swing, in radians."""
    grain: Tensor
    """(mels, 251) from which the roughness is made."""


class Workshop:
    """The network and what turns its answers into waves."""

    def __init__(self, net: NoteMaker, checkpoint_hash: str) -> None:
        self.net, self.hash = net.eval(), checkpoint_hash

    def timbre(self, seed: int, wildness: float) -> Timbre:
        """A timbre by seed; ``wildness`` 0 is the most usual one."""
        config = self.net.config
        random = torch.Generator().manual_seed(seed)
        noise = wildness * torch.randn(config.timbre + config.detail, generator=random)
        draw, turn = torch.rand(2, generator=random).tolist()
        grain = torch.randn(config.n_mels, FRAMES, generator=random)
        return Timbre(noise, draw, 2 * torch.pi * turn, grain)

    def levels(self, kind: Kind, strokes: Sequence[Stroke], timbre: Timbre) -> tuple[Tensor, Tensor]:
        """Of n notes of a player, before any device: mel levels (n, mels, 251) in dB and noisiness (n, bands, 63)."""
        count, net = len(strokes), self.net
        family = torch.full((count,), FAMILIES.index(kind.family))
        source = torch.full((count,), SOURCES.index(kind.source))
        words = set(kind.qualities) - set(BY_DEVICE)
        qualities = torch.tensor([[int(word in words) for word in QUALITIES]] * count)
        pitch, velocity = (torch.tensor([getattr(one, name) for one in strokes]) for name in ("pitch", "velocity"))
        uneven = qualities[:, QUALITIES.index("nonlinear_env")]
        with torch.inference_mode():
            swing = net.swing(family, uneven, torch.full((count,), timbre.draw), torch.full((count,), timbre.phase))
            condition = net.asked(family, source, qualities, pitch, velocity)
            second = torch.zeros_like(pitch)
            if "multiphonic" in kind.qualities:
                second = pitch + INTERVALS[int(timbre.draw * 997) % len(INTERVALS)]
            noise = timbre.noise.expand(count, -1)
            level, noisiness = net(condition, pitch, noise, swing, second, timbre.grain[None])
        octaves = (mel_centres(level.shape[1]) / _TILT_FROM).clamp(min=1.0).log2()[:, None]
        return level + _TILT * kind.brightness * (octaves - octaves.mean()), noisiness

    def single(self, kind: Kind, stroke: Stroke, timbre: Timbre) -> Samples:
        """(1, 64000): held for three seconds and released, its peak at `PEAK`."""
        level, noisiness = self.levels(kind, [stroke], timbre)
        with torch.inference_mode():
            wave = note_wave(level, noisiness, hertz([stroke]), round(SECONDS * SAMPLE_RATE))[0].numpy()
        if "distortion" in kind.qualities:
            wave = overdriven(wave, SAMPLE_RATE)
        return _at_peak(in_room(kind, wave, timbre))

    def held(
        self, kind: Kind, strokes: Sequence[Stroke], timbre: Timbre, iterations: int, tail: float
    ) -> list[Samples]:
        """Notes (samples,) of one player, each as long as it is held and ``tail`` seconds more, not released yet, and
        not in a room yet, which is one for all of them (`in_room`).

        They are made together: those of like length cost least.
        """
        level, noisiness = self.levels(kind, strokes, timbre)
        lengths = [round((min(stroke.held, LONGEST) + tail) * SAMPLE_RATE) for stroke in strokes]
        longest = max(lengths)
        frames = frames_of(longest)
        with torch.inference_mode():
            waves = note_wave(
                held_on(level, frames),
                held_on(noisiness, -(-frames // 4)),
                hertz(strokes),
                longest,
                wavering(strokes, longest),
                iterations=iterations,
            ).numpy()
        notes = [wave[:length] for wave, length in zip(waves, lengths, strict=True)]
        return [overdriven(note, SAMPLE_RATE) for note in notes] if "distortion" in kind.qualities else notes


def in_room(kind: Kind, played: Samples, timbre: Timbre) -> Samples:
    """(samples,) that one player played, in the room where the kind has one."""
    return in_a_room(played, SAMPLE_RATE, timbre.draw) if "reverb" in kind.qualities else played


def hertz(strokes: Sequence[Stroke]) -> Tensor:
    """(n,) fundamentals in equal temperament."""
    return torch.tensor([440 * 2 ** ((stroke.pitch - 69) / 12) for stroke in strokes])


def wavering(strokes: Sequence[Stroke], length: int) -> Tensor | None:
    """Cents of vibrato (n, length), setting in after the attack; None where nobody has any."""
    if not any(stroke.depth for stroke in strokes):
        return None
    time = torch.arange(length) / SAMPLE_RATE
    sets_in = ((time - 0.2) / 0.35).clamp(0, 1)
    rate, depth = (
        torch.tensor([getattr(stroke, name) for stroke in strokes])[:, None] for name in ("vibrato", "depth")
    )
    return depth * sets_in * torch.sin(2 * torch.pi * rate * time)


def held_on(values: Tensor, frames: int) -> Tensor:
    """(n, rows, 4 s of frames) -> (n, rows, frames): the note never let go, its steady part stretched if need be."""
    count = values.shape[2]
    per_second = (count - 1) / SECONDS
    off = int(_UNTIL * per_second)
    if frames <= off:
        return values[:, :, :frames]
    start = int(_STEADY * per_second)
    place = torch.linspace(start, off, frames - start)
    low = place.long().clamp(max=count - 2)
    part = place - low
    return torch.cat([values[:, :, :start], (1 - part) * values[:, :, low] + part * values[:, :, low + 1]], dim=2)


def _at_peak(wave: Samples) -> Samples:
    return np.asarray(wave * (PEAK / max(float(np.abs(wave).max()), 1e-6)), dtype=np.float32)


@cache
def workshop() -> Workshop:
    """The process's one workshop. Raises `models.checkpoint.CheckpointError`."""
    return from_checkpoint(checkpoint.load(CHECKPOINT))


def from_checkpoint(loaded: checkpoint.Checkpoint) -> Workshop:
    """The workshop of a checkpoint, whose weights are stored in half precision."""
    words = {key: tuple(v) if isinstance(v, list) else v for key, v in loaded.config["net"].items()}
    net = NoteMaker(NoteMakerConfig(**words))
    net.load_state_dict(loaded.state_dict, strict=True)
    return Workshop(net, loaded.hash)
