"""longest_first(): which unit begins first."""

from __future__ import annotations

from itertools import groupby
from random import Random

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.catalog import CATALOG
from stocktake.model import Target, Unit
from stocktake.order import PLACES, longest_first, round_trip
from tests.helpers import ACCOUNT, law

REGIONS = ("us-east-1", "us-east-2", "eu-west-1", "ap-southeast-2")
TYPES = ("AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::SQS::Queue", "AWS::Lambda::Function")


def unit(kind: str, region: str, account: str = ACCOUNT) -> Unit:
    return Unit(kind, Target(account, region, region))


UNITS = tuple(unit(kind, region) for region in REGIONS for kind in TYPES)


def host(one: Unit) -> tuple[str, str, str]:
    return (one.target.account, one.target.home, CATALOG[one.type].service)


@law
@given(st.dictionaries(st.sampled_from([one.key for one in UNITS]), st.floats(0, 500)), st.integers(0, 99))
def test_every_unit_once_hosts_whole_the_slowest_first_and_the_same_whatever_came_in(
    seconds: dict[tuple[str, str, str], float], seed: int
) -> None:
    shuffled = Random(seed).sample(UNITS, len(UNITS))
    ordered = longest_first(shuffled, seconds, "us-east-1")
    assert ordered == longest_first(UNITS, seconds, "us-east-1")
    assert sorted(one.key for one in ordered) == sorted(one.key for one in UNITS)
    hosts = [name for name, _ in groupby(ordered, key=host)]
    assert len(hosts) == len(set(hosts))

    def expected(one: Unit) -> float:
        return seconds.get(one.key) or 3 * round_trip("us-east-1", one.target.home)

    slowest = [max(expected(one) for one in ordered if host(one) == name) for name in hosts]
    assert slowest == sorted(slowest, reverse=True)
    for _, group in groupby(ordered, key=host):
        times = [expected(one) for one in group]
        assert times == sorted(times, reverse=True)


def test_what_was_slow_last_time_begins_first() -> None:
    slow = unit("AWS::SQS::Queue", "us-east-1")
    assert longest_first(UNITS, {slow.key: 30.0}, "us-east-1")[0] == slow


def test_without_a_last_run_the_farthest_begins_first() -> None:
    ordered = longest_first(UNITS, {}, "eu-west-1")
    assert [region for region, _ in groupby(one.target.home for one in ordered)] == [
        "ap-southeast-2",
        "us-east-2",
        "us-east-1",
        "eu-west-1",
    ]


def test_every_region_that_the_sdk_can_name_a_place_for_has_one() -> None:
    session = botocore.session.get_session()
    known = {name for part in session.get_available_partitions() for name in session.get_available_regions("ec2", part)}
    secret = {name for name in known if "iso" in name}
    assert known - secret <= set(PLACES)


@pytest.mark.parametrize(
    ("there", "low", "high"),
    [("us-east-2", 0.004, 0.015), ("eu-west-1", 0.06, 0.09), ("ap-southeast-2", 0.18, 0.28), ("nowhere-1", 0.3, 0.4)],
)
def test_round_trips_are_about_what_is_measured_from_virginia(there: str, low: float, high: float) -> None:
    assert low < round_trip("us-east-1", there) < high
    assert round_trip(there, "us-east-1") == round_trip("us-east-1", there)
