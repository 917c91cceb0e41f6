"""A process that must not outlive the one that started it."""

import ctypes
import platform
import signal

PR_SET_PDEATHSIG = 1  # prctl(2): signal this process when its parent dies


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends, however it ends. Only Linux knows how."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
