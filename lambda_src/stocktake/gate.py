"""Whether a region lets an account in: found out by a few units before all are asked. Pure.

A service control policy may deny a whole region, and a region that is not enabled refuses good credentials: a sweep
would then be hundreds of refusals an hour, each a line in somebody's trail and an alarm in some. So a few units go
first, the probes. If every one of them is refused, those behind the gate are not asked, and share the refusal; any
other answer, a timeout too, opens it.

What a policy denies is not always all: the usual ones leave out some services. So where the last run knows which units
were refused, those that were not are asked as ever, and of those that were one is the probe, each time another: what
has been allowed meanwhile is found in as many runs as there were refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stocktake.model import Answer, Problem, Reason, ReasonCode, Unit

PROBES = 3
"""Of as many services as there are: a policy may as well deny one service everywhere."""

REFUSED = (ReasonCode.SCP, ReasonCode.AUTH)

Region = tuple[str, str]
"""An account and a region of it."""


@dataclass(eq=False, slots=True)
class Gate:
    """The units of an account's region that wait, and those that go first."""

    probes: tuple[Unit, ...]
    behind: tuple[Unit, ...]
    refusals: dict[Unit, Problem] = field(default_factory=dict)
    is_open: bool = False

    @property
    def refusal(self) -> Problem | None:
        """What those behind are answered with, once every probe was refused."""
        if self.is_open or len(self.refusals) < len(self.probes):
            return None
        refusal = self.refusals[self.probes[0]]
        message = f"not asked, as others were refused in this region: {refusal.reason.message}"
        return replace(refusal, reason=Reason(refusal.reason.code, message))

    def heard(self, probe: Unit, answer: Answer) -> None:
        """Takes a probe's first answer into account."""
        if isinstance(answer, Problem) and answer.reason.code in REFUSED and not answer.account:
            self.refusals[probe] = answer
        else:
            self.ended(probe)

    def ended(self, probe: Unit) -> None:
        """A probe that was not refused first lets the others in, whatever became of it."""
        if probe not in self.refusals:
            self.is_open = True


def refused_in(units: Iterable[Mapping[str, Any]]) -> dict[Region, frozenset[str]]:
    """From the units of an earlier run: the types that each account's region refused."""
    refused: dict[Region, set[str]] = {}
    for unit in units:
        if unit["reason"] and unit["reason"]["code"] in REFUSED:
            refused.setdefault((unit["account"], unit["region"]), set()).add(unit["type"])
    return {region: frozenset(types) for region, types in refused.items()}


def gates(
    units: Iterable[Unit],
    refused: Mapping[Region, frozenset[str]],
    service_of: Callable[[Unit], str],
    turn: int,
) -> tuple[Gate, ...]:
    """The gates of a run. `refused` are the types that each region refused in the last run; `turn` counts the runs."""
    regions: dict[Region, list[Unit]] = {}
    for unit in units:
        regions.setdefault((unit.target.account, unit.target.region), []).append(unit)
    made = []
    for region, there in regions.items():
        known = [unit for unit in there if unit.type in refused.get(region, ())]
        probes = [known[turn % len(known)]] if known else _of_many_services(there, service_of)
        behind = tuple(unit for unit in known or there if unit not in probes)
        if behind:
            made.append(Gate(tuple(probes), behind))
    return tuple(made)


def _of_many_services(units: list[Unit], service_of: Callable[[Unit], str]) -> list[Unit]:
    first: dict[str, Unit] = {}
    for unit in units:
        first.setdefault(service_of(unit), unit)
    chosen = list(first.values())
    return [*chosen, *(unit for unit in units if unit not in chosen)][:PROBES]
