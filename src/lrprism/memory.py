"""The C library and the memory that tensors free."""

import ctypes
import sys
from typing import Final

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h
_TRIM_THRESHOLD: Final = -1
_NEVER: Final = 2**30  # bytes


def keep_freed_memory() -> bool:
    """Have the C library keep the memory that tensors on the CPU free, for the rest of the process.

    By itself glibc gives large blocks back to the system, and the next layer pays for new ones page by page:
    up to half the time of a gradient or an explanation of large activations. What is kept is at most the peak
    of what was in use, plus some fragmentation. The command ``lrprism`` calls this; ``import lrprism`` does
    not, since it changes the process of whoever imports it.

    Returns:
        True on Linux with glibc. Elsewhere nothing is changed.

    Source: mallopt(3).
    """
    if sys.platform != "linux":
        return False
    # musl has no mallopt
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(name, _NEVER) for name in (_MMAP_THRESHOLD, _TRIM_THRESHOLD))
