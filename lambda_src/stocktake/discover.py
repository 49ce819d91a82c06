"""Who we are and where there is something to look at: the account, and the regions that it has enabled.

Collectors like any other: generators that yield requests and receive answers, so that retries, limits and deadline are
the fan-out's. Three sources name the regions, in this order:

    account:ListRegions      the account's own list, with the state of each
    ec2:DescribeRegions      the same as one region's EC2 knows it
    botocore                 the partition's list in the SDK: what may be there, not what is enabled
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from stocktake.errors import CredentialsError
from stocktake.model import Answer, Problem, Request, Scope

IdentitySteps = Generator[list[Request], list[Answer], str]
ScopeSteps = Generator[list[Request], list[Answer], Scope]

GLOBAL_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region that a partition's global services are called in (AWS general reference, endpoints of IAM)."""


def discover(partition: str, region: str, known: Iterable[str]) -> ScopeSteps:
    """Finds the account and its regions, calling from `region`; `known` are botocore's regions of the partition.

    Raises CredentialsError where AWS does not say who we are: without that, every answer would be a guess.
    """
    home = GLOBAL_HOME.get(partition, region)
    (who,) = yield [Request("sts", "GetCallerIdentity", {}, "", region)]
    if isinstance(who, Problem):
        raise CredentialsError(f"AWS does not say whose credentials these are: {who.reason.message}")
    account = str(who.answer["Account"])
    refused: list[str] = []
    for source, asking in (
        ("account:ListRegions", _list_regions(account, home)),
        ("ec2:DescribeRegions", _describe_regions(account, region)),
    ):
        states = yield from asking
        if not isinstance(states, Problem):
            enabled = tuple(sorted(name for name, on in states.items() if on))
            disabled = tuple(sorted(name for name, on in states.items() if not on))
            return Scope(partition, home, (account,), enabled, disabled, source, tuple(refused))
        refused.append(f"{source}: {states.reason.message}")
    return Scope(partition, home, (account,), tuple(sorted(known)), (), "botocore", tuple(refused))


_States = Generator[list[Request], list[Answer], dict[str, bool] | Problem]


def _list_regions(account: str, home: str) -> _States:
    """Region → whether it is enabled, from the Account Management API (5 requests/s)."""
    states: dict[str, bool] = {}
    request: Request | None = Request("account", "ListRegions", {"MaxResults": 50}, account, home)
    while request is not None:
        (page,) = yield [request]
        if isinstance(page, Problem):
            return page
        for region in page.answer.get("Regions", []):
            # ENABLING and DISABLING regions answer some calls and not others: look, and say what happened.
            states[region["RegionName"]] = region["RegionOptStatus"] != "DISABLED"
        request = page.next
    return states


def _describe_regions(account: str, region: str) -> _States:
    (page,) = yield [Request("ec2", "DescribeRegions", {"AllRegions": True}, account, region)]
    if isinstance(page, Problem):
        return page
    return {one["RegionName"]: one["OptInStatus"] != "not-opted-in" for one in page.answer.get("Regions", [])}
