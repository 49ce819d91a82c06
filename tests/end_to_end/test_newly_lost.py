"""What is newly lost, through the whole pipeline: counted, measured, shown, verified, and gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stocktake import pipeline
from stocktake.announce import measures
from stocktake.cli import cli
from stocktake.earlier import Before
from tests.end_to_end.sweeps import Run, Sweeps
from tests.loopback_aws import Estate, Fault, LoopbackAWS

TYPES = ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::KMS::Key", "AWS::SQS::Queue"]
FEW = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {"types": TYPES}})}
ESTATE = Estate(regions=("us-east-1", "eu-west-1"), items=3, page_size=1, latency=0, service_seconds=0)
WORSE = replace(
    ESTATE,
    faults=(
        Fault("denied", operation="ec2:DescribeVpcs", region="eu-west-1"),
        Fault("truncate", operation="ec2:DescribeSubnets", page=2),
        Fault("error", operation="kms:ListKeys", region="eu-west-1", code="OptInRequired", message="not enabled"),
    ),
)
LOST = {
    ("AWS::EC2::VPC", "eu-west-1", "denied"),
    ("AWS::EC2::Subnet", "eu-west-1", "partial"),
    ("AWS::EC2::Subnet", "us-east-1", "partial"),
    ("AWS::KMS::Key", "eu-west-1", "unavailable"),
}


@pytest.fixture(scope="module")
def running(_no_network: None) -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as server:
        yield server


@pytest.fixture
def sweeps(running: LoopbackAWS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sweeps:
    return Sweeps(running, tmp_path / "store", monkeypatch)


def lost_in(run: Run) -> set[tuple[str, str, str]]:
    return {(one["type"], one["region"], one["state"]) for one in run.units if one.get("newly_lost")}


def measured(run: Run) -> list[float]:
    return [value for name, _, value in measures(run.summary) if name == "NewlyLost"]


def ran(sweeps: Sweeps, *arguments: str) -> Any:
    done = CliRunner().invoke(cli, [*arguments, "--store", str(sweeps.store)], standalone_mode=False)
    assert done.return_value in (0, None), done.output
    return done.output


def test_what_is_newly_lost_is_counted_measured_and_shown_and_a_repeated_delivery_says_the_same(
    sweeps: Sweeps,
) -> None:
    first = sweeps.take(ESTATE, **FEW)
    assert (first.manifest["counts"]["newly_lost"], first.summary["newly_lost"], measured(first)) == (0, 0, [0])
    event = {"scheduled": "2026-11-22T05:00:00Z"}
    second = sweeps.take(WORSE, event, **FEW)
    assert lost_in(second) == LOST
    assert (second.manifest["counts"]["newly_lost"], second.summary["newly_lost"], measured(second)) == (4, 4, [4])
    again = sweeps.take(WORSE, event, **FEW)
    assert again.summary["repeated"]
    assert measured(again) == [4]
    shown = ran(sweeps, "show")
    assert ", 4 units newly lost" in shown.splitlines()[0]
    assert shown.count("newly lost: ") == 3, "one group has two regions"
    assert ran(sweeps, "show", "--units").count(", newly lost") == 4
    groups = second.summary["unseen"]
    assert [group.get("newly_lost") for group in groups] == [True, True, True]
    assert "as written" in ran(sweeps, "verify", "--line")

    third = sweeps.take(WORSE, **FEW)
    assert third.manifest["counts"]["newly_lost"] == 0


def test_what_is_accepted_as_unseen_is_not_lost_but_what_is_unavailable_is(sweeps: Sweeps) -> None:
    sweeps.take(ESTATE, **FEW)
    rule = {"reasons": ["iam", "malformed"], "by": "Jo", "until": "2999-01-01", "why": "sold"}
    run = sweeps.take(WORSE, **FEW, STOCKTAKE_ACCEPTED=json.dumps([rule]))
    assert run.summary["verdict"] == "complete"
    assert lost_in(run) == {("AWS::KMS::Key", "eu-west-1", "unavailable")}


def test_where_the_run_before_is_not_read_in_time_the_number_is_unknown_and_not_measured(
    sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps.take(ESTATE, **FEW)
    monkeypatch.setattr(pipeline, "read_before", lambda *_: Before())
    run = sweeps.take(WORSE, **FEW)
    assert run.manifest["counts"]["newly_lost"] is None
    assert (lost_in(run), measured(run)) == (set(), [])
    assert "newly lost" not in ran(sweeps, "show")
    assert "as written" in ran(sweeps, "verify")
    resumed = sweeps.take(WORSE, {"resume": run.manifest["run"]["id"]}, **FEW)
    assert resumed.manifest["counts"]["newly_lost"] is None


def test_a_run_that_is_gone_on_with_has_lost_what_it_still_does_not_see(sweeps: Sweeps) -> None:
    sweeps.take(ESTATE, **FEW)
    first = sweeps.take(WORSE, **FEW)
    event = {"resume": first.manifest["run"]["id"]}
    still = sweeps.take(replace(ESTATE, faults=WORSE.faults[:1]), event, **FEW)
    assert lost_in(still) == {
        ("AWS::EC2::VPC", "eu-west-1", "denied"),
        ("AWS::KMS::Key", "eu-west-1", "unavailable"),  # which is not asked for again
    }
    assert (still.manifest["counts"]["newly_lost"], measured(still)) == (2, [2])
    gone = replace(WORSE.faults[2], operation="ec2:DescribeVpcs")
    assert lost_in(sweeps.take(replace(ESTATE, faults=(gone,)), event, **FEW)) == {
        ("AWS::EC2::VPC", "eu-west-1", "unavailable"),
        ("AWS::KMS::Key", "eu-west-1", "unavailable"),
    }
    assert "as written" in ran(sweeps, "verify", "--line")
