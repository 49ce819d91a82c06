"""What a run says of itself: the summary that answers an invocation, its measures, and the event that announces it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit
from hypothesis import given
from hypothesis import strategies as st

from stocktake import aws
from stocktake.announce import DETAIL_TYPE, GROUPS, MESSAGE, REGIONS, SOURCE, by_service, event, measures, put, summary
from stocktake.aws import Aws
from stocktake.errors import MESSAGE_LIMIT
from stocktake.model import ReasonCode, State, Verdict
from stocktake.settings import BY_CHARACTERS, WHY_CHARACTERS, Settings
from stocktake.snapshot import unseen
from tests.helpers import ACCOUNT, law, manifest_of, run_at
from tests.loopback import Call, Loopback, Reply, json_reply

ASYNCHRONOUS_RESULT_LIMIT = 256 * 1024
"""Bytes of an event or a result that Lambda passes on (AWS Lambda quotas, "Invocation payload")."""

TYPES, REGIONS_THERE_ARE = 600, 34


def lines(message: str, types: int = TYPES, regions: int = REGIONS_THERE_ARE) -> list[dict[str, Any]]:
    """Every unit of an estate, failed for as many reasons as there are."""
    codes = list(ReasonCode)
    return [
        {
            "account": ACCOUNT,
            "region": f"ap-southeast-{region}",
            "type": f"AWS::SomeRatherLongServiceName::SomeRatherLongResourceType{number}",
            "state": "failed",
            "reason": {"code": codes[(number + region) % len(codes)], "message": message},
        }
        for number in range(types)
        for region in range(regions)
    ]


def summarised(units: Sequence[dict[str, Any]], **members: Any) -> dict[str, Any]:
    by_type = dict.fromkeys({unit["type"] for unit in units}, 123_456)
    manifest = manifest_of(
        run_at(13),
        "partial",
        counts={
            "resources": 7,
            "gaps": 2,
            "newly_lost": 4,
            "units": len(units),
            "by_state": {"failed": len(units)},
            "by_type": by_type,
        },
        scope={"accounts": [ACCOUNT], "regions_from": "account:ListRegions"},
        calls={
            "ec2": {"calls": 10, "retries": 1, "throttles": 2},
            "s3": {"calls": 5, "retries": 0, "throttles": 1},
        },
        **members,
    )
    manifest["run"]["revision"] = 2
    manifest["objects"] = [{"key": f"{kind}/key", "kind": kind} for kind in ("snapshots", "units")]
    return summary(manifest, unseen(units), "manifests/key", latest=True)


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\U0001f600", '"', "\x00"])
def test_the_summary_of_an_estate_in_which_everything_failed_fits_into_an_asynchronous_result(letter: str) -> None:
    answer = summarised(lines(letter * 400))
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < ASYNCHRONOUS_RESULT_LIMIT


def test_the_summary_fits_though_everything_is_accepted_in_the_longest_words() -> None:
    letter = "\U0001f600"
    word = {"by": letter * BY_CHARACTERS, "until": "2027-01-01T00:00:00Z", "why": letter * WHY_CHARACTERS}
    units = [{**unit, "accepted": word} for unit in lines(letter * 400)]
    answer = summarised(units, accepted=[{**word, "units": len(units), "expired": False, "reasons": ["iam"]}])
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < ASYNCHRONOUS_RESULT_LIMIT
    assert answer["accepted_rules"] == [{**word, "units": len(units), "expired": False}]


def test_what_does_not_fit_into_the_summary_is_counted() -> None:
    answer = summarised(lines("x" * 400, types=GROUPS + 7, regions=1))
    assert len(answer["unseen"]) == GROUPS
    assert answer["unseen_more"] == 7


def test_a_group_is_cut_to_its_first_regions_and_says_how_many_more_there_are() -> None:
    everywhere = [{**unit, "reason": {"code": "iam", "message": "x" * 400}} for unit in lines("", 1, REGIONS + 3)]
    (group,) = summarised(everywhere)["unseen"]
    assert len(group["message"]) == MESSAGE
    assert len(group["regions"]) == REGIONS
    assert group["regions_more"] == 3


def test_what_fits_is_told_whole() -> None:
    (group,) = summarised(lines("no", types=1, regions=1))["unseen"]
    assert group == {
        "account": ACCOUNT,
        "type": "AWS::SomeRatherLongServiceName::SomeRatherLongResourceType0",
        "state": "failed",
        "reason": next(iter(ReasonCode)),
        "message": "no",
        "regions": ["ap-southeast-0"],
        "regions_more": 0,
    }


def test_the_summary_says_what_a_caller_wants_to_know() -> None:
    answer = summarised([])
    del answer["by_type"]
    assert answer == {
        "run": "20261122T130000Z",
        "revision": 2,
        "inventory": "default",
        "trigger": "test",
        "verdict": "partial",
        "coverage": 1.0,
        "resources": 7,
        "gaps": 2,
        "accepted": 0,
        "newly_lost": 4,
        "accepted_rules": [],
        "by_state": {"failed": 0},
        "narrowed": False,
        "accounts": 1,
        "unseen": [],
        "unseen_more": 0,
        "regions_from": "account:ListRegions",
        "manifest": "manifests/key",
        "objects": ["snapshots/key", "units/key"],
        "latest": True,
        "seconds": 1.0,
        "calls": 15,
        "throttles": 3,
    }


def test_a_summary_can_be_written_as_json_and_comes_back() -> None:
    answer = summarised(lines("no", 3, 3))
    assert json.loads(json.dumps(answer)) == answer


# --- measures ---


def test_every_measure_has_a_unit_that_cloudwatch_knows_and_a_number() -> None:
    for name, unit, value in measures(summarised([])):
        assert isinstance(MetricUnit(unit), MetricUnit), name
        assert isinstance(value, int | float)


def test_every_measure_has_a_name_of_its_own_that_cloudwatch_can_hold() -> None:
    names = [name for name, _, _ in measures(summarised([]))]
    assert len(names) == len(set(names))
    assert all(name.isascii() and 0 < len(name) <= 255 for name in names)


def test_one_emf_document_holds_all_measures() -> None:
    assert len(measures(summarised([]))) <= 100  # CloudWatch embedded metric format, "Metrics"


def test_the_metrics_of_one_inventory_cost_nothing() -> None:
    assert len(measures(summarised([]))) <= 10  # Amazon CloudWatch pricing, "Free tier"


@pytest.mark.parametrize(("known", "told"), [(4, [4]), (0, [0]), (None, [])])
def test_what_is_newly_lost_is_measured_where_it_is_known(known: int | None, told: list[int]) -> None:
    values = measures({**summarised([]), "newly_lost": known})
    assert [value for name, _, value in values if name == "NewlyLost"] == told


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("narrowed", [False, True])
@pytest.mark.parametrize("latest", [False, True])
def test_published_says_that_the_snapshot_stands_for_its_inventory(verdict: str, narrowed: bool, latest: bool) -> None:
    answer = {**summarised([]), "verdict": verdict, "narrowed": narrowed, "latest": latest}
    (value,) = [value for name, _, value in measures(answer) if name == "Published"]
    assert value == (1 if (verdict in ("complete", "partial"), narrowed, latest) == (True, False, True) else 0)


def test_resources_are_told_by_service_all_of_them_and_services_without_any() -> None:
    answer = {**summarised([]), "by_type": {"AWS::EC2::VPC": 2, "AWS::S3::Bucket": 0, "AWS::EC2::Subnet": 3, "Odd": 1}}
    assert by_service(answer) == {"AWS::EC2": 5, "AWS::S3": 0, "Odd": 1}


def test_coverage_is_measured_in_percent() -> None:
    assert ("Coverage", "Percent", 99.9999) in measures(summarised([], coverage=0.999999))
    assert ("Coverage", "Percent", 100.0) in measures(summarised([]))


@pytest.mark.parametrize(("announced", "failed"), [(None, 0), (True, 0), (False, 1)])
def test_a_run_that_could_not_be_announced_is_measured(announced: bool | None, failed: int) -> None:
    answer = summarised([]) | ({} if announced is None else {"announced": announced})
    assert ("AnnouncementsFailed", "Count", failed) in measures(answer)


# --- the event ---

ENTRY_LIMIT = 256 * 1024
"""Bytes of an entry, which must be less (EventBridge user guide, "Calculating PutEvents event entry size")."""


def entry_bytes(detail: dict[str, Any]) -> int:
    """As EventBridge measures: the texts in UTF-8."""
    sent: list[Any] = []
    assert put(lambda: Bus(sent), "default", detail) == ""
    (entry,) = sent
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))


class Bus:
    """An EventBridge client that takes everything."""

    def __init__(self, sent: list[Any]) -> None:
        self._sent = sent

    def put_events(self, **asked: Any) -> dict[str, Any]:
        self._sent += asked["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "11710aed"}]}


def test_an_event_says_what_the_summary_says_in_numbers_and_keys() -> None:
    brief = summarised(lines("no", 2, 2))
    assert event(brief, "s3://bucket/prefix") == {
        "format": 1,
        "run": "20261122T130000Z",
        "revision": 2,
        "inventory": "default",
        "trigger": "test",
        "verdict": "partial",
        "coverage": 1.0,
        "latest": True,
        "repeated": False,
        "resources": 7,
        "gaps": 2,
        "unseen": 4,
        "newly_lost": 4,
        "by_state": {"failed": 4},
        "store": "s3://bucket/prefix",
        "manifest": "manifests/key",
        "objects": ["snapshots/key", "units/key"],
        "objects_more": 0,
    }
    assert event({**brief, "repeated": True}, "")["repeated"]


@law
@given(
    keys=st.integers(0, 10_000),
    length=st.integers(1, 1024),
    states=st.dictionaries(st.sampled_from(State) | st.text(max_size=9), st.integers(0, 2**62), max_size=9),
    store=st.text(max_size=4096),
    trigger=st.text(max_size=500),
)
def test_an_event_is_taken_whatever_the_estate_and_counts_the_keys_that_do_not_fit(
    keys: int, length: int, states: dict[str, int], store: str, trigger: str
) -> None:
    manifest = manifest_of(run_at(13), scope={"accounts": [], "regions_from": ""}, calls={})
    manifest["run"] |= {"revision": 1, "trigger": trigger}
    manifest["counts"] = {"resources": 1, "gaps": 0, "units": 1, "by_state": states, "by_type": {}}
    manifest["objects"] = [{"key": f"{number:0{length}}"} for number in range(keys)]
    detail = event(summary(manifest, [], "k" * 1024, latest=True), store)
    assert entry_bytes(detail) < ENTRY_LIMIT
    assert len(detail["objects"]) + detail["objects_more"] == keys
    assert detail["objects_more"] == 0 or sum(map(len, detail["objects"])) > 100_000
    assert detail["objects"] == [one["key"] for one in manifest["objects"][: len(detail["objects"])]]


def test_no_text_of_aws_and_no_name_is_in_an_event() -> None:
    odd = "\x1b[2J<script>"
    units = [{**unit, "reason": {"code": "iam", "message": odd}, "region": odd} for unit in lines("", 3, 3)]
    assert odd not in json.dumps(event(summarised(units), "s3://bucket"), ensure_ascii=False)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, list[Call]]]:
    """Puts an event on a bus that answers so, by the client that a run uses; why it was not taken, and the calls."""
    monkeypatch.setattr(aws, "EVENT_READ_SECONDS", 0.2)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    def put_on(answer: Callable[[Call], Reply], name: str = "inventory") -> tuple[str, list[Call]]:
        with Loopback(answer) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
            return put(partial(Aws(Settings()).events, name), name, {"run": "\ud800 \u00fc"}), server.calls

    return put_on


def taken(_: Call) -> Reply:
    return json_reply({"FailedEntryCount": 0, "Entries": [{"EventId": "11710aed"}]})


def test_an_event_is_put_on_the_bus_once_with_its_source_and_type(bus: Callable[..., Any]) -> None:
    error, (call,) = bus(taken)
    assert error == ""
    assert (call.service, call.region, call.operation) == ("events", "eu-west-1", "PutEvents")
    (entry,) = json.loads(call.body)["Entries"]
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("inventory", SOURCE, DETAIL_TYPE)
    assert json.loads(entry["Detail"]) == {"run": "\ufffd \u00fc"}


def test_a_bus_that_is_named_by_its_arn_is_asked_in_its_own_region(bus: Callable[..., Any]) -> None:
    arn = "arn:aws:events:us-west-2:111122223333:event-bus/inventory"
    error, (call,) = bus(taken, arn)
    assert (error, call.region) == ("", "us-west-2")
    assert json.loads(call.body)["Entries"][0]["EventBusName"] == arn


def refused_entry(**more: Any) -> Reply:
    return json_reply({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", **more}]})


@pytest.mark.parametrize(
    ("answer", "sentence", "calls"),
    [
        (refused_entry(ErrorMessage="no"), "PutEvents: MalformedDetail: no", 1),
        (refused_entry(ErrorMessage="x" * 9999), "PutEvents: MalformedDetail: xxx", 1),
        (
            json_reply({"__type": "AccessDeniedException", "message": "no"}, 400),
            "PutEvents: AccessDeniedException: no",
            1,
        ),
        (json_reply({"__type": "InternalException", "message": "no"}, 500), "PutEvents: InternalException: no", 2),
        (json_reply({}), "PutEvents: the answer is not one of EventBridge's", 1),
        (json_reply({"FailedEntryCount": 0, "Entries": []}), "PutEvents: the answer is not one of EventBridge's", 1),
        (json_reply({"FailedEntryCount": 1, "Entries": [{"EventId": "1"}]}), "PutEvents: the answer is not one", 1),
        (json_reply({"Entries": [{"EventId": "1"}, {"EventId": "2"}]}), "ValueError at announce.py", 1),
        (json_reply({"Entries": 7}), "", 1),
        (Reply(200, b"<html>"), "PutEvents: the answer is not one of EventBridge's", 1),
        (Reply(reset=True), "ConnectionClosedError: ", 2),
        (Reply(hang=True), "ReadTimeoutError: ", 2),
    ],
)
def test_whatever_a_bus_answers_but_that_it_took_the_event_is_said_in_its_words(
    answer: Reply, sentence: str, calls: int, bus: Callable[..., Any]
) -> None:
    error, made = bus(lambda _: answer)
    assert error
    assert error.startswith(sentence)
    assert len(error) <= MESSAGE_LIMIT
    assert len(made) == calls
