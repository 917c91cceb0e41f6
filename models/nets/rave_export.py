"""RAVE as a TorchScript module of the shape that tools for RAVE models open (nn~ for Max and Pure Data, and others).

Their contract, read from how nn~ and RAVE's exporter are documented: methods ``encode`` (batch, 1, samples) ->
(batch, latent_size, frames), ``decode`` back and ``forward``; for each a buffer ``<method>_params`` with channels and
ratio in and out, lists of labels, ``get_methods`` and ``get_attributes``; ``sr``; the latent turned onto its principal
components, those beyond ``latent_size`` filled with noise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.nets.rave import Rave


class ExportedRave(nn.Module):
    """One genre of a trained `Rave`, ready for ``torch.jit.script``. Batches of any size; lengths are cut to whole
    latent vectors."""

    def __init__(self, net: Rave, genre: int, kind: int, fidelity: float) -> None:
        super().__init__()
        config = net.config
        self.encoder, self.decoder = net.encoder, net.decoder
        self.sr = config.sample_rate
        self.ratio = config.ratio
        self.full_latent_size = config.latent
        self.latent_size = net.kept(fidelity)
        with torch.no_grad():
            condition = net.condition(torch.tensor([genre]), torch.tensor([kind]))
        self.register_buffer("condition", condition)
        for name in ("latent_pca", "latent_mean", "fidelity", "spread"):
            self.register_buffer(name, getattr(net, name).clone())
        shapes = {
            "encode": (1, 1, self.latent_size, config.ratio),
            "decode": (self.latent_size, config.ratio, 1, 1),
            "forward": (1, 1, 1, 1),
        }
        for name, shape in shapes.items():
            self.register_buffer(f"{name}_params", torch.tensor(shape))
        sound, dimensions = ["(signal) audio"], [f"(signal) latent dimension {i}" for i in range(self.latent_size)]
        self.encode_input_labels, self.encode_output_labels = sound, dimensions
        self.decode_input_labels, self.decode_output_labels = dimensions, sound
        self.forward_input_labels, self.forward_output_labels = sound, sound
        self._methods = list(shapes)
        self._attributes = torch.jit.Attribute([], list[str])

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        """(batch, 1, samples) -> (batch, latent_size, frames)."""
        whole = x[:, 0, : x.shape[2] // self.ratio * self.ratio]
        mean, _ = self.encoder(whole)
        turned = torch.einsum("kl,blt->bkt", self.latent_pca, mean - self.latent_mean[:, None])
        return turned[:, : self.latent_size]

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """(batch, latent_size, frames) -> (batch, 1, frames * ratio)."""
        rest = torch.randn(z.shape[0], self.full_latent_size - self.latent_size, z.shape[2], device=z.device)
        turned = torch.cat([z, rest * self.spread[self.latent_size :, None]], dim=1)
        latent = torch.einsum("kl,bkt->blt", self.latent_pca, turned) + self.latent_mean[:, None]
        offset = torch.randint(self.decoder.tile.shape[0], (z.shape[0],), device=z.device)
        wave, _ = self.decoder(latent, self.condition.expand(z.shape[0], -1), offset)
        return wave[:, None]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, samples) -> the same through the latent."""
        return self.decode(self.encode(x))

    @torch.jit.export
    def get_methods(self) -> list[str]:
        """Names of the methods that work on signals."""
        return self._methods

    @torch.jit.export
    def get_attributes(self) -> list[str]:
        """There are none that could be turned while it plays."""
        return self._attributes
