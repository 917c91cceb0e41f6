"""TorchScript, in which RAVE models are passed around. PyTorch calls it deprecated; the tools that open them do not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torchscript() -> Iterator[None]:
    """Compile, save or load TorchScript without the warning that it is deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.\w+` is", category=DeprecationWarning)
        yield
