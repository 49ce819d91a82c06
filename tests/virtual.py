"""A loop without a clock and threads without a system: what takes hours takes no time, and the same time every time."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from math import inf
from typing import Any

FOREVER = inf


class Jump(selectors.SelectSelector):
    """Waits for nothing: time jumps to the next timer instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("the loop waits for something that will never come")
        self.now += timeout
        return super().select(0)


def virtual_loop() -> tuple[asyncio.AbstractEventLoop, Jump]:
    """A loop, and the selector that knows its time."""
    jump = Jump()
    loop = asyncio.SelectorEventLoop(jump)
    loop.time = lambda: jump.now  # type: ignore[method-assign]
    return loop, jump


@dataclass(eq=False, slots=True)
class Work:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any]
    timer: asyncio.Handle | None = None


class VirtualThreads(Executor):
    """So many threads, each of which does one thing at a time. `takes` says how many virtual seconds a work takes, as
    soon as a thread begins it (FOREVER: the thread is lost); it is done at the end of them."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, threads: int, takes: Callable[[VirtualThreads, Work], float]
    ) -> None:
        self._loop = loop
        self._free = threads
        self._takes = takes
        self._queue: deque[Work] = deque()
        self._is_shut = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        work = Work(function, arguments, Future())
        self._queue.append(work)
        self._begin()
        return work.future

    def end_now(self, work: Work) -> None:
        """Ends a work that is under way before its time."""
        assert work.timer is not None
        work.timer.cancel()
        work.timer = self._loop.call_soon(self._end, work)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._is_shut = True
        if cancel_futures:
            for work in self._queue:
                work.future.cancel()
            self._queue.clear()

    def _begin(self) -> None:
        while self._free and self._queue:
            work = self._queue.popleft()
            if not work.future.set_running_or_notify_cancel():
                continue
            self._free -= 1
            seconds = self._takes(self, work)
            if seconds != FOREVER:
                work.timer = self._loop.call_later(seconds, self._end, work)

    def _end(self, work: Work) -> None:
        try:
            work.future.set_result(work.function(*work.arguments))
        except Exception as error:
            work.future.set_exception(error)
        self._free += 1
        self._begin()
