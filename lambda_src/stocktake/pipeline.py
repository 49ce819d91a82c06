"""take_snapshot(): the only place where the stages meet."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import botocore

from stocktake import __version__
from stocktake.announce import event, put, summary
from stocktake.aws import IDLE_SOCKETS, Aws
from stocktake.catalog import CATALOG, VERSION
from stocktake.collect import collect, probe
from stocktake.discover import discover
from stocktake.earlier import Before, Earlier, read_before, read_earlier
from stocktake.errors import AlreadyExists, CredentialsError, StoreError, UsageError
from stocktake.fanout import OnProgress, fan_out
from stocktake.gate import Region, gates
from stocktake.lease import give_back, take
from stocktake.model import (
    GLOBAL,
    AccountScope,
    Collection,
    FanOutReport,
    Found,
    Outcome,
    Reason,
    ReasonCode,
    Run,
    Scope,
    ServiceCalls,
    State,
    Steps,
    Target,
    Unit,
)
from stocktake.normalise import normalise
from stocktake.order import longest_first
from stocktake.plan import one_of_each, plan, select, services_of
from stocktake.rates import Rates
from stocktake.runtime import Threads, keep_memory_together, within_descriptors
from stocktake.settings import Settings
from stocktake.snapshot import (
    FORMAT,
    TIME,
    Content,
    Spool,
    UnitLines,
    UnitRecord,
    accept,
    assemble,
    counts_of,
    not_entered,
    unseen,
    verdict_of,
)
from stocktake.store import (
    Published,
    Store,
    find_manifest,
    open_store,
    publish,
    read_lines,
    read_pointer,
    settle,
)

RUN_ID = "%Y%m%dT%H%M%SZ"
PATIENCE_SECONDS = 5.0
ANNOUNCE_SECONDS = 12.0
GIVE_BACK_SECONDS = 5.0
LAST_SECONDS = 1.0
"""Kept of the function's time for what it says at its end."""

MERGES = 2
"""Units whose lines are merged at the same time: each takes some 50 MB."""

AHEAD = 64
"""Connections that are opened before AWS has said which regions there are, where there are threads enough."""


async def take_snapshot(
    settings: Settings,
    aws: Aws,
    *,
    trigger: str,
    seconds: float | None = None,
    memory_mb: int | None = None,
    invocation: str = "",
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Takes one run of `settings.inventory`, publishes it, and announces it where there is a bus; answers its summary
    (announce.summary).

    `seconds` is the time there is, publishing included. A scheduled run that was published already is not taken again:
    its summary is answered, and it is announced again. With `settings.resume`, what that run has not seen is collected
    and its next revision published. With `invocation`, the id that Lambda gave it, the inventory's lease is held
    meanwhile. That a run could not be announced stands in its summary, and fails nothing.

    Raises UsageError, CredentialsError, StoreError, and Overlap where another has the lease, before anything is
    published.
    """
    begun = time.monotonic()
    said = await _taken(settings, aws, begun, trigger, seconds, memory_mb, invocation, on_progress)
    if not settings.event_bus:
        return said
    error = await _announced(settings, aws, said, None if seconds is None else seconds - (time.monotonic() - begun))
    return {**said, "announced": not error} | ({"announcement_error": error} if error else {})


async def _taken(
    settings: Settings,
    aws: Aws,
    begun: float,
    trigger: str,
    seconds: float | None,
    memory_mb: int | None,
    invocation: str,
    on_progress: OnProgress | None,
) -> dict[str, Any]:
    def left() -> float | None:
        """Seconds until collecting has to end."""
        return None if seconds is None else seconds - settings.reserve_seconds - (time.monotonic() - begun)

    settings = replace(settings, threads=within_descriptors(settings.threads, IDLE_SOCKETS)[0])
    store = open_store(settings.store, aws.s3)
    earlier = read_earlier(store, settings) if settings.resume else None
    if earlier is not None:
        settings, run = earlier.as_it_was(settings), earlier.run
        done = None if earlier.missing else earlier.published.key
    else:
        run = _begin(settings, store, trigger)
        done = find_manifest(store, run) if settings.scheduled else None
    if done:
        return _repeated(store, run, done)
    repeats = bool(settings.scheduled) and earlier is None
    async with _leased(settings, store, run, invocation, seconds, repeats, left) as lease_is_held:
        with _threads(settings) as executor, Spool() as spool:
            rates = Rates.of(settings)
            rows = select(settings.inventory, settings.filters)
            executor.submit(aws.prepare, services_of(rows, enriched=_enriched(settings)))
            loop = asyncio.get_running_loop()
            pointing = loop.run_in_executor(executor, read_pointer, store, run.inventory)
            reading = loop.run_in_executor(executor, _look_back, settings, aws, executor, store, run, earlier)
            scope, asked = await _look_around(settings, aws, executor, rates, left())
            units = plan(scope, settings.inventory, settings.filters)
            if earlier is not None:
                units = earlier.still_to_collect(units, scope)
            await _pointer_can_be_read(pointing, left())
            done = await lease_is_held()
            if done:
                return _repeated(store, run, done)
            before = await _known_by_now(reading, left())
            units = longest_first(units, before.seconds, aws.home)
            refused = (before.refused, _turn(run))
            records, report = await _sweep(
                settings, aws, executor, rates, spool, scope, units, refused, left(), on_progress
            )
            if earlier is not None:
                records = earlier.with_these(records, spool, store)
            before = await _known_by_now(reading, 0.0)
            records, accepted = accept(records, settings.accepted, run.started)
            records = before.compared(records)
            objects = assemble(run, records, spool, before.last_seen)
            reports = [asked, report, FanOutReport((), {"sts": aws.own_calls})]
            counts = counts_of(records, compared=before.is_known)
            manifest = _manifest(settings, run, scope, records, counts, reports, time.monotonic() - begun, memory_mb)
            manifest["accepted"] = accepted
            manifest["objects"] = [one.as_json() for one in objects]
            if earlier is not None:
                manifest = earlier.gone_on_with(manifest)
            resumed = earlier.published if earlier else None
            try:
                published = publish(store, run, objects, manifest, moves_pointer=not settings.narrowed, resumed=resumed)
            except AlreadyExists:
                done = find_manifest(store, run) if settings.scheduled or earlier else None
                if done is None:
                    raise
                return _repeated(store, run, done)  # another delivery of the same event was quicker
    return _summary(store, published)


@asynccontextmanager
async def _leased(
    settings: Settings,
    store: Store,
    run: Run,
    invocation: str,
    seconds: float | None,
    repeats: bool,
    left: Callable[[], float | None],
) -> AsyncIterator[Callable[[], Awaitable[str | None]]]:
    """Has the lease of a run's inventory taken in a thread of its own, and given back at the end.

    Yields what waits for it, before which nothing may be collected: it answers the key of the run's manifest where the
    lease was had meanwhile by another delivery of the same event, which has published it, and raises Overlap and
    StoreError. A run without an invocation takes none: nobody could know when to go on without it.
    """

    async def no_lease() -> str | None:
        return None

    if not invocation:
        yield no_lease
        return
    with _threads(replace(settings, threads=1)) as executor:
        loop = asyncio.get_running_loop()
        taking = loop.run_in_executor(executor, take, store, run, invocation, uuid.uuid4().hex, seconds)

        async def held() -> str | None:
            time_left = left()
            await asyncio.wait([taking], timeout=None if time_left is None else max(0.0, time_left))
            if not taking.done():
                raise StoreError("the store did not say in time whether another invocation is taking a run")
            lease = taking.result()
            if not repeats or lease.before != run.id:
                return None
            return await loop.run_in_executor(executor, find_manifest, store, run)

        async def given_back() -> None:
            with suppress(Exception):  # was raised where it was waited for
                await loop.run_in_executor(executor, give_back, store, await taking)

        try:
            yield held
        finally:
            time_left = left()
            at_most = GIVE_BACK_SECONDS if time_left is None else time_left + settings.reserve_seconds - LAST_SECONDS
            await asyncio.wait([loop.create_task(given_back())], timeout=max(0.0, min(GIVE_BACK_SECONDS, at_most)))


async def plan_run(settings: Settings, aws: Aws) -> tuple[Scope, tuple[Unit, ...]]:
    """What a run would look at: the scope and its units. Makes no call but those that discover it."""
    with _threads(settings) as executor:
        scope, _ = await _look_around(settings, aws, executor, Rates.of(settings), None)
    return scope, plan(scope, settings.inventory, settings.filters)


async def preflight(settings: Settings, aws: Aws, seconds: float) -> tuple[Scope, tuple[Outcome, ...]]:
    """Which of the planned types can be listed: asks the first call of each once, in one region of each account, and
    one in every other region, within so many seconds. Collects and publishes nothing."""
    with _threads(settings) as executor:
        rates = Rates.of(settings)
        begun = time.monotonic()
        scope, _ = await _look_around(settings, aws, executor, rates, seconds)
        accounts = {one.account: one for one in scope.accounts}
        units = one_of_each(plan(scope, settings.inventory, settings.filters), aws.home)
        settled = [outcome for unit in units if (outcome := _without_calls(unit, accounts[unit.target.account]))]
        called = set(units) - {outcome.unit for outcome in settled}
        work = [(unit, probe(CATALOG[unit.type], unit.target)) for unit in units if unit in called]
        left = seconds - (time.monotonic() - begun)
        report = await fan_out(
            work, aws.call, executor, settings, deadline=left, rates=rates, has_room=aws.has_room, give_up=aws.give_up
        )
    said = [_said_plainly(outcome, accounts[outcome.unit.target.account], report) for outcome in report.outcomes]
    return scope, (*said, *settled)


@contextmanager
def _threads(settings: Settings) -> Iterator[Executor]:
    keep_memory_together()
    executor = Threads(settings.threads, thread_name_prefix="stocktake")
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)  # a thread may be stuck in a call; nobody waits for it


def _begin(settings: Settings, store: Store, trigger: str) -> Run:
    """The run's name. An unscheduled one takes the first second, from now, that no run has."""
    now = datetime.now(UTC)
    at = settings.scheduled or now
    scheduled = settings.scheduled.strftime(TIME) if settings.scheduled else None
    while True:
        run = Run(at.strftime(RUN_ID), settings.inventory.name, trigger, scheduled, now.strftime(TIME))
        if settings.scheduled or find_manifest(store, run) is None:
            return run
        at += timedelta(seconds=1)


async def _look_around(
    settings: Settings, aws: Aws, executor: Executor, rates: Rates, deadline: float | None
) -> tuple[Scope, FanOutReport]:
    found: list[Scope | Exception] = []

    def steps() -> Steps:
        try:
            globs = (settings.inventory.accounts, settings.filters.accounts)
            found.append((yield from discover(aws.partition, aws.home, aws.known_regions(), *globs)))
        except Exception as error:
            found.append(error)
        return Collection()

    unit = Unit("discovery", Target("", GLOBAL, aws.home, aws.partition))
    report = await fan_out(
        [(unit, steps())], aws.call, executor, settings, deadline=deadline, rates=rates, give_up=aws.give_up
    )
    if not found:
        raise CredentialsError("AWS was not asked whose credentials these are: the deadline came first")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0], report


async def _sweep(
    settings: Settings,
    aws: Aws,
    executor: Executor,
    rates: Rates,
    spool: Spool,
    scope: Scope,
    units: Sequence[Unit],
    refused: tuple[Mapping[Region, frozenset[str]], int],
    deadline: float | None,
    on_progress: OnProgress | None,
) -> tuple[list[UnitRecord], FanOutReport]:
    contents: dict[Unit, Content] = {}
    enriched = _enriched(settings)
    accounts = {one.account: one for one in scope.accounts}
    settled = [outcome for unit in units if (outcome := _without_calls(unit, accounts[unit.target.account]))]
    not_called = {outcome.unit for outcome in settled}
    merging = threading.Semaphore(MERGES)
    called = [unit for unit in units if unit not in not_called]
    work = [(unit, _steps(unit, spool, merging, contents, enriched)) for unit in called]
    report = await fan_out(
        work,
        aws.call,
        executor,
        settings,
        deadline=deadline,
        rates=rates,
        has_room=aws.has_room,
        host_of=lambda unit: (CATALOG[unit.type].service, unit.target.home),
        gates=gates(called, refused[0], lambda unit: CATALOG[unit.type].service, refused[1]),
        give_up=aws.give_up,
        on_progress=on_progress,
    )
    outcomes = [_said_plainly(outcome, accounts[outcome.unit.target.account], report) for outcome in report.outcomes]
    records = [UnitRecord(outcome, contents.get(outcome.unit, Content())) for outcome in outcomes]
    return [*records, *map(UnitRecord, settled)], report


def _said_plainly(outcome: Outcome, account: AccountScope, report: FanOutReport) -> Outcome:
    """A region that is being enabled or disabled refuses credentials with the very words for bad ones. These are good:
    the region was named with them, and the account was not closed on the way."""
    refused = outcome.state is State.FAILED and outcome.reason is not None and outcome.reason.code is ReasonCode.AUTH
    if not refused or outcome.unit.target.region not in account.changing or account.account in report.closed:
        return outcome
    message = f"{outcome.unit.target.region} is being enabled or disabled in this account"
    return replace(outcome, state=State.UNAVAILABLE, reason=Reason(ReasonCode.REGION_DISABLED, message))


def _without_calls(unit: Unit, account: AccountScope) -> Outcome | None:
    """What became of a unit that cannot be called; None where it can."""
    if account.problem is not None:
        return Outcome(unit, account.problem.state, account.problem.reason)
    if unit.target.region in account.disabled:
        reason = Reason(ReasonCode.REGION_DISABLED, f"{unit.target.region} is not enabled in this account")
        return Outcome(unit, State.UNAVAILABLE, reason)
    return None


def _enriched(settings: Settings) -> bool:
    return settings.inventory.detail == "full"


def _steps(
    unit: Unit, spool: Spool, merging: threading.Semaphore, contents: dict[Unit, Content], enriched: bool
) -> Steps:
    """A unit from its first request to its last block."""
    row = CATALOG[unit.type]
    lines = UnitLines(spool, row.volatile)

    def emit(found: list[Found]) -> None:
        broken: Exception | None = None
        for one in found:
            try:
                lines.add([normalise(row, unit.target, one)])
            except Exception as error:  # one odd item must not cost the others
                broken = error
        if broken is not None:
            raise broken

    collection = yield from collect(row, unit.target, emit, enriched=enriched)
    if collection.state in (State.COLLECTED, State.PARTIAL):
        with merging:
            contents[unit] = lines.finish()
    return collection


def _look_back(
    settings: Settings, aws: Aws, executor: Executor, store: Store, run: Run, earlier: Earlier | None
) -> Before:
    """Reads what the run before knows, and has connections opened to the hosts that are likely to be called first."""
    before = earlier.before if earlier else read_before(store, run)
    with suppress(RuntimeError):  # the run is over already
        for service, region in _first_hosts(settings, aws, before.regions):
            executor.submit(aws.connect, service, region)
    return before


def _first_hosts(settings: Settings, aws: Aws, regions: tuple[str, ...]) -> list[tuple[str, str]]:
    """Services and regions of what comes first in order, if these are the regions; without a last run, all that the SDK
    knows may be."""
    enabled = regions or aws.known_regions()[aws.partition]
    guess = Scope(aws.partition, aws.home, (AccountScope("", enabled),))
    try:
        units = longest_first(plan(guess, settings.inventory, settings.filters), {}, aws.home)
    except UsageError:  # said by the real plan
        return []
    hosts = dict.fromkeys((CATALOG[unit.type].service, unit.target.home) for unit in units)
    return list(hosts)[: min(AHEAD, settings.threads // 4)]


async def _pointer_can_be_read(pointing: asyncio.Future[Any], left: float | None) -> None:
    """What cannot be read cannot be moved after the sweep either. Raises StoreError."""
    await asyncio.wait([pointing], timeout=None if left is None else max(0.0, left))
    if not pointing.done():
        raise StoreError("the store did not say in time where the latest run is: nothing could be published")
    pointing.result()


async def _known_by_now(reading: asyncio.Future[Before], left: float | None) -> Before:
    """What the run before knows, if it can be read soon."""
    patience = PATIENCE_SECONDS if left is None else max(0.0, min(PATIENCE_SECONDS, left))
    await asyncio.wait([reading], timeout=patience)
    return reading.result() if reading.done() else Before()


def _turn(run: Run) -> int:
    """The hours between 1970 and a run: one more with each hourly run."""
    return int(datetime.fromisoformat(run.id).timestamp()) // 3600


def _manifest(
    settings: Settings,
    run: Run,
    scope: Scope,
    records: Sequence[UnitRecord],
    counts: Mapping[str, Any],
    reports: Sequence[FanOutReport],
    seconds: float,
    memory_mb: int | None,
) -> dict[str, Any]:
    verdict, coverage = verdict_of(records)
    services: dict[str, ServiceCalls] = {}
    for report in reports:
        for name, made in report.services.items():
            total = services.setdefault(name, ServiceCalls())
            total.calls += made.calls
            total.retries += made.retries
            total.throttles += made.throttles
            total.peak_rate = max(total.peak_rate, made.peak_rate)
    return {
        "format": FORMAT,
        "run": {
            "id": run.id,
            "inventory": run.inventory,
            "trigger": run.trigger,
            "scheduled": run.scheduled,
            "started": run.started,
            "finished": datetime.now(UTC).strftime(TIME),
            "seconds": round(seconds, 3),
        },
        "verdict": verdict,
        "coverage": coverage,
        "scope": {
            **_looked_at(scope, [record.unit for record in records], apart=bool(settings.inventory.accounts)),
            "inventory": asdict(settings.inventory),
            "filters": asdict(settings.filters),
            "narrowed": settings.narrowed,
        },
        "counts": counts,
        "versions": {"catalogue": VERSION, "botocore": botocore.__version__, "stocktake": __version__},
        "calls": {name: asdict(made) for name, made in sorted(services.items())},
        "cost": {"lambda_gb_seconds": None if memory_mb is None else round(seconds * memory_mb / 1024, 3)},
    }


def _looked_at(scope: Scope, units: Sequence[Unit], *, apart: bool) -> dict[str, Any]:
    """The scope as the manifest has it: what is true of all accounts together, and if `apart` of each."""
    enabled = {region for one in scope.accounts for region in one.enabled}
    disabled = {region for one in scope.accounts for region in one.disabled}
    regions: dict[str, set[str]] = {}
    for unit in units:
        regions.setdefault(unit.target.account, set()).add(unit.target.region)
    together = {
        "accounts": scope.ids,
        "accounts_from": scope.accounts_from,
        "accounts_refused": scope.accounts_refused,
        "accounts_skipped": dict(scope.accounts_skipped),
        "regions": sorted({region for those in regions.values() for region in those}),
        "regions_from": scope.source,
        "regions_refused": sorted({refusal for one in scope.accounts for refusal in one.refused}),
        "regions_disabled": sorted(disabled - enabled),
        "types": sorted({unit.type for unit in units}),
    }
    if not apart:
        return together
    by_account = {
        one.account: {
            "regions": sorted(regions.get(one.account, ())),
            "regions_from": one.source,
            "regions_refused": one.refused,
            "regions_disabled": one.disabled,
            "problem": one.problem and one.problem.reason.as_json(),
        }
        for one in scope.accounts
    }
    return {**together, "by_account": by_account}


def _repeated(store: Store, run: Run, key: str) -> dict[str, Any]:
    done = settle(store, run, key)
    return {**_summary(store, done), "repeated": True}


def _summary(store: Store, published: Published) -> dict[str, Any]:
    """From what is stored, so that a run that cannot be read back does not say that all is well."""
    groups = unseen(read_lines(store, published.manifest, "units"), not_entered(published.manifest))
    return summary(published.manifest, groups, published.key, latest=published.is_latest)


async def _announced(settings: Settings, aws: Aws, said: Mapping[str, Any], left: float | None) -> str:
    """Why a run could not be announced in the time that is left, or nothing. In a thread of its own: those of the sweep
    may all be stuck."""
    patience = ANNOUNCE_SECONDS if left is None else min(ANNOUNCE_SECONDS, left - LAST_SECONDS)
    if patience <= 0:
        return "PutEvents: there was no time left for it"
    bus = settings.event_bus
    with _threads(replace(settings, threads=1)) as executor:
        loop = asyncio.get_running_loop()
        putting = loop.run_in_executor(executor, put, partial(aws.events, bus), bus, event(said, settings.store))
        await asyncio.wait([putting], timeout=patience)
        return putting.result() if putting.done() else f"PutEvents: no answer within {patience:.1f} s"
