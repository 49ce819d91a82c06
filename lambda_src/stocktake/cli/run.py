"""`stocktake run`: the function's own pipeline, from a laptop."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from stocktake.aws import Aws
from stocktake.catalog import CATALOG
from stocktake.cli.render import clean, console, headline, print_json, print_unseen, table
from stocktake.cli.stores import json_option, store_option
from stocktake.fanout import OnProgress
from stocktake.model import GLOBAL, Progress, Scope, Unit
from stocktake.pipeline import plan_run, take_snapshot
from stocktake.settings import Settings

EXIT = {"complete": 0, "partial": 3, "failed": 1}


@click.command()
@store_option
@click.option("--inventory", help="A configured inventory (STOCKTAKE_INVENTORIES); the first if none is given.")
@click.option("--accounts", multiple=True, metavar="GLOBS", help="Only these of the inventory's. Repeatable.")
@click.option("--regions", multiple=True, metavar="GLOBS", help="Only these: 'eu-*,global'. Repeatable.")
@click.option("--exclude-regions", multiple=True, metavar="GLOBS", help="Not these.")
@click.option("--types", multiple=True, metavar="GLOBS", help="Only these: 'AWS::EC2::*'. Repeatable.")
@click.option("--detail", type=click.Choice(["basic", "full"]), help="basic: no call per resource.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Collect no longer than this, then publish what there is.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be called, and exit.")
@json_option
def run(store: str, deadline: float, only_plan: bool, as_json: bool, **filters: Any) -> int:
    """Take a run now and publish it to the store.

    Credentials and region are the AWS environment's: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, AWS_CA_BUNDLE.
    A run with filters is published, but is not the latest unless the store has no other.
    """
    settings = Settings.from_environment({**os.environ, "STOCKTAKE_STORE": store}).for_event(_event(filters))
    aws = Aws(settings)
    out = console()
    if only_plan:
        scope, units = asyncio.run(plan_run(settings, aws))
        _show_plan(out, scope, units, settings.inventory.detail == "full", as_json=as_json)
        return 0
    with _progress(console(err=True)) as on_progress:
        seconds = deadline + settings.reserve_seconds
        summary = asyncio.run(take_snapshot(settings, aws, trigger="cli", seconds=seconds, on_progress=on_progress))
    if as_json:
        print_json(summary)
    else:
        headline(out, summary)
        print_unseen(out, summary["unseen"], accounts=summary["accounts"])
        where = "" if summary["latest"] else " (narrower than the inventory, or not the newest: not the latest)"
        out.print(f"\npublished {summary['manifest']}{where}")
    return EXIT[summary["verdict"]]


def _event(filters: dict[str, Any]) -> dict[str, Any]:
    """The options as the event that the function would get, so that both are checked in one place."""
    event: dict[str, Any] = {name: filters[name] for name in ("inventory", "detail") if filters[name]}
    for name in ("accounts", "regions", "exclude_regions", "types"):
        globs = [glob.strip() for value in filters[name] for glob in value.split(",") if glob.strip()]
        if globs:
            event[name] = globs
    return event


def _show_plan(out: Console, scope: Scope, units: Sequence[Unit], enriched: bool, *, as_json: bool) -> None:
    targets = Counter(unit.type for unit in units)
    rows = [CATALOG[name] for name in sorted(targets)]
    if as_json:
        print_json(
            {
                "accounts": scope.ids,
                "accounts_from": scope.accounts_from,
                "regions": sorted({unit.target.region for unit in units}),
                "regions_from": scope.source,
                "units": len(units),
                "types": {
                    row.name: {"targets": targets[row.name], "actions": row.actions(enriched=enriched)} for row in rows
                },
            }
        )
        return
    regions = sorted({unit.target.region for unit in units} - {GLOBAL})
    of = "account" if len(scope.ids) == 1 else f"{len(scope.ids)} accounts"
    out.print(f"{of} {', '.join(scope.ids)}, {len(regions)} regions as {scope.source} says, {len(units)} units")
    for one in scope.accounts:
        if one.problem is not None:
            out.print(clean(f"{one.account} cannot be entered: {one.problem.reason.message}"))
    out.print(", ".join(regions) + "\n")
    out.print(
        table(
            ("type", "targets", "calls, each made only where the one before found something"),
            (
                (row.name, targets[row.name], " → ".join(call.operation for call in row.every_call(enriched=enriched)))
                for row in rows
            ),
            right=("targets",),
        )
    )


@contextmanager
def _progress(err: Console) -> Iterator[OnProgress]:
    """A moving line on a terminal; elsewhere a line for every tenth of the way."""
    if not err.is_terminal:
        yield _plain_progress(err)
        return
    columns = (
        TextColumn("collecting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("units"),
        TextColumn("{task.fields[more]}"),
    )
    with Bar(*columns, TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def moved(progress: Progress) -> None:
            more = f"{progress.calls:,} calls" + (f", {progress.troubled:,} in trouble" if progress.troubled else "")
            bar.update(task, total=progress.units, completed=progress.done, more=more)

        yield moved


def _plain_progress(err: Console) -> Callable[[Progress], None]:
    tenth = 0

    def moved(progress: Progress) -> None:
        nonlocal tenth
        if progress.done * 10 // progress.units > tenth:
            tenth = progress.done * 10 // progress.units
            trouble = f", {progress.troubled:,} in trouble" if progress.troubled else ""
            err.print(f"{progress.done:,} of {progress.units:,} units, {progress.calls:,} calls{trouble}")

    return moved
