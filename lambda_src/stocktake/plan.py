"""Scope × inventory × catalogue → the ordered units of a run. Pure: the plan is data before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import ResourceType
from stocktake.catalog.spec import Scope as RowScope
from stocktake.errors import UsageError, listed, nearest
from stocktake.model import GLOBAL, AccountScope, Scope, Target, Unit
from stocktake.settings import Filters, Inventory

ALL = Filters()


def plan(scope: Scope, inventory: Inventory, filters: Filters = ALL) -> tuple[Unit, ...]:
    """Every unit of the inventory that the filters leave, in order of host: calls to one host follow each other, so
    that its connection is used again.

    Each account has regions of its own. One that it has not enabled is planned only where a glob asks for none but such
    regions: its units end as `unavailable`. Raises UsageError for a glob that matches no region of any account, and for
    filters that leave nothing.
    """
    rows = select(inventory, filters)
    if not rows:
        raise UsageError(
            "types",
            list(filters.types or inventory.types),
            f"the inventory {inventory.name} (types {listed(inventory.types)}, tier {inventory.tier}) has none of them",
        )
    _check_regions(scope, inventory, filters)
    units = []
    for account in scope.accounts:
        for region in _regions(account, inventory, filters):
            for row in rows:
                if (row.scope is RowScope.GLOBAL) == (region == GLOBAL):
                    home = scope.home if region == GLOBAL else region
                    units.append(Unit(row.name, Target(account.account, region, home, scope.partition)))
    if not units:
        wanted = GLOBAL if all(row.scope is RowScope.GLOBAL for row in rows) else "at least one region"
        raise UsageError(
            "regions",
            list(filters.regions or inventory.regions),
            f"together with the types {listed(row.name for row in rows)} they leave nothing to collect; "
            f"these types need {wanted}",
        )
    return tuple(sorted(units, key=lambda unit: (unit.target.region, CATALOG[unit.type].service, unit.key)))


def select(inventory: Inventory, filters: Filters = ALL) -> tuple[ResourceType, ...]:
    """The rows of an inventory that the filters leave."""
    return tuple(
        row
        for row in CATALOG.values()
        if _matches(row.name, inventory.types)
        and (not filters.types or _matches(row.name, filters.types))
        and (inventory.tier == "full" or row.tier == inventory.tier)
    )


def one_of_each(units: Iterable[Unit], home: str) -> tuple[Unit, ...]:
    """Of every type in an account one unit, in the caller's own region where it is planned there, and of every region
    at least one: what has to be asked to know what cannot be listed."""
    chosen: dict[tuple[str, str], Unit] = {}
    there: dict[tuple[str, str], Unit] = {}
    for unit in sorted(units, key=lambda unit: (unit.target.region != home, unit.key)):
        there.setdefault((unit.target.account, unit.target.region), unit)
        chosen.setdefault((unit.target.account, unit.type), unit)
    return tuple(dict.fromkeys([*chosen.values(), *there.values()]))


def services_of(rows: Iterable[ResourceType], *, enriched: bool) -> tuple[str, ...]:
    """The services that rows call, each once."""
    return tuple(dict.fromkeys(row.service_of(call) for row in rows for call in row.every_call(enriched=enriched)))


def _check_regions(scope: Scope, inventory: Inventory, filters: Filters) -> None:
    """Raises UsageError for a glob that matches no region of any account."""
    enabled = [region for account in scope.accounts for region in account.enabled]
    disabled = [region for account in scope.accounts for region in account.disabled]
    everything = tuple(dict.fromkeys([GLOBAL, *enabled, *disabled]))
    for name, globs, known in (
        ("regions", (*inventory.regions, *filters.regions), everything),
        ("exclude_regions", _excluded(inventory, filters), (*everything, *scope.elsewhere)),
    ):
        for glob in globs:
            if not any(fnmatchcase(region, glob) for region in known):
                raise UsageError(name, glob, f"it matches no region; {nearest(glob, known)}")


def _regions(account: AccountScope, inventory: Inventory, filters: Filters) -> tuple[str, ...]:
    usable = (GLOBAL, *account.enabled)
    asked = filters.regions or inventory.regions
    chosen = {region for region in usable if _matches(region, asked)}
    for glob in asked:
        if not any(fnmatchcase(region, glob) for region in usable):
            chosen.update(region for region in account.disabled if fnmatchcase(region, glob))
    excluded = _excluded(inventory, filters)
    return tuple(
        sorted(region for region in chosen if _matches(region, inventory.regions) and not _matches(region, excluded))
    )


def _excluded(inventory: Inventory, filters: Filters) -> tuple[str, ...]:
    return (*inventory.exclude_regions, *filters.exclude_regions)


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
