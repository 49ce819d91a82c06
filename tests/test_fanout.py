"""The engine, first without threads, network or clock, then with threads."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocktake.errors import CredentialsError, MalformedAnswer, WrongTarget
from stocktake.fanout import fan_out
from stocktake.gate import Gate
from stocktake.model import (
    Answer,
    Collection,
    FanOutReport,
    Page,
    Problem,
    Reason,
    ReasonCode,
    Request,
    State,
    Steps,
    Target,
    Unit,
)
from stocktake.settings import Settings
from tests.virtual import virtual_loop

FEW = Settings(threads=8, unit_requests=4, quota_share=0)


def unit(name: str) -> Unit:
    return Unit(name, Target("111111111111", "xx-test-1", "xx-test-1"))


def request(name: str) -> Request:
    return Request("service", name, {}, "111111111111", "xx-test-1")


class World(Executor):
    """An executor without threads on a loop without a clock: every call takes `latency` virtual seconds."""

    def __init__(self, latency: Callable[[Request], float] = lambda _: 0.1) -> None:
        self.latency = latency
        self.loop, self.selector = virtual_loop()
        self.flying: Counter[Any] = Counter()
        self.most: Counter[Any] = Counter()
        self.sent: list[tuple[float, str]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        slot = arguments[0]
        sent = slot.request if function.__name__ == "_work" else None
        delay = 0.0
        if sent is not None:
            delay = self.latency(sent)
            self.sent.append((self.selector.now, sent.operation))
            self._count(slot, 1)

        def work() -> None:
            if sent is not None:
                self._count(slot, -1)
            function(*arguments)

        self.loop.call_later(delay, work)
        return Future()

    def _count(self, slot: Any, by: int) -> None:
        for key in ("all", slot.job.unit.type):
            self.flying[key] += by
            self.most[key] = max(self.most[key], self.flying[key])

    def run(
        self,
        work: Sequence[tuple[Unit, Steps]],
        call: Callable[..., Page],
        options: Settings = FEW,
        deadline: float | None = None,
        **options_of_fan_out: Any,
    ) -> FanOutReport:
        try:
            return self.loop.run_until_complete(
                fan_out(work, call, self, options, deadline=deadline, rng=random.Random(7), **options_of_fan_out)
            )
        finally:
            self.loop.close()


def rounds(name: str, sizes: Sequence[int], heard: dict[str, list[list[Any]]]) -> Steps:
    """Asks in rounds of the given sizes and notes what it hears."""
    problem = None
    for number, size in enumerate(sizes):
        answers = yield [request(f"{name}/{number}/{index}") for index in range(size)]
        heard.setdefault(name, []).append(
            [answer.answer["for"] if isinstance(answer, Page) else answer for answer in answers]
        )
        problem = problem or next((answer for answer in answers if isinstance(answer, Problem)), None)
    return Collection(problem, pages=sum(sizes), listed=0 if problem else 1)


def echo(asked: Request, _: object) -> Page:
    return Page({"for": asked.operation})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1, max_size=25))
def test_every_unit_hears_its_own_answers_in_its_own_order(plans: list[list[int]]) -> None:
    heard: dict[str, list[list[Any]]] = {}
    world = World(lambda asked: 0.01 + crc32(asked.operation.encode()) % 7 / 10)
    report = world.run([(unit(f"u{i}"), rounds(f"u{i}", plan, heard)) for i, plan in enumerate(plans)], echo)
    assert heard == {
        f"u{i}": [[f"u{i}/{number}/{index}" for index in range(size)] for number, size in enumerate(plan)]
        for i, plan in enumerate(plans)
    }
    assert [outcome.unit.type for outcome in report.outcomes] == [f"u{i}" for i in range(len(plans))]
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}
    assert [outcome.calls for outcome in report.outcomes] == [sum(plan) for plan in plans]
    assert report.services["service"].calls == len(world.sent) == sum(map(sum, plans))
    assert world.most["all"] <= FEW.threads
    assert all(most <= FEW.unit_requests for key, most in world.most.items() if key != "all")


def test_units_of_a_host_take_turns_while_others_wait() -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}
    busy: Counter[str] = Counter()
    most: Counter[str] = Counter()

    def noted(host: str, steps: Steps) -> Steps:
        busy[host] += 1
        most[host] = max(most[host], busy[host])
        collection = yield from steps
        busy[host] -= 1
        return collection

    hosts = ["a"] * 6 + ["b"] * 6 + ["c"] * 6 + ["d"] * 6
    work = [(unit(f"{host}{i}"), noted(host, rounds(f"{host}{i}", [1], heard))) for i, host in enumerate(hosts)]
    options = Settings(threads=3, unit_requests=4, quota_share=0)
    report = world.run(work, echo, options, host_of=lambda of: of.type[0])
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}
    assert [name[0] for _, name in world.sent[:3]] == ["a", "b", "c"]
    assert [name[0] for _, name in world.sent[3:18]] == ["a", "b", "c"] * 5
    assert world.selector.now == pytest.approx(0.1 * (6 + 2))
    assert most == {"a": 1, "b": 1, "c": 1, "d": 3}


def test_units_of_one_host_go_side_by_side_where_there_is_no_other() -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}
    world.run([(unit(f"u{i}"), rounds(f"u{i}", [1, 1], heard)) for i in range(16)], echo, host_of=lambda _: "host")
    assert world.most["all"] == FEW.threads
    assert world.selector.now == pytest.approx(0.4)


@pytest.mark.parametrize(("size", "most"), [(1, 1), (2, 2), (5, 2), (12, 4), (90, 30), (300, 32)])
def test_a_unit_has_a_third_of_what_it_asks_for_in_flight(size: int, most: int) -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}
    report = world.run([(unit("u"), rounds("u", [size], heard))], echo, Settings(quota_share=0))
    assert [outcome.calls for outcome in report.outcomes] == [size]
    assert world.most["u"] == most


def test_while_there_is_no_room_nothing_more_is_sent_and_every_call_is_made_in_the_end() -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}

    def has_room() -> bool:
        return world.flying["all"] < 2

    report = world.run([(unit(f"u{i}"), rounds(f"u{i}", [3, 2], heard)) for i in range(9)], echo, has_room=has_room)
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}
    assert len(world.sent) == 9 * 5
    assert world.most["all"] == 2


def test_without_any_room_one_call_is_made_at_a_time() -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}
    world.run([(unit(f"u{i}"), rounds(f"u{i}", [2], heard)) for i in range(4)], echo, has_room=lambda: False)
    assert len(world.sent) == 8
    assert world.most["all"] == 1


def test_threads_are_kept_busy_and_units_begun_come_before_new_ones() -> None:
    world = World()
    heard: dict[str, list[list[Any]]] = {}
    world.run([(unit(f"u{i}"), rounds(f"u{i}", [1, 1], heard)) for i in range(16)], echo)
    assert world.most["all"] == FEW.threads
    assert {name for _, name in world.sent[8:16]} == {f"u{i}/1/0" for i in range(8)}
    assert world.selector.now == pytest.approx(0.4)


def failing(times: int, error: Exception) -> Callable[..., Page]:
    seen: Counter[str] = Counter()

    def call(asked: Request, _: object) -> Page:
        seen[asked.operation] += 1
        if seen[asked.operation] <= times:
            raise error
        return echo(asked, _)

    return call


def test_a_call_that_may_succeed_later_is_sent_again_after_a_growing_random_wait() -> None:
    heard: dict[str, list[list[Any]]] = {}
    world = World(lambda _: 0.0)
    report = world.run([(unit("u"), rounds("u", [1], heard))], failing(3, MalformedAnswer("cut")))
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.calls, outcome.retries, outcome.throttles) == (State.COLLECTED, 4, 3, 0)
    times = [at for at, _ in world.sent]
    waits = [after - before for before, after in pairwise(times)]
    assert all(0 < wait <= limit for wait, limit in zip(waits, (0.5, 1.0, 2.0), strict=True))
    assert len(set(waits)) == 3


def test_sends_are_bounded_and_the_unit_hears_the_problem() -> None:
    heard: dict[str, list[list[Any]]] = {}
    world = World()
    report = world.run([(unit("u"), rounds("u", [2], heard))], failing(99, MalformedAnswer("cut")))
    (outcome,) = report.outcomes
    assert len(world.sent) == outcome.calls == 2 * FEW.attempts
    assert outcome.state is State.FAILED
    assert outcome.reason == Reason(ReasonCode.MALFORMED, "cut")


def test_what_cannot_succeed_later_is_sent_once() -> None:
    world = World()
    report = world.run([(unit("u"), rounds("u", [1], {}))], failing(99, WrongTarget("elsewhere")))
    assert (report.outcomes[0].calls, report.outcomes[0].state) == (1, State.FAILED)


def test_a_retry_holds_no_thread() -> None:
    one_thread = Settings(threads=1, backoff_seconds=60, backoff_limit_seconds=300)
    world = World(lambda _: 0.1)
    heard: dict[str, list[list[Any]]] = {}
    call = failing(1, MalformedAnswer("cut"))
    steady = [(unit(f"u{i}"), rounds(f"u{i}", [1], heard)) for i in range(3)]
    world.run(
        steady,
        lambda asked, on_next: call(asked, on_next) if asked.operation == "u0/0/0" else echo(asked, None),
        one_thread,
    )
    assert [name for _, name in world.sent] == ["u0/0/0", "u1/0/0", "u2/0/0", "u0/0/0"]


def throttled(_: Request, __: object) -> Page:
    from botocore.exceptions import ClientError

    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "List")


def test_throttles_are_counted_each() -> None:
    report = World().run([(unit("u"), rounds("u", [1], {}))], throttled)
    (outcome,) = report.outcomes
    assert (outcome.throttles, outcome.retries, outcome.calls) == (4, 3, 4)
    assert report.services["service"].throttles == 4
    assert outcome.reason is not None
    assert outcome.reason.code is ReasonCode.THROTTLED


def pages(name: str, chain: Request, kept: list[str]) -> Steps:
    """Follows `next` to the end, as collectors do."""
    asking: Request | None = chain
    problem = None
    read = 0
    while asking is not None:
        (answer,) = yield [asking]
        if isinstance(answer, Problem):
            problem, asking = answer, None
        else:
            read += 1
            kept.append(f"{name}{read}")
            asking = answer.next
    return Collection(problem, pages=read, listed=read)


def test_at_the_deadline_everything_ends_at_once_with_what_it_has() -> None:
    def latency(asked: Request) -> float:
        return 1e9 if asked.token == (2,) or asked.operation == "hangs" else 0.1

    def call(asked: Request, on_next: Callable[[Request], None]) -> Page:
        following = asked.at(((asked.token or (0,))[0] + 1,))
        on_next(following)
        return Page({}, following)

    kept: list[str] = []
    world = World(latency)
    work = [(unit("paged"), pages("p", request("paged"), kept)), (unit("hangs"), pages("h", request("hangs"), kept))]
    waiting = [(unit(f"w{i}"), pages("w", request("hangs"), kept)) for i in range(20)]
    report = world.run([*work, *waiting], call, deadline=5.0)
    assert world.selector.now == 5.0
    states = {outcome.unit.type: outcome.state for outcome in report.outcomes}
    assert states.pop("paged") is State.PARTIAL
    assert set(states.values()) == {State.NOT_REACHED}
    assert kept == ["p1", "p2"]
    assert {outcome.reason.code for outcome in report.outcomes if outcome.reason} == {ReasonCode.DEADLINE}


def test_what_was_listed_and_not_asked_about_further_by_the_deadline_is_partial() -> None:
    heard: list[Answer] = []

    def steps() -> Steps:
        yield [request("list")]
        heard.extend((yield [request("about one"), request("about another")]))
        return Collection(pages=1, listed=1)

    world = World(latency=lambda asked: 1e9 if asked.operation == "about another" else 0.1)
    report = world.run([(unit("cut"), steps())], echo, deadline=5.0)
    assert [isinstance(answer, Problem) for answer in heard] == [False, True]
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.pages) == (State.PARTIAL, 1)
    assert outcome.reason is not None
    assert outcome.reason.code is ReasonCode.DEADLINE


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=3), min_size=1, max_size=12),
    st.floats(0.0, 3.0),
    st.integers(0, 5),
)
def test_whenever_the_deadline_comes_every_unit_has_one_outcome(
    plans: list[list[int]], deadline: float, seed: int
) -> None:
    heard: dict[str, list[list[Any]]] = {}
    rng = random.Random(seed)
    world = World(lambda _: rng.choice([0.0, 0.1, 0.3, 0.7]))
    report = world.run(
        [(unit(f"u{i}"), rounds(f"u{i}", plan, heard)) for i, plan in enumerate(plans)], echo, deadline=deadline
    )
    assert [outcome.unit.type for outcome in report.outcomes] == [f"u{i}" for i in range(len(plans))]
    assert world.selector.now <= deadline or all(o.state is State.COLLECTED for o in report.outcomes)
    for i, outcome in enumerate(report.outcomes):
        whole = [part for part in heard.get(f"u{i}", []) if not any(isinstance(one, Problem) for one in part)]
        assert (outcome.state is State.COLLECTED) == (len(whole) == len(plans[i]))


def test_a_generator_that_raises_is_its_own_units_problem() -> None:
    def broken() -> Steps:
        yield [request("one")]
        raise KeyError("odd")

    heard: dict[str, list[list[Any]]] = {}
    report = World().run([(unit("bad"), broken()), (unit("good"), rounds("good", [1], heard))], echo)
    assert [outcome.state for outcome in report.outcomes] == [State.FAILED, State.COLLECTED]
    assert "odd" not in str(report.outcomes[0].reason)


def test_nothing_to_do_is_done() -> None:
    assert World().run([], echo).outcomes == ()


# --- with threads ---


@contextmanager
def pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    executor = ThreadPoolExecutor(threads)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def test_the_next_page_is_asked_for_while_this_one_is_still_being_parsed() -> None:
    asked_for = [threading.Event() for _ in range(6)]

    def call(asked: Request, on_next: Callable[[Request], None]) -> Page:
        number = (asked.token or (0,))[0]
        asked_for[number].set()
        if number == 5:
            return Page({})
        following = asked.at((number + 1,))
        on_next(following)
        if not asked_for[number + 1].wait(10):  # returns only because the next page is asked for meanwhile
            raise AssertionError("nobody asked for the next page")
        return Page({}, following)

    # The page after the next waits until this one has been taken, so page 2 would not come while page 1 is parsed.
    kept: list[str] = []
    with pool(8) as executor:
        report = asyncio.run(fan_out([(unit("u"), pages("p", request("u"), kept))], call, executor, FEW, deadline=60))
    assert report.outcomes[0].state is State.COLLECTED, report
    assert (len(kept), report.outcomes[0].calls) == (6, 6)


def test_only_one_page_is_ahead() -> None:
    sent: list[int] = []
    slow = threading.Event()

    def call(asked: Request, on_next: Callable[[Request], None]) -> Page:
        number = (asked.token or (0,))[0]
        sent.append(number)
        if number == 9:
            return Page({})
        following = asked.at((number + 1,))
        on_next(following)
        if number == 0:
            slow.wait(0.2)
            assert sent in ([0], [0, 1])
        return Page({}, following)

    kept: list[str] = []
    with pool(8) as executor:
        report = asyncio.run(fan_out([(unit("u"), pages("p", request("u"), kept))], call, executor, FEW, deadline=60))
    assert report.outcomes[0].state is State.COLLECTED, report
    assert sorted(sent) == list(range(10))


def test_many_units_on_many_threads_hear_what_they_asked_for() -> None:
    heard: dict[str, list[list[Any]]] = {}
    rng = random.Random(3)
    plans = {f"u{i}": [rng.randint(1, 6) for _ in range(rng.randint(1, 4))] for i in range(300)}
    failures: Counter[str] = Counter()
    lock = threading.Lock()

    def call(asked: Request, on_next: Callable[[Request], None]) -> Page:
        with lock:
            failures[asked.operation] += 1
            again = failures[asked.operation] == 1 and crc32(asked.operation.encode()) % 5 == 0
        if again:
            raise MalformedAnswer("cut")
        return echo(asked, None)

    options = Settings(threads=64, unit_requests=4, backoff_seconds=0.001, quota_share=0)
    with pool(64) as executor:
        work = [(unit(name), rounds(name, plan, heard)) for name, plan in plans.items()]
        report = asyncio.run(fan_out(work, call, executor, options, deadline=120))
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}
    for name, plan in plans.items():
        expected = [[f"{name}/{number}/{index}" for index in range(size)] for number, size in enumerate(plan)]
        assert heard[name] == expected
    assert report.services["service"].calls == sum(failures.values())


def test_a_thread_that_is_freed_after_the_end_writes_nothing() -> None:
    freed = threading.Event()
    returned = threading.Event()
    kept: list[str] = []

    def call(asked: Request, _: object) -> Page:
        freed.wait(30)
        returned.set()
        return Page({})

    with pool(2) as executor:
        report = asyncio.run(
            fan_out([(unit("u"), pages("late", request("u"), kept))], call, executor, FEW, deadline=0.05)
        )
        assert report.outcomes[0].state is State.NOT_REACHED
        freed.set()
        assert returned.wait(30)
    executor.shutdown(wait=True)
    assert kept == []


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
def test_a_call_that_takes_too_long_is_given_up_once(names: list[str]) -> None:
    world = World(latency=lambda asked: 1000.0 if asked.operation.startswith("a") else 0.1)
    given_up: list[str] = []
    work = [(unit(name), rounds(name, [1], {})) for name in names]
    report = world.run(work, echo, give_up=lambda asked: given_up.append(f"{asked.operation} {world.selector.now:g}"))
    patience = 2 * (FEW.connect_timeout + FEW.read_timeout)
    assert given_up == [f"a/0/0 {patience:g}"]
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}


def test_each_call_is_given_up_in_its_own_time() -> None:
    world = World(latency=lambda asked: {"a/0/0": 20.0, "a/1/0": 1000.0, "b/0/0": 1000.0}[asked.operation])
    given_up: list[str] = []
    work = [(unit("a"), rounds("a", [1, 1], {})), (unit("b"), rounds("b", [1], {}))]
    world.run(work, echo, give_up=lambda asked: given_up.append(f"{asked.operation} {world.selector.now:g}"))
    assert given_up == ["b/0/0 58", "a/1/0 78"]


def test_at_the_deadline_every_call_that_is_under_way_is_given_up() -> None:
    world = World(latency=lambda _: 1000.0)
    given_up: list[str] = []
    work = [(unit(name), rounds(name, [1], {})) for name in "abc"]
    report = world.run(work, echo, deadline=5, give_up=lambda asked: given_up.append(asked.operation))
    assert given_up == ["a/0/0", "b/0/0", "c/0/0"]
    assert {outcome.state for outcome in report.outcomes} == {State.NOT_REACHED}


def test_once_credentials_are_refused_nothing_of_the_account_is_asked_any_more() -> None:
    def refuse(asked: Request, _: object) -> Page:
        if asked.account == "222222222222":
            return Page({"for": asked.operation})
        raise CredentialsError("they are nobody's")

    def asks(name: str, account: str) -> tuple[Unit, Steps]:
        def steps() -> Steps:
            answers = yield [Request("service", name, {}, account, "xx-test-1")]
            problems = [one for one in answers if isinstance(one, Problem)]
            return Collection(problems[0] if problems else None)

        return Unit(name, Target(account, "xx-test-1", "xx-test-1")), steps()

    world = World()
    work = [
        asks(f"{account}/{number}", account) for number in range(50) for account in ("111111111111", "222222222222")
    ]
    report = world.run(work, refuse)
    assert set(report.closed) == {"111111111111"}
    for outcome in report.outcomes:
        if outcome.unit.target.account == "222222222222":
            assert outcome.state is State.COLLECTED
        else:
            assert outcome.reason is not None
            assert (outcome.state, outcome.reason.code) == (State.FAILED, ReasonCode.AUTH)
    asked = [name for _, name in world.sent if name.startswith("111")]
    assert len(asked) <= FEW.threads
    assert report.services["service"].calls == len(world.sent)


SHUT = Problem(State.DENIED, Reason(ReasonCode.SCP, "no"))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.integers(1, 3), st.integers(1, 12), st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2)), st.integers(1, 20)
)
def test_units_wait_for_their_gate_and_each_ends_once(
    probes: int, behind: int, refused: set[int], slow: set[int], others: int
) -> None:
    first = [unit(f"p{number}") for number in range(probes)]
    waiting = [unit(f"w{number}") for number in range(behind)]
    gate = Gate(tuple(first), tuple(waiting))

    def steps(name: str) -> Steps:
        (answer,) = yield [request(name)]
        return Collection(answer if isinstance(answer, Problem) else None)

    def call(asked: Request, _: object) -> Page:
        if asked.operation in {f"p{number}" for number in refused}:
            raise Refused
        return Page({"for": asked.operation})

    world = World(latency=lambda asked: 3.0 if asked.operation in {f"p{number}" for number in slow} else 0.1)
    names = [*(one.type for one in waiting), *(f"o{number}" for number in range(others)), *(one.type for one in first)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stocktake.fanout.classify", lambda _: SHUT)
        report = world.run([(unit(name), steps(name)) for name in names], call, gates=[gate])
    states = {outcome.unit.type: outcome.state for outcome in report.outcomes}
    assert set(states) == set(names)
    assert len(report.outcomes) == len(names)
    sent = [name for _, name in world.sent]
    shut = refused >= set(range(probes))
    assert [name for name in sent if name.startswith("w")] == ([] if shut else [one.type for one in waiting])
    assert {states[one.type] for one in waiting} == {State.DENIED if shut else State.COLLECTED}
    assert {states[f"o{number}"] for number in range(others)} == {State.COLLECTED}
    if not shut and len(names) <= FEW.threads:
        begun = min(when for when, name in world.sent if name.startswith("w"))
        assert begun >= min(3.0 if number in slow else 0.1 for number in range(probes) if number not in refused)


class Refused(Exception):
    pass


def test_at_the_deadline_units_behind_a_gate_were_not_reached() -> None:
    gate = Gate((unit("p"),), (unit("w"),))
    world = World(latency=lambda _: 100.0)
    report = world.run([(unit(name), rounds(name, [1], {})) for name in "wp"], echo, deadline=5, gates=[gate])
    assert [outcome.state for outcome in report.outcomes] == [State.NOT_REACHED] * 2


def test_a_probe_that_ends_without_a_call_lets_the_others_in() -> None:
    def nothing() -> Steps:
        return Collection()
        yield []

    gate = Gate((unit("p"),), (unit("w"),))
    world = World()
    report = world.run([(unit("w"), rounds("w", [1], {})), (unit("p"), nothing())], echo, gates=[gate])
    assert {outcome.state for outcome in report.outcomes} == {State.COLLECTED}


def test_a_region_that_does_not_answer_holds_the_others_back_for_a_moment_only() -> None:
    gate = Gate((unit("p"),), (unit("w"),))
    world = World(latency=lambda asked: 500.0 if asked.operation.startswith("p") else 0.1)
    busy = [(unit(f"o{number}"), rounds(f"o{number}", [1], {})) for number in range(3)]
    world.run(
        [(unit("w"), rounds("w", [1], {})), (unit("p"), rounds("p", [1], {})), *busy],
        echo,
        gates=[gate],
        host_of=lambda one: one.type[0],
    )
    begun = {name: when for when, name in world.sent}
    assert begun["o0/0/0"] == 0
    assert max(begun[f"o{number}/0/0"] for number in range(3)) < 3
    assert begun["w/0/0"] >= 500


def test_a_probe_that_is_tried_again_lets_the_others_in() -> None:
    gate = Gate((unit("p"),), (unit("w"),))
    world = World()
    call = failing(1, MalformedAnswer("cut"))
    world.run([(unit("w"), rounds("w", [1], {})), (unit("p"), rounds("p", [1], {}))], call, gates=[gate])
    begun = [name for _, name in world.sent]
    assert begun.index("w/0/0") < len(begun) - 1
    assert begun[:2] == ["p/0/0", "w/0/0"]
