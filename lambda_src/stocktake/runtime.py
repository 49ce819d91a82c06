"""What a process that sweeps needs of Python and the C library: threads, and memory kept together."""

from __future__ import annotations

import ctypes
import resource
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


SPARE_DESCRIPTORS = 64
"""For what is no connection of the sweep: files, the store's connections, the loop, the name service."""


def within_descriptors(threads: int, idle: int) -> tuple[int, int]:
    """So many calls in flight and idle connections at most, each a descriptor, as this process may open: fewer of both
    where its limit (RLIMIT_NOFILE) is too low for all."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    room = max(2, most - SPARE_DESCRIPTORS)
    if most == resource.RLIM_INFINITY or threads + idle <= room:
        return threads, idle
    fewer = max(1, room * threads // (threads + idle))
    return fewer, room - fewer


class Threads(ThreadPoolExecutor):
    """A pool that makes do with the threads that it gets. The standard one queues the work and then raises where the
    system gives no more threads, whether or not others are there to do it."""

    def _adjust_thread_count(self) -> None:
        try:
            super()._adjust_thread_count()
        except RuntimeError:
            if not self._threads:
                raise
