"""Who we are and where there is something to look at: the account, and the regions that it has enabled.

Collectors like any other: generators that yield requests and receive answers, so that retries, limits and deadline are
the fan-out's. Three sources name the regions, in this order:

    account:ListRegions      the account's own list, with the state of each
    ec2:DescribeRegions      the same as one region's EC2 knows it
    botocore                 the partition's list in the SDK: what may be there, not what is enabled
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from stocktake.errors import CredentialsError, unexpected
from stocktake.model import Answer, Page, Problem, Request, Scope

IdentitySteps = Generator[list[Request], list[Answer], str]
ScopeSteps = Generator[list[Request], list[Answer], Scope]

GLOBAL_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region that a partition's global services are called in (AWS general reference, endpoints of IAM)."""


def discover(partition: str, region: str, known: Mapping[str, Iterable[str]]) -> ScopeSteps:
    """Finds the account and its regions, calling from `region`; `known` are botocore's regions of each partition.

    Raises CredentialsError where AWS does not say who we are: without that, every answer would be a guess.
    """
    home = GLOBAL_HOME.get(partition, region)
    (who,) = yield [Request("sts", "GetCallerIdentity", {}, "", region)]
    if isinstance(who, Problem):
        raise CredentialsError(f"AWS does not say whose credentials these are: {who.reason.message}")
    account = str(who.answer.get("Account") or "")
    if not account:
        raise CredentialsError("AWS does not say whose credentials these are: the answer names no account")
    elsewhere = tuple(sorted(name for other, names in known.items() if other != partition for name in names))
    refused: list[str] = []
    for source, asking in (
        ("account:ListRegions", _list_regions(account, home)),
        ("ec2:DescribeRegions", _describe_regions(account, region)),
    ):
        states = yield from asking
        if isinstance(states, dict) and not any(states.values()):
            states = unexpected("the answer names no region that is enabled")
        if not isinstance(states, Problem):
            enabled = tuple(sorted(name for name, on in states.items() if on))
            disabled = tuple(sorted(name for name, on in states.items() if not on))
            return Scope(partition, home, (account,), enabled, disabled, elsewhere, source, tuple(refused))
        refused.append(f"{source}: {states.reason.message}")
    regions = tuple(sorted(known[partition]))
    return Scope(partition, home, (account,), regions, (), elsewhere, "botocore", tuple(refused))


_States = Generator[list[Request], list[Answer], dict[str, bool] | Problem]


def _list_regions(account: str, home: str) -> _States:
    """Region → whether it is enabled, from the Account Management API (5 requests/s)."""
    states: dict[str, bool] = {}
    seen: set[str] = set()
    request: Request | None = Request("account", "ListRegions", {"MaxResults": 50}, account, home)
    while request is not None:
        if repr(request.token) in seen:
            return unexpected("a page token came twice")
        seen.add(repr(request.token))
        (page,) = yield [request]
        if isinstance(page, Problem):
            return page
        # ENABLING and DISABLING regions answer some calls and not others: look, and say what happened.
        states |= _enabled(page, "RegionOptStatus", off="DISABLED")
        request = page.next
    return states


def _describe_regions(account: str, region: str) -> _States:
    (page,) = yield [Request("ec2", "DescribeRegions", {"AllRegions": True}, account, region)]
    return page if isinstance(page, Problem) else _enabled(page, "OptInStatus", off="not-opted-in")


def _enabled(page: Page, status: str, *, off: str) -> dict[str, bool]:
    """What a page says of each region that it names; one without a status may be enabled."""
    regions = page.answer.get("Regions") or []
    return {one["RegionName"]: one.get(status) != off for one in regions if one.get("RegionName")}
