"""`stocktake show`: what a run saw, and what it did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from stocktake.announce import summary
from stocktake.cli.render import (
    console,
    headline,
    matrix_of,
    print_accepted,
    print_accounts,
    print_json,
    print_matrix,
    print_types,
    print_unseen,
    shown,
    styled,
    table,
)
from stocktake.cli.stores import inventory_option, json_option, load, open_for_reading, store_option
from stocktake.snapshot import not_entered, unseen
from stocktake.store import read_lines

LISTED_LENGTH = 20_000


@click.command()
@click.argument("run", required=False)
@store_option
@inventory_option
@click.option("--units", "by_unit", is_flag=True, help="Every unit (one resource type at one account and region).")
@json_option
def show(run: str | None, store: str, inventory: str, by_unit: bool, as_json: bool) -> None:
    """Show a RUN (its id; the latest if none is given): verdict, coverage, counts, what was not seen and why."""
    opened = open_for_reading(store)
    manifest, key = load(opened, inventory, run)
    units = list(read_lines(opened, manifest, "units"))
    if as_json:
        print_json(units if by_unit else {**manifest, "matrix": matrix_of(units)})
    elif by_unit:
        _print_units(console(), units)
    else:
        _print_run(console(), manifest, units, key)


def _print_run(out: Console, manifest: Mapping[str, Any], units: Sequence[Mapping[str, Any]], key: str) -> None:
    groups = unseen(units, not_entered(manifest))
    counts = manifest["counts"]
    brief = summary(manifest, groups, key, latest=False)
    headline(out, brief)
    print_accounts(out, units)
    skipped = manifest["scope"].get("accounts_skipped")
    if skipped:
        listed = ", ".join(f"{account} ({status})" for account, status in sorted(skipped.items()))
        out.print()
        out.print(Text(f"accounts that are not active: {shown(listed, LISTED_LENGTH)}", style="dim"))
    print_matrix(out, matrix_of(units))
    print_types(out, counts["by_type"])
    print_unseen(out, groups, accounts=brief["accounts"])
    print_accepted(out, brief["accepted_rules"])
    out.print(Text(f"\nmanifest {key}", style="dim"))


def _print_units(out: Console, units: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            unit["account"],
            unit["region"],
            unit["type"],
            styled(unit["state"]),
            unit["count"],
            unit["gaps"],
            unit["calls"],
            f"{unit['seconds']:.2f}",
            (unit["reason"]["code"] if unit["reason"] else "")
            + (", accepted" if "accepted" in unit else "")
            + (", newly lost" if unit.get("newly_lost") else ""),
        )
        for unit in units
    ]
    columns = ("account", "region", "type", "state", "count", "gaps", "calls", "seconds", "reason")
    out.print(table(columns, rows, right=("count", "gaps", "calls", "seconds")))
