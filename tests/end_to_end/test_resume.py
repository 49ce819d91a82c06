"""A run that is gone on with: what it did not see is collected, and its next revision published."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stocktake.cli import cli
from stocktake.errors import UsageError
from tests.end_to_end.sweeps import Run, Sweeps
from tests.loopback_aws import Estate, Fault, LoopbackAWS

ESTATE = Estate(regions=("us-east-1", "eu-west-1"), items=3, page_size=1, latency=0, service_seconds=0)
BROKEN = replace(
    ESTATE,
    faults=(
        Fault("denied", operation="ec2:DescribeSubnets", region="eu-west-1"),
        Fault("truncate", operation="ec2:DescribeVpcs", page=2),
        Fault("status", operation="kms:*", status=500),
        Fault("error", operation="dynamodb:ListTables", page=1, code="ValidationException", message="odd"),
    ),
)


@pytest.fixture(scope="module")
def running(_no_network: None) -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as server:
        yield server


@pytest.fixture
def sweeps(running: LoopbackAWS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sweeps:
    return Sweeps(running, tmp_path / "store", monkeypatch)


@pytest.fixture(scope="module")
def truth(running: LoopbackAWS, tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        return Sweeps(running, tmp_path_factory.mktemp("truth"), patch).take(ESTATE)


def resume(run: Run) -> dict[str, Any]:
    return {"resume": run.manifest["run"]["id"]}


def assert_verifies(sweeps: Sweeps) -> None:
    done = CliRunner().invoke(cli, ["verify", "--line", "--store", str(sweeps.store)], standalone_mode=False)
    assert done.return_value == 0, done.output


def missing(run: Run) -> set[tuple[str, str]]:
    return {(one["region"], one["type"]) for one in run.units if one["state"] not in ("collected", "unavailable")}


def test_what_is_missing_is_collected_and_every_resource_stands_once(sweeps: Sweeps, truth: Run) -> None:
    first = sweeps.take(BROKEN)
    assert first.manifest["verdict"] == "partial"
    assert Counter(one["state"] for one in first.units)["partial"] >= 3
    whole = sweeps.take(ESTATE, resume(first))
    assert sorted(whole.resources) == sorted(truth.resources)
    assert whole.manifest["verdict"] == "complete"
    assert whole.manifest["counts"] == truth.manifest["counts"]
    run = whole.manifest["run"]
    assert (run["id"], run["revision"], run["trigger"]) == (first.manifest["run"]["id"], 2, "resume")
    assert run["started"] == first.manifest["run"]["started"] <= run["resumed"] <= run["finished"]
    assert whole.manifest["previous"]["manifest"] == first.key
    assert sweeps.latest() == whole.key
    assert_verifies(sweeps)


def test_nothing_is_asked_for_again_that_was_seen(sweeps: Sweeps) -> None:
    first = sweeps.take(BROKEN)
    whole = sweeps.take(ESTATE, resume(first))
    asked = {(call["service"], call["region"]) for call in sweeps.server.log()} - {("sts", "us-east-1")}
    services = {("ec2", "eu-west-1"), ("ec2", "us-east-1"), ("account", "us-east-1")}
    services |= {(name, region) for name in ("kms", "dynamodb") for region in ESTATE.regions}
    assert asked == services
    operations = {call["operation"] for call in sweeps.server.log() if call["service"] == "ec2"}
    assert operations == {"DescribeVpcs", "DescribeSubnets"}
    before, now = ({(one["region"], one["type"]): one for one in run.units} for run in (first, whole))
    for key in before.keys() - missing(first):
        assert now[key] == before[key]
    calls = {name: made["calls"] for name, made in first.manifest["calls"].items()}
    seen = Counter(call["service"] for call in sweeps.server.log())
    assert {name: made["calls"] for name, made in whole.manifest["calls"].items()} == Counter(calls) + seen


def test_what_is_still_broken_stays_as_it_was_and_is_not_doubled(sweeps: Sweeps, truth: Run) -> None:
    first = sweeps.take(BROKEN)
    again = sweeps.take(BROKEN, resume(first))
    assert missing(again) == missing(first)
    assert sorted(again.resources) == sorted(first.resources)
    assert again.manifest["counts"] == first.manifest["counts"]
    worse = replace(ESTATE, faults=(Fault("denied", operation="ec2:*"), Fault("denied", operation="dynamodb:*")))
    least = sweeps.take(worse, resume(first))
    assert least.manifest["run"]["revision"] == 3
    assert not missing(least) - missing(first)
    assert {one for one in first.resources if one in truth.resources} <= set(least.resources)
    assert len(set(least.resources)) == len(least.resources)
    whole = sweeps.take(ESTATE, resume(first))
    assert whole.manifest["run"]["revision"] == 4
    assert sorted(whole.resources) == sorted(truth.resources)
    assert_verifies(sweeps)


def test_what_is_read_with_more_gaps_than_before_does_not_take_its_place(sweeps: Sweeps) -> None:
    broken = Fault("truncate", operation="lambda:ListFunctions", page=2)
    first = sweeps.take(replace(ESTATE, faults=(broken,)))
    worse = replace(ESTATE, faults=(broken, Fault("denied", operation="lambda:ListTags")))
    again = sweeps.take(worse, resume(first))
    assert "ListTags" in {call["operation"] for call in sweeps.server.log()}
    assert sorted(again.resources) == sorted(first.resources)
    assert again.manifest["counts"] == first.manifest["counts"]


@pytest.mark.parametrize(
    ("hangs", "reserve", "not_reached"), [("[!sa]*", "294", 21), ("sns:GetTopicAttributes", "296", 0)]
)
def test_a_run_that_the_deadline_cut_short_is_finished(
    hangs: str, reserve: str, not_reached: int, sweeps: Sweeps, truth: Run
) -> None:
    hung = replace(ESTATE, page_size=3, faults=(Fault("hang", operation=hangs),))
    first = sweeps.take(hung, None, STOCKTAKE_RESERVE_SECONDS=reserve, STOCKTAKE_READ_TIMEOUT="5")
    assert Counter(one["state"] for one in first.units)["not_reached"] >= not_reached
    assert first.manifest["verdict"] != "complete"
    seen = {(one["region"], one["type"]) for one in first.units} - missing(first)
    for one in map(json.loads, first.resources):
        assert "gaps" not in one or (one["region"], one["type"]) not in seen
    whole = sweeps.take(ESTATE, resume(first))
    assert whole.manifest["verdict"] == "complete"
    assert sorted(whole.resources) == sorted(truth.resources)


def test_a_run_that_saw_everything_is_answered_as_it_is(sweeps: Sweeps) -> None:
    first = sweeps.take(ESTATE)
    again = sweeps.take(ESTATE, resume(first))
    assert again.summary["repeated"]
    assert again.manifest == first.manifest
    assert not sweeps.server.log()


def test_a_newer_run_stays_the_latest(sweeps: Sweeps) -> None:
    first = sweeps.take(BROKEN)
    newer = sweeps.take(BROKEN)
    whole = sweeps.take(ESTATE, resume(first))
    assert whole.manifest["verdict"] == "complete"
    assert not whole.summary["latest"]
    assert whole.manifest["previous"]["manifest"] == first.key
    assert sweeps.latest() == newer.key
    assert_verifies(sweeps)


def test_a_narrower_run_is_finished_as_narrow_as_it_was(sweeps: Sweeps) -> None:
    latest = sweeps.take(ESTATE)
    event = {"scheduled": "2026-11-23T12:30:00Z", "types": ["AWS::EC2::*"], "regions": ["eu-west-1"]}
    narrow = sweeps.take(BROKEN, event)
    whole = sweeps.take(ESTATE, resume(narrow))
    assert {(one["region"], one["type"]) for one in whole.units} == {
        (one["region"], one["type"]) for one in narrow.units
    }
    assert whole.manifest["scope"]["filters"] == narrow.manifest["scope"]["filters"]
    assert not missing(whole)
    assert sweeps.latest() == latest.key


def test_a_unit_of_a_resumed_run_says_where_it_was_last(sweeps: Sweeps) -> None:
    sweeps.take(ESTATE)
    first = sweeps.take(BROKEN)
    again = sweeps.take(BROKEN, resume(first))
    last = [{one["type"] + one["region"]: one.get("last") for one in run.units} for run in (first, again)]
    assert last[0] == last[1]
    assert any(last[0].values())


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"resume": "20300101T000000Z"}, "resume: '20300101T000000Z' cannot be taken; the store has no such run"),
        ({"resume": "yesterday"}, "it is the id of a run"),
        ({"resume": None}, "it is the id of a run"),
        ({"resume": "20261122T000000Z", "regions": ["*"]}, "event: 'regions' .* beside resume there is only inventory"),
    ],
)
def test_what_cannot_be_resumed_is_refused(event: dict[str, Any], says: str, sweeps: Sweeps) -> None:
    with pytest.raises(UsageError, match=says):
        sweeps.take(ESTATE, event)


def test_a_run_of_another_account_is_refused(sweeps: Sweeps) -> None:
    first = sweeps.take(replace(BROKEN, accounts=("222222222222",)))
    with pytest.raises(UsageError, match="the run is of 222222222222, and these credentials see 111111111111"):
        sweeps.take(ESTATE, resume(first))
