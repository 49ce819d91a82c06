"""Published request quotas as token buckets, and a rival that spends from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.loopback_aws.route import Asked


@dataclass(frozen=True, slots=True)
class Quota:
    """A bucket: what it holds, and what flows in a second. `name` is shared by all calls that take from it."""

    name: str
    capacity: float
    refill: float


UNFILTERED = frozenset({
    "DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
    "DescribeSnapshots", "DescribeSpotInstanceRequests", "DescribeVolumes",
})  # fmt: skip
"""EC2's operations that take from a smaller bucket where a request has neither pages nor a filter."""


def quota_of(service: str, operation: str, parameters: Mapping[str, Any]) -> Quota | None:
    """The quota that a call takes from, None where none is published. All are of an account and region.

    EC2                 developer guide, "Request throttling for the Amazon EC2 API", table of bucket sizes
    Lambda              developer guide, "Lambda quotas", API requests; all but the two named share one
    Route 53            developer guide, "Quotas", maximums on API requests
    AWS WAF             developer guide, "AWS WAF quotas", calls; for each of the Get and List operations
    Kinesis             API reference, ListStreams
    Account Management  reference guide, "Quotas"

    Where a page gives a rate only, the bucket holds a second of it.
    """
    is_read = operation.startswith(("Describe", "Get", "List", "Search"))
    match service, operation:
        case "ec2", _ if operation in UNFILTERED and not PAGES_AND_FILTERS & {*filter(parameters.get, parameters)}:
            return Quota(f"{operation} unfiltered", 50, 10)
        case "ec2", _ if is_read:
            return Quota(operation, 100, 20)
        case "lambda", "GetFunction":
            return Quota(operation, 100, 100)
        case "lambda", "GetPolicy":
            return Quota(operation, 15, 15)
        case "lambda", _:
            return Quota("others", 15, 15)
        case "route53", _:
            return Quota("all", 5, 5)
        case "wafv2", _ if is_read:
            return Quota(operation, 5, 5)
        case "kinesis", "ListStreams":
            return Quota(operation, 5, 5)
        case "account", "ListRegions":
            return Quota(operation, 5, 5)
    return None


PAGES_AND_FILTERS = {"MaxResults", "NextToken", "Filters"}


class Bucket:
    """Full at first. A rival takes one token after another, at a steady rate, whether there is one or not."""

    def __init__(self, quota: Quota, share: float, now: float) -> None:
        self._quota = quota
        self._tokens = quota.capacity
        self._at = now
        self._every = 1 / (share * quota.refill) if share > 0 else 0.0
        self._rival_at = now + self._every
        self.rival_throttles = 0

    def take(self, now: float) -> bool:
        """Whether there was a token. Times may not go back."""
        self.advance(now)
        return self._spend(now)

    def advance(self, now: float) -> None:
        """Lets the rival do what it did up to now."""
        while self._every and self._rival_at <= now:
            self.rival_throttles += not self._spend(self._rival_at)
            self._rival_at += self._every

    def _spend(self, now: float) -> bool:
        self._tokens = min(self._quota.capacity, self._tokens + (now - self._at) * self._quota.refill)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Buckets:
    """The buckets of all accounts, regions and services. `share` is the rival's, of each bucket's refill."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._buckets: dict[tuple[str, str, str, str], Bucket] = {}

    def take(self, account: str, region: str, asked: Asked, now: float) -> bool:
        """Whether a call is let through."""
        quota = quota_of(asked.service, asked.operation, asked.parameters)
        if quota is None:
            return True
        key = (account, region, asked.service, quota.name)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(quota, self._share, now)
        return bucket.take(now)

    def rival_throttles(self, now: float) -> int:
        """How often the rival found a bucket empty."""
        for bucket in self._buckets.values():
            bucket.advance(now)
        return sum(bucket.rival_throttles for bucket in self._buckets.values())
