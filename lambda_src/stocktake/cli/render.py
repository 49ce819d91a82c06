"""What people see: text made inert, tables, the coverage matrix, a run in brief."""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stocktake.errors import listed
from stocktake.model import State, Verdict

STYLES = {
    State.COLLECTED: "green",
    State.PARTIAL: "yellow",
    State.UNAVAILABLE: "dim",
    State.DENIED: "magenta",
    State.FAILED: "red",
    State.NOT_REACHED: "cyan",
}
VERDICT_STYLES = {
    Verdict.COMPLETE: "bold green",
    Verdict.PARTIAL: "bold yellow",
    Verdict.FAILED: "bold red",
}
MARKS = {
    State.PARTIAL: "~",
    State.UNAVAILABLE: "-",
    State.DENIED: "D",
    State.FAILED: "F",
    State.NOT_REACHED: "N",
}
WIDTH_UNLESS_TERMINAL = 120
CELL_LENGTH = 400
"""Of a table's cell: as long as a reason's message may be, and longer than identifiers are."""

CELL_LENGTHS = {"account": 40, "region": 40, "type": 80, "state": 40, "reason": 40, "name": 120, "matched": 200}
"""Of those that are never longer, but in a store that somebody made up, and would leave the others no room."""

ROWS = 1000
"""Of a table that sums up: what a run has of each is far below, and drawing takes a millisecond a row."""

REGIONS = 60
SERVICES = 300
NAME_LENGTH = 40
"""Of the matrix: more than AWS has."""

NOTHING_LENGTH = 2_000
"""Of the names of services and types of which there is nothing."""

NAMED = 20
"""Types without resources that are named; beyond, their number says as much."""

INERT = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
MARKS_TOGETHER = 4
UNSEEN = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
"""Letters and marks that show nothing, so that two names would look the same."""


def console(*, err: bool = False) -> Console:
    """A console that takes text as it is: no markup, no guessing, and one width where there is no terminal."""
    made = _InertConsole(stderr=err, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDTH_UNLESS_TERMINAL
    return made


class _InertConsole(Console):
    """Of a plain text that is printed, nothing but its newlines acts on the terminal."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(
            *("\n".join(map(clean, one.split("\n"))) if isinstance(one, str) else one for one in objects), **options
        )


def clean(text: str) -> str:
    """Text from AWS or a store, inert on a terminal: control, format (bidi), private, invisible and lone surrogate
    characters as their escapes, and so marks that are stacked on one character."""
    if text.isascii() and text.isprintable():
        return text
    cleaned: list[str] = []
    stacked = 0
    for char in text:
        category = unicodedata.category(char)
        stacked = stacked + 1 if category in ("Mn", "Me") else 0
        escaped = category in INERT or stacked > MARKS_TOGETHER or ord(char) in UNSEEN
        cleaned.append(char.encode("unicode_escape").decode() if escaped else char)
    return "".join(cleaned)


def shown(text: object, most: int = CELL_LENGTH) -> str:
    """Text inert, and of at most `most` characters: of what is cut off, only how long the whole was is said."""
    whole = str(text)
    cut = clean(whole[: most + 1])
    if len(whole) <= most and len(cut) <= most:
        return cut
    told = f"… ({len(whole):,} characters)"
    return cut[: most - len(told)] + told


def print_json(value: Any) -> None:
    """For programs: ASCII, so that nothing in it can act on a terminal either."""
    print(json.dumps(value, indent=2, sort_keys=True))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = (), most: int | None = None
) -> Table:
    """A table of the first `most` rows, of all if None, which says how many more there are."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(Text(shown(column)), justify="right" if column in right else "left", overflow="fold")
    every = list(rows)
    for row in every[:most]:
        made.add_row(
            *(
                cell if isinstance(cell, Text) else Text(shown(cell, CELL_LENGTHS.get(column, CELL_LENGTH)))
                for column, cell in zip(columns, row, strict=True)
            )
        )
    if most is not None and len(every) > most:
        made.caption = Text(f"and {len(every) - most:,} more, which --json lists")
        made.caption_justify = "left"
    return made


def styled(word: str) -> Text:
    return Text(shown(word, NAME_LENGTH), style=STYLES.get(word, ""))  # type: ignore[call-overload]


def headline(out: Console, brief: Mapping[str, Any]) -> None:
    """A run in two lines: the verdict, and what it rests on."""
    verdict = brief["verdict"]
    style = VERDICT_STYLES.get(verdict, "bold")
    out.print(
        Text.assemble(
            (shown(verdict).upper(), style),
            f"  {percent(brief['coverage'])} of what there is to see, {brief['resources']:,} resources",
            f", {brief['gaps']:,} with a part unread" if brief["gaps"] else "",
            accepted(brief),
            newly_lost(brief),
            f", {brief['accounts']:,} accounts" if brief["accounts"] > 1 else "",
        )
    )
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(brief["by_state"].items()))
    out.print(Text(shown(f"run {brief['run']} of {brief['inventory']}: {states}"), style="dim"))
    speed = f"{brief['calls']:,} calls in {brief['seconds']:.1f} s, {brief['throttles']:,} throttled"
    out.print(Text(shown(f"{speed}; regions as {brief['regions_from']} says"), style="dim"))


def accepted(brief: Mapping[str, Any]) -> str:
    """How many units of a run are accepted as unseen, and by whom; nothing where there are none."""
    units = brief["accepted"]
    if not units:
        return ""
    who = sorted({rule["by"] for rule in brief["accepted_rules"] if rule["units"] and not rule["expired"]})
    return clean(f", {units:,} {'unit' if units == 1 else 'units'} accepted as unseen by {listed(who, 3)}")


def newly_lost(brief: Mapping[str, Any]) -> str:
    """How many units of a run the run before had seen; nothing where there are none, or where that is not known."""
    units = brief["newly_lost"]
    return f", {units:,} {'unit' if units == 1 else 'units'} newly lost" if units else ""


def percent(share: float) -> str:
    """Never rounds up to 100 %."""
    return "100 %" if share == 1 else f"{int(share * 1000) / 10:.1f} %"


def print_unseen(
    out: Console, groups: Sequence[Mapping[str, Any]], *, accounts: int, heading: str = "Not seen"
) -> None:
    """What was not seen and why; of several accounts, also in which."""
    if not groups:
        return
    out.print(Text(f"\n{heading}", style="bold"))
    account = ("account",) if accounts > 1 else ()
    rows = [
        (
            *(group[name] for name in account),
            group["type"],
            styled(group["state"]),
            group["reason"],
            ", ".join(group["regions"]) + (f" and {group['regions_more']} more" if group.get("regions_more") else ""),
            why_unseen(group),
        )
        for group in groups
    ]
    out.print(table((*account, "type", "state", "reason", "regions", "why"), rows, most=ROWS))


def why_unseen(group: Mapping[str, Any]) -> str:
    accepted = f"accepted {by_whom(group['accepted'])}: " if "accepted" in group else ""
    return accepted + ("newly lost: " if "newly_lost" in group else "") + str(group["message"])


def print_accepted(out: Console, rules: Sequence[Mapping[str, Any]]) -> None:
    """The rules that accept that units are not seen: what each does, and which do nothing any more."""
    if not rules:
        return
    out.print(Text("\nAccepted as unseen", style="bold"))
    rows = [(by_whom(rule), f"{rule['units']:,}", what_it_does(rule), rule["why"]) for rule in rules]
    out.print(table(("rule", "units", "", "why"), rows, right=("units",)))


def by_whom(rule: Mapping[str, Any]) -> str:
    return f"by {rule['by']} until {rule['until'].removesuffix('T00:00:00Z')}"


def what_it_does(rule: Mapping[str, Any]) -> Text:
    if rule["expired"]:
        return Text(
            "EXPIRED: no longer accepted" if rule["units"] else "EXPIRED", style=VERDICT_STYLES[Verdict.PARTIAL]
        )
    return Text("accepted" if rule["units"] else "covers nothing", style="" if rule["units"] else "dim")


def print_accounts(out: Console, units: Sequence[Mapping[str, Any]]) -> None:
    """What each account of several has, and what became of its units."""
    resources: Counter[str] = Counter()
    states: dict[str, Counter[str]] = {}
    for unit in units:
        resources[unit["account"]] += unit["count"]
        states.setdefault(unit["account"], Counter())[unit["state"]] += 1
    if len(states) < 2:
        return
    rows = (
        (account, f"{resources[account]:,}", ", ".join(f"{number:,} {state}" for state, number in sorted(of.items())))
        for account, of in sorted(states.items())
    )
    out.print()
    out.print(table(("account", "resources", "units"), rows, right=("resources",), most=ROWS))


Cell = dict[str, int]
Matrix = dict[str, dict[str, Cell]]


def matrix_of(units: Iterable[Mapping[str, Any]]) -> Matrix:
    """Region → service → how many units are in each state, and `resources`."""
    matrix: Matrix = {}
    for unit in units:
        service = "::".join(unit["type"].split("::")[1:2]) or unit["type"]
        cell = matrix.setdefault(unit["region"], {}).setdefault(service, {"resources": 0})
        cell["resources"] += unit["count"]
        cell[unit["state"]] = cell.get(unit["state"], 0) + 1
    return matrix


def print_matrix(out: Console, matrix: Matrix) -> None:
    """Resources by region and service; what was not collected is marked. As many tables as the width asks for.

    A service of which there is nothing anywhere, and nothing unseen, is only named.
    """
    something = {service for row in matrix.values() for service, cell in row.items() if _is_worth_a_look(cell)}
    nothing = {service for row in matrix.values() for service in row} - something
    every_service = sorted(something)
    every_region = sorted(matrix, key=lambda region: (region == "global", region))
    services, regions = every_service[:SERVICES], every_region[:REGIONS]
    margin = max((len(shown(region, NAME_LENGTH)) for region in regions), default=0) + 2
    widths = {
        service: max(
            [len(shown(service, NAME_LENGTH)), *(cell_of(matrix[region].get(service)).cell_len for region in regions)]
        )
        + 2
        for service in services
    }
    while services:
        fitting: list[str] = []
        while services and (not fitting or margin + sum(widths[one] for one in [*fitting, services[0]]) <= out.width):
            fitting.append(services.pop(0))
        rows = [
            (shown(region, NAME_LENGTH), *(cell_of(matrix[region].get(service)) for service in fitting))
            for region in regions
        ]
        names = [shown(service, NAME_LENGTH) for service in fitting]
        out.print()
        out.print(table(("region", *names), rows, right=names))
    for word, left in (("regions", every_region[REGIONS:]), ("services", every_service[SERVICES:])):
        if left:
            out.print(Text(f"\nand {len(left):,} more {word}, which --json lists", style="dim"))
    seen = {state for row in matrix.values() for service in row.keys() & something for state in row[service]}
    legend = ", ".join(f"{mark} {state.replace('_', ' ')}" for state, mark in MARKS.items() if state in seen)
    if nothing:
        out.print(Text("\nnothing of " + shown(", ".join(sorted(nothing)), NOTHING_LENGTH), style="dim"))
    if legend:
        out.print(Text(f"\nmarked where a unit is: {legend}", style="dim"))


def print_types(out: Console, by_type: Mapping[str, int]) -> None:
    there = {name: number for name, number in by_type.items() if number}
    out.print()
    out.print(table(("type", "resources"), sorted(there.items()), right=("resources",), most=ROWS))
    nowhere = sorted(by_type.keys() - there.keys())
    named = ", ".join(nowhere) if len(nowhere) <= NAMED else f"{len(nowhere):,} other types, which --json lists"
    if nowhere:
        out.print(Text("no resources of " + shown(named, NOTHING_LENGTH), style="dim"))


def _is_worth_a_look(cell: Cell) -> bool:
    return bool(cell["resources"]) or not cell.keys() <= {"resources", State.COLLECTED, State.UNAVAILABLE}


def cell_of(cell: Cell | None) -> Text:
    """What one region holds of one service: a number, and a mark for each state that is not `collected`."""
    if cell is None:
        return Text("")
    troubles = [state for state in MARKS if state in cell]
    read = State.COLLECTED in cell or State.PARTIAL in cell
    if not read and troubles == [State.UNAVAILABLE]:
        return Text(MARKS[State.UNAVAILABLE], style="dim")
    number = f"{cell['resources']:,}" if read else ""
    text = Text.assemble((number, "" if cell["resources"] else "dim"))
    for state in troubles:
        text.append((" " if text.plain else "") + MARKS[state], style=STYLES[state])
    return text
