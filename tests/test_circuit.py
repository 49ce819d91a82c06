"""What becomes of calls to a host that does not answer, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from stocktake.circuit import IN_A_ROW, PAUSES, Circuit
from stocktake.errors import MalformedAnswer, classify
from stocktake.model import Collection, FanOutReport, Page, Problem, ReasonCode, Request, State, Steps, Target, Unit
from stocktake.settings import Settings
from tests.test_fanout import World

ONE_SEND = Settings(threads=4, unit_requests=4, attempts=1, quota_share=0)
SILENCE = classify(ReadTimeoutError(endpoint_url="https://x"))


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)


def asking(region: str, number: int) -> tuple[Unit, Steps]:
    def steps() -> Steps:
        (answer,) = yield [Request("service", f"{region}/{number}", {}, "1", region)]
        return Collection(answer) if isinstance(answer, Problem) else Collection(listed=1)

    return Unit(f"{region}/{number}", Target("1", region, region)), steps()


Answering = Callable[[World, Request], Page]


def run(
    answering: Answering, *, silent: int, lively: int = 0, options: Settings = ONE_SEND
) -> tuple[World, FanOutReport]:
    world = World()
    work = [asking("silent", number) for number in range(silent)] + [
        asking("lively", number) for number in range(lively)
    ]
    return world, world.run(work, lambda asked, _: answering(world, asked), options)


def never(world: World, asked: Request) -> Page:
    if asked.region == "silent":
        raise ReadTimeoutError(endpoint_url="https://x")
    return Page({})


def test_a_host_that_never_answers_is_given_up_after_a_few_calls_and_three_looks() -> None:
    world, report = run(never, silent=300)
    assert len(world.sent) <= IN_A_ROW + ONE_SEND.threads + len(PAUSES)
    assert {outcome.state for outcome in report.outcomes} == {State.FAILED}
    assert {outcome.reason.code for outcome in report.outcomes if outcome.reason} == {ReasonCode.TIMEOUT}
    assert sum(PAUSES) <= world.selector.now < sum(PAUSES) + 10
    last = report.outcomes[-1].reason
    assert last is not None
    assert last.message.startswith("silent/299: not asked, as its host did not answer others: ")


def test_other_hosts_are_asked_meanwhile() -> None:
    world, report = run(never, silent=100, lively=100)
    states = {outcome.unit.target.region: outcome.state for outcome in report.outcomes}
    assert states == {"silent": State.FAILED, "lively": State.COLLECTED}
    assert max(at for at, operation in world.sent if operation.startswith("lively")) < PAUSES[0]


@pytest.mark.parametrize("back", [3.0, 12.0, 30.0])
def test_a_host_that_comes_back_is_asked_for_all_that_is_left(back: float) -> None:
    def answering(world: World, asked: Request) -> Page:
        if world.selector.now < back:
            raise ReadTimeoutError(endpoint_url="https://x")
        return Page({})

    world, report = run(answering, silent=200)
    failed = [outcome for outcome in report.outcomes if outcome.state is not State.COLLECTED]
    assert len(failed) <= IN_A_ROW + ONE_SEND.threads + len(PAUSES)
    assert world.selector.now < back + max(PAUSES) + 10


@pytest.mark.parametrize("error", [denied("List"), MalformedAnswer("cut")], ids=["denied", "malformed"])
def test_an_answer_that_is_a_refusal_is_a_sign_of_life(error: Exception) -> None:
    def answering(world: World, asked: Request) -> Page:
        raise error

    world, _ = run(answering, silent=50)
    assert len(world.sent) == 50
    assert world.selector.now < PAUSES[0]


def test_failures_that_are_not_in_a_row_close_nothing() -> None:
    def answering(world: World, asked: Request) -> Page:
        if int(asked.operation.partition("/")[2]) % 3:
            raise ReadTimeoutError(endpoint_url="https://x")
        return Page({})

    world, _ = run(answering, silent=60, options=replace(ONE_SEND, threads=1))
    assert len(world.sent) == 60
    assert world.selector.now < PAUSES[0] + 2


def test_a_call_on_its_way_when_the_others_failed_lengthens_no_pause() -> None:
    circuit = Circuit()
    for _ in range(IN_A_ROW):
        circuit.heard(SILENCE, now=10.0, sent=9.0)
    for _ in range(20):
        circuit.heard(SILENCE, now=11.0, sent=9.5)
    assert circuit.wait(11.0, 29.0) == pytest.approx(PAUSES[0] - 1)
    assert circuit.verdict("List") is None


def test_one_call_goes_to_see_and_the_others_wait_for_it() -> None:
    circuit = Circuit()
    for _ in range(IN_A_ROW):
        circuit.heard(SILENCE, now=0.0, sent=0.0)
    assert circuit.wait(PAUSES[0], 29.0) == 0.0
    assert circuit.wait(PAUSES[0], 29.0) == 29.0
    circuit.heard(Page({}), now=6.0, sent=5.0)
    assert circuit.wait(6.0, 29.0) == 0.0
