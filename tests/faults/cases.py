"""Cases, runs, and the laws that every run keeps.

A *place* is where something can go wrong: an operation of a unit's row, enrichments included, at a page. A *case* is a
place, a kind of fault, and how often it befalls. A *run* has a case or more for most of its units. What a run must have
published follows from its cases, from a run without faults over the same estate (the truth), and from the server's log,
which says how often each fault befell. It is read with the readers that everybody uses.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from stocktake.aws import Aws
from stocktake.catalog.spec import Enrich, ResourceType, Scope
from stocktake.model import GLOBAL, ReasonCode, State
from stocktake.pipeline import take_snapshot
from stocktake.settings import Inventory, Settings
from stocktake.snapshot import lines_of
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer
from tests.faults.kinds import KINDS, Effect, Kind
from tests.few_types import ROWS, TYPES
from tests.loopback_aws import Estate, Fault, LoopbackAWS
from tests.loopback_aws.pages import listing

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("ap-southeast-2", "eu-west-1", "us-east-1")
PAGE_SIZE = 2
ESTATE = Estate(
    accounts=ACCOUNTS,
    regions=REGIONS,
    items=5,
    page_size=PAGE_SIZE,
    sizes={"ecs:ListClusters": 3, "ecs:ListServices": 3},
    latency=0,
    service_seconds=0,
)
"""Every listing has three pages, of two items, two and one; a cluster's services have two."""

EVERYTHING = Inventory(accounts=("*",), types=TYPES)
SETTINGS = Settings(
    threads=64,
    attempts=4,
    backoff_seconds=0.01,
    backoff_limit_seconds=0.02,
    connect_timeout=5,
    read_timeout=3,
    quota_share=0,
    reserve_seconds=5,
    inventories=(EVERYTHING,),
    inventory=EVERYTHING,
)
SECONDS = 60.0
FEW = 4
"""Calls of one host that may fail for good in a run: one more in a row, and the host would be left alone."""

OF_NO_UNIT = {
    "account:ListRegions",
    "ec2:DescribeRegions",
    "organizations:ListAccounts",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
}

EVERYWHERE = {row.service for row in ROWS.values() if row.scope is Scope.GLOBAL}
"""Services whose units lie nowhere."""
OWN = {row.service for row in ROWS.values()}


def _asked_together() -> dict[str, str]:
    """Service → one name for all that rows ask together with it: a unit's calls are counted together."""
    names = {service: service for service in OWN}
    for row in ROWS.values():
        for other in {row.service_of(call) for call in row.every_call()}:
            one, two = names.setdefault(row.service, row.service), names.setdefault(other, other)
            names = {service: one if name == two else name for service, name in names.items()}
    return names


TOGETHER = _asked_together()

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Place:
    """Where something can go wrong. `hits` is how many calls of the truth fit it; 0 is a page beyond the last."""

    unit: Key
    service: str
    operation: str
    region: str
    page: int
    hits: int
    depth: int
    enrichment: Enrich | None
    pages_on: bool
    shared: bool

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class Case:
    place: Place
    kind: Kind
    times: int | None
    fault: Fault

    def __str__(self) -> str:
        place, times = self.place, "always" if self.times is None else f"{self.times} times"
        return f"{'/'.join(place.unit)}: {place.name} page {place.page}: {self.kind.name} {times}"

    @property
    def fate(self) -> str:
        """What becomes of the listing or the enrichment that it befalls: "whole", "broken", or "either" where it
        depends on which of several calls it befalls."""
        place, effect = self.place, self.kind.effect
        several = place.shared or place.depth > 0 or place.enrichment is not None
        if effect is Effect.NOTHING or (effect is Effect.PASSES and self.times is not None):
            return "whole"
        if effect is Effect.LOOP and place.page == 0:
            return "whole"
        if effect is Effect.RESTART and place.page > 0 and self.times is not None:
            return "whole" if self.times == 1 else "either" if several else "broken"
        return "either" if place.shared and self.times is not None else "broken"


@dataclass(frozen=True)
class Published:
    """A run as its readers see it, and the server's log of it."""

    manifest: Mapping[str, Any]
    units: Mapping[Key, Mapping[str, Any]]
    lines: Mapping[Key, list[Mapping[str, Any]]]
    doubled: tuple[Key, ...]
    log: Sequence[Mapping[str, Any]]
    seconds: float

    def befell(self) -> Counter[int]:
        """How often each fault of the estate did."""
        return Counter(entry["fault_number"] for entry in self.log if entry["fault_number"] >= 0)


def run(
    aws: LoopbackAWS,
    calls: Aws,
    store: Path,
    faults: Iterable[Fault] = (),
    *,
    estate: Estate = ESTATE,
    settings: Settings = SETTINGS,
    seconds: float = SECONDS,
) -> Published:
    """Takes a snapshot, and reads what it published."""
    aws.reset(replace(estate, faults=tuple(faults)))
    begun = time.monotonic()
    asyncio.run(take_snapshot(replace(settings, store=str(store)), calls, trigger="test", seconds=seconds))
    return read(aws, store, time.monotonic() - begun)


@contextmanager
def calling(aws: LoopbackAWS, settings: Settings = SETTINGS) -> Iterator[Aws]:
    """The call layer, with the keys of the estate's first account."""
    patch = pytest.MonkeyPatch()
    for name, value in aws.environment().items():
        if name.startswith("AWS_") and value:
            patch.setenv(name, value)
    calls = Aws(settings)
    calls._own_credentials()
    patch.undo()
    yield calls
    calls._http.close()


def read(aws: LoopbackAWS, folder: Path, seconds: float = 0.0) -> Published:
    store = DirectoryStore(folder)
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    manifest = read_manifest(store, pointer["manifest"], pointer["sha256"])
    units: dict[Key, Mapping[str, Any]] = {}
    doubled = []
    lines: dict[Key, list[Mapping[str, Any]]] = {}
    for unit in read_lines(store, manifest, "units"):
        key = (unit["account"], unit["region"], unit["type"])
        if key in units:
            doubled.append(key)
        units[key] = unit
        lines[key] = [
            line
            for block in unit["blocks"]
            for line in lines_of(store.read_range(block["object"], block["offset"], block["length"]), block["object"])
        ]
    return Published(manifest, units, lines, tuple(doubled), _settled_log(aws, manifest), seconds)


def _settled_log(aws: LoopbackAWS, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The server's log, once it has all calls that the run says it sent: one that is sent ahead may still be on its way
    when the run ends without it."""
    recorded = sum(made["calls"] for service, made in manifest["calls"].items() if service != "sts")
    until = time.monotonic() + 2
    while True:
        log = aws.log()
        if sum(entry["service"] != "sts" for entry in log) >= recorded or time.monotonic() > until:
            return log
        time.sleep(0.05)


# --- places and cases ---


def planned() -> set[Key]:
    """Every unit of the estate, by the rows."""
    return {
        (account, region, row.name)
        for account in ACCOUNTS
        for row in ROWS.values()
        for region in ((GLOBAL,) if row.scope is Scope.GLOBAL else REGIONS)
    }


def places(truth: Published) -> dict[Key, list[Place]]:
    """Every place of every unit, by the calls that the truth made."""
    seen: dict[tuple[str, str, str], Counter[tuple[str, int]]] = defaultdict(Counter)
    for entry in truth.log:
        seen[entry["account"], entry["service"], entry["operation"]][entry["region"], entry["page"]] += 1
    users = Counter((row.service_of(call), call.operation) for row in ROWS.values() for call in row.every_call())
    found: dict[Key, list[Place]] = {}
    for account, region, name in sorted(planned()):
        row = ROWS[name]
        mine = found[account, region, name] = []
        calls: list[tuple[Any, int, Enrich | None]] = [(call, depth, None) for depth, call in enumerate(row.calls)]
        calls += [(enrichment.call, len(row.calls), enrichment) for enrichment in row.enrich]
        for call, depth, enrichment in calls:
            service = row.service_of(call)
            everywhere = row.scope is Scope.GLOBAL
            hits: Counter[int] = Counter()
            for (where, page), count in seen[account, service, call.operation].items():
                if everywhere or where == region:
                    hits[page] += count
            pages_on = listing(service, call.operation).pages
            shared = users[service, call.operation] > 1
            for page in range(max(hits) + 2 if hits else 0):
                mine.append(
                    Place(
                        (account, region, name),
                        *(service, call.operation, "*" if everywhere else region),
                        *(page, hits[page], depth, enrichment, pages_on, shared),
                    )
                )
    return found


def draw(rng: Random, everywhere: Mapping[Key, list[Place]], kinds: Sequence[Kind] = KINDS) -> list[Case]:
    """The cases of a run: for most units one of the chain, and for most enrichments one."""
    cases: list[Case] = []
    taken: set[tuple[str, str, str]] = set()
    failing: Counter[tuple[str, str, str]] = Counter()
    for unit, places_there in everywhere.items():
        by_operation: dict[tuple[str, bool], list[Place]] = defaultdict(list)
        for place in places_there:
            by_operation[place.name, place.enrichment is None].append(place)
        chain = [name for name in by_operation if name[1]]
        chosen = [rng.choice(chain)] if rng.random() < 0.85 else []
        chosen += [name for name in by_operation if not name[1] and rng.random() < 0.7]
        for name in chosen:
            if (unit[0], unit[1], name[0]) in taken:
                continue
            case = _draw_one(rng, rng.choice(by_operation[name]), kinds)
            host = (unit[0], unit[1], case.place.service)
            if _fails_for_good(case):
                if failing[host] + case.place.hits > FEW:
                    continue
                failing[host] += case.place.hits
            taken.add((unit[0], unit[1], name[0]))
            cases.append(case)
    return cases


def _draw_one(rng: Random, place: Place, kinds: Sequence[Kind]) -> Case:
    fitting = [kind for kind in kinds if kind.only(place)]
    kind = rng.choice(fitting)
    if kind.name == "hang" and rng.random() < 0.8:  # seldom, as a run is then as long as the time-out at least
        kind = rng.choice(fitting)
    members = kind.fault(rng)
    times = 1 if kind.name == "hang" else rng.choice((1, 2, None))
    account, _, _ = place.unit
    at = {"operation": place.name, "region": place.region, "account": account, "page": place.page, "times": times}
    return Case(place, kind, times, Fault(**at, **members))


def _fails_for_good(case: Case) -> bool:
    """Whether calls end as those of a host that is not there do."""
    return case.kind.effect is Effect.PASSES and case.times is None and ReasonCode.MALFORMED not in case.kind.reasons


# --- the laws ---


@dataclass
class Verdicts:
    """What is wrong with a run, in sentences."""

    found: list[str] = field(default_factory=list)

    def hold(self, law: bool, *said: object) -> None:
        if not law:
            self.found.append(" ".join(map(str, said)))


def broken_laws(
    truth: Published, ran: Published, cases: Sequence[Case], attempts: int = SETTINGS.attempts
) -> list[str]:
    """Every law that a run did not keep, with the unit and its cases."""
    verdicts = Verdicts()
    befell = ran.befell()
    by_unit: dict[Key, list[Case]] = defaultdict(list)
    for number, case in enumerate(cases):
        if case.place.depth == 0 and case.place.hits:
            verdicts.hold(befell[number] > 0, "never asked for:", case)
        if befell[number]:
            for key in _touched(case):
                by_unit[key].append(case)
    _hold_to_the_plan(verdicts, ran)
    for key in ran.units.keys() & truth.units.keys():
        _hold_unit(verdicts, truth, ran, key, by_unit[key])
    _hold_to_the_log(verdicts, ran)
    _hold_sends(verdicts, ran, by_unit, SETTINGS.attempts)
    verdicts.hold(ran.seconds < SECONDS - SETTINGS.reserve_seconds, "the run took", ran.seconds, "seconds")
    verdicts.hold(ran.manifest["run"]["seconds"] <= ran.seconds, "the manifest says that it took longer")
    return verdicts.found


def _touched(case: Case) -> Iterator[Key]:
    """The units whose rows use the operation there."""
    account, region, _ = case.place.unit
    for row in ROWS.values():
        if any((row.service_of(call), call.operation) == _pair(case.place) for call in row.every_call()):
            yield account, region, row.name


def _pair(place: Place) -> tuple[str, str]:
    return place.service, place.operation


def _hold_to_the_plan(verdicts: Verdicts, ran: Published) -> None:
    manifest, units = ran.manifest, ran.units
    verdicts.hold(not ran.doubled, "units with two lines:", ran.doubled)
    verdicts.hold(units.keys() == planned(), "not as planned:", units.keys() ^ planned())
    verdicts.hold(all(unit["state"] in set(State) for unit in units.values()), "an unknown state")
    states = Counter(unit["state"] for unit in units.values())
    verdicts.hold(manifest["counts"]["by_state"] == dict(states), "by state:", manifest["counts"]["by_state"], states)
    there = len(units) - states["unavailable"]
    verdict = "complete" if states["collected"] == there else "partial"
    verdicts.hold(manifest["verdict"] == verdict, "the verdict is", manifest["verdict"], states)
    said = sum(named["count"] for named in manifest["objects"] if named["kind"] in ("snapshot", "partial"))
    verdicts.hold(said == sum(map(len, ran.lines.values())), "lines that are no unit's")


def _hold_unit(verdicts: Verdicts, truth: Published, ran: Published, key: Key, cases: Sequence[Case]) -> None:
    unit, lines, row = ran.units[key], ran.lines[key], ROWS[key[2]]
    state = unit["state"]
    reason = unit["reason"] and unit["reason"]["code"]
    about = ("/".join(key), state, unit["reason"], "; ".join(map(str, cases)))
    chain = [case for case in cases if case.place.enrichment is None]
    broken = [case for case in chain if case.fate == "broken"]
    maybe = [case for case in chain if case.fate == "either"]
    verdicts.hold(unit["count"] == len(lines), "counts", unit["count"], "of", len(lines), *about)
    verdicts.hold(unit["gaps"] == sum("gaps" in line for line in lines), "gaps", unit["gaps"], *about)
    verdicts.hold((reason is None) == (state == "collected"), "a reason where there is none to give", *about)
    verdicts.hold(not lines or state in ("collected", "partial"), "resources of a unit that was not read", *about)
    verdicts.hold(state == "collected" if not broken + maybe else True, "is not collected without cause", *about)
    verdicts.hold(state != "collected" or not broken, "says that all is there", *about)
    if state != "collected":
        allowed = {code for case in broken + maybe for code in case.kind.reasons}
        verdicts.hold(reason in allowed, "the reason is none of", allowed, *about)
        verdicts.hold(any(state in _states(case) for case in broken + maybe), "the state fits no fault", *about)
        verdicts.hold(unit["fingerprint"] is None, "has a fingerprint", *about)
    hurt = [case for case in cases if case.place.enrichment is not None and case.fate != "whole"]
    gapped = _gapped(row, hurt)
    whole = {line["id"]: line for line in truth.lines[key]}
    ids = [line["id"] for line in lines]
    verdicts.hold(ids == sorted(set(ids)), "twice, or not in order", *about)
    for line in lines:
        missing = {gap["path"]: gap["reason"]["code"] for gap in line.get("gaps", ())}
        for path, code in missing.items():
            verdicts.hold(code in gapped.get(path, ()), "a gap at", path, code, "without cause", *about)
        if line["id"] not in whole:
            verdicts.hold(False, line["id"], "is in no truth", *about)
        else:
            verdicts.hold(_but_for(row, line, missing) == _but_for(row, whole[line["id"]], missing), "differs", *about)
            verdicts.hold(not _from_gaps(row, line, missing), "says what it could not read", *about)
    if state == "collected":
        verdicts.hold(ids == sorted(whole), "is not all", len(ids), "of", len(whole), *about)
        again = any(case.kind.effect in (Effect.RESTART, Effect.LOOP) for case in chain)
        for case in hurt:
            if case.fate == "broken" and not again:
                verdicts.hold(bool(unit["gaps"]), "has no gap for", case, *about)
        if not hurt:
            verdicts.hold(not unit["gaps"], "has gaps without cause", *about)
            for member in ("fingerprint", "count"):
                verdicts.hold(unit[member] == truth.units[key][member], "another", member, *about)
            hashes = [[block["sha256"] for block in one.units[key]["blocks"]] for one in (ran, truth)]
            verdicts.hold(hashes[0] == hashes[1], "other bytes", *about)
    elif state == "partial":
        verdicts.hold(len(ids) <= len(whole), "more than all", *about)
        for case in broken if not maybe else ():
            if len(row.calls) == 1 and not row.calls[0].where and case.kind.effect is not Effect.RESTART:
                read = min(len(whole), case.place.page * PAGE_SIZE)
                verdicts.hold(len(ids) == read, "has", len(ids), "of the", read, "read before", *about)


def _states(case: Case) -> set[State]:
    """The states that fit a case that breaks its chain."""
    if case.place.depth:
        return {State.PARTIAL, case.kind.state}
    return {case.kind.state if case.place.page == 0 else State.PARTIAL}


def _gapped(row: ResourceType, hurt: Sequence[Case]) -> dict[str, set[str]]:
    """Member → the reasons for which it may be missing; what needs a missing member is missing for the same."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in hurt:
        assert case.place.enrichment is not None
        for member in case.place.enrichment.members:
            found[member] |= case.kind.reasons
    for enrichment in row.enrich:
        text = f"{enrichment.when} {enrichment.call.region} {enrichment.call.parameters}"
        for member in list(found):
            if re.search(rf"\b{member}\b", text):
                for name in enrichment.members:
                    found[name] |= found[member]
    return found


def _follows(row: ResourceType, missing: Mapping[str, str]) -> set[str]:
    """The members of a line that are made of what is missing."""
    made_of = {"tags": row.tags, "name": row.label or row.tags, "created": row.created, "region": row.region}
    return {name for name, path in made_of.items() if path and any(re.search(rf"\b{one}\b", path) for one in missing)}


def _but_for(row: ResourceType, line: Mapping[str, Any], missing: Mapping[str, str]) -> Mapping[str, Any]:
    """A line without what is missing and what follows from it."""
    left = {name: value for name, value in line.items() if name != "gaps" and name not in _follows(row, missing)}
    return {**left, "data": {name: value for name, value in line["data"].items() if name not in missing}}


def _from_gaps(row: ResourceType, line: Mapping[str, Any], missing: Mapping[str, str]) -> bool:
    """Whether tags are told that could not be read."""
    return row.tags.partition(".")[0] in missing and line["tags"] is not None


def _hold_to_the_log(verdicts: Verdicts, ran: Published) -> None:
    """What was recorded is what the server knows. Calls of STS are left aside: the call layer, which lives longer than
    a run, makes some by itself."""
    by_service = Counter(entry["service"] for entry in ran.log if entry["service"] != "sts")
    recorded = {service: made["calls"] for service, made in ran.manifest["calls"].items() if service != "sts"}
    verdicts.hold(recorded == dict(by_service), "calls by service:", _differing(recorded, by_service))
    by_host: Counter[tuple[str, str, str]] = Counter()
    for entry in ran.log:
        if _name(entry) not in OF_NO_UNIT:
            by_host[_host(entry["account"], entry["region"], entry["service"])] += 1
    units: Counter[tuple[str, str, str]] = Counter()
    for (account, region, name), unit in ran.units.items():
        units[_host(account, region, ROWS[name].service)] += unit["calls"]
    for (account, region, service), count in by_host.items():
        most = units[account, region, service]
        verdicts.hold(service not in OWN or count <= most, "calls of no unit:", account, region, service, count, most)
    units, by_host = _together(units), _together(by_host)
    verdicts.hold(units == by_host, "calls by host:", _differing(units, by_host))
    throttles: Counter[str] = Counter()
    for service, made in ran.manifest["calls"].items():
        throttles[TOGETHER.get(service, "")] += made["throttles"]
    for key, unit in ran.units.items():
        throttles[TOGETHER[ROWS[key[2]].service]] -= unit["throttles"]
    verdicts.hold(not any(throttles[name] for name in set(TOGETHER.values())), "throttles:", throttles)
    for entry in ran.log:
        right = (
            entry["signed"] == entry["region"]
            and entry["arrived"] in (entry["region"], "")
            and (entry["arrived"] != "" or not any(region in entry["host"] for region in REGIONS))
            and entry["key"][4:16] == entry["account"]
        )
        verdicts.hold(right, "signed for another, or gone elsewhere:", entry)
        if entry["service"] != "sts":
            named = set(re.findall(r"(?<=[:/])\d{12}(?=[:/])", json.dumps(entry["parameters"], default=str)))
            verdicts.hold(named <= {entry["account"]}, "asked about another account:", entry)


def _host(account: str, region: str, service: str) -> tuple[str, str, str]:
    """S3's buckets are asked about where they lie, for a unit that lies nowhere."""
    return account, GLOBAL if service in EVERYWHERE else region, service


def _together(counts: Mapping[tuple[str, str, str], int]) -> Counter[tuple[str, str, str]]:
    """Counts by host, of the services that one row asks together."""
    found: Counter[tuple[str, str, str]] = Counter()
    for (account, region, service), count in counts.items():
        found[account, region, TOGETHER[service]] += count
    return found


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry['service']}:{entry['operation']}"


def _differing(one: Mapping[Any, int], other: Mapping[Any, int]) -> dict[Any, tuple[int, int]]:
    keys = one.keys() | other.keys()
    return {key: (one.get(key, 0), other.get(key, 0)) for key in keys if one.get(key, 0) != other.get(key, 0)}


def _hold_sends(verdicts: Verdicts, ran: Published, by_unit: Mapping[Key, Sequence[Case]], attempts: int) -> None:
    """One request is sent so many times at most, by each row that makes it, and once more as often where its listing,
    or that of the items that it is about, begins again. A page after the first is asked for as often as the answer
    before it showed its token."""
    begun_again = {
        (key[0], key[1], ROWS[key[2]].service_of(call))
        for key, cases in by_unit.items()
        if any(case.kind.effect in (Effect.RESTART, Effect.LOOP) for case in cases)
        for call in ROWS[key[2]].every_call()
    }
    users = Counter((row.service_of(call), call.operation) for row in ROWS.values() for call in row.every_call())
    sent: Counter[tuple[Any, ...]] = Counter()
    for entry in ran.log:
        if _name(entry) not in OF_NO_UNIT:
            where = (entry["account"], entry["region"], entry["service"], entry["operation"])
            sent[*where, bool(entry["page"]), json.dumps(entry["parameters"], sort_keys=True, default=str)] += 1
    for (account, region, service, operation, later, parameters), count in sent.items():
        _, unit_region, _ = _host(account, region, service)
        traversals = 2 if (account, unit_region, service) in begun_again else 1
        bound = attempts * users[service, operation] * traversals * (attempts if later else 1)
        said = (f"sent {count} times, {bound} at most:", account, region, f"{service}:{operation}", parameters)
        verdicts.hold(count <= bound, *said)
