"""Whatever AWS does, a run has published what it has before the function's time is over: the whole pipeline on a loop
without a clock, before an AWS that hangs, drips, throttles and fails."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.estate import SEEDED
from stocktake import fanout, pipeline
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Scope
from stocktake.cli import cli
from stocktake.errors import CredentialsError, MalformedAnswer, StocktakeError, StoreError, TookTooLong
from stocktake.model import Page, ReasonCode, Request, ServiceCalls, State, Verdict
from stocktake.order import PLACES
from stocktake.pipeline import PATIENCE_SECONDS, take_snapshot
from stocktake.settings import Inventory, Settings
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer
from tests.catalog.models import operation_model
from tests.catalog.samples import answer
from tests.helpers import ACCOUNT, law
from tests.publishing import assert_readable
from tests.virtual import FOREVER, VirtualThreads, Work, virtual_loop

HOME = "us-east-1"
REGIONS = (HOME, *sorted(name for name in PLACES if not name.startswith(("cn-", "us-gov", "eusc")) and name != HOME))[
    :34
]
SPARE = "xx-spare-1"
"""A region that the SDK knows and the account has not enabled."""

SOON = 2 * PATIENCE_SECONDS
"""After the soft deadline: for what the run before knows, which is waited for twice, before the units and after."""

MOODS = ("quick", "slow", "silent", "stuck", "drips", "throttled", "broken", "cut", "refused")
TYPES = tuple(SEEDED)
DISCOVERING = ("GetCallerIdentity", "ListRegions", "DescribeRegions")
LISTINGS = {row.calls[0].operation for row in CATALOG.values()}


@dataclass(frozen=True)
class Weather:
    """How AWS fares. `moods` are shared out over the hosts, or over each call if not `steady`; `first` is the mood of
    each host's first call; `discovery` those of the calls that discover, by operation."""

    moods: tuple[str, ...] = ("quick",)
    steady: bool = True
    first: str = ""
    discovery: tuple[tuple[str, str], ...] = ()
    pages: int = 1
    drip_minutes: int = 5
    seed: int = 0


@dataclass(eq=False)
class Flight:
    request: Request
    mood: str
    threads: VirtualThreads
    work: Work
    begun: float
    given_up: bool = False


@cache
def sampled(service: str, operation: str, page: int) -> Any:
    given = answer(operation_model(service, operation), page)
    given.pop("failures", None)  # what a batch call leaves out
    return given


@dataclass
class StormyAws:
    """What the pipeline uses of Aws. Answers follow from the request, how long they take from the weather."""

    weather: Weather
    regions: tuple[str, ...]
    settings: Settings
    now: Callable[[], float]
    home: str = HOME
    partition: str = "aws"
    own_calls: ServiceCalls = field(default_factory=ServiceCalls)
    flights: dict[Request, Flight] = field(default_factory=dict)
    hosts: set[tuple[str, str]] = field(default_factory=set)
    delivered: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    ended: list[Flight] = field(default_factory=list)

    def s3(self) -> Any:
        raise AssertionError("the store is a directory")

    def has_room(self) -> bool:
        return True

    def prepare(self, services: Iterable[str]) -> None:
        pass

    def connect(self, service: str, region: str) -> None:
        pass

    def known_regions(self) -> dict[str, tuple[str, ...]]:
        return {"aws": (*self.regions, SPARE)}

    def begin(self, threads: VirtualThreads, work: Work) -> float:
        """A thread begins a call; the seconds that it takes."""
        request = work.arguments[0].request
        self.begun += 1
        flight = self.flights[request] = Flight(request, self._mood(request), threads, work, self.now())
        dice = crc32(f"{self.weather.seed} {request.operation} {request.region}".encode()) % 100 / 100
        return {
            "slow": 3 + 20 * dice,
            "silent": self.settings.read_timeout,
            "stuck": FOREVER,
            "drips": 60.0 * self.weather.drip_minutes,
        }.get(flight.mood, 0.03 + dice / 4)

    def _mood(self, request: Request) -> str:
        if not request.account:
            return dict(self.weather.discovery).get(request.operation, "quick")
        host = (request.service, request.region)
        is_first = host not in self.hosts
        self.hosts.add(host)
        if is_first and self.weather.first:
            return self.weather.first
        call = "" if self.weather.steady else f"{request.operation} {self.begun}"
        return self.weather.moods[crc32(f"{self.weather.seed} {host} {call}".encode()) % len(self.weather.moods)]

    def give_up(self, request: Request) -> None:
        flight = self.flights.get(request)
        if flight is not None and flight.mood != "stuck":
            flight.given_up = True
            flight.threads.end_now(flight.work)

    def call(self, request: Request, on_next: Callable[[Request], None]) -> Page:
        flight = self.flights.pop(request)
        self.ended.append(flight)
        if flight.given_up:
            raise TookTooLong(f"{request.operation}: the answer took too long")
        match flight.mood:
            case "silent":
                raise ReadTimeoutError(endpoint_url=f"https://{request.service}.{request.region}.amazonaws.com")
            case "throttled":
                raise _refusal(request, "ThrottlingException", 400)
            case "broken":
                raise _refusal(request, "InternalError", 500)
            case "cut":
                raise MalformedAnswer(f"{request.operation}: the answer is cut")
            case "refused":
                raise _refusal(request, "AccessDenied", 403)
        self.delivered[request.operation] += 1
        match request.operation:
            case "GetCallerIdentity":
                return Page({"Account": ACCOUNT})
            case "ListRegions":
                on = [{"RegionName": one, "RegionOptStatus": "ENABLED"} for one in self.regions]
                return Page({"Regions": [*on, {"RegionName": SPARE, "RegionOptStatus": "DISABLED"}]})
            case "DescribeRegions":
                return Page({"Regions": [{"RegionName": one, "OptInStatus": "opted-in"} for one in self.regions]})
        (page,) = request.token or (1,)
        following = request.at((page + 1,)) if page < self.weather.pages and request.operation in LISTINGS else None
        if following is not None:
            on_next(following)
        return Page(deepcopy(sampled(request.service, request.operation, page)), following)


def _refusal(request: Request, code: str, status: int) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}, request.operation)


@dataclass
class Taken:
    """A run as it went: what it answered or raised, when it ended, and when each call was handed to a thread."""

    settings: Settings
    seconds: float
    aws: StormyAws
    store: DirectoryStore
    root: Path
    summary: dict[str, Any] | None = None
    error: StocktakeError | None = None
    ended: float = 0.0
    handed: list[tuple[float, Request, Any]] = field(default_factory=list)

    @property
    def soft_deadline(self) -> float:
        return self.seconds - self.settings.reserve_seconds


@contextmanager
def taken(
    weather: Weather,
    *,
    regions: int = 2,
    types: tuple[str, ...] = ("AWS::EC2::VPC", "AWS::SQS::Queue", "AWS::IAM::Role"),
    seconds: float = 300.0,
    threads: int = 16,
    times: dict[str, float] | None = None,
    before: float = 0.0,
    **options: Any,
) -> Iterator[Taken]:
    """A run by the pipeline itself, in virtual time. `times` are those of works that are no calls, by function's name;
    `before` is what the store takes to say whether the run was published already."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        loop, clock = virtual_loop()
        inventory = Inventory(types=types)
        told = Settings(threads=threads, inventories=(inventory,), inventory=inventory, store=folder, **options)
        aws = StormyAws(weather, REGIONS[:regions], told, lambda: clock.now)
        run = Taken(told, seconds, aws, DirectoryStore(Path(folder)), Path(folder))

        def takes(pool: VirtualThreads, work: Work) -> float:
            name = work.function.__name__
            return aws.begin(pool, work) if name == "_work" else (times or {}).get(name, 0.0)

        class Threads(VirtualThreads):
            def submit(self, function: Callable[..., Any], /, *arguments: Any, **more: Any) -> Any:
                if function.__name__ == "_work":
                    run.handed.append((clock.now, arguments[0].request, arguments[0].job.unit))
                return super().submit(function, *arguments, **more)

        @contextmanager
        def pool(settings: Settings) -> Iterator[VirtualThreads]:
            executor = Threads(loop, settings.threads, takes)
            try:
                yield executor
            finally:
                executor.shutdown(wait=False, cancel_futures=True)

        def find_manifest(*_: Any) -> None:
            clock.now += before

        patch.setattr(pipeline, "_threads", pool)
        patch.setattr(pipeline, "time", SimpleNamespace(monotonic=lambda: clock.now))
        patch.setattr(pipeline, "find_manifest", find_manifest)
        patch.setattr(fanout, "random", SimpleNamespace(Random=lambda: random.Random(weather.seed)))
        try:
            run.summary = loop.run_until_complete(
                take_snapshot(told, aws, trigger="test", seconds=seconds)  # type: ignore[arg-type]
            )
        except (CredentialsError, StoreError) as error:
            run.error = error
        finally:
            run.ended = clock.now
            loop.close()
        yield run


def assert_lawful(run: Taken) -> None:
    """What holds of every run, whatever AWS did."""
    ended_in_time(run)
    nothing_is_sent_after_the_soft_deadline(run)
    sends_are_bounded(run)
    if run.error is not None:
        assert isinstance(run.error, CredentialsError)
        assert not run.aws.delivered["GetCallerIdentity"]
        assert run.store.keys("") == []
        return
    manifest = published_whole(run)
    every_unit_has_one_line(run, manifest)


def ended_in_time(run: Taken) -> None:
    assert run.ended <= max(0.0, run.soft_deadline) + SOON
    assert run.ended < run.seconds


def nothing_is_sent_after_the_soft_deadline(run: Taken) -> None:
    assert max([0.0, *(at for at, _, _ in run.handed)]) < run.soft_deadline


def sends_are_bounded(run: Taken) -> None:
    """Of a request, and of a page of a listing, whoever asks for it: details of two resources may look the same."""
    requests = Counter(request for _, request, _ in run.handed)
    listed = Counter(
        (unit, one.service, one.operation, one.region, one.token)
        for _, one, unit in run.handed
        if one.operation in (*LISTINGS, *DISCOVERING) and not one.parameters
    )
    assert max([0, *requests.values(), *listed.values()]) <= run.settings.attempts


def published_whole(run: Taken) -> dict[str, Any]:
    """The manifest that the pointer leads to, all of which is read and checked."""
    (key,) = run.store.keys("manifests/")
    pointer, _ = read_pointer(run.store, "default")
    assert pointer is not None
    assert pointer["manifest"] == key
    manifest = read_manifest(run.store, key, pointer["sha256"])
    assert_readable(run.store, manifest)
    verified = CliRunner().invoke(cli, ["verify", "--store", str(run.root)])
    assert verified.output == "1 run is as written\n", verified.output
    assert manifest["run"]["seconds"] <= run.ended + 0.001
    recorded = {name: made["calls"] for name, made in manifest["calls"].items() if made["calls"]}
    assert recorded == Counter(request.service for _, request, _ in run.handed)
    return manifest


def every_unit_has_one_line(run: Taken, manifest: dict[str, Any]) -> None:
    answered = run.aws.delivered["ListRegions"] or run.aws.delivered["DescribeRegions"]
    regions = run.aws.regions if answered else (*run.aws.regions, SPARE)
    rows = [CATALOG[name] for name in run.settings.inventory.types]
    planned = [
        (ACCOUNT, region, row.name)
        for row in rows
        for region in (("global",) if row.scope is Scope.GLOBAL else regions)
    ]
    lines = list(read_lines(run.store, manifest, "units"))
    assert sorted((line["account"], line["region"], line["type"]) for line in lines) == sorted(planned)
    handed = Counter(unit.key for _, request, unit in run.handed if request.account)
    for line in lines:
        assert line["calls"] == handed[line["account"], line["region"], line["type"]]
        if line["state"] == State.NOT_REACHED:
            assert line["reason"]["code"] == ReasonCode.DEADLINE
            assert line["count"] == 0
        elif not line["calls"]:
            assert line["state"] in (State.FAILED, State.DENIED)
            assert "not asked" in line["reason"]["message"]
    states = Counter(line["state"] for line in lines)
    everything = states[State.COLLECTED] + states[State.UNAVAILABLE] == len(lines)
    assert (manifest["verdict"] == Verdict.COMPLETE) == everything
    nothing = not states[State.COLLECTED] + states[State.PARTIAL]
    assert (manifest["verdict"] == Verdict.FAILED) == nothing
    if states[State.NOT_REACHED]:
        assert run.ended >= run.soft_deadline - 1e-6


# --- every weather ---

weathers = st.builds(
    Weather,
    moods=st.lists(st.sampled_from(MOODS), min_size=1, max_size=6).map(tuple),
    steady=st.booleans(),
    first=st.sampled_from(("", "", *MOODS)),
    discovery=st.tuples(
        *(st.tuples(st.just(name), st.sampled_from(("quick",) * 60 + MOODS)) for name in DISCOVERING),
    ),
    pages=st.integers(1, 4),
    drip_minutes=st.integers(1, 20),
    seed=st.integers(0, 2**16),
)
works = st.fixed_dictionaries(
    {
        "prepare": st.sampled_from((0.0, 0.5, 3.0)),
        "connect": st.sampled_from((0.0, 0.2, 4.0)),
        "read_pointer": st.sampled_from((0.0, 0.1, 1.0)),
        "_look_back": st.sampled_from((0.0, 0.3, 6.0, 40.0, FOREVER)),
    }
)
some_types = st.lists(st.sampled_from(TYPES), min_size=1, max_size=5, unique=True).map(tuple)


@settings(law, max_examples=120)
@given(
    weather=weathers,
    regions=st.integers(1, 34),
    types=some_types,
    seconds=st.floats(65, 900),
    threads=st.sampled_from((1, 2, 5, 16, 64, 256)),
    reserve_seconds=st.sampled_from((29.0, 45.0, 60.0)),
    times=works,
)
def test_whatever_the_weather_a_run_publishes_what_it_has_in_time(**drawn: Any) -> None:
    with taken(**drawn) as run:
        assert_lawful(run)


@pytest.mark.parametrize("first", [True, False], ids=["first calls", "all calls"])
@pytest.mark.parametrize("mood", [mood for mood in MOODS if mood != "quick"])
def test_a_run_of_every_type_publishes_what_it_has_in_time(mood: str, first: bool) -> None:
    weather = Weather(pages=2, first=mood) if first else Weather((mood,), pages=2)
    with taken(weather, regions=34 if mood in LASTING else 4, types=TYPES, seconds=120, threads=256) as run:
        assert_lawful(run)
        assert run.summary is not None
        seen = run.summary["by_state"].get(State.COLLECTED, 0)
        assert seen if first or mood == "slow" else not seen


LASTING = ("stuck", "drips", "throttled")


def test_in_good_weather_all_is_collected() -> None:
    with taken(Weather(pages=2), regions=34, types=TYPES, seconds=900, threads=256) as run:
        assert_lawful(run)
        assert run.summary is not None
        assert run.summary["verdict"] == Verdict.COMPLETE
        assert run.summary["by_state"] == {State.COLLECTED: 4 + 27 * 34}
        assert run.ended < 60


# --- before the first call, and beside them ---


@pytest.mark.parametrize("mood", ["silent", "stuck", "drips", "throttled"])
def test_without_an_answer_to_who_we_are_the_run_says_so_in_time(mood: str) -> None:
    with taken(Weather(discovery=(("GetCallerIdentity", mood),), drip_minutes=20), seconds=65) as run:
        assert_lawful(run)
        assert run.error is not None
        assert run.ended <= run.soft_deadline


@pytest.mark.parametrize("seconds", [65.0, 300.0, 900.0])
def test_where_the_regions_are_not_told_in_time_a_run_that_reached_nothing_is_published(seconds: float) -> None:
    with taken(Weather(discovery=(("ListRegions", "stuck"),)), seconds=seconds, times={"_look_back": FOREVER}) as run:
        assert_lawful(run)
        assert run.summary is not None
        assert run.summary["by_state"] == {State.NOT_REACHED: 2 * 3 + 1}


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_what_the_run_before_knows_is_not_waited_for_longer_than_it_is_worth(threads: int) -> None:
    with taken(Weather(), threads=threads, times={"_look_back": FOREVER}) as run:
        assert_lawful(run)
        assert run.summary is not None
        assert run.summary["verdict"] == Verdict.COMPLETE
        assert run.ended < SOON + 5


def test_a_time_that_the_reserve_takes_all_of_is_said_before_anything_is_asked_for_long() -> None:
    with taken(Weather(), seconds=40) as run:
        assert run.error is not None
        assert run.ended == 0
        assert run.store.keys("") == []


@pytest.mark.parametrize("hangs", [0.0, FOREVER], ids=["at the deadline", "after it"])
def test_where_the_deadline_has_passed_before_the_sweep_nothing_is_sent(hangs: float) -> None:
    weather = Weather(discovery=(("ListRegions", "stuck"),))
    with taken(weather, times={"_look_back": hangs}) as run:
        assert_lawful(run)
        nothing_is_sent_after_the_soft_deadline(run)


def test_no_call_begins_after_the_soft_deadline_though_threads_come_free_then() -> None:
    late = []
    for seed in range(12):
        weather = Weather(("drips", "quick"), drip_minutes=20, seed=seed)
        with taken(weather, regions=8, threads=4, seconds=100, times={"_look_back": FOREVER}) as run:
            assert_lawful(run)
            late += [flight.request for flight in run.aws.ended if flight.begun >= run.soft_deadline]
    assert late == []


def test_a_pointer_that_never_comes_does_not_hold_the_run_beyond_its_time() -> None:
    with taken(Weather(), times={"read_pointer": FOREVER}) as run:
        ended_in_time(run)
        assert isinstance(run.error, StoreError)
        assert run.store.keys("") == []


def test_what_the_store_takes_before_discovery_is_not_spent_twice() -> None:
    with taken(Weather(discovery=(("ListRegions", "stuck"),)), before=40.0) as run:
        assert_lawful(run)


def test_a_short_reserve_is_not_spent_on_what_the_run_before_knows() -> None:
    with taken(
        Weather(discovery=(("ListRegions", "stuck"),)),
        times={"_look_back": FOREVER},
        reserve_seconds=9.0,
        connect_timeout=1.0,
        read_timeout=2.0,
    ) as run:
        assert_lawful(run)


def test_a_source_of_regions_that_drips_is_given_up_and_the_next_is_asked() -> None:
    with taken(Weather(discovery=(("ListRegions", "drips"),), drip_minutes=60), seconds=900) as run:
        assert_lawful(run)
        assert run.aws.delivered["DescribeRegions"]
