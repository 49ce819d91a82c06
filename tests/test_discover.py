"""discover(), driven by hand: who we are, and which regions there are, from three sources in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from stocktake.discover import discover
from stocktake.errors import CredentialsError, StocktakeError, classify
from stocktake.model import Answer, Page, Problem, Reason, ReasonCode, Request, Scope, State
from tests.helpers import ACCOUNT

KNOWN = {
    "aws": ("us-east-1", "eu-west-1", "af-south-1"),
    "aws-cn": ("cn-northwest-1", "cn-north-1"),
    "aws-us-gov": ("us-gov-west-1",),
    "aws-iso": ("us-iso-east-1",),
}
ELSEWHERE = ("cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-iso-east-1")
ME = Page({"Account": ACCOUNT, "Arn": "arn:aws:iam::123456789012:user/me"})


def denied(operation: str) -> Problem:
    message = f"{operation}: AccessDeniedException: no"
    return Problem(State.DENIED, Reason(ReasonCode.IAM, message), "AccessDeniedException")


def regions(*pairs: tuple[str, str], more: Request | None = None) -> Page:
    return Page({"Regions": [{"RegionName": name, "RegionOptStatus": state} for name, state in pairs]}, more)


def described(*pairs: tuple[str, str]) -> Page:
    return Page({"Regions": [{"RegionName": name, "OptInStatus": state} for name, state in pairs]})


@dataclass
class Driven:
    """What discover asked for, given these answers, and what it said in the end."""

    answers: Sequence[Answer]
    partition: str = "aws"
    region: str = "eu-west-1"
    requests: list[Request] = field(default_factory=list)

    def scope(self) -> Scope:
        steps = discover(self.partition, self.region, KNOWN)
        answers = iter(self.answers)
        try:
            asked = next(steps)
            while True:
                self.requests += asked
                asked = steps.send([next(answers) for _ in asked])
        except StopIteration as end:
            assert next(answers, None) is None, "not every answer was asked for"
            scope: Scope = end.value
            return scope

    @property
    def operations(self) -> list[str]:
        return [f"{request.service}:{request.operation}" for request in self.requests]


def test_the_accounts_own_list_says_which_regions_are_enabled() -> None:
    driven = Driven(
        [
            ME,
            regions(
                ("us-east-1", "ENABLED_BY_DEFAULT"),
                ("eu-south-1", "ENABLED"),
                ("me-south-1", "DISABLED"),
                ("af-south-1", "ENABLING"),
                ("ap-east-1", "DISABLING"),
            ),
        ]
    )
    assert driven.scope() == Scope(
        partition="aws",
        home="us-east-1",
        accounts=(ACCOUNT,),
        enabled=("af-south-1", "ap-east-1", "eu-south-1", "us-east-1"),
        disabled=("me-south-1",),
        elsewhere=ELSEWHERE,
        source="account:ListRegions",
    )


def test_we_are_asked_for_in_the_callers_region_and_the_list_in_the_partitions_home() -> None:
    driven = Driven([ME, regions(("us-east-1", "ENABLED"))])
    driven.scope()
    who, listing = driven.requests
    assert (who.service, who.operation, who.region) == ("sts", "GetCallerIdentity", "eu-west-1")
    assert (listing.service, listing.operation, listing.region) == ("account", "ListRegions", "us-east-1")
    assert listing.parameters == {"MaxResults": 50}
    assert listing.account == ACCOUNT


@pytest.mark.parametrize(
    ("partition", "home"),
    [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-iso", "eu-west-1")],
)
def test_every_partition_has_its_home(partition: str, home: str) -> None:
    scope = Driven([ME, regions(("x", "ENABLED"))], partition=partition).scope()
    assert (scope.partition, scope.home) == (partition, home)
    assert not set(KNOWN[partition]) & set(scope.elsewhere)


def test_every_page_of_the_list_is_read() -> None:
    second = Request("account", "ListRegions", {"MaxResults": 50}, ACCOUNT, "us-east-1", token=("two",))
    third = second.at(("three",))
    driven = Driven(
        [
            ME,
            regions(("us-east-1", "ENABLED"), more=second),
            regions(more=third),  # an empty page with a token is no end
            regions(("eu-west-1", "ENABLED"), ("me-south-1", "DISABLED")),
        ]
    )
    scope = driven.scope()
    assert (scope.enabled, scope.disabled) == (("eu-west-1", "us-east-1"), ("me-south-1",))
    assert driven.requests[2:] == [second, third]


def test_where_the_list_is_refused_ec2_is_asked() -> None:
    driven = Driven(
        [
            ME,
            denied("ListRegions"),
            described(("us-east-1", "opt-in-not-required"), ("eu-south-1", "opted-in"), ("me-south-1", "not-opted-in")),
        ]
    )
    scope = driven.scope()
    assert (scope.enabled, scope.disabled) == (("eu-south-1", "us-east-1"), ("me-south-1",))
    assert scope.source == "ec2:DescribeRegions"
    assert scope.refused == ("account:ListRegions: ListRegions: AccessDeniedException: no",)
    asking = driven.requests[-1]
    assert (asking.region, asking.parameters) == ("eu-west-1", {"AllRegions": True})


def test_a_list_that_breaks_off_is_not_half_believed() -> None:
    second = Request("account", "ListRegions", {"MaxResults": 50}, ACCOUNT, "us-east-1", token=("two",))
    driven = Driven(
        [
            ME,
            regions(("us-east-1", "ENABLED"), more=second),
            denied("ListRegions"),
            described(("eu-west-1", "opt-in-not-required")),
        ]
    )
    scope = driven.scope()
    assert (scope.enabled, scope.source) == (("eu-west-1",), "ec2:DescribeRegions")


def test_where_both_are_refused_botocores_list_stands_in_and_the_scope_says_why() -> None:
    driven = Driven([ME, denied("ListRegions"), denied("DescribeRegions")])
    scope = driven.scope()
    assert scope == Scope(
        partition="aws",
        home="us-east-1",
        accounts=(ACCOUNT,),
        enabled=("af-south-1", "eu-west-1", "us-east-1"),
        disabled=(),
        elsewhere=ELSEWHERE,
        source="botocore",
        refused=(
            "account:ListRegions: ListRegions: AccessDeniedException: no",
            "ec2:DescribeRegions: DescribeRegions: AccessDeniedException: no",
        ),
    )
    assert driven.operations == ["sts:GetCallerIdentity", "account:ListRegions", "ec2:DescribeRegions"]


@pytest.mark.parametrize("problem", [denied("GetCallerIdentity"), classify(TimeoutError())])
def test_without_an_identity_nothing_else_is_asked(problem: Problem) -> None:
    driven = Driven([problem])
    with pytest.raises(CredentialsError, match=r"^AWS does not say whose credentials these are: .+"):
        driven.scope()
    assert driven.operations == ["sts:GetCallerIdentity"]


def test_a_list_of_no_regions_is_not_believed() -> None:
    scope = Driven([ME, Page({}), described(("eu-west-1", "opt-in-not-required"))]).scope()
    assert (scope.enabled, scope.source) == (("eu-west-1",), "ec2:DescribeRegions")


def test_a_description_of_no_regions_is_not_believed() -> None:
    scope = Driven([ME, denied("ListRegions"), Page({})]).scope()
    assert (scope.enabled, scope.source) == (tuple(sorted(KNOWN["aws"])), "botocore")


def test_page_tokens_that_go_round_end_the_list() -> None:
    one = Request("account", "ListRegions", {"MaxResults": 50}, ACCOUNT, "us-east-1", token=("A",))
    two = one.at(("B",))
    steps = discover("aws", "eu-west-1", KNOWN)
    next(steps)
    (asked,) = steps.send([ME])
    for following in [one, two] * 50:
        (asked,) = steps.send([regions(("us-east-1", "ENABLED"), more=following)])
        if asked.operation != "ListRegions":
            return
    pytest.fail("a hundred pages were read")


@pytest.mark.parametrize(
    "answers",
    [
        [Page({"Arn": "arn:aws:iam::123456789012:user/me"})],
        [ME, Page({"Regions": [{"RegionName": "eu-west-1"}]})],
        [ME, denied("ListRegions"), Page({"Regions": [{"RegionName": "eu-west-1"}]})],
    ],
    ids=["no account", "no state from the list", "no state from EC2"],
)
def test_an_answer_without_what_it_must_have_is_no_crash(answers: list[Answer]) -> None:
    try:
        Driven(answers).scope()
    except StocktakeError:
        pass
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}")


def test_what_comes_besides_is_ignored() -> None:
    listing: dict[str, Any] = {"Regions": [{"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED", "New": 1}], "X": 2}
    assert Driven([ME, Page(listing)]).scope().enabled == ("eu-west-1",)
