"""When to stop asking a host that does not answer. Knows no clock: the time, in seconds, is passed in.

A host that fails one call after the other, each as often as a call is tried, is left alone for a while; then one call
goes to see, once. If it fails too, the next pause is longer; after the last, the host is given up, and what is still to
be asked of it is answered with what it failed with. Any answer at all ends this: a refusal too is a sign of life.
"""

from __future__ import annotations

from dataclasses import replace

from stocktake.model import Problem, Reason, ReasonCode

IN_A_ROW = 5
PAUSES = (5.0, 10.0, 20.0)

SIGNS_OF_LIFE = (ReasonCode.MALFORMED,)
"""Failures that may be tried again, but are one answer's and not the host's."""


class Circuit:
    """What is known of one host, for one account."""

    def __init__(self) -> None:
        self._failures = 0
        self._openings = 0
        self._opened = float("-inf")
        self._until = float("-inf")
        self._last: Problem | None = None

    def wait(self, now: float, patience: float) -> float:
        """Seconds until a call may be sent; 0: now. The first that may be sent after a pause is to see whether the host
        is back: the others wait for what becomes of it, at most `patience`."""
        if not self._openings:
            return 0.0
        if now < self._until:
            return self._until - now
        self._until = now + patience
        return 0.0

    def verdict(self, operation: str) -> Problem | None:
        """Why there is no use in asking, if there is none."""
        if self._openings <= len(PAUSES) or self._last is None:
            return None
        message = f"{operation}: not asked, as its host did not answer others: {self._last.reason.message}"
        return replace(self._last, reason=Reason(self._last.reason.code, message), retry=False, throttled=False)

    def heard(self, answer: object, now: float, sent: float, *, last: bool = True) -> None:
        """Takes a call's answer, a page or a problem, into account; `last`: it is not sent again. One that is counts
        where the host is left alone already."""
        if not last and not self._openings:
            return
        if not isinstance(answer, Problem) or not answer.retry or answer.reason.code in SIGNS_OF_LIFE:
            self._failures = self._openings = 0
            return
        self._last = answer
        if self._openings:
            if sent >= self._opened:  # not one that was on its way when the others failed
                self._open(now)
            return
        self._failures += 1
        if self._failures >= IN_A_ROW:
            self._open(now)

    def _open(self, now: float) -> None:
        self._openings += 1
        self._opened = now
        self._until = now + PAUSES[min(self._openings, len(PAUSES)) - 1]
