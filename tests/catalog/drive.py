"""Runs a collector as the fan-out does, one answer after another: no threads, no clock, no network."""

from __future__ import annotations

from collections.abc import Callable

from stocktake.model import Answer, Collection, Request, Steps


def drive(steps: Steps, answer: Callable[[Request], Answer]) -> Collection:
    """Answers every request until the collector is done, and gives back what it says at its end."""
    try:
        requests = next(steps)
        while True:
            requests = steps.send([answer(request) for request in requests])
    except StopIteration as end:
        collection: Collection = end.value
        return collection
