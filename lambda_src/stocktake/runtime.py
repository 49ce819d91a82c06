"""What a process that sweeps needs of Python and the C library: threads, and memory kept together."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

M_ARENA_MAX = -8
"""glibc, malloc.h."""


def keep_memory_together() -> None:
    """One heap for all threads. By default glibc gives threads heaps of their own, up to eight a processor, and what a
    thread has freed others cannot use: a sweep of 300,000 resources took twice the memory. Other C libraries have no
    such setting, and no such habit."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


class Threads(ThreadPoolExecutor):
    """A pool that makes do with the threads that it gets. The standard one queues the work and then raises where the
    system gives no more threads, whether or not others are there to do it."""

    def _adjust_thread_count(self) -> None:
        try:
            super()._adjust_thread_count()
        except RuntimeError:
            if not self._threads:
                raise
