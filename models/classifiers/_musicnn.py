"""musicnn's view of a recording, computed once and shared by every classifier that builds on it.

A recording is cut into patches of 3 s (187 frames), the last one moved back to end with the sound; a shorter recording
is repeated to fill one. Work and memory go patch by patch, whatever the length.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.audio import Recording
from models.dsp.mel import log_compress, mel_power
from models.nets.musicnn import Activations, Musicnn, MusicnnConfig, config_from
from models.nets.musicnn_live import LiveMusicnn
from models.spec import Run

NETS = ("msd_musicnn", "mtt_musicnn")
BATCH = 10  # patches at once, 30 s of sound: bounds the memory of the front-end to some 50 MB
MIN_TAIL = 0.5  # of a patch; a shorter rest at the end gets no patch of its own
NOTE_PEAK = 0.9  # full scale, at which single notes are heard: musicnn's log-mel is not blind to level
SILENCE_DB = -60.0  # dB full scale, RMS over a patch; below it there is nothing to classify


@dataclass(frozen=True)
class Patches:
    """Log-mel patches (n, 187, 96) of a recording, with where they lie (seconds) and which hold sound."""

    log_mel: torch.Tensor
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    sounding: NDArray[np.bool_]


class Extractor:
    """Loads each net on first use. What it hears is kept with the recording, for the next classifier that asks."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.config = MusicnnConfig()
        self._nets: dict[str, LiveMusicnn] = {}
        self._lock = threading.Lock()

    def patches(self, recording: Recording) -> Patches:
        """The patches of a recording."""
        return recording.remember("musicnn patches", lambda: cut(recording, self.config))

    def activations(self, net: str, recording: Recording, run: Run | None = None) -> Activations:
        """One net's activations for all n patches of a recording, each (n, ...) on the CPU.

        Raises `models.spec.Cancelled` between batches when the run was cancelled.
        """
        patches = self.patches(recording)
        return recording.remember(net, lambda: self.forward(net, patches.log_mel, run or Run()))

    def forward(self, net: str, log_mel: torch.Tensor, run: Run) -> Activations:
        """Activations of patches (n, 187, 96), batch by batch, nothing remembered."""
        network, parts = self._net(net), []
        batches = log_mel.split(BATCH)
        for number, batch in enumerate(batches):
            run.check()
            run.progress(number / len(batches), "listening")
            with torch.inference_mode():
                parts.append(Activations(*(part.cpu() for part in network(batch.to(self.device)))))
        return Activations(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def of_notes(self, audio: NDArray[np.float32], run: Run) -> torch.Tensor:
        """(n, d) live pooled channels of both nets for the first 3 s of n notes (n, samples), each at the same peak."""
        config = self.config
        sound = torch.from_numpy(audio)
        sound = sound * (NOTE_PEAK / sound.abs().amax(dim=1, keepdim=True).clamp(min=1e-6))
        width = (config.n_frames - 1) * config.hop_length + config.n_fft
        log_mel = _log_mel(torch.nn.functional.pad(sound, (config.n_fft // 2, 0))[:, :width], config)
        columns = []
        for net in NETS:
            heard, alive = self.forward(net, log_mel, run), self.alive(net)
            columns += [heard.mean[:, alive], heard.maximum[:, alive]]
        return torch.cat(columns, dim=1)

    def alive(self, net: str) -> torch.Tensor:
        """(pooled_channels,) which of a net's mean and maximum activations can move at all."""
        live = self._net(net).live
        return torch.cat([live, live.new_ones(self.config.pooled_channels - len(live))])

    def _net(self, name: str) -> LiveMusicnn:
        with self._lock:
            if name not in self._nets:
                loaded = checkpoint.load(name)
                net = Musicnn(config_from(loaded.config))
                net.load_state_dict(loaded.state_dict, strict=True)
                self._nets[name] = LiveMusicnn(net.eval()).to(self.device)
            return self._nets[name]


@cache
def shared(device: str = "cpu") -> Extractor:
    """The process's one extractor on a device."""
    return Extractor(device)


def cut(recording: Recording, config: MusicnnConfig, hop_frames: int | None = None) -> Patches:
    """Cut a recording into log-mel patches, one each ``hop_frames`` (by default no overlap)."""
    mono = recording.mono(config.sample_rate)
    hop, width = config.hop_length, config.n_frames
    needed = (width - 1) * hop  # samples whose centred frames fill a patch
    if len(mono) < needed:
        mono = np.tile(mono, -(-needed // max(1, len(mono)))) if len(mono) else np.zeros(needed, np.float32)
        mono = mono[:needed]
    begin = _starts(1 + len(mono) // hop, width, hop_frames or width)
    log_mel, loudness = torch.empty(len(begin), width, config.n_mels), []
    for first in range(0, len(begin), BATCH):  # a few at a time: of a long recording they would fill much memory
        stretches = torch.from_numpy(np.stack([_stretch(mono, b, config) for b in begin[first : first + BATCH]]))
        log_mel[first : first + BATCH] = _log_mel(stretches, config)
        loudness.append(stretches.square().mean(dim=1))
    level = torch.cat(loudness).clamp(min=1e-20).log10() * 10
    starts = np.array(begin) * hop / config.sample_rate
    ends = np.minimum(starts + width * hop / config.sample_rate, recording.seconds)
    return Patches(log_mel, starts, ends, (level > SILENCE_DB).numpy())


def _stretch(mono: NDArray[np.float32], first_frame: int, config: MusicnnConfig) -> NDArray[np.float32]:
    """The samples under a patch whose first frame is centred on a multiple of the hop; zeros beyond the recording."""
    start = first_frame * config.hop_length - config.n_fft // 2
    end = start + (config.n_frames - 1) * config.hop_length + config.n_fft
    inside = mono[max(0, start) : end]
    return np.pad(inside, (max(0, -start), end - max(0, start) - len(inside)))


def _log_mel(stretches: torch.Tensor, config: MusicnnConfig) -> torch.Tensor:
    power = mel_power(stretches, config.sample_rate, config.n_fft, config.hop_length, config.n_mels, center=False)
    return log_compress(power)


def _starts(n_frames: int, width: int, hop: int) -> list[int]:
    """First frames of the patches; one more, moved back to end with the sound, where enough would be left over."""
    starts = list(range(0, n_frames - width + 1, hop))
    rest = n_frames - (starts[-1] + width)
    if rest >= MIN_TAIL * min(hop, width):
        starts.append(n_frames - width)
    return starts
