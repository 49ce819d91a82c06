"""What `stocktake run` shows, while it runs and at its end.

Apart from the command, which loads this when there is something to show: the library that draws takes as long to load
as a call to the other side of the world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from stocktake.catalog import CATALOG
from stocktake.cli.render import clean, console, headline, print_accepted, print_json, print_unseen, table
from stocktake.fanout import OnProgress
from stocktake.model import GLOBAL, Outcome, Progress, Scope, State, Unit
from stocktake.snapshot import unseen


def show_summary(summary: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    out = console()
    headline(out, summary)
    print_unseen(out, summary["unseen"], accounts=summary["accounts"])
    print_accepted(out, summary["accepted_rules"])
    where = "" if summary["latest"] else " (narrower than the inventory, or not the newest: not the latest)"
    out.print(f"\npublished {summary['manifest']}{where}")
    if summary.get("announced") is False:
        out.print(f"not announced: {summary['announcement_error']}")


def show_plan(scope: Scope, units: Sequence[Unit], enriched: bool, *, as_json: bool) -> None:
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
    out = console()
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


def show_preflight(scope: Scope, outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    """What can be listed and what cannot; answers the exit code: 0 where all can, 3 where some cannot, 1 where none."""
    answered = [one for one in outcomes if one.state in (State.COLLECTED, State.UNAVAILABLE)]
    groups = unseen(
        {
            "account": one.unit.target.account,
            "region": one.unit.target.region,
            "type": one.unit.type,
            "state": one.state,
            "reason": one.reason and one.reason.as_json(),
        }
        for one in outcomes
    )
    if as_json:
        print_json({"accounts": scope.ids, "asked": len(outcomes), "answered": len(answered), "not_listed": groups})
    else:
        out = console()
        out.print(f"{len(outcomes):,} questions, {len(answered):,} answered: {_can(len(answered), len(outcomes))}")
        print_unseen(out, groups, accounts=len(scope.ids), heading="Cannot be listed, or is not there")
    return 0 if len(answered) == len(outcomes) else 3 if answered else 1


def _can(answered: int, asked: int) -> str:
    return "everything planned can be listed" if answered == asked else "a run would miss what is said below"


@contextmanager
def bar() -> Iterator[OnProgress]:
    """A moving line on the terminal."""
    columns = (
        TextColumn("collecting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("units"),
        TextColumn("{task.fields[more]}"),
    )
    with Bar(*columns, TimeElapsedColumn(), console=console(err=True), transient=True) as drawn:
        task = drawn.add_task("", total=None, more="")

        def moved(progress: Progress) -> None:
            more = f"{progress.calls:,} calls" + (f", {progress.troubled:,} in trouble" if progress.troubled else "")
            drawn.update(task, total=progress.units, completed=progress.done, more=more)

        yield moved
