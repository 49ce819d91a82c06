"""What was measured, as JSON, and the arithmetic over it: medians, ratios, price, slopes.

A results file is {"format", "made", "smoke", "machine", "versions", "cases": [{"workload", "amount", "expected",
"runs": […]}], "profile", "waterfall"}; a run is flat (see `runner.py`). It holds no names of hosts and no paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

FORMAT = 1
Run = dict[str, Any]

MEMORY_GB = 1769 / 1024
"""Of the function: at 1,769 MB it has one whole processor (AWS Lambda Developer Guide, "Configure Lambda function
memory")."""

PRICES = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
"""Dollars a GB-second, us-east-1, first tier (https://aws.amazon.com/lambda/pricing/)."""

THOUSAND_RUNS = 1000

OPEN_FILES = 1024
"""What a process may open, as in Lambda. A way that needs more is measured with more, and its runs say so."""


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, and from where to where they go."""

    middle: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread | None:
    there = sorted(values)
    return Spread(median(there), there[0], there[-1]) if there else None


@dataclass(frozen=True)
class Measured:
    """All rounds of one way at one size."""

    way: str
    amount: int
    runs: tuple[Run, ...]

    def of(self, name: str, *, one_cpu: bool = False) -> Spread | None:
        return spread(
            run[name]
            for run in self.runs
            if run["one_cpu"] is one_cpu and run.get(name) is not None and not run["error"]
        )

    def middle(self, name: str, *, one_cpu: bool = False) -> float | None:
        found = self.of(name, one_cpu=one_cpu)
        return None if found is None else found.middle

    def most(self, name: str) -> float | None:
        """The most of any round, on however many processors."""
        return max((run[name] for run in self.runs if run.get(name) is not None), default=None)

    @property
    def wrong(self) -> list[Run]:
        return [run for run in self.runs if not run["correct"]]


def load(path: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(path.read_text())
    if results.get("format") != FORMAT:
        raise ValueError(f"{path} has format {results.get('format')}; this reads format {FORMAT}")
    return results


def save(path: Path, results: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def measured(results: dict[str, Any], workload: str) -> list[Measured]:
    """A workload's ways, in the order they were first run, at each of its sizes."""
    found = []
    for case in results["cases"]:
        if case["workload"] == workload:
            ways = dict.fromkeys(run["way"] for run in sorted(case["runs"], key=lambda run: run["place"]))
            for way in ways:
                runs = tuple(run for run in case["runs"] if run["way"] == way)
                found.append(Measured(way, case["amount"], runs))
    return found


def price(seconds: float, architecture: str = "arm64") -> float:
    """Dollars for a function that runs so long, once, at 1,769 MB."""
    return seconds * MEMORY_GB * PRICES[architecture]


def ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


@dataclass(frozen=True)
class Line:
    """cost = fixed + slope × amount"""

    fixed: float
    slope: float

    def at(self, amount: float) -> float:
        return self.fixed + self.slope * amount


def fitted(points: Sequence[tuple[float, float]]) -> Line:
    """The line through (amount, cost) with the least squares of relative errors: small sizes count as much as large."""
    weights = [1 / cost**2 for _, cost in points]
    total = sum(weights)
    mean = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_cost = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    slope = sum(w * (x - mean) * (y - mean_cost) for w, (x, y) in zip(weights, points, strict=True)) / sum(
        w * (x - mean) ** 2 for w, (x, _) in zip(weights, points, strict=True)
    )
    return Line(mean_cost - slope * mean, slope)


def off_line(points: Sequence[tuple[float, float]]) -> float:
    """How far the cost at any size is from the line, as a share of it. Where a call costs the same at every size, once
    what a run spends but once (interpreter, imports, a client per service) is taken out, it is nothing."""
    line = fitted(points)
    return max(abs(cost / line.at(amount) - 1) for amount, cost in points)


def beyond_first(points: Sequence[tuple[float, float]]) -> list[float]:
    """Of (calls, processor seconds), smallest first: what a call costs at each size, beyond the smallest. What every
    run spends once (interpreter, imports, a client per service) is in the smallest too, and so taken out."""
    (calls, seconds), *others = points
    return [(more_seconds - seconds) / (more - calls) for more, more_seconds in others]
