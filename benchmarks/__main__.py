"""`python -m benchmarks [run|report|plot|profile|check]`: measures, writes the tables, draws, says where the time
goes, judges.

Without a word: all of them. `--smoke` is small and quick, and leaves everything in out/bench.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import results as stored
from benchmarks.check import verdicts
from benchmarks.runner import BENCH_PYTHON, PYTHON, ROOT, bench, machine, run_cases, versions
from benchmarks.table import filled, number
from benchmarks.workloads import WORKLOADS, Case, cases, the_catalogue

RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
SMOKE = ROOT / "out" / "bench"
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
WORDS = ("run", "report", "plot", "profile", "check")
SMOKE_WORDS = ("run", "profile")
WAYS = ("serial", "executor", "client-pool", "aioboto3", "stocktake", "floor", "parse")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="|".join(WORDS), help="what to do; all of it if nothing is named")
    parser.add_argument("--workload", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--rounds", type=int, help="instead of each workload's own number")
    parser.add_argument("--smoke", action="store_true", help="few regions, one round; into out/bench")
    parser.add_argument("--results", type=Path, help="the results file, instead of benchmarks/results/latest.json")
    asked = parser.parse_args()
    for word in asked.words:
        if word not in WORDS:
            parser.error(f"there is no {word!r}; choose from {', '.join(WORDS)}")
    asked.words = asked.words or list(SMOKE_WORDS if asked.smoke else WORDS)
    asked.results = asked.results or (SMOKE / "results.json" if asked.smoke else RESULTS)
    return asked


def say(case: Case, run: dict[str, Any]) -> None:
    name = f"{case.workload} {case.amount:,}" if case.amount else case.workload
    wrong = "" if run["correct"] else f"  WRONG: {run['resources']} of {run['expected']} {run['error'] or ''}"
    print(
        f"{name:<24}{run['way']:<12}{' 1 CPU' if run['one_cpu'] else '':<7}"
        f"{run['wall']:8.2f} s wall {run['cpu']:8.2f} s CPU {run['memory_mb']:7.0f} MB {run['calls']:7,} calls{wrong}",
        flush=True,
    )


def fresh(smoke: bool) -> dict[str, Any]:
    return {
        "format": stored.FORMAT,
        "made": datetime.now(UTC).strftime("%Y-%m-%d"),
        "smoke": smoke,
        "machine": machine(),
        "versions": versions(),
        "cases": [],
    }


def measure(
    results: dict[str, Any], workloads: Sequence[str], ways: Sequence[str], rounds: int | None, path: Path
) -> None:
    """Runs the workloads; what the file has of others stays."""
    began = time.monotonic()
    kept = [case for case in results["cases"] if case["workload"].partition("-")[0] not in workloads]
    results.update({**fresh(results["smoke"]), "cases": kept})
    for workload in workloads:
        made = [case for case in cases(workload, rounds, smoke=results["smoke"]) if set(case.rounds) & set(ways)]
        for _, sizes in groupby(made, key=lambda case: case.workload):
            for ran, timeline in run_cases(list(sizes), ways, say):
                results["cases"].append(ran)
                if workload == "w2" and timeline:
                    results["waterfall"] = by_region(timeline)
            stored.save(path, results)
    print(f"measured in {time.monotonic() - began:.0f} s")


def by_region(timeline: Sequence[tuple[str, str, float, float]]) -> dict[str, list[list[float]]]:
    calls: dict[str, list[list[float]]] = {}
    for region, _, begin, end in timeline:
        calls.setdefault(region, []).append([round(begin, 3), round(end, 3)])
    return {region: sorted(spans) for region, spans in sorted(calls.items())}


def profiled(smoke: bool) -> dict[str, Any]:
    (case,) = the_catalogue(1, smoke)
    with bench(case) as on:
        on.start(on.argv("stocktake"))  # so that the server has made the answers
        out = on.folder / "profile.json"
        took = on.start([PYTHON, "-m", "benchmarks.profile", str(out), *on.stocktake()])
        if took.status:
            raise RuntimeError(f"the profiled run failed: {took.unseen or took.errors[-2000:]}")
        profile: dict[str, Any] = json.loads(out.read_text())
    for row in sorted(profile["phases"], key=lambda row: -row["cpu"]):
        print(f"{row['phase']:<28}{row['cpu']:8.3f} s CPU {row['cpu'] / profile['cpu']:6.1%} {row['times']:8,} times")
    print(
        f"{'all':<28}{profile['cpu']:8.3f} s CPU in {profile['wall']:.2f} s; threads waited {profile['waiting']:.0f} s"
    )
    return profile


def judge(results: dict[str, Any]) -> bool:
    """Prints every number to reach; whether none is missed."""
    words = {True: "reached", False: "MISSED", None: "not measured"}
    found = verdicts(results)
    for one in found:
        sign = ">=" if one.at_least else "<="
        margin = "" if one.margin is None or not one.bound else f"{one.margin:+.0%}"
        what = f"{one.workload}: {one.what}"
        print(f"{what:<62}{number(one.value):>9} {sign} {number(one.bound):<7}{words[one.reached]:<13}{margin}")
    return all(one.reached is not False for one in found)


def plot(path: Path, folder: Path) -> None:
    subprocess.run([BENCH_PYTHON, "-m", "benchmarks.plots", str(path), str(folder)], check=True, cwd=ROOT)


def main() -> int:
    asked = arguments()
    known = stored.load(asked.results) if asked.results.exists() else fresh(asked.smoke)
    results = {**known, "smoke": asked.smoke} if "run" in asked.words else known
    if "run" in asked.words:
        measure(results, asked.workload, asked.ways, asked.rounds, asked.results)
    if "profile" in asked.words:
        results["profile"] = profiled(asked.smoke)
        stored.save(asked.results, results)
    if "report" in asked.words:
        PAGE.write_text(filled(PAGE.read_text(), results))
    if "plot" in asked.words:
        plot(asked.results, SMOKE if asked.smoke else PLOTS)
    wrong = [run for case in results["cases"] for run in case["runs"] if not run["correct"]]
    if "check" in asked.words and not judge(results):
        return 1
    if wrong:
        print(f"{len(wrong)} runs counted wrong", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
