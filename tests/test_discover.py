"""discover(), driven by hand: who we are, and which regions there are, from three sources in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stocktake.discover import discover
from stocktake.errors import CredentialsError, StocktakeError, UsageError, classify
from stocktake.model import AccountScope, Answer, Page, Problem, Reason, ReasonCode, Request, Scope, State
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


EU = regions(("eu-west-1", "ENABLED"), ("me-south-1", "DISABLED"))


@dataclass
class Driven:
    """What discover asked for, given these answers, and what it said in the end."""

    answers: Sequence[Answer]
    partition: str = "aws"
    region: str = "eu-west-1"
    wanted: tuple[str, ...] = ()
    narrowed_to: tuple[str, ...] = ()
    rounds: list[list[Request]] = field(default_factory=list)

    def scope(self) -> Scope:
        steps = discover(self.partition, self.region, KNOWN, self.wanted, self.narrowed_to)
        answers = iter(self.answers)
        try:
            asked = next(steps)
            while True:
                self.rounds.append(asked)
                asked = steps.send([next(answers) for _ in asked])
        except StopIteration as end:
            assert next(answers, None) is None, "not every answer was asked for"
            scope: Scope = end.value
            return scope

    def account(self) -> AccountScope:
        """The only one of the scope."""
        (account,) = self.scope().accounts
        return account

    @property
    def requests(self) -> list[Request]:
        return [request for asked in self.rounds for request in asked]

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
        accounts=(
            AccountScope(
                ACCOUNT,
                enabled=("af-south-1", "ap-east-1", "eu-south-1", "us-east-1"),
                disabled=("me-south-1",),
                changing=("af-south-1", "ap-east-1"),
                source="account:ListRegions",
            ),
        ),
        elsewhere=ELSEWHERE,
        accounts_from="sts:GetCallerIdentity",
    )


def test_we_are_asked_for_in_the_callers_region_and_the_list_in_the_partitions_home() -> None:
    driven = Driven([ME, regions(("us-east-1", "ENABLED"))])
    driven.scope()
    who, listing = driven.requests
    assert (who.service, who.operation, who.region) == ("sts", "GetCallerIdentity", "eu-west-1")
    assert (listing.service, listing.operation, listing.region) == ("account", "ListRegions", "us-east-1")
    assert listing.parameters == {"MaxResults": 50}
    assert len(driven.rounds) == 1


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
    account = driven.account()
    assert (account.enabled, account.disabled) == (("eu-west-1", "us-east-1"), ("me-south-1",))
    assert driven.requests[2:] == [second, third]


def test_where_the_list_is_refused_ec2_is_asked() -> None:
    driven = Driven(
        [
            ME,
            denied("ListRegions"),
            described(("us-east-1", "opt-in-not-required"), ("eu-south-1", "opted-in"), ("me-south-1", "not-opted-in")),
        ]
    )
    account = driven.account()
    assert (account.enabled, account.disabled) == (("eu-south-1", "us-east-1"), ("me-south-1",))
    assert account.source == "ec2:DescribeRegions"
    assert account.refused == ("account:ListRegions: ListRegions: AccessDeniedException: no",)
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
    account = driven.account()
    assert (account.enabled, account.source) == (("eu-west-1",), "ec2:DescribeRegions")


def test_where_both_are_refused_botocores_list_stands_in_and_the_scope_says_why() -> None:
    driven = Driven([ME, denied("ListRegions"), denied("DescribeRegions")])
    scope = driven.scope()
    assert scope == Scope(
        partition="aws",
        home="us-east-1",
        accounts=(
            AccountScope(
                ACCOUNT,
                enabled=("af-south-1", "eu-west-1", "us-east-1"),
                source="botocore",
                refused=(
                    "account:ListRegions: ListRegions: AccessDeniedException: no",
                    "ec2:DescribeRegions: DescribeRegions: AccessDeniedException: no",
                ),
            ),
        ),
        elsewhere=ELSEWHERE,
        accounts_from="sts:GetCallerIdentity",
    )
    assert driven.operations == ["sts:GetCallerIdentity", "account:ListRegions", "ec2:DescribeRegions"]


@pytest.mark.parametrize("problem", [denied("GetCallerIdentity"), classify(TimeoutError())])
def test_without_an_identity_there_is_no_scope(problem: Problem) -> None:
    driven = Driven([problem, EU])
    with pytest.raises(CredentialsError, match=r"^AWS does not say whose credentials these are: .+"):
        driven.scope()


def test_a_list_of_no_regions_is_not_believed() -> None:
    account = Driven([ME, Page({}), described(("eu-west-1", "opt-in-not-required"))]).account()
    assert (account.enabled, account.source) == (("eu-west-1",), "ec2:DescribeRegions")


def test_a_description_of_no_regions_is_not_believed() -> None:
    account = Driven([ME, denied("ListRegions"), Page({})]).account()
    assert (account.enabled, account.source) == (tuple(sorted(KNOWN["aws"])), "botocore")


def test_page_tokens_that_go_round_end_the_list() -> None:
    one = Request("account", "ListRegions", {"MaxResults": 50}, ACCOUNT, "us-east-1", token=("A",))
    two = one.at(("B",))
    steps = discover("aws", "eu-west-1", KNOWN)
    next(steps)
    came: list[Answer] = [ME]
    for following in [one, two] * 50:
        (asked,) = steps.send([*came, regions(("us-east-1", "ENABLED"), more=following)])
        came = []
        if asked.operation != "ListRegions":
            return
    pytest.fail("a hundred pages were read")


@pytest.mark.parametrize(
    "answers",
    [
        [Page({"Arn": "arn:aws:iam::123456789012:user/me"}), EU],
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


@pytest.mark.parametrize("name", ["x.evil.example/", "eu-west-1\n", "", "x" * 64, None])
def test_a_region_that_could_be_no_part_of_a_hosts_name_is_not_believed(name: Any) -> None:
    driven = Driven([ME, regions(("eu-west-1", "ENABLED"), (name, "ENABLED")), described(("eu-west-1", "opted-in"))])
    account = driven.account()
    assert account.enabled == ("eu-west-1",)
    assert account.refused == ("account:ListRegions: the answer names what is no region",)


def test_what_comes_besides_is_ignored() -> None:
    listing: dict[str, Any] = {"Regions": [{"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED", "New": 1}], "X": 2}
    assert Driven([ME, Page(listing)]).account().enabled == ("eu-west-1",)


def test_in_china_the_list_is_asked_for_where_account_management_is() -> None:
    driven = Driven([ME, regions(("cn-north-1", "ENABLED"))], partition="aws-cn", region="cn-north-1")
    assert driven.scope().home == "cn-north-1"
    assert driven.requests[-1].region == "cn-northwest-1"


# --- several accounts ---

FIRST, SECOND, THIRD = "111111111111", ACCOUNT, "333333333333"
"""Of which the second is the caller's own."""


def organization(*accounts: tuple[str, str], more: Request | None = None, member: str = "State") -> Page:
    return Page({"Accounts": [{"Id": identity, member: status, "Name": "x"} for identity, status in accounts]}, more)


ALL_ACTIVE = organization((FIRST, "ACTIVE"), (SECOND, "ACTIVE"), (THIRD, "ACTIVE"))
US = regions(("us-east-1", "ENABLED"))


def identity(account: str) -> Page:
    return Page({"Account": account, "Arn": f"arn:aws:sts::{account}:assumed-role/stocktake-reader/x"})


def test_an_inventory_without_accounts_asks_nothing_more_than_before() -> None:
    driven = Driven([ME, EU])
    scope = driven.scope()
    assert (scope.ids, scope.accounts_from, scope.accounts_skipped) == ((ACCOUNT,), "sts:GetCallerIdentity", ())
    assert driven.operations == ["sts:GetCallerIdentity", "account:ListRegions"]


def test_every_account_of_the_organization_is_looked_at_side_by_side() -> None:
    driven = Driven([ME, ALL_ACTIVE, identity(FIRST), EU, identity(THIRD), US, EU], wanted=("*",))
    scope = driven.scope()
    assert scope.accounts_from == "organizations:ListAccounts"
    assert [(one.account, one.enabled, one.disabled, one.problem) for one in scope.accounts] == [
        (FIRST, ("us-east-1",), (), None),
        (SECOND, ("eu-west-1",), ("me-south-1",), None),
        (THIRD, ("eu-west-1",), ("me-south-1",), None),
    ]
    # The others are entered while the caller's own, which needs no role, is asked for its regions already.
    assert [[(one.operation, one.account, one.region) for one in asked] for asked in driven.rounds] == [
        [("GetCallerIdentity", "", "eu-west-1")],
        [("ListAccounts", "", "us-east-1")],
        [
            ("GetCallerIdentity", FIRST, "us-east-1"),
            ("ListRegions", SECOND, "us-east-1"),
            ("GetCallerIdentity", THIRD, "us-east-1"),
        ],
        [("ListRegions", FIRST, "us-east-1"), ("ListRegions", THIRD, "us-east-1")],
    ]


def test_the_source_of_the_regions_is_all_who_named_some() -> None:
    described_ = described(("eu-west-1", "opt-in-not-required"))
    answers = [ME, ALL_ACTIVE, identity(FIRST), EU, denied("ListRegions"), described_]
    scope = Driven(answers, wanted=(FIRST, SECOND)).scope()
    assert scope.source == "account:ListRegions, ec2:DescribeRegions"
    assert [one.refused for one in scope.accounts] == [
        ("account:ListRegions: ListRegions: AccessDeniedException: no",),
        (),
    ]


@pytest.mark.parametrize(
    ("wanted", "narrowed_to", "chosen"),
    [
        (("*",), (), (FIRST, SECOND, THIRD)),
        (("11*", "3*"), (), (FIRST, THIRD)),
        (("11*", "11*"), (), (FIRST,)),
        ((THIRD,), (), (THIRD,)),
        (("[13][13]*",), ("*",), (FIRST, THIRD)),
        (("*",), ("3*",), (THIRD,)),
        (("*",), (FIRST, THIRD), (FIRST, THIRD)),
    ],
)
def test_globs_choose_accounts_and_an_event_narrows_them(
    wanted: tuple[str, ...], narrowed_to: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    others = [one for one in chosen if one != ACCOUNT]
    first_round = [EU if one == ACCOUNT else identity(one) for one in chosen]
    answers = [ME, ALL_ACTIVE, *first_round, *[EU for _ in others]]
    assert Driven(answers, wanted=wanted, narrowed_to=narrowed_to).scope().ids == chosen


def refusal(answers: Sequence[Answer], **asked: tuple[str, ...]) -> str:
    with pytest.raises(UsageError) as raised:
        Driven(answers, **asked).scope()  # type: ignore[arg-type]
    return str(raised.value)


def test_a_glob_that_matches_no_account_is_refused_with_those_there_are() -> None:
    assert refusal([ME, ALL_ACTIVE], wanted=("*", "9*")) == (
        "accounts: '9*' cannot be taken; it matches no account; "
        f"the organization's accounts are {FIRST}, {SECOND}, {THIRD}"
    )


@pytest.mark.parametrize(
    ("answers", "wanted"), [([ME, EU], ()), ([ME, ALL_ACTIVE], (SECOND,))], ids=["no accounts", "the own by name"]
)
def test_an_event_cannot_ask_for_an_account_that_the_inventory_has_not(
    answers: list[Answer], wanted: tuple[str, ...]
) -> None:
    assert refusal(answers, wanted=wanted, narrowed_to=(FIRST,)) == (
        f"accounts: '{FIRST}' cannot be taken; it matches no account; the inventory's accounts are {SECOND}"
    )


@pytest.mark.parametrize("identity", ["../../x", "12345678901", "", None])
def test_an_account_whose_id_is_none_is_not_believed(identity: Any) -> None:
    odd = organization((FIRST, "ACTIVE"), (identity, "ACTIVE"))
    assert "the answer names what is no account" in refusal([ME, odd], wanted=("*",))


@pytest.mark.parametrize("member", ["State", "Status"])
def test_accounts_that_are_not_active_are_skipped_by_name_and_status(member: str) -> None:
    listing = organization((FIRST, "SUSPENDED"), (SECOND, "ACTIVE"), (THIRD, "PENDING_CLOSURE"), member=member)
    scope = Driven([ME, listing, EU], wanted=("*",)).scope()
    assert scope.ids == (SECOND,)
    assert scope.accounts_skipped == ((FIRST, "SUSPENDED"), (THIRD, "PENDING_CLOSURE"))


def test_where_no_account_is_active_there_is_nothing_to_do() -> None:
    sentence = refusal([ME, organization((FIRST, "SUSPENDED"), (SECOND, "ACTIVE"))], wanted=("11*",))
    assert sentence == "accounts: ['11*'] cannot be taken; none of the accounts that it matches is active"


def test_every_page_of_the_accounts_is_read() -> None:
    second = Request("organizations", "ListAccounts", {"MaxResults": 20}, "", "us-east-1", token=("two",))
    third = second.at(("three",))
    pages = [
        organization((SECOND, "ACTIVE"), more=second),
        organization(more=third),  # AWS says that it may answer an empty page with a token
        organization((THIRD, "ACTIVE")),
    ]
    driven = Driven([ME, *pages, EU, identity(THIRD), US], wanted=("*",))
    assert driven.scope().ids == (SECOND, THIRD)
    assert driven.requests[2:4] == [second, third]


def test_page_tokens_of_the_accounts_that_go_round_are_no_list() -> None:
    one = Request("organizations", "ListAccounts", {"MaxResults": 20}, "", "us-east-1", token=("A",))
    again = organization((SECOND, "ACTIVE"), more=one)
    assert "a page token came twice" in refusal([ME, again, again], wanted=("*",))


NOT_LISTED = [
    classify(ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListAccounts")),
    classify(ClientError({"Error": {"Code": "AWSOrganizationsNotInUseException", "Message": "no"}}, "ListAccounts")),
    Page({}),
]


@pytest.mark.parametrize("listing", NOT_LISTED)
def test_where_the_organization_does_not_say_the_ids_of_the_inventory_count(listing: Answer) -> None:
    scope = Driven([ME, listing, EU, identity(THIRD), US], wanted=(THIRD, SECOND, THIRD)).scope()
    assert scope.ids == (SECOND, THIRD)
    assert scope.accounts_from == "inventory"
    (refused,) = scope.accounts_refused
    assert refused.startswith("organizations:ListAccounts: ")


@pytest.mark.parametrize("listing", NOT_LISTED)
def test_where_the_organization_does_not_say_a_glob_is_refused_with_what_it_takes(listing: Answer) -> None:
    sentence = refusal([ME, listing], wanted=(FIRST, "3*"))
    assert sentence.startswith(
        f"accounts: ['{FIRST}', '3*'] cannot be taken; AWS does not say which accounts there are"
    )
    for needed in ("management account", "delegated administrator", "organizations:ListAccounts", "id of each account"):
        assert needed in sentence


def test_an_account_that_cannot_be_entered_has_the_regions_of_the_others_and_says_why() -> None:
    driven = Driven([ME, ALL_ACTIVE, denied("AssumeRole"), EU, identity(THIRD), US], wanted=("*",))
    first, second, third = driven.scope().accounts
    assert first == AccountScope(
        FIRST, ("eu-west-1", "us-east-1"), source="other accounts", problem=denied("AssumeRole")
    )
    assert (second.enabled, third.enabled) == (("eu-west-1",), ("us-east-1",))
    assert FIRST not in {request.account for asked in driven.rounds[3:] for request in asked}


def test_where_no_account_can_be_entered_botocores_list_stands_in() -> None:
    (only,) = Driven([ME, ALL_ACTIVE, denied("AssumeRole")], wanted=(FIRST,)).scope().accounts
    assert (only.enabled, only.source) == (tuple(sorted(KNOWN["aws"])), "botocore")
    assert only.problem == denied("AssumeRole")


def test_a_role_that_leads_elsewhere_is_no_way_into_the_account() -> None:
    driven = Driven([ME, ALL_ACTIVE, identity(SECOND)], wanted=(FIRST,))
    (only,) = driven.scope().accounts
    assert only.problem is not None
    assert (only.problem.state, only.problem.reason.message) == (
        State.FAILED,
        f"its role leads into the account {SECOND}",
    )
    assert driven.operations[-1] == "sts:GetCallerIdentity"
