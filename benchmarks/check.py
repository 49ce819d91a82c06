"""The numbers to reach, and whether a results file reaches them. Ratios between ways are taken within one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.results import Measured, measured, off_line, ratio

FLAT = 0.15
MILLION = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """A number to reach: `value` is to be at least or at most `bound`. None: it was not measured."""

    workload: str
    what: str
    value: float | None
    bound: float
    at_least: bool = False

    @property
    def reached(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def margin(self) -> float | None:
        """How far inside the bound, as a share of it; negative where it is missed."""
        if self.value is None:
            return None
        if not self.bound:
            return -self.value
        away = (self.value - self.bound) / self.bound
        return away if self.at_least else -away


def verdicts(results: dict[str, Any]) -> list[Verdict]:
    return [
        *_w1(_ways(results, "w1")),
        *_w2(_ways(results, "w2")),
        *_w3(_ways(results, "w3")),
        *_flat(results, "w4-regions", "regions"),
        *_flat(results, "w4-accounts", "accounts"),
        *_million(results),
        *_polite(_ways(results, "polite")),
        *_correct(results),
    ]


def _ways(results: dict[str, Any], workload: str) -> dict[str, Measured]:
    return {one.way: one for one in measured(results, workload)}


def _middle(one: Measured | None, name: str) -> float | None:
    return None if one is None else one.middle(name)


def _wall(ways: dict[str, Measured], way: str) -> float | None:
    return _middle(ways.get(way), "wall")


def _per_call(one: Measured | None) -> float | None:
    return ratio(_middle(one, "cpu"), _middle(one, "calls"))


def _w1(ways: dict[str, Measured]) -> Iterator[Verdict]:
    ours = _wall(ways, "stocktake")
    if ours is None:
        return
    yield Verdict("w1", "times faster than serial", ratio(_wall(ways, "serial"), ours), 15, at_least=True)
    yield Verdict("w1", "times faster than aioboto3", ratio(_wall(ways, "aioboto3"), ours), 2, at_least=True)
    yield Verdict("w1", "wall, of the floor's", ratio(ours, _wall(ways, "floor")), 1.4)


def _w2(ways: dict[str, Measured]) -> Iterator[Verdict]:
    ours, pool = ways.get("stocktake"), ways.get("client-pool")
    if ours is None:
        return
    yield Verdict("w2", "CPU a call, of client-pool's", ratio(_per_call(ours), _per_call(pool)), 1 / 6)
    yield Verdict("w2", "memory, of client-pool's", ratio(ours.middle("memory_mb"), _middle(pool, "memory_mb")), 1 / 4)
    yield Verdict("w2", "wall, of aioboto3's", ratio(ours.middle("wall"), _wall(ways, "aioboto3")), 1 / 4)
    yield Verdict("w2", "most sockets open", ours.most("most_open_sockets"), 900)


def _w3(ways: dict[str, Measured]) -> Iterator[Verdict]:
    ours, parse = ways.get("stocktake"), ways.get("parse")
    if ours is None:
        return
    cpu, network = ours.middle("cpu"), _wall(ways, "floor")
    slower = max(cpu, network) if cpu is not None and network is not None else None
    yield Verdict("w3", "most memory, MB", ours.most("memory_mb"), 450)
    yield Verdict("w3", "CPU, of botocore's own parsing", ratio(cpu, _middle(parse, "parse_seconds")), 1.4)
    yield Verdict("w3", "wall, of the larger of network and CPU", ratio(ours.middle("wall"), slower), 1.2)


def _flat(results: dict[str, Any], workload: str, axis: str) -> Iterator[Verdict]:
    points = call_costs(results, workload)
    if len(points) > 2:
        yield Verdict(
            workload, f"CPU, off the line over calls, 1 to {_most(results, workload)} {axis}", off_line(points), FLAT
        )


def _most(results: dict[str, Any], workload: str) -> int:
    return max(one.amount for one in measured(results, workload))


def call_costs(results: dict[str, Any], workload: str) -> list[tuple[float, float]]:
    """(calls, processor seconds) of Stocktake at each size, smallest first."""
    found = ((one.middle("calls"), one.middle("cpu")) for one in measured(results, workload))
    return sorted((calls, cpu) for calls, cpu in found if calls is not None and cpu is not None)


def _million(results: dict[str, Any]) -> Iterator[Verdict]:
    for one in measured(results, "w4-resources"):
        if one.amount == MILLION:
            yield Verdict("w4-resources", "a million resources: most memory, MB", one.most("memory_mb"), 600)


def _polite(ways: dict[str, Measured]) -> Iterator[Verdict]:
    if "stocktake" in ways:
        yield Verdict("polite", "times the other client was throttled", ways["stocktake"].most("rival_throttles"), 0)


def _correct(results: dict[str, Any]) -> Iterator[Verdict]:
    runs = [run for case in results["cases"] for run in case["runs"]]
    yield Verdict("all", f"of {len(runs)} runs, those with a wrong count", sum(not run["correct"] for run in runs), 0)
