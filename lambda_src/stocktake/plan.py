"""Scope × inventory × catalogue → the ordered units of a run. Pure: the plan is data before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import ResourceType
from stocktake.catalog.spec import Scope as RowScope
from stocktake.errors import UsageError, listed, nearest
from stocktake.model import GLOBAL, Scope, Target, Unit
from stocktake.settings import Inventory


def plan(scope: Scope, inventory: Inventory) -> tuple[Unit, ...]:
    """Every unit that the inventory asks for, in order of host: calls to one host follow each other, so that its
    connection is used again.

    A region that the account has not enabled is planned only where a glob asks for none but such regions: its units
    end as `unavailable`. Raises UsageError for a glob that matches no region, and for filters that leave nothing.
    """
    rows = select(inventory)
    regions = _regions(scope, inventory)
    units = []
    for account in scope.accounts:
        for region in regions:
            for row in rows:
                if (row.scope is RowScope.GLOBAL) == (region == GLOBAL):
                    home = scope.home if region == GLOBAL else region
                    units.append(Unit(row.name, Target(account, region, home, scope.partition)))
    if not units:
        wanted = GLOBAL if all(row.scope is RowScope.GLOBAL for row in rows) else "at least one region"
        raise UsageError(
            "regions",
            list(inventory.regions),
            f"together with the types {listed(row.name for row in rows)} they leave nothing to collect; "
            f"these types need {wanted}",
        )
    return tuple(sorted(units, key=lambda unit: (unit.target.region, CATALOG[unit.type].service, unit.key)))


def select(inventory: Inventory) -> tuple[ResourceType, ...]:
    """The rows that an inventory covers."""
    return tuple(
        row
        for row in CATALOG.values()
        if _matches(row.name, inventory.types) and (inventory.tier == "full" or row.tier == inventory.tier)
    )


def _regions(scope: Scope, inventory: Inventory) -> tuple[str, ...]:
    everything = (GLOBAL, *scope.enabled, *scope.disabled)
    for name, globs in (("regions", inventory.regions), ("exclude_regions", inventory.exclude_regions)):
        for glob in globs:
            if not any(fnmatchcase(region, glob) for region in everything):
                raise UsageError(name, glob, f"it matches no region; {nearest(glob, everything)}")
    usable = (GLOBAL, *scope.enabled)
    chosen = {region for region in usable if _matches(region, inventory.regions)}
    for glob in inventory.regions:
        if not any(fnmatchcase(region, glob) for region in usable):
            chosen.update(region for region in scope.disabled if fnmatchcase(region, glob))
    return tuple(sorted(region for region in chosen if not _matches(region, inventory.exclude_regions)))


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
