"""The fault table, row by row, through the whole pipeline: what AWS does, and what is then published.

Rows that are proven elsewhere on real sockets are not repeated: F36, and the discovery of regions, have a file of their
own (`test_looking_around.py`), as have storms (`test_storms.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from stocktake.aws import Aws
from stocktake.catalog import CATALOG
from stocktake.errors import classify
from stocktake.model import Page, Problem, ReasonCode, Request, State
from stocktake.settings import Inventory
from tests.faults.cases import PAGE_SIZE, SETTINGS, Published, calling, run
from tests.faults.kinds import HTML, POLICIES_ABOVE, WHO, WHOLE
from tests.few_types import TYPES as FEW
from tests.loopback_aws import Estate, Fault, LoopbackAWS

ONE, OTHER = "111111111111", "222222222222"
REGION = "us-east-1"
ESTATE = Estate(accounts=(ONE,), regions=(REGION,), items=5, page_size=PAGE_SIZE, latency=0, service_seconds=0)
ALL = 5
TYPES = {
    "ec2": "AWS::EC2::VPC",
    "query": "AWS::CloudFormation::Stack",
    "json": "AWS::Logs::LogGroup",
    "rest-json": "AWS::Lambda::Function",
    "rest-xml": "AWS::S3::Bucket",
}
"""A type of each protocol."""
SQS, ECS, DYNAMODB = "AWS::SQS::Queue", "AWS::ECS::Cluster", "AWS::DynamoDB::Table"
A_FEW = (*TYPES.values(), SQS)
HASTY = replace(SETTINGS, read_timeout=0.4)
"""For hangs."""


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as running, running.patched():
        yield running


@pytest.fixture(scope="module")
def calls(server: LoopbackAWS) -> Iterator[Aws]:
    with calling(server, SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def hasty(server: LoopbackAWS) -> Iterator[Aws]:
    with calling(server, HASTY) as made:
        yield made


@dataclass
class Taker:
    """Takes snapshots of a few types into one store."""

    server: LoopbackAWS
    calls: Aws
    folder: Path

    def __call__(
        self, *faults: Fault, types: tuple[str, ...] = A_FEW, estate: Estate = ESTATE, **more: Any
    ) -> Published:
        inventory = Inventory(types=types)
        settings = replace(SETTINGS, inventory=inventory, inventories=(inventory,))
        return run(self.server, self.calls, self.folder, faults, estate=estate, settings=settings, **more)


@pytest.fixture
def take(server: LoopbackAWS, calls: Aws, tmp_path: Path) -> Taker:
    return Taker(server, calls, tmp_path)


@pytest.fixture(scope="module")
def truth(server: LoopbackAWS, calls: Aws, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Taker(server, calls, tmp_path_factory.mktemp("truth"))(types=FEW)


def listing_of(name: str) -> str:
    row = CATALOG[name]
    return f"{row.service_of(row.calls[0])}:{row.calls[0].operation}"


def said(ran: Published, name: str) -> tuple[str, str | None, int, int]:
    (unit,) = (unit for key, unit in ran.units.items() if key[2] == name)
    return unit["state"], unit["reason"] and unit["reason"]["code"], unit["count"], unit["gaps"]


def ids(ran: Published, name: str) -> list[str]:
    return [line["id"] for key, lines in ran.lines.items() if key[2] == name for line in lines]


WHOLLY = (State.COLLECTED, None, ALL, 0)


# --- what is tried again ---

AGAIN = {
    "F1 EC2's own throttle": (Fault("throttle"), ReasonCode.THROTTLED),
    "F1 EC2ThrottledException": (Fault("error", code="EC2ThrottledException", status=503), ReasonCode.THROTTLED),
    "F2 ThrottlingException": (Fault("error", code="ThrottlingException", status=400), ReasonCode.THROTTLED),
    "F2 TooManyRequestsException": (Fault("error", code="TooManyRequestsException", status=429), ReasonCode.THROTTLED),
    "F3 a bare 429": (Fault("status", status=429), ReasonCode.THROTTLED),
    "F3 a 429 in HTML": (Fault("body", status=429, body=HTML), ReasonCode.THROTTLED),
    "F16 a body cut and announced whole": (Fault("truncate"), ReasonCode.MALFORMED),
    "F16 a body cut and announced so": (Fault("short"), ReasonCode.MALFORMED),
    "F17 an empty 200": (Fault("empty"), ReasonCode.MALFORMED),
    "F17 a page of HTML": (Fault("html"), ReasonCode.MALFORMED),
    "F18 a 500 in plain text": (Fault("body", status=500, body="Internal Failure"), ReasonCode.UNEXPECTED),
    "F18 a 503 whose XML is cut": (Fault("body", status=503, body="<ErrorResponse><Err"), ReasonCode.UNEXPECTED),
    "F18 a bare 408": (Fault("status", status=408), ReasonCode.TIMEOUT),
    "F19 null": (Fault("null"), ReasonCode.MALFORMED),
    "F19 a list": (Fault("body", status=200, body="[]"), ReasonCode.MALFORMED),
    "F19 no UTF-8": (Fault("body", status=200, body='{"a": "\xff"}'), ReasonCode.MALFORMED),
    "F20 a reset": (Fault("reset"), ReasonCode.NETWORK),
    "F20 chunks that are cut off": (Fault("chunked", at=30), ReasonCode.NETWORK),
    "F21 a hang": (Fault("hang"), ReasonCode.TIMEOUT),
    "F23 InternalError": (Fault("error", code="InternalError", status=500), ReasonCode.UNEXPECTED),
    "F23 ServiceUnavailable": (Fault("error", code="ServiceUnavailable", status=503), ReasonCode.UNEXPECTED),
    "F23 a 503 in HTML": (Fault("body", status=503, body=HTML), ReasonCode.UNEXPECTED),
    "F31 LimitExceededException": (Fault("error", code="LimitExceededException", status=400), ReasonCode.THROTTLED),
    "F32 SlowDown": (Fault("error", code="SlowDown", status=503), ReasonCode.THROTTLED),
    "F32 a 200 with an S3 error": (
        Fault("body", status=200, body="<Error><Code>InternalError</Code></Error>"),
        ReasonCode.MALFORMED,
    ),
}


@pytest.mark.parametrize("row", AGAIN)
def test_what_may_pass_is_tried_again_and_costs_no_resource(
    row: str, take: Taker, hasty: Aws, truth: Published
) -> None:
    fault = AGAIN[row][0]
    take.calls = hasty if fault.kind == "hang" else take.calls
    ran = take(*(replace(fault, operation=listing_of(name), page=1, times=2) for name in TYPES.values()))
    for name in TYPES.values():
        assert said(ran, name) == WHOLLY, name
        assert ids(ran, name) == ids(truth, name)
    assert ran.befell().total() == 2 * len(TYPES)
    assert ran.manifest["verdict"] == "complete"


@pytest.mark.parametrize("row", AGAIN)
def test_what_does_not_pass_leaves_what_was_read_before_and_says_why(
    row: str, take: Taker, hasty: Aws, truth: Published
) -> None:
    fault, reason = AGAIN[row]
    take.calls = hasty if fault.kind == "hang" else take.calls
    ran = take(*(replace(fault, operation=listing_of(name), page=1) for name in TYPES.values()))
    for name in TYPES.values():
        assert said(ran, name) == (State.PARTIAL, reason, PAGE_SIZE, 0), name
        assert set(ids(ran, name)) < set(ids(truth, name))
    assert ran.befell().total() == SETTINGS.attempts * len(TYPES)
    assert said(ran, SQS) == WHOLLY
    assert ran.manifest["verdict"] == "partial"


# --- what is not ---


def refusal(code: str, status: int = 403, message: str = WHO) -> Fault:
    return Fault("error", code=code, status=status, message=message)


STAYS = {
    "F5 AccessDenied": (refusal("AccessDenied"), State.DENIED, ReasonCode.IAM),
    "F5 AccessDeniedException": (refusal("AccessDeniedException", 400), State.DENIED, ReasonCode.IAM),
    "F5 UnauthorizedOperation": (refusal("UnauthorizedOperation"), State.DENIED, ReasonCode.IAM),
    "F6 a service control policy": (refusal("AccessDenied", 403, POLICIES_ABOVE[0]), State.DENIED, ReasonCode.SCP),
    "F6 a resource control policy": (refusal("AccessDenied", 403, POLICIES_ABOVE[2]), State.DENIED, ReasonCode.SCP),
    "F14 InvalidAction": (refusal("InvalidAction", 400), State.UNAVAILABLE, ReasonCode.NOT_OFFERED),
    "F14 an operation not supported in the region": (
        refusal("UnsupportedOperation", 400, "The operation is not supported in this region."),
        *(State.UNAVAILABLE, ReasonCode.NOT_OFFERED),
    ),
    "F15 SubscriptionRequiredException": (
        refusal("SubscriptionRequiredException", 400),
        *(State.UNAVAILABLE, ReasonCode.NOT_ENABLED),
    ),
    "F15 OptInRequired": (refusal("OptInRequired", 401), State.UNAVAILABLE, ReasonCode.NOT_ENABLED),
    "an error that nobody knows": (refusal("HatTooTall", 400), State.FAILED, ReasonCode.UNEXPECTED),
    "a redirect": (Fault("status", status=302), State.FAILED, ReasonCode.UNEXPECTED),
    "multiple choices": (Fault("status", status=300), State.FAILED, ReasonCode.UNEXPECTED),
}


@pytest.mark.parametrize("row", STAYS)
def test_a_refusal_is_heard_once_and_is_no_empty_list(row: str, take: Taker) -> None:
    fault, state, reason = STAYS[row]
    ran = take(*(replace(fault, operation=listing_of(name)) for name in TYPES.values()))
    for name in TYPES.values():
        assert said(ran, name) == (state, reason, 0, 0), name
    asked = ran.befell().total()
    if reason is ReasonCode.SCP:  # a few may have been asked for all of their region
        assert 0 < asked <= len(TYPES)
        assert said(ran, SQS) in (WHOLLY, (state, reason, 0, 0))
        assert ran.manifest["verdict"] in ("partial", "failed")
    else:
        assert asked == len(TYPES)
        assert said(ran, SQS) == WHOLLY
        assert ran.manifest["verdict"] == ("complete" if state is State.UNAVAILABLE else "partial")


@pytest.mark.parametrize("row", STAYS)
def test_a_refused_enrichment_is_a_gap_with_its_reason_and_nothing_else_is_lost(
    row: str, take: Taker, truth: Published
) -> None:
    fault, _, reason = STAYS[row]
    ran = take(replace(fault, operation="sqs:ListQueueTags"), types=(SQS,))
    assert said(ran, SQS) == (State.COLLECTED, None, ALL, ALL)
    ((_, lines),) = ran.lines.items()
    assert ids(ran, SQS) == ids(truth, SQS)
    for line in lines:
        assert line["tags"] is None
        assert [(gap["path"], gap["reason"]["code"]) for gap in line["gaps"]] == [("Tags", reason)]


# --- pages ---

TOKENS = {
    "F24 a page token that comes again": (Fault("again", page=1), ReasonCode.TOKEN_LOOP, 1),
    "F25 page tokens that go round": (Fault("again", page=2), ReasonCode.TOKEN_LOOP, 2),
    "F26 a page token that expires each time": (
        Fault("error", code="ExpiredNextTokenException", page=1),
        *(ReasonCode.PAGE_TOKEN, 1),
    ),
}


@pytest.mark.parametrize("row", TOKENS)
def test_a_listing_that_cannot_come_to_its_end_is_partial(row: str, take: Taker, truth: Published) -> None:
    fault, reason, pages = TOKENS[row]
    ran = take(*(replace(fault, operation=listing_of(name)) for name in TYPES.values()))
    for name in TYPES.values():
        assert said(ran, name) == (State.PARTIAL, reason, pages * PAGE_SIZE, 0), name
        assert set(ids(ran, name)) < set(ids(truth, name))


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("code", ["InvalidNextToken", "ExpiredNextTokenException", "PaginationTokenExpiredException"])
def test_f26_a_page_token_that_expired_begins_the_listing_again_and_f29_keeps_each_resource_once(
    code: str, page: int, take: Taker, truth: Published
) -> None:
    faults = [Fault("error", listing_of(name), page=page, times=1, code=code) for name in TYPES.values()]
    ran = take(*faults)
    for name in TYPES.values():
        assert said(ran, name) == WHOLLY
        assert ids(ran, name) == ids(truth, name)
    first = [
        entry for entry in ran.log if (f"{entry['service']}:{entry['operation']}") in map(listing_of, TYPES.values())
    ]
    assert sum(entry["page"] == 0 for entry in first) == 2 * len(TYPES)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_f27_an_empty_page_with_a_token_is_no_end(page: int, take: Taker, truth: Published) -> None:
    ran = take(*(Fault("hollow", listing_of(name), page=page) for name in TYPES.values()))
    assert ran.befell().total() == len(TYPES)
    for name in TYPES.values():
        assert said(ran, name) == WHOLLY
        assert ids(ran, name) == ids(truth, name)


def test_an_answer_left_on_a_connection_is_not_the_next_calls(take: Taker, truth: Published) -> None:
    ran = take(Fault("twice"), types=FEW)
    assert ran.befell().total() > 100
    assert {key: unit["fingerprint"] for key, unit in ran.units.items()} == {
        key: unit["fingerprint"] for key, unit in truth.units.items()
    }


# --- whole units, accounts and runs ---


def test_f30_a_listing_that_fails_while_a_zone_is_down_keeps_where_it_was_last_collected(take: Taker) -> None:
    before = take()
    ran = take(Fault("error", "ec2:Describe*", code="InternalError", status=500))
    ((key, unit),) = ((key, unit) for key, unit in ran.units.items() if key[2] == TYPES["ec2"])
    assert (unit["state"], unit["count"]) == (State.FAILED, 0)
    assert unit["last"]["run"] == before.manifest["run"]["id"]
    assert unit["last"]["fingerprint"] == before.units[key]["fingerprint"]
    assert unit["last"]["blocks"] == before.units[key]["blocks"] != []


REFUSED_ROLES = {
    "AccessDenied": (State.DENIED, ReasonCode.IAM),
    "RegionDisabledException": (State.FAILED, ReasonCode.UNEXPECTED),
    "MalformedPolicyDocument": (State.FAILED, ReasonCode.UNEXPECTED),
    "PackedPolicyTooLarge": (State.FAILED, ReasonCode.UNEXPECTED),
}


@pytest.mark.parametrize("code", REFUSED_ROLES)
def test_f35_an_account_that_cannot_be_entered_stays_in_the_snapshot_and_is_asked_once(
    code: str, server: LoopbackAWS, tmp_path: Path
) -> None:
    estate = replace(ESTATE, accounts=(ONE, OTHER))
    inventory = Inventory(accounts=("*",), types=(TYPES["ec2"], SQS))
    settings = replace(SETTINGS, inventory=inventory, inventories=(inventory,))
    fault = Fault("error", "sts:AssumeRole", code=code, status=403, message="no")
    with calling(server, settings) as calls:
        ran = run(server, calls, tmp_path, [fault], estate=estate, settings=settings)
    theirs = [unit for (account, _, _), unit in ran.units.items() if account == OTHER]
    assert len(theirs) == 2
    for unit in theirs:
        assert (unit["state"], unit["reason"]["code"]) == REFUSED_ROLES[code]
        assert (unit["count"], unit["calls"]) == (0, 0)
    assert {unit["state"] for (account, _, _), unit in ran.units.items() if account == ONE} == {State.COLLECTED}
    assert ran.befell().total() == 1
    assert ran.manifest["verdict"] == "partial"


# --- answers that lie ---


def ask(calls: Aws, request: Request) -> Page | Problem:
    try:
        return calls.call(request, lambda _: None)
    except Exception as error:
        return classify(error)


def refused(ran: Published, name: str) -> bool:
    """Whether a unit says that not all is there."""
    return said(ran, name)[:2] in (("failed", "malformed"), ("partial", "malformed"))


every_type = pytest.mark.parametrize("name", [name for name, row in CATALOG.items() if not row.calls[0].may_lack])


@every_type
def test_an_answer_of_the_right_form_with_nothing_in_it_is_no_empty_list(name: str, take: Taker) -> None:
    """All of these name their list even where it is empty; SQS and few others leave it out, as their rows say."""
    organization = replace(ESTATE, accounts=(ONE, OTHER))
    assert refused(take(Fault("bare", listing_of(name), page=0), types=(name,), estate=organization), name)


LISTLESS = {
    "the list is null": '{"logGroups": null}',
    "another operation's answer, and both have tokens": '{"logStreams": [], "nextToken": null}',
    "a token and nothing else": '{"nextToken": null}',
}


@pytest.mark.parametrize("body", LISTLESS.values(), ids=LISTLESS.keys())
def test_an_answer_without_its_list_is_no_empty_list(body: str, take: Taker) -> None:
    name = TYPES["json"]
    assert refused(take(Fault("body", listing_of(name), page=1, status=200, body=body), types=(name,)), name)


SWALLOWED = {
    "a reservation without its instances": (
        "AWS::EC2::Instance",
        "<DescribeInstancesResponse><requestId>r</requestId><reservationSet><item><reservationId>r-1</reservationId>"
        "</item></reservationSet></DescribeInstancesResponse>",
    ),
    "null for the address of a queue": (SQS, '{"QueueUrls": ["https://queue", null]}'),
}


@pytest.mark.parametrize("what", SWALLOWED)
def test_an_item_that_is_null_is_not_passed_over(what: str, take: Taker) -> None:
    name, body = SWALLOWED[what]
    ran = take(Fault("body", listing_of(name), page=0, status=200, body=body), types=(name,))
    assert said(ran, name)[:2] in ((State.FAILED, "malformed"), (State.PARTIAL, "malformed"))


ALWAYS_THERE = {
    "iam:GetUser": "AWS::IAM::User",
    "kms:DescribeKey": "AWS::KMS::Key",
    "sns:GetTopicAttributes": "AWS::SNS::Topic",
    "sqs:GetQueueAttributes": SQS,
    "elbv2:DescribeTags": "AWS::ElasticLoadBalancingV2::LoadBalancer",
}
"""Enrichments whose answer always has what is asked for, and a type that makes them."""


@pytest.mark.parametrize("operation", ALWAYS_THERE)
def test_an_enrichment_with_nothing_in_it_is_a_gap(operation: str, take: Taker) -> None:
    name = ALWAYS_THERE[operation]
    assert said(take(Fault("bare", operation), types=(name,)), name) == (State.COLLECTED, None, ALL, ALL)


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("fault", [Fault("prefix", body="\xef\xbb\xbf"), Fault("utf-16")], ids=["BOM", "UTF-16"])
@pytest.mark.parametrize("name", [TYPES["json"], TYPES["rest-json"], SQS, DYNAMODB])
def test_json_that_botocore_cannot_read_is_no_empty_list(name: str, fault: Fault, page: int, take: Taker) -> None:
    ran = take(replace(fault, operation=listing_of(name), page=page), types=(name,))
    assert refused(ran, name) or said(ran, name) == WHOLLY


@pytest.mark.parametrize("fault", [Fault("prefix", body="\xef\xbb\xbf"), Fault("utf-16")], ids=["BOM", "UTF-16"])
@pytest.mark.parametrize("name", [TYPES["ec2"], TYPES["query"], TYPES["rest-xml"]])
def test_xml_in_another_encoding_is_read_or_refused(name: str, fault: Fault, take: Taker, truth: Published) -> None:
    ran = take(replace(fault, operation=listing_of(name), page=1), types=(name,))
    assert refused(ran, name) or ids(ran, name) == ids(truth, name)


ROOTLESS = ("GetBucketEncryption", "GetPublicAccessBlock", "GetBucketPolicyStatus")


@pytest.mark.parametrize("fault", [Fault("empty"), Fault("status", status=204)], ids=["200", "204"])
@pytest.mark.parametrize("operation", ROOTLESS)
def test_an_empty_answer_about_a_bucket_is_a_gap_and_not_nothing_configured(
    operation: str, fault: Fault, take: Taker
) -> None:
    name = TYPES["rest-xml"]
    ran = take(replace(fault, operation=f"s3:{operation}"), types=(name,))
    assert said(ran, name) == (State.COLLECTED, None, ALL, ALL)


def test_a_description_of_fewer_than_were_asked_for_is_not_whole(take: Taker) -> None:
    fault = Fault("body", "ecs:DescribeClusters", times=1, status=200, body='{"clusters": [], "failures": []}')
    state, _, count, _ = said(take(fault, types=(ECS,)), ECS)
    assert (state, count) == (State.COLLECTED, ALL) or state != State.COLLECTED


def test_a_page_token_without_its_flag_is_no_end(server: LoopbackAWS, calls: Aws) -> None:
    body = "<ListRolesResponse><ListRolesResult><Roles/><Marker>further</Marker></ListRolesResult></ListRolesResponse>"
    server.reset(replace(ESTATE, faults=(Fault("body", "iam:ListRoles", status=200, body=body),)))
    came = ask(calls, Request("iam", "ListRoles", {"MaxItems": 1000}, ONE, REGION))
    assert isinstance(came, Problem) or came.next is not None


ENDS = {
    "an empty token": '{"logGroups": [], "nextToken": ""}',
    "a token that is null": '{"logGroups": [], "nextToken": null}',
}


@pytest.mark.parametrize("body", ENDS.values(), ids=ENDS.keys())
def test_a_token_that_says_nothing_is_the_end(body: str, take: Taker) -> None:
    """As AWS's references say: "This value is an empty string when there are no more items"."""
    name = TYPES["json"]
    assert said(take(Fault("body", listing_of(name), page=2, status=200, body=body), types=(name,)), name) == (
        *(State.COLLECTED, None, 2 * PAGE_SIZE, 0),
    )


ODD = {
    "a number for a token": '{"logGroups": [], "nextToken": 5}',
    "an object for a token": '{"logGroups": [], "nextToken": {"a": 1}}',
    "an object for the list": '{"logGroups": {"logGroupName": "one"}}',
    "texts for items": '{"logGroups": ["one", "two"]}',
    "items without a name": '{"logGroups": [{"storedBytes": 5}]}',
    "null for an item": '{"logGroups": [null]}',
    "more than JSON": '{"logGroups": []}{"logGroups": []}',
    "JSON that is too deep": '{"logGroups": ' + "[" * 20_000 + "]" * 20_000 + "}",
    "a number that is too long": '{"logGroups": [], "nextToken": ' + "9" * 5_000 + "}",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_what_cannot_be_made_sense_of_is_no_end_and_no_list(body: str, take: Taker) -> None:
    name = TYPES["json"]
    state, reason, _, _ = said(
        take(Fault("body", listing_of(name), page=1, status=200, body=body), types=(name,)), name
    )
    assert (state, reason in ("malformed", "unexpected")) == (State.PARTIAL, True)


@pytest.mark.parametrize("at", [0, -1, WHOLE], ids=["cut", "one byte short", "whole"])
def test_a_body_in_gzip_which_nobody_asked_for_is_refused(at: int, take: Taker) -> None:
    ran = take(*(Fault("gzip", listing_of(name), page=0, at=at) for name in TYPES.values()))
    assert {said(ran, name) for name in TYPES.values()} == {(State.FAILED, ReasonCode.MALFORMED, 0, 0)}


def test_the_page_ahead_is_asked_for_once_however_often_the_one_before_it_is(take: Taker) -> None:
    name = "AWS::SNS::Topic"
    ran = take(Fault("short", listing_of(name), page=0, at=-20, times=3), types=(name,))
    assert said(ran, name) == WHOLLY
    assert sum(entry["operation"] == "ListTopics" and entry["page"] == 1 for entry in ran.log) == 1
