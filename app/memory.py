"""Gives memory back to the system that the C library holds on to for later."""

import ctypes
import platform


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc); elsewhere it decides itself.

    glibc keeps what was freed among its heaps' pages, and after a quarter of an hour of sound that is a hundred MB.
    See malloc_trim(3).
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
