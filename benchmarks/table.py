"""Results as Markdown, for docs/performance.md: what stands between `<!-- bench:NAME -->` and `<!-- /bench -->` is
written here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.check import call_costs, verdicts
from benchmarks.results import (
    OPEN_FILES,
    THOUSAND_RUNS,
    Measured,
    Spread,
    beyond_first,
    fitted,
    measured,
    off_line,
    price,
    ratio,
)

BLOCK = re.compile(r"(<!-- bench:([\w-]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
NOTHING = ""

Cell = Callable[[Measured], str]


def filled(page: str, results: dict[str, Any]) -> str:
    """The page with every block that there are results for."""
    blocks = blocks_of(results)

    def write(match: re.Match[str]) -> str:
        text = blocks.get(match[2])
        return match[0] if text is None else f"{match[1]}{text}{match[3]}"

    return BLOCK.sub(write, page)


def blocks_of(results: dict[str, Any]) -> dict[str, str]:
    makers: dict[str, Callable[[dict[str, Any]], str]] = {
        "machine": _machine,
        "w1": lambda found: _ways(found, "w1"),
        "w2": lambda found: _ways(found, "w2"),
        "w3": _large_region,
        "w4-regions": lambda found: _growth(found, "w4-regions", "regions"),
        "w4-accounts": lambda found: _growth(found, "w4-accounts", "accounts"),
        "w4-resources": lambda found: _growth(found, "w4-resources", "resources"),
        "polite": _polite,
        "profile": _profile,
        "check": _check,
    }
    made = {name: make(results) for name, make in makers.items()}
    return {name: text for name, text in made.items() if text}


def number(value: float | None, digits: int = 3) -> str:
    """So many significant digits, but whole numbers whole: 0.0123, 1.23, 123, 12,345."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def spread(value: Spread | None) -> str:
    if value is None:
        return NOTHING
    middle, low, high = number(value.middle), number(value.low), number(value.high)
    return middle if low == high else f"{middle} ({low}–{high})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _name(one: Measured) -> str:
    """A way's name; a short answer says so, wherever its figures stand."""
    if not one.wrong:
        more = max(run["files"] for run in one.runs)
        return f"`{one.way}`" + ("" if more == OPEN_FILES else f" ({more:,} files; fails with {OPEN_FILES:,})")
    run = one.wrong[0]
    why = run["error"] or f"found {run['resources']} of {run['expected']}"
    return f"`{one.way}` **wrong in {len(one.wrong)} of {len(one.runs)} runs**: {why}"


def _value(name: str) -> Cell:
    return lambda one: number(one.middle(name))


def _spread(name: str, *, one_cpu: bool = False) -> Cell:
    return lambda one: spread(one.of(name, one_cpu=one_cpu))


def _pace(one: Measured) -> str:
    return number(ratio(one.middle("resources"), one.middle("wall")))


def _price(one: Measured) -> str:
    seconds = one.middle("wall", one_cpu=True) or one.middle("wall")
    return NOTHING if seconds is None else number(price(seconds) * THOUSAND_RUNS)


WAY_COLUMNS: dict[str, Cell] = {
    "way": _name,
    "wall, s": _spread("wall"),
    "CPU, s": _spread("cpu"),
    "memory, MB": _spread("memory_mb"),
    "wall on 1 CPU, s": _spread("wall", one_cpu=True),
    "calls": _value("calls"),
    "connections": _value("connections"),
    "most open": lambda one: number(one.most("most_open_sockets")),
    "threads": lambda one: number(one.most("threads")),
    "throttles": _value("throttles"),
    "resources": _value("resources"),
    "resources/s": _pace,
    "$ per 1,000 runs": _price,
}


def _ways(results: dict[str, Any], workload: str) -> str:
    found = measured(results, workload)
    return (
        table(list(WAY_COLUMNS), ([cell(one) for cell in WAY_COLUMNS.values()] for one in found)) if found else NOTHING
    )


def _large_region(results: dict[str, Any]) -> str:
    found = {one.way: one for one in measured(results, "w3")}
    text = table(
        list(WAY_COLUMNS),
        ([cell(one) for cell in WAY_COLUMNS.values()] for way, one in found.items() if way != "parse"),
    )
    if "parse" in found:
        text += (
            f"\nbotocore's parser alone takes {spread(found['parse'].of('parse_seconds'))} s of CPU for these pages.\n"
        )
    return text if found else NOTHING


def _growth(results: dict[str, Any], workload: str, axis: str) -> str:
    """Cost by size; a call's cost both as it comes, start-up and all, and beyond the smallest run."""
    found = sorted(measured(results, workload), key=lambda one: one.amount)
    if not found:
        return NOTHING
    columns: dict[str, Cell] = {
        axis: lambda one: f"{one.amount:,}" + (" **wrong**" if one.wrong else ""),
        "wall, s": _spread("wall"),
        "CPU, s": _spread("cpu"),
        "memory, MB": _spread("memory_mb"),
        "calls": _value("calls"),
        "resources found": _value("resources"),
        "resources/s": _pace,
        "CPU a call, ms": lambda one: number(_thousand(ratio(one.middle("cpu"), one.middle("calls")))),
    }
    rows = [[cell(one) for cell in columns.values()] for one in found]
    head = list(columns)
    points = call_costs(results, workload)
    if axis == "resources" or len(points) < 2:
        return table(head, rows)
    head.append("beyond the smallest, ms")
    for row, each in zip(rows, [None, *beyond_first(points)], strict=True):
        row.append(number(_thousand(each)))
    line = fitted(points)
    return table(head, rows) + (
        f"\nOnce a run {number(line.fixed)} s of CPU, and {number(line.slope * 1000)} ms a call: no size is further "
        f"than {off_line(points):.0%} from that line.\n"
    )


def _thousand(value: float | None) -> float | None:
    return None if value is None else value * 1000


def _polite(results: dict[str, Any]) -> str:
    found = measured(results, "polite")
    columns: dict[str, Cell] = {
        "way": _name,
        "wall, s": _spread("wall"),
        "CPU, s": _spread("cpu"),
        "calls": _value("calls"),
        "throttled": _value("throttles"),
        "the other client throttled": _value("rival_throttles"),
        "resources": _value("resources"),
    }
    return table(list(columns), ([cell(one) for cell in columns.values()] for one in found)) if found else NOTHING


def _profile(results: dict[str, Any]) -> str:
    profile = results.get("profile")
    if not profile:
        return NOTHING
    rows = [
        [row["phase"], number(row["cpu"]), f"{row['cpu'] / profile['cpu']:.0%}", f"{row['times']:,}"]
        for row in sorted(profile["phases"], key=lambda row: -row["cpu"])
    ]
    rows.append(["**all**", number(profile["cpu"]), "100%", NOTHING])
    return table(["phase", "CPU, s", "share", "times"], rows) + (
        f"\nIn {number(profile['wall'])} s; the threads together waited {number(profile['waiting'])} s "
        "for the network and for their turn.\n"
    )


def _machine(results: dict[str, Any]) -> str:
    made, machine, versions = results["made"], results["machine"], results["versions"]
    listed = ", ".join(f"{name} {value}" for name, value in versions.items())
    return (
        f"Made on {made}: {machine['processor']}, {machine['cores']} cores shared with the server, "
        f"{machine['memory_gb']} GB, {machine['system']}; {listed}.\n"
    )


def _check(results: dict[str, Any]) -> str:
    rows = []
    for one in verdicts(results):
        reached = {True: "reached", False: "**missed**", None: "not measured"}[one.reached]
        sign = "≥" if one.at_least else "≤"
        margin = NOTHING if one.margin is None or not one.bound else f"{one.margin:+.0%}"
        rows.append([f"{one.workload}: {one.what}", number(one.value), f"{sign} {number(one.bound)}", reached, margin])
    return table(["what", "measured", "to reach", "", "margin"], rows)
