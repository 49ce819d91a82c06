"""Threads and memory."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stocktake.runtime import SPARE_DESCRIPTORS, Threads, keep_memory_together, within_descriptors


@contextmanager
def only(threads: int) -> Iterator[None]:
    """The system gives so many threads and no more."""
    real = threading.Thread.start
    given = 0

    def start(thread: threading.Thread) -> None:
        nonlocal given
        if given == threads:
            raise RuntimeError("can't start new thread")
        given += 1
        real(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        yield


@pytest.mark.parametrize("threads", [1, 3])
def test_the_work_is_done_by_the_threads_that_there_are(threads: int) -> None:
    together = threading.Barrier(threads)
    with only(threads), Threads(64) as pool:
        workers = list(pool.map(lambda number: (together.wait(5), threading.get_ident())[1], range(threads)))
        assert len(set(workers)) == threads
        assert list(pool.map(str, range(200))) == [str(number) for number in range(200)]


def test_without_any_thread_it_says_so() -> None:
    with only(0), pytest.raises(RuntimeError, match="can't start new thread"):
        Threads(4).submit(int)


def test_it_can_be_asked_for_again() -> None:
    keep_memory_together()
    keep_memory_together()


@pytest.mark.parametrize("limit", [0, 64, 65, 66, 100, 256, 700, 770, 1024, 65536, resource.RLIM_INFINITY])
def test_calls_and_idle_connections_together_stay_within_the_descriptors(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    threads, idle = within_descriptors(256, 450)
    assert threads >= 1
    assert idle >= 1
    if limit == resource.RLIM_INFINITY or limit >= 256 + 450 + SPARE_DESCRIPTORS:
        assert (threads, idle) == (256, 450)
    else:
        assert threads + idle <= max(2, limit - SPARE_DESCRIPTORS)
