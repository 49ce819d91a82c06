"""Laws over generated cases: whatever goes wrong, wherever, a snapshot says what it saw and what it could not see."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from stocktake.aws import Aws
from tests.faults.cases import ESTATE, Key, Place, Published, broken_laws, calling, draw, places, run
from tests.faults.figures import FOLDER
from tests.loopback_aws import LoopbackAWS

QUICK = 4
RUNS = min(int(os.environ.get("FAULT_RUNS", "33")), 10_000)
BLOCK = 3
"""Runs of one test, so that two processes share them evenly."""


@dataclass(frozen=True)
class World:
    aws: LoopbackAWS
    calls: Aws
    truth: Published
    places: dict[Key, list[Place]]


@pytest.fixture(scope="module")
def world(_no_network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LoopbackAWS(ESTATE) as aws, aws.patched(), calling(aws) as calls:
        truth = run(aws, calls, tmp_path_factory.mktemp("truth"))
        yield World(aws, calls, truth, places(truth))


def test_the_truth_is_all_that_the_estate_has(world: World) -> None:
    truth = world.truth
    assert {unit["state"] for unit in truth.units.values()} == {"collected"}
    assert broken_laws(truth, truth, []) == []
    for key, lines in truth.lines.items():
        assert len(lines) == len({line["id"] for line in lines}) > 0, key
    assert sum(place.hits > 0 for there in world.places.values() for place in there) > 500


def test_the_laws_hold(world: World, tmp_path: Path) -> None:
    hold(world, range(QUICK), tmp_path, "quick")


@pytest.mark.slow
@pytest.mark.parametrize("first", range(QUICK, QUICK + RUNS, BLOCK))
def test_the_laws_hold_over_many_cases(world: World, tmp_path: Path, first: int) -> None:
    hold(world, range(first, min(first + BLOCK, QUICK + RUNS)), tmp_path, f"laws-{first:05}")


def hold(world: World, seeds: range, folder: Path, name: str) -> None:
    """Takes a run with faults for each seed, and holds it to the laws."""
    begun = time.monotonic()
    cases = faults = calls = 0
    kinds: set[str] = set()
    for seed in seeds:
        drawn = draw(Random(seed), world.places)
        ran = run(world.aws, world.calls, folder / str(seed), [case.fault for case in drawn])
        broken = broken_laws(world.truth, ran, drawn)
        assert not broken, f"seed {seed}: {len(broken)} broken, such as\n" + "\n".join(broken[:20])
        befell = ran.befell()
        cases += len(drawn)
        faults += befell.total()
        calls += len(ran.log)
        kinds |= {case.kind.name for number, case in enumerate(drawn) if befell[number]}
    FOLDER.mkdir(parents=True, exist_ok=True)
    figures = {"runs": len(seeds), "cases": cases, "faults": faults, "calls": calls}
    figures |= {"seconds": round(time.monotonic() - begun, 1), "kinds": sorted(kinds)}
    (FOLDER / f"{name}.json").write_text(json.dumps(figures))
