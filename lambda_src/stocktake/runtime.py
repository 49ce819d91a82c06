"""How Python and the C library keep memory, for a process that sweeps."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
"""glibc, malloc.h."""


def keep_memory_together() -> None:
    """One heap for all threads. By default glibc gives threads heaps of their own, up to eight a processor, and what a
    thread has freed others cannot use: a sweep of 300,000 resources took twice the memory. Other C libraries have no
    such setting, and no such habit."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
