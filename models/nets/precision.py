"""bfloat16 where a device multiplies it in hardware: twice as fast there, slower than single precision elsewhere."""

from __future__ import annotations

import torch


def has_bf16(device: str) -> bool:
    """Whether a device multiplies bfloat16 in hardware."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast(device: str, wanted: bool = True) -> torch.autocast:
    """A context in which networks multiply in bfloat16 where it is wanted and the device has it."""
    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=wanted and has_bf16(device))
