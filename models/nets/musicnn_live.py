"""musicnn for listening: the same answers as `models.nets.musicnn` from a fraction of the arithmetic.

Training drove most front-end filters of the published weights to silence: their ReLU cannot open for any input, or
their batch norm multiplies it by nothing. Interval arithmetic over the range of the log-mel proves it filter by filter
(54 to 190 of 204, and up to 48 of 51, never move), so those become constants and only the live ones are computed:

- a timbral filter of h bands at neighbouring places becomes one convolution over time, whose input channels are the
  bands that these places cover and whose output channels are (place, filter) pairs: a banded (Toeplitz) kernel;
- a temporal filter becomes a convolution over blocks of frames, whose channels are the frames of a block (polyphase);
- ReLU and batch norm are monotonic in each channel, so they wait until the maximum over frequency is known.

All convolutions are channels-last, the layout that the CPU's kernels are fast in.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.musicnn import Activations, Musicnn, Temporal, Timbral

LOG_MEL_RANGE = (0.0, 7.5)  # of log10(10000 x + 1); full-scale sound reaches 6.6
STILL = 1e-3  # a filter whose output moves less than this over all inputs counts as constant
CHANNELS = 256  # output channels aimed at in one convolution: enough to keep the vector units busy
BLOCK = 16  # frames of a polyphase block


class _Filters(nn.Module):
    """What both kinds of front-end filters share: which of them live, and the way from a maximum to the output."""

    kernel: Tensor
    sign: Tensor
    bias: Tensor
    gain: Tensor
    shift: Tensor
    live: Tensor
    still: Tensor

    def __init__(self, block: Timbral | Temporal, low: float, high: float) -> None:
        super().__init__()
        weight = block.conv.weight.flatten(1)
        gain = block.norm.weight * torch.rsqrt(block.norm.running_var + block.norm.eps)
        shift = block.norm.bias - block.norm.running_mean * gain
        bounds = torch.stack([weight * low, weight * high])
        top = F.relu(block.conv.bias + bounds.amax(dim=0).sum(dim=1))
        bottom = F.relu(block.conv.bias + bounds.amin(dim=0).sum(dim=1))
        live = gain.abs() * (top - bottom) >= STILL
        self.register_buffer("live", live)
        self.register_buffer("still", gain * (top + bottom) / 2 + shift)
        self.register_buffer("sign", torch.where(gain < 0, -1.0, 1.0)[live])
        self.register_buffer("bias", block.conv.bias[live])
        self.register_buffer("gain", gain[live])
        self.register_buffer("shift", shift[live])

    def finish(self, highest: Tensor) -> Tensor:
        """The maximum of sign * convolution, (B, T, live) -> the block's output, (B, T, live)."""
        return F.relu(highest * self.sign + self.bias) * self.gain + self.shift


class LiveTimbral(_Filters):
    """`Timbral` by bands of places."""

    def __init__(self, block: Timbral, low: float, high: float, n_mels: int) -> None:
        super().__init__(block, low, high)
        weight = block.conv.weight[self.live] * self.sign[:, None, None]  # (live, height, width)
        filters, height, width = weight.shape
        n_places = n_mels - height + 1
        places = max(1, min(n_places, CHANNELS // max(1, filters)))
        kernel = weight.new_zeros(places, filters, height + places - 1, width)
        for place in range(places):
            kernel[place, :, place : place + height] = weight
        self.register_buffer("kernel", kernel.flatten(0, 1)[..., None].contiguous(memory_format=torch.channels_last))
        # The last band is moved back to end with the places; a place that is seen twice does not change a maximum.
        self.begins = sorted({min(begin, n_places - places) for begin in range(0, n_places, places)})
        self.places, self.pad = places, (width // 2, 0)

    def forward(self, x: Tensor) -> Tensor:
        """(T, B, n_mels) -> (T, B, live)"""
        frames, batch, _ = x.shape
        bands, best = self.kernel.shape[1], None
        for begin in self.begins:
            seen = x[..., begin : begin + bands].contiguous()[None].permute(0, 3, 1, 2)  # (1, bands, T, B)
            heard = F.conv2d(seen, self.kernel, padding=self.pad)  # (1, places * live, T, B)
            highest = heard.permute(2, 3, 1, 0).view(frames, batch, self.places, -1).amax(dim=2)
            best = highest if best is None else torch.maximum(best, highest)
        return self.finish(best)


class LiveTemporal(_Filters):
    """`Temporal` by blocks of frames."""

    def __init__(self, block: Temporal, low: float, high: float) -> None:
        super().__init__(block, low, high)
        weight = block.conv.weight[self.live, 0] * self.sign[:, None]  # (live, width)
        filters, width = weight.shape
        taps = -(-(width + BLOCK - 1) // BLOCK)
        kernel = weight.new_zeros(BLOCK, filters, taps * BLOCK)
        for phase in range(BLOCK):
            kernel[phase, :, phase : phase + width] = weight
        kernel = kernel.flatten(0, 1).view(-1, 1, taps, BLOCK).permute(0, 3, 1, 2)  # (BLOCK * live, BLOCK, 1, taps)
        self.register_buffer("kernel", kernel.contiguous(memory_format=torch.channels_last))
        self.before, self.taps = block.pad[0], taps

    def forward(self, x: Tensor) -> Tensor:
        """(T, B, n_mels) -> (T, B, live)"""
        frames, batch, bands = x.shape
        blocks = -(-frames // BLOCK)
        after = (blocks + self.taps - 1) * BLOCK - frames - self.before
        rows = F.pad(x.permute(1, 2, 0), (self.before, after)).view(batch, bands, -1, BLOCK)
        heard = F.conv2d(rows.permute(0, 3, 1, 2), self.kernel)  # (B, BLOCK * live, bands, blocks)
        highest = heard.permute(0, 2, 3, 1).amax(dim=1).view(batch, blocks * BLOCK, -1)[:, :frames]
        return self.finish(highest).transpose(0, 1)


class LiveMusicnn(nn.Module):
    """A trained `Musicnn`, made quick to run and impossible to train; its activations have the same shapes."""

    live: Tensor
    still: Tensor
    first: Tensor

    def __init__(self, net: Musicnn) -> None:
        super().__init__()
        self.config = net.config
        self.norm_in = net.norm_in
        ends = net.norm_in.eval()(torch.tensor(LOG_MEL_RANGE).view(1, 1, 2)).flatten()
        low, high = min(0.0, ends.min().item()), max(0.0, ends.max().item())  # padding puts zeros among them
        self.front = nn.ModuleList(
            [LiveTimbral(block, low, high, net.config.n_mels) for block in net.timbral]
            + [LiveTemporal(block, low, high) for block in net.temporal]
        )
        self.register_buffer("live", torch.cat([block.live for block in self.front]))
        self.register_buffer("still", torch.cat([block.still for block in self.front]))
        self.mid, self.norm_pool, self.dense = net.mid, net.norm_pool, net.dense
        self.norm_dense, self.out = net.norm_dense, net.out
        self.register_buffer("first", net.mid[0].conv.weight[:, self.live].contiguous())
        self._still_part: dict[int, Tensor] = {}
        self.requires_grad_(False).eval()

    def forward(self, patches: Tensor) -> Activations:
        """(B, T, n_mels) log-mel patches within `LOG_MEL_RANGE` -> Activations."""
        batch, frames, _ = patches.shape
        x = self.norm_in(patches.reshape(batch, 1, -1)).view_as(patches).transpose(0, 1).contiguous()
        front = torch.cat([block(x) for block in self.front], dim=2).permute(1, 2, 0)  # (B, live, T)
        begin = self.mid[0]
        width = begin.conv.padding[0]
        y = F.conv1d(front, self.first, padding=width) + self._from_still(frames)
        y = begin.norm(F.relu(y))
        layers = [y]
        for block in self.mid[1:]:
            y = y + block(y)
            layers.append(y)
        features = torch.cat([front, *layers], dim=1)
        maximum, mean = self._filled(features.amax(dim=2)), self._filled(features.mean(dim=2))
        pooled = torch.stack([maximum, mean], dim=2).flatten(1)
        penultimate = self.norm_dense(F.relu(self.dense(self.norm_pool(pooled))))
        return Activations(self.out(penultimate), penultimate, maximum, mean)

    def _from_still(self, frames: int) -> Tensor:
        """What the constant channels give to the first convolution of the mid-end, (1, mid_filters, T)."""
        if frames not in self._still_part:
            begin = self.mid[0].conv
            constant = torch.where(self.live, 0.0, self.still).view(1, -1, 1).expand(1, -1, frames)
            part = F.conv1d(constant, begin.weight, begin.bias, padding=begin.padding)
            self._still_part[frames] = part
        return self._still_part[frames]

    def _filled(self, pooled: Tensor) -> Tensor:
        """(B, live + mid channels) -> (B, all channels): the constant ones back in their places."""
        count = int(self.live.sum())
        front = self.still.expand(len(pooled), -1).clone()
        front[:, self.live] = pooled[:, :count]
        return torch.cat([front, pooled[:, count:]], dim=1)
