"""Token buckets, without a clock, and the fan-out that keeps to them, on a virtual one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.catalog.quotas import quota_of
from stocktake.model import Collection, FanOutReport, Page, Problem, Reason, ReasonCode, Request, State, Steps
from stocktake.rates import LEAST, RECOVERY_SECONDS, Bucket, Rates
from stocktake.settings import Settings
from tests.helpers import law
from tests.test_fanout import World, unit

ACCOUNT = "111111111111"
FULL = Settings(threads=64, unit_requests=64)


def request(operation: str = "DescribeInstances", service: str = "ec2", **others: str) -> Request:
    place = {"account": ACCOUNT, "region": "eu-west-1"} | others
    return Request(service, operation, {"MaxResults": 1000}, **place)


# --- one bucket ---


@law
@given(
    st.floats(0.05, 50),
    st.floats(1, 100),
    st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=200),
)
def test_no_span_of_time_sees_more_than_the_burst_and_what_was_refilled(
    rate: float, burst: float, steps: Sequence[tuple[float, bool]]
) -> None:
    bucket = Bucket(rate, burst)
    now, taken = 0.0, []
    for passed, refused in steps:
        now += passed
        if refused:
            bucket.refused(now, sent=now)
        if bucket.take(now):
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) * rate + 0.01
    assert bucket.peak == max((sum(t - 1 < other <= t for other in taken) for t in taken), default=0)


@law
@given(st.floats(0.05, 50), st.floats(1, 100), st.integers(0, 150), st.integers(1, 5))
def test_the_wait_is_as_long_as_it_has_to_be(rate: float, burst: float, taken: int, tokens: int) -> None:
    bucket = Bucket(rate, burst)
    for _ in range(taken):
        bucket.take(0.0)
    wait = bucket.wait(0.0, tokens)
    if tokens <= burst:
        assert bucket.available(wait) >= tokens
        assert wait < 0.001 or Bucket.available(bucket, wait) == tokens
    assert bucket.wait(0.0) <= 1 / rate + 0.001


def test_a_refusal_halves_the_pace_and_empties_the_bucket() -> None:
    bucket = Bucket(rate=8, burst=10)
    assert bucket.take(0.0)
    bucket.refused(1.0, sent=0.5)
    assert bucket.pace == pytest.approx(4)
    assert not bucket.take(1.0)
    assert bucket.wait(1.0) == pytest.approx(0.25, rel=0.01)


def test_calls_that_were_on_their_way_do_not_halve_it_again() -> None:
    bucket = Bucket(rate=8, burst=10)
    for _ in range(20):
        bucket.refused(1.0, sent=0.5)
    assert bucket.pace == pytest.approx(4)
    bucket.refused(1.2, sent=1.1)
    assert bucket.pace == pytest.approx(2, rel=0.02)


def test_the_pace_has_a_floor_and_comes_back_slowly() -> None:
    bucket = Bucket(rate=8, burst=10)
    for second in range(100):
        bucket.refused(float(second), sent=float(second))
    assert bucket.pace >= 8 * LEAST
    low = bucket.pace
    bucket.available(99 + RECOVERY_SECONDS / 10)
    assert bucket.pace == pytest.approx(low + 0.8, rel=0.01)
    bucket.available(99 + 2 * RECOVERY_SECONDS)
    assert bucket.pace == 8


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(rate=1, burst=1)
    assert bucket.take(100.0)
    assert not bucket.take(50.0)
    assert not bucket.take(100.5)
    assert bucket.take(101.0)


# --- whose bucket ---


def test_a_share_of_the_published_quota_is_ours() -> None:
    quota = quota_of("ec2", "DescribeInstances", paged=True)
    assert quota.published
    bucket = Rates(0.25).bucket(request())
    assert (bucket.rate, bucket.burst) == (quota.rate / 4, quota.burst / 4)


def test_what_is_not_published_has_a_rate_of_our_own() -> None:
    quota = quota_of("nonsense", "ListNonsense", paged=True)
    assert not quota.published
    bucket = Rates.of(Settings(unpublished_rate=7)).bucket(request("ListNonsense", "nonsense"))
    assert (bucket.rate, bucket.burst) == (7, 7)


def test_a_small_bucket_still_holds_a_token() -> None:
    assert Rates(0.01).bucket(request()).burst == 1.0


def test_without_a_share_nothing_is_limited() -> None:
    bucket = Rates(0).bucket(request())
    assert all(bucket.take(0.0) for _ in range(100_000))
    assert bucket.peak == 100_000


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"account": "222222222222"}, False),
        ({"region": "eu-west-2"}, False),
        ({"operation": "DescribeVolumes"}, False),
    ],
)
def test_every_account_region_and_action_class_has_its_own(other: dict[str, str], same: bool) -> None:
    rates = Rates(0.25)
    assert (rates.bucket(request()) is rates.bucket(request(**other))) is same


def test_services_behind_one_host_share_it() -> None:
    rates = Rates(0.25)
    one = rates.bucket(request("DescribeDBClusters", "rds"))
    assert rates.bucket(request("DescribeDBClusters", "docdb")) is one


def test_a_quota_of_the_whole_account_has_no_region() -> None:
    rates = Rates(0.25)
    one = rates.bucket(request("ListHostedZones", "route53"))
    assert rates.bucket(request("ListHostedZones", "route53", region="eu-west-2")) is one


def test_an_unpaged_describe_lives_in_a_smaller_bucket() -> None:
    rates = Rates(0.25)
    paged = request()
    assert rates.bucket(replace(paged, parameters={})).rate < rates.bucket(paged).rate


# --- the fan-out ---


def calls_of(number: int, *operations: str) -> Steps:
    yield [request(operation) for operation in operations for _ in range(number)]
    return Collection(listed=1)


def answered(asked: Request, _: object) -> Page:
    return Page({})


def run(work: dict[str, Steps], call: object = answered, rates: Rates | None = None) -> tuple[World, FanOutReport]:
    world = World()
    options = replace(FULL, quota_share=0.25)
    report = world.run([(unit(name), steps) for name, steps in work.items()], call, options, rates=rates)  # type: ignore[arg-type]
    return world, report


def test_a_full_bucket_is_spent_at_once_and_then_as_fast_as_it_fills() -> None:
    world, report = run({f"u{number}": calls_of(1, "DescribeInstances") for number in range(60)})
    times = [at for at, _ in world.sent]
    assert times[:25] == [0.0] * 25
    assert times[25:] == pytest.approx([(number + 1) / 5 for number in range(35)], abs=0.01)
    assert report.services["ec2"].peak_rate == 29  # those at once, and those of the first second after


def test_waiting_for_one_rate_keeps_no_other_back() -> None:
    slow = {f"slow{number}": calls_of(1, "DescribeInstances") for number in range(60)}
    world, _ = run(slow | {f"quick{number}": calls_of(1, "DescribeVolumes") for number in range(20)})
    assert max(at for at, operation in world.sent if operation == "DescribeVolumes") == 0.0


def test_waiting_for_a_rate_holds_no_thread() -> None:
    world = World()
    few = replace(FULL, threads=2, quota_share=0.25)
    work = [(unit("slow"), calls_of(40, "DescribeInstances")), (unit("quick"), calls_of(20, "DescribeVolumes"))]
    world.run(work, answered, few)
    quick = [at for at, operation in world.sent if operation == "DescribeVolumes"]
    assert quick[-1] == pytest.approx(3.0, abs=0.2)  # two threads make 20 calls a second: 20 t = 25 + 5 t + 20
    assert world.most["all"] == 2


def test_a_throttled_bucket_goes_on_at_half_its_pace_and_others_at_theirs() -> None:
    refused: Counter[str] = Counter()

    def call(asked: Request, _: object) -> Page:
        refused[asked.operation] += 1
        if asked.operation == "DescribeInstances" and refused[asked.operation] == 1:
            raise _Throttled
        return Page({})

    rates = Rates(0.25)
    _, report = run({"u": calls_of(30, "DescribeInstances", "DescribeVolumes")}, call, rates)
    assert report.services["ec2"].throttles == 1
    assert rates.bucket(request("DescribeInstances")).pace < 3
    assert rates.bucket(request("DescribeVolumes")).pace == 5


def test_at_the_deadline_what_waits_for_a_rate_was_not_reached() -> None:
    world = World()
    report = world.run(
        [(unit("u"), calls_of(200, "DescribeInstances"))], answered, replace(FULL, unit_requests=200), deadline=3.0
    )
    (outcome,) = report.outcomes
    assert world.selector.now == pytest.approx(3.0)
    assert len(world.sent) == 25 + 15 == outcome.calls


@law
@given(st.lists(st.tuples(st.sampled_from(["DescribeInstances", "DescribeVolumes"]), st.integers(1, 70)), max_size=8))
def test_every_call_is_made_once_and_none_too_early(plans: list[tuple[str, int]]) -> None:
    world, report = run({f"u{number}": calls_of(count, name) for number, (name, count) in enumerate(plans)})
    assert {outcome.state for outcome in report.outcomes} <= {State.COLLECTED}
    wanted: Counter[str] = Counter()
    for name, count in plans:
        wanted[name] += count
    assert Counter(name for _, name in world.sent) == wanted
    for name in wanted:
        times = [at for at, operation in world.sent if operation == name]
        assert all(number + 1 <= 25 + at * 5 + 0.01 for number, at in enumerate(times))


class _Throttled(Exception):
    pass


@pytest.fixture(autouse=True)
def _understand(monkeypatch: pytest.MonkeyPatch) -> None:
    from stocktake import fanout

    real = fanout.classify

    def classify(error: Exception) -> Problem:
        if isinstance(error, _Throttled):
            return Problem(State.FAILED, Reason(ReasonCode.THROTTLED, "slow down"), "Throttling", True, True)
        return real(error)

    monkeypatch.setattr(fanout, "classify", classify)
