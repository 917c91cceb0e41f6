"""RAVE models that others trained: TorchScript files (`.ts`) as RAVE's own exporter writes them.

Such a file has ``encode`` (batch, 1, samples) -> (batch, d, frames) and ``decode`` back; its buffers ``encode_params``
and ``decode_params`` hold (channels in, ratio in, channels out, ratio out), and an attribute the sample rate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from models.checkpoint import HASH_DIGITS
from models.dsp.pieces import pieces
from models.nets.torchscript import torchscript
from models.spec import BadInput

CONTEXT_SECONDS = 2.0
"""Decoded on either side of a piece and thrown away: more than the reach of any published RAVE model."""
PIECE_SECONDS = 20.0
RATE_NAMES = ("sr", "sampling_rate", "sample_rate")


class ScriptedRave:
    """One such file, read. Raises BadInput when it is not a RAVE model."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        try:
            with torchscript():
                self.model = torch.jit.load(str(path), map_location=device).eval()
        except (RuntimeError, ValueError) as error:
            raise BadInput(f"{path.name} cannot be read as a TorchScript model.") from error
        lacks = [name for name in ("encode", "decode", "encode_params") if not hasattr(self.model, name)]
        if lacks:
            raise BadInput(f"{path.name} is no RAVE export: it has no {', '.join(lacks)}.")
        self.name = path.stem
        self.hash = hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_DIGITS]
        self.device = device
        self.latent = int(self.model.encode_params[2])
        self.ratio = int(self.model.encode_params[3])
        rate = next((getattr(self.model, name) for name in RATE_NAMES if hasattr(self.model, name)), None)
        if rate is None:
            raise BadInput(f"{path.name} does not say at which sample rate it works.")
        self.sample_rate = int(rate)

    @torch.inference_mode()
    def encode(self, audio: Tensor, check: Callable[[float], None]) -> Tensor:
        """(samples,) -> (latent, frames); the sound is filled up with silence to whole frames."""
        frames = -(-audio.shape[0] // self.ratio)
        padded = torch.nn.functional.pad(audio, (0, frames * self.ratio - audio.shape[0]))
        return self._pieces(padded[None], frames, self.ratio, 1, self.model.encode, check)

    @torch.inference_mode()
    def decode(self, z: Tensor, check: Callable[[float], None]) -> Tensor:
        """(latent, frames) -> (channels, frames * ratio), piece by piece."""
        return self._pieces(z, z.shape[1], 1, self.ratio, self.model.decode, check)

    def _pieces(
        self, given: Tensor, frames: int, take: int, give: int, work: Callable[[Tensor], Tensor], check: Callable
    ) -> Tensor:
        """``work`` on pieces with context on both sides: ``take`` samples go in for a frame and ``give`` come out."""
        per_second = self.sample_rate / self.ratio
        size, context = round(PIECE_SECONDS * per_second), round(CONTEXT_SECONDS * per_second)
        parts = []
        for low, first, last, high in pieces(frames, size, context):
            check(first / frames)
            out = work(given[None, :, low * take : high * take].to(self.device))[0].cpu()
            parts.append(out[:, (first - low) * give : (last - low) * give])
        return torch.cat(parts, dim=1)
