"""How often AWS may be asked. Knows no clock: the time, in seconds, is passed in.

AWS counts the calls of an account in token buckets: each holds up to `burst` tokens and is refilled at `rate` tokens a
second; a call takes one, and a call that finds none is refused (Amazon EC2 Developer Guide, "Request throttling").
Production spends from the same buckets, so a run keeps buckets of its own, at a share of AWS's: it never takes more
than that share, in a burst or steadily, and leaves the rest.

A bucket that AWS refuses from all the same (others spend from it, or nothing is published) goes at half its pace, and
comes back to its own slowly.
"""

from __future__ import annotations

from collections import deque

from stocktake.catalog.quotas import quota_of
from stocktake.model import Request
from stocktake.settings import Settings

RECOVERY_SECONDS = 120.0
"""From a standstill to the full pace, where AWS refuses nothing."""

LEAST = 1 / 32
"""Of the full pace: what remains however often AWS refuses."""

NEARLY = 1e-6
"""Timers end a little early, and sums of fractions a little short."""

UNLIMITED = 1e9


class Bucket:
    """The calls that one quota allows us: `rate` tokens a second, `burst` at once. Starts full.

    `peak` is the most calls that took their token within one second.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.pace = rate
        self.burst = burst
        self.peak = 0
        self._tokens = burst
        self._at = 0.0
        self._slowed = float("-inf")
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Takes a token, where there is one."""
        self._refill(now)
        if self._tokens < 1 - NEARLY:
            return False
        self._tokens -= 1
        self._taken.append(now)
        while self._taken[0] <= now - 1:
            self._taken.popleft()
        self.peak = max(self.peak, len(self._taken))
        return True

    def available(self, now: float) -> int:
        self._refill(now)
        return int(self._tokens + NEARLY)

    def wait(self, now: float, tokens: int = 1) -> float:
        """Seconds until there are so many tokens, at the present pace."""
        self._refill(now)
        return max(0.0, tokens - self._tokens) / self.pace

    def refused(self, now: float, sent: float) -> None:
        """AWS refused a call for its rate. Calls that were on their way when the pace was halved do not halve it again:
        one full bucket is answered with many refusals."""
        self._refill(now)
        self._tokens = min(self._tokens, 0.0)
        if sent >= self._slowed:
            self._slowed = now
            self.pace = max(self.rate * LEAST, self.pace / 2)

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self._at = max(self._at, now)
        self._tokens = min(self.burst, self._tokens + passed * self.pace)
        self.pace = min(self.rate, self.pace + passed * self.rate / RECOVERY_SECONDS)


class Rates:
    """The buckets of a run. `share` is what it may spend of each published quota, 0 to 1; `unpublished` the requests a
    second where AWS publishes none. A share of 0 switches all limits off."""

    def __init__(self, share: float, unpublished: float = 10.0) -> None:
        self._share = share
        self._unpublished = unpublished
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._of_call: dict[tuple[str, str, str, str, bool], Bucket] = {}

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        return cls(settings.quota_share, settings.unpublished_rate)

    def bucket(self, request: Request) -> Bucket:
        """The bucket that a request takes its token from."""
        call = (request.account, request.region, request.service, request.operation, bool(request.parameters))
        bucket = self._of_call.get(call)
        if bucket is None:
            bucket = self._of_call[call] = self._make(request)
        return bucket

    def _make(self, request: Request) -> Bucket:
        quota = quota_of(request.service, request.operation, paged=bool(request.parameters))
        place = request.region if quota.scope == "region" else ""
        key = (request.account, place, quota.host, quota.action)
        if key not in self._buckets:
            if not self._share:
                rate, burst = UNLIMITED, UNLIMITED
            elif quota.published:
                rate, burst = quota.rate * self._share, quota.burst * self._share
            else:
                rate, burst = self._unpublished, self._unpublished
            self._buckets[key] = Bucket(rate, max(1.0, burst))
        return self._buckets[key]
