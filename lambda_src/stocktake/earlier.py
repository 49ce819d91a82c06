"""What earlier runs know: the run before, and the revision of a run that is gone on with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from stocktake.catalog import CATALOG
from stocktake.errors import StoreError, UsageError, listed
from stocktake.gate import Region, refused_in
from stocktake.model import GLOBAL, Run, Scope, State, Target, Unit
from stocktake.settings import Filters, Inventory, Settings
from stocktake.snapshot import (
    TIME,
    Content,
    Spool,
    UnitRecord,
    last_seen_in,
    not_entered,
    record_in,
    seconds_in,
    unplaced,
)
from stocktake.store import Published, Store, find_manifest, published_at, read_lines, read_manifest, read_pointer

Key = tuple[str, str, str]
"""A unit's account, region and type."""

T = TypeVar("T", Inventory, Filters)

SEEN = (State.COLLECTED, State.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Before:
    """What the run before knows: where each unit was last collected, how long it took, and which regions refused it.

    collected   the units that it had collected
    resources   the units of which it had read at least one resource
    is_known    whether this is what there is to know, and not what could not be read, or not in time
    """

    last_seen: Mapping[Key, Any] = field(default_factory=dict)
    seconds: Mapping[Key, float] = field(default_factory=dict)
    refused: Mapping[Region, frozenset[str]] = field(default_factory=dict)
    collected: Set[Key] = frozenset()
    resources: Set[Key] = frozenset()
    is_known: bool = False

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({region for _, region, _ in self.seconds} - {GLOBAL}))

    def compared(self, records: Iterable[UnitRecord]) -> list[UnitRecord]:
        """The records, those that are newly lost marked: what was collected then and is neither seen nor accepted as
        unseen now; and what had resources then and is unavailable now, as they would be gone without a word."""
        return [replace(record, newly_lost=self._has_lost(record)) for record in records]

    def _has_lost(self, record: UnitRecord) -> bool:
        key, state = record.unit.key, record.outcome.state
        if state is State.UNAVAILABLE:
            return key in self.resources
        return key in self.collected and state is not State.COLLECTED and record.accepted is None


def read_before(store: Store, run: Run) -> Before:
    """As far as it can be read: a run does without it."""
    try:
        pointer, _ = read_pointer(store, run.inventory)
        if pointer is None:
            return Before(is_known=True)
        earlier = read_manifest(store, pointer["manifest"], pointer["sha256"])
        units = list(read_lines(store, earlier, "units"))
    except StoreError:
        return Before()
    return Before(
        *(last_seen_in(pointer["run"], units), seconds_in(units), refused_in(units)),
        collected={_key(unit) for unit in units if unit["state"] == State.COLLECTED},
        resources={_key(unit) for unit in units if unit["count"]},
        is_known=True,
    )


@dataclass(frozen=True, slots=True)
class Earlier:
    """The revision of a run that is gone on with, the lines of its units, and when that began."""

    run: Run
    published: Published
    units: Mapping[Key, Mapping[str, Any]]
    began: str

    @property
    def missing(self) -> tuple[Key, ...]:
        """The units that it has not seen, of types that there still are."""
        return tuple(key for key, unit in self.units.items() if unit["state"] not in SEEN and key[2] in CATALOG)

    @property
    def before(self) -> Before:
        """Newly lost is what that revision said is, as long as it is not seen: no other run lies between."""
        last = {key: unit["last"] for key, unit in self.units.items() if unit.get("last")}
        lost = {key: unit for key, unit in self.units.items() if unit.get("newly_lost")}
        return Before(
            *(last, seconds_in(self.units.values()), refused_in(self.units.values())),
            collected=lost.keys(),
            resources={
                key
                for key, unit in lost.items()
                if unit["state"] == State.UNAVAILABLE or (unit.get("last") and unit["last"]["blocks"])
            },
            is_known=self.published.manifest.get("counts", {}).get("newly_lost") is not None,
        )

    def as_it_was(self, settings: Settings) -> Settings:
        """The settings that the run was planned with; accounts are entered as they are now."""
        scope = self.published.manifest["scope"]
        inventory = replace(_known(Inventory, scope["inventory"]), accounts=settings.inventory.accounts)
        filters = _known(Filters, scope["filters"])
        return replace(settings, inventory=inventory, filters=filters, narrowed=bool(scope["narrowed"]))

    def still_to_collect(self, planned: Iterable[Unit], scope: Scope) -> tuple[Unit, ...]:
        """The units that are missing, of the accounts that there still are; of an account that could not be entered
        before, also those that could not be planned. Raises UsageError for credentials that see none of the accounts.
        """
        accounts = sorted({account for account, _, _ in self.units})
        if not set(accounts) & set(scope.ids):
            these = f"these credentials see {listed(scope.ids)}"
            raise UsageError("resume", self.run.id, f"the run is of {listed(accounts)}, and {these}")
        guessed = not_entered(self.published.manifest)
        units = [unit for unit in planned if unit.target.account in guessed and unit.key not in self.units]
        for account, region, of_type in self.missing:
            if account in scope.ids:
                home = scope.home if region == GLOBAL else region
                units.append(Unit(of_type, Target(account, region, home, scope.partition)))
        return tuple(units)

    def with_these(self, records: Iterable[UnitRecord], spool: Spool, store: Store) -> list[UnitRecord]:
        """All units of the run: those just collected in place of what there was, but for one of which less was seen
        than before. What a unit gave that stays partial is copied, as its object will not be named any more."""

        def read(block: Mapping[str, Any]) -> bytes:
            return store.read_range(block["object"], block["offset"], block["length"])

        all_of_them = {record.unit.key: record for record in records}
        for key, unit in self.units.items():
            now = all_of_them.get(key)
            is_partial = unit["state"] == State.PARTIAL
            if now is None or (is_partial and now.outcome.state not in SEEN and _is_less(now.content, unit)):
                kept = record_in(unit)
                all_of_them[key] = unplaced(kept, spool, read) if is_partial else kept
        return list(all_of_them.values())

    def gone_on_with(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest of the next revision: objects of units that were collected stay, times and calls add up."""
        earlier = self.published.manifest
        calls: dict[str, dict[str, int]] = {name: dict(made) for name, made in earlier["calls"].items()}
        for name, made in manifest["calls"].items():
            total = calls.setdefault(name, dict.fromkeys(made, 0))
            for what, number in made.items():
                total[what] = max(total[what], number) if what == "peak_rate" else total[what] + number
        scope = {**earlier["scope"], **{name: manifest["scope"][name] for name in ("regions", "types")}}
        if "by_account" in scope:
            scope["by_account"] = scope["by_account"] | manifest["scope"].get("by_account", {})
        spent = [one["cost"]["lambda_gb_seconds"] for one in (earlier, manifest)]
        seconds = round(earlier["run"]["seconds"] + manifest["run"]["seconds"], 3)
        return {
            **manifest,
            "run": {**manifest["run"], "seconds": seconds, "resumed": self.began},
            "scope": scope,
            "objects": [
                *(one for one in earlier["objects"] if one["kind"] == "snapshot" and one["count"]),
                *manifest["objects"],
            ],
            "calls": dict(sorted(calls.items())),
            "cost": {"lambda_gb_seconds": None if None in spent else round(sum(spent), 3)},
        }


def read_earlier(store: Store, settings: Settings) -> Earlier:
    """The newest revision of the run that `settings.resume` names. Raises UsageError where there is none, StoreError
    where it cannot be read."""
    name = settings.inventory.name
    key = find_manifest(store, Run(settings.resume, name, "", None, ""))
    if key is None:
        raise UsageError("resume", settings.resume, f"the store has no such run of the inventory {name}")
    published = published_at(store, key)
    said = published.manifest["run"]
    run = Run(said["id"], name, "resume", said["scheduled"], said["started"])
    lines = read_lines(store, published.manifest, "units")
    units = {_key(one): one for one in lines}
    return Earlier(run, published, units, datetime.now(UTC).strftime(TIME))


def _is_less(content: Content, unit: Mapping[str, Any]) -> bool:
    """Fewer resources than an earlier revision had of a unit, or as many with more gaps."""
    return (content.count, -content.gaps) < (unit["count"], -unit["gaps"])


def _key(unit: Mapping[str, Any]) -> Key:
    return unit["account"], unit["region"], unit["type"]


def _known(kind: type[T], said: Mapping[str, Any]) -> T:
    """An inventory, or filters, as a manifest has them; a newer version's may have members that this one does not
    know."""
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in said.items()}
    return kind(**{one.name: values[one.name] for one in fields(kind) if one.name in values})
