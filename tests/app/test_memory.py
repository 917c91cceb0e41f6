"""Freed memory goes back to the system."""

import platform

import numpy as np
import psutil
import pytest

from app.memory import give_back


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to")
def test_what_was_freed_between_living_blocks_is_given_back():
    process = psutil.Process()
    blocks = [np.ones(10_000) for _ in range(2_000)]  # 160 MB in blocks too small for pages of their own
    living = blocks[::50]
    full = process.memory_info().rss
    del blocks
    give_back()
    assert process.memory_info().rss < full - 100e6
    assert all(block.sum() == 10_000 for block in living)
