"""What the pipeline does before AWS has said anything, and with the items of a page."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from stocktake.model import Page, ReasonCode, State, Target, Unit
from stocktake.pipeline import AHEAD, _first_hosts, _steps
from stocktake.settings import Filters, Settings
from stocktake.snapshot import Content, Spool
from tests.catalog.drive import drive
from tests.helpers import ACCOUNT

KNOWN = ("ap-southeast-2", "eu-west-1", "me-south-1", "us-east-1")
AWS: Any = SimpleNamespace(partition="aws", home="us-east-1", known_regions=lambda: {"aws": KNOWN, "aws-cn": ("cn-1",)})


def asking(**filters: tuple[str, ...]) -> Settings:
    return replace(Settings(), filters=Filters(**filters))


def test_without_a_last_run_every_region_that_the_sdk_knows_is_guessed_the_farthest_first() -> None:
    hosts = _first_hosts(asking(types=("AWS::EC2::*",)), AWS, ())
    assert hosts == [("ec2", region) for region in ("ap-southeast-2", "me-south-1", "eu-west-1", "us-east-1")]


def test_the_last_runs_regions_are_the_guess_where_there_is_one() -> None:
    hosts = _first_hosts(asking(types=("AWS::EC2::*",)), AWS, ("eu-west-1", "us-east-1"))
    assert hosts == [("ec2", "eu-west-1"), ("ec2", "us-east-1")]


def test_regions_and_types_that_are_not_asked_for_are_not_guessed() -> None:
    assert _first_hosts(asking(types=("AWS::SQS::*",), regions=("eu-*",)), AWS, ()) == [("sqs", "eu-west-1")]


def test_what_the_plan_will_refuse_is_not_guessed() -> None:
    assert _first_hosts(asking(regions=("mars-*",)), AWS, ()) == []


def test_a_host_is_guessed_once_and_not_too_many_are() -> None:
    everywhere: Any = SimpleNamespace(**{**vars(AWS), "known_regions": lambda: {"aws": [f"xx-{n}" for n in range(99)]}})
    hosts = _first_hosts(Settings(), everywhere, ())
    assert len(set(hosts)) == len(hosts) == AHEAD


@pytest.mark.parametrize(("threads", "most"), [(1, 0), (8, 2), (64, 16), (900, AHEAD)])
def test_the_calls_of_a_run_with_few_threads_do_not_wait_for_guesses(threads: int, most: int) -> None:
    everywhere: Any = SimpleNamespace(**{**vars(AWS), "known_regions": lambda: {"aws": [f"xx-{n}" for n in range(99)]}})
    assert len(_first_hosts(replace(Settings(), threads=threads), everywhere, ())) == most


def test_an_odd_item_does_not_cost_the_others_of_its_page() -> None:
    unit = Unit("AWS::EC2::VPC", Target(ACCOUNT, "eu-west-1", "eu-west-1", "aws"))
    contents: dict[Unit, Content] = {}
    page = Page({"Vpcs": [{"VpcId": "vpc-1"}, {"State": "without an id"}, {"VpcId": "vpc-2"}]})
    with Spool() as spool:
        ended = drive(_steps(unit, spool, threading.Semaphore(1), contents, False), lambda _: page)
    assert (ended.state, ended.reason and ended.reason.code) == (State.PARTIAL, ReasonCode.MALFORMED)
    assert contents[unit].count == 2
