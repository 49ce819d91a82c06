"""Storms: a host of which every call fails is asked a bounded number of times, and nobody else suffers for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stocktake import circuit
from stocktake.aws import Aws
from stocktake.model import ReasonCode
from stocktake.settings import Inventory
from tests.faults.cases import REGIONS, SETTINGS, Published, calling, run
from tests.few_types import ROWS, TYPES
from tests.loopback_aws import Estate, Fault, LoopbackAWS

ONE = "111111111111"
STORMY = "eu-west-1"
QUEUES = 60
STORMY_QUEUES = (ONE, STORMY, "AWS::SQS::Queue")
OWN = Inventory(types=TYPES)
ATTEMPTS = 3
STORM_SETTINGS = replace(
    SETTINGS, attempts=ATTEMPTS, read_timeout=30, inventories=(OWN,), inventory=OWN, unit_requests=8, threads=48
)
CALM = Estate(
    accounts=(ONE,),
    regions=REGIONS,
    items=3,
    sizes={f"sqs:ListQueues@{STORMY}": QUEUES},
    latency=0,
    service_seconds=0,
)
PAUSES = (0.05, 0.1, 0.2)
STORMS = {
    "throttled": (Fault("throttle"), ReasonCode.THROTTLED),
    "hanging": (Fault("hang"), ReasonCode.TIMEOUT),
    "reset": (Fault("reset"), ReasonCode.NETWORK),
    "out of order": (Fault("status", status=503), ReasonCode.UNEXPECTED),
}
every_storm = pytest.mark.parametrize("storm", STORMS)


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(CALM) as running, running.patched():
        yield running


@pytest.fixture(scope="module")
def calls(server: LoopbackAWS) -> Iterator[Aws]:
    with calling(server, STORM_SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def hasty(server: LoopbackAWS) -> Iterator[Aws]:
    """For hangs."""
    with calling(server, replace(STORM_SETTINGS, read_timeout=0.4)) as made:
        yield made


@pytest.fixture(scope="module")
def truth(server: LoopbackAWS, calls: Aws, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return run(server, calls, tmp_path_factory.mktemp("truth"), estate=CALM, settings=STORM_SETTINGS)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "PAUSES", PAUSES)


def others_are_untouched(truth: Published, ran: Published, service: str) -> bool:
    """Whether all other units ended as they do in calm weather: collected, or without what the account has not."""
    return all(
        (unit["state"], unit["fingerprint"]) == (truth.units[key]["state"], truth.units[key]["fingerprint"])
        and unit["state"] in ("collected", "unavailable")
        and unit["gaps"] == 0
        for key, unit in ran.units.items()
        if (key[1], ROWS[key[2]].service) != (STORMY, service)
    )


def befallen(ran: Published) -> int:
    return sum(entry["fault_number"] >= 0 for entry in ran.log)


@every_storm
def test_a_storm_over_a_whole_service_ends_and_its_units_say_so(
    storm: str, server: LoopbackAWS, calls: Aws, hasty: Aws, truth: Published, tmp_path: Path
) -> None:
    fault, reason = STORMS[storm]
    calls = hasty if storm == "hanging" else calls
    faults = [replace(fault, operation="ec2:*", region=STORMY)]
    ran = run(server, calls, tmp_path, faults, estate=CALM, settings=STORM_SETTINGS)
    stormy = {key: unit for key, unit in ran.units.items() if key[1] == STORMY and "::EC2::" in key[2]}
    assert {key[2] for key in stormy} == {row.name for row in ROWS.values() if row.service == "ec2"}
    for key, unit in stormy.items():
        assert (unit["state"], unit["reason"]["code"], unit["count"], ran.lines[key]) == ("failed", reason, 0, [])
    assert others_are_untouched(truth, ran, "ec2")
    assert befallen(ran) <= ATTEMPTS * len(stormy)
    assert befallen(ran) == sum(unit["calls"] for unit in stormy.values())
    assert ran.manifest["verdict"] == "partial"


many_calls = pytest.mark.parametrize(
    "storm", [pytest.param(storm, marks=[] if storm == "throttled" else [pytest.mark.slow]) for storm in STORMS]
)


def over_every_queue(storm: str) -> list[Fault]:
    operations = ("GetQueueAttributes", "ListQueueTags")
    return [replace(STORMS[storm][0], operation=f"sqs:{name}", region=STORMY) for name in operations]


@many_calls
def test_in_a_storm_over_many_calls_every_resource_says_what_it_lacks(
    storm: str, server: LoopbackAWS, calls: Aws, hasty: Aws, truth: Published, tmp_path: Path
) -> None:
    reason = STORMS[storm][1]
    calls = hasty if storm == "hanging" else calls
    ran = run(server, calls, tmp_path, over_every_queue(storm), estate=CALM, settings=STORM_SETTINGS)
    unit = ran.units[STORMY_QUEUES]
    assert (unit["state"], unit["count"], unit["gaps"]) == ("collected", QUEUES, QUEUES)
    for line, whole in zip(ran.lines[STORMY_QUEUES], truth.lines[STORMY_QUEUES], strict=True):
        assert (line["id"], line["tags"]) == (whole["id"], None)
        assert {(gap["path"], gap["reason"]["code"]) for gap in line["gaps"]} == {
            ("Attributes", reason),
            ("Tags", reason),
        }
    messages = [gap["reason"]["message"] for line in ran.lines[STORMY_QUEUES] for gap in line["gaps"]]
    assert any("not asked, as its host did not answer others" in message for message in messages)
    assert befallen(ran) < 2 * QUEUES * ATTEMPTS
    assert others_are_untouched(truth, ran, "sqs")


@pytest.mark.parametrize("storm", ["throttled", "reset"])
def test_in_a_storm_over_many_calls_the_host_is_left_alone_soon(
    storm: str, server: LoopbackAWS, calls: Aws, tmp_path: Path
) -> None:
    """Asked are those that fail in a row, those that are under way when the last of them does, and one after each
    pause."""
    ran = run(server, calls, tmp_path, over_every_queue(storm), estate=CALM, settings=STORM_SETTINGS)
    asked = circuit.IN_A_ROW + STORM_SETTINGS.unit_requests + len(PAUSES)
    assert befallen(ran) <= ATTEMPTS * asked < 2 * QUEUES


def test_throttles_by_the_hundred_that_pass_cost_nothing_but_time(
    server: LoopbackAWS, calls: Aws, truth: Published, tmp_path: Path
) -> None:
    """The SDK's own quota of retries, a hundred a client, plays no part."""
    many = 2 * QUEUES
    faults = [Fault("throttle", "sqs:Get*", region=STORMY, times=many)]
    settings = replace(STORM_SETTINGS, attempts=8, unit_requests=QUEUES)
    ran = run(server, calls, tmp_path, faults, estate=CALM, settings=settings)
    key = (ONE, STORMY, "AWS::SQS::Queue")
    assert befallen(ran) == ran.units[key]["throttles"] == ran.units[key]["retries"] == many
    assert {unit["fingerprint"] for unit in ran.units.values()} == {
        unit["fingerprint"] for unit in truth.units.values()
    }


def test_a_listing_without_an_end_is_left_at_the_deadline_and_what_was_read_stays(
    server: LoopbackAWS, calls: Aws, truth: Published, tmp_path: Path
) -> None:
    """Each of its pages is empty, and has a token that was never there before."""
    faults = [Fault("hollow", "sns:ListTopics", region=STORMY)]
    # These are read long before the end.
    few = Inventory(types=("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Lambda::Function"))
    settings = replace(STORM_SETTINGS, reserve_seconds=1, inventories=(few,), inventory=few)
    ran = run(server, calls, tmp_path, faults, estate=CALM, settings=settings, seconds=5)
    unit = ran.units[ONE, STORMY, "AWS::SNS::Topic"]
    assert (unit["state"], unit["reason"]["code"], unit["count"]) == ("partial", "deadline", 0)
    assert 4 <= ran.seconds < 5
    assert others_are_untouched(truth, ran, "sns")
