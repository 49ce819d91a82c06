"""Processes, rounds and limits: runs every way at every size in turn and says what each took."""

from __future__ import annotations

import json
import os
import platform
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.httpsession import get_cert_path

from benchmarks.results import OPEN_FILES
from benchmarks.workloads import HOME, Case
from tests.loopback_aws import Estate, LoopbackAWS

ROOT = Path(__file__).resolve().parent.parent
MORE_FILES = 8192
TOO_MANY = "Too many open files"
TIMEOUT = 1800
PYTHON = sys.executable
BENCH_PYTHON = str(ROOT / ".venv-bench" / "bin" / "python")

MODULES = {
    "serial": "serial",
    "executor": "executor",
    "client-pool": "client_pool",
    "aioboto3": "aio",
    "floor": "floor",
    "parse": "parse",
}


@dataclass(frozen=True)
class Took:
    """What a process took, and what it printed."""

    status: int
    wall: float
    user: float
    system: float
    memory_mb: float
    threads: int
    answer: Any
    errors: str

    @property
    def unseen(self) -> str:
        """What a run of Stocktake says that it could not see."""
        groups = (self.answer or {}).get("unseen") or []
        return "; ".join(f"{one['type']} {one['state']} {one['reason']} {one['message']}" for one in groups)


class Bench:
    """A case on its server, with a folder for what the processes leave."""

    def __init__(self, case: Case, aws: LoopbackAWS, folder: Path) -> None:
        self.case = case
        self.aws = aws
        self.folder = folder
        self.plan = folder / "plan.json"
        self.recording = folder / "recording.json"
        self.ca_bundle = folder / "ca.pem"
        self.ca_bundle.write_text(Path(get_cert_path(True)).read_text() + Path(aws.ca_bundle).read_text())
        self.plan.write_text(json.dumps({"calls": case.calls, "recording": str(self.recording)}))
        self._stores = 0
        self._files: dict[str, int] = {}

    def environment(self) -> dict[str, str]:
        """No configuration but the server's and the case's. The server's authority stands at the end of those that the
        SDK comes with: loading all of them is a cost that clients have in the world."""
        own = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        account = self.case.estate.accounts[0]
        theirs = {**self.aws.environment(account, HOME), "AWS_CA_BUNDLE": str(self.ca_bundle)}
        return {**own, "HOME": str(self.folder), **theirs, **self.case.settings}

    def stocktake(self) -> list[str]:
        self._stores += 1
        return ["run", "--json", "--store", str(self.folder / f"store-{self._stores}"), *self.case.arguments]

    def argv(self, way: str) -> list[str]:
        if way == "stocktake":
            return [PYTHON, "-m", "stocktake", *self.stocktake()]
        python = BENCH_PYTHON if way == "aioboto3" else PYTHON
        return [python, "-m", f"benchmarks.ways.{MODULES[way]}", str(self.plan)]

    def start(
        self,
        argv: Sequence[str],
        *,
        one_cpu: bool = False,
        files: int = OPEN_FILES,
        settings: Mapping[str, str] | None = None,
    ) -> Took:
        """Runs a process to its end, under the limits; `settings` beside the case's own."""
        printed, errors = self.folder / "stdout", self.folder / "stderr"
        asked = {
            "argv": argv,
            "environment": {**self.environment(), **(settings or {})},
            "stdout": str(printed),
            "stderr": str(errors),
            "cpus": [max(os.sched_getaffinity(0))] if one_cpu else None,
            "files": files,
            "timeout": TIMEOUT,
        }
        launcher = [PYTHON, "-I", "-S", str(ROOT / "benchmarks" / "launch.py")]
        done = subprocess.run(launcher, input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=ROOT)
        try:
            answer = json.loads(printed.read_text())
        except ValueError:
            answer = None
        return Took(**json.loads(done.stdout), answer=answer, errors=errors.read_text())

    def record(self) -> Any:
        """Writes the floor's recording, which also warms the server up; when the calls were made."""
        if self.case.recorded is not None:
            self.aws.reset(self.case.recorded)
        took = self.start([PYTHON, "-m", "benchmarks.record", str(self.recording), *self.stocktake()])
        if took.status:
            raise RuntimeError(f"the recording failed: {took.unseen or took.errors[-2000:]}")
        self.aws.reset(self.case.estate)
        recorded = json.loads(self.recording.read_text())
        self.recording.write_text(json.dumps(recorded["chains"]))
        return recorded["calls"]

    def count(self, calm: Estate) -> None:
        """Has an unmeasured run say what there is."""
        self.aws.reset(calm)
        took = self.start(self.argv("stocktake"), settings={"STOCKTAKE_QUOTA_SHARE": "0"})
        if took.status:
            raise RuntimeError(f"the run that counts failed: {took.unseen or took.errors[-2000:]}")
        self.aws.reset(self.case.estate)
        self.case = replace(self.case, resources=took.answer["resources"])

    def run(self, way: str, place: int, *, one_cpu: bool = False) -> dict[str, Any]:
        self.aws.reset()
        took = self.start(self.argv(way), one_cpu=one_cpu, files=self._files.get(way, OPEN_FILES))
        if took.status and TOO_MANY in took.errors and way not in self._files:
            self._files[way] = MORE_FILES
            return self.run(way, place, one_cpu=one_cpu)
        counts = self.aws.counts()
        answer = took.answer or {}
        expected = self.case.expected(way)
        resources = answer.get("resources")
        fits = way == "floor" or resources == expected
        failed = took.status != 0 or took.answer is None
        error = without_paths(took.unseen or took.errors.strip().rpartition("\n")[2] or "failed") if failed else None
        return {
            "way": way,
            "place": place,
            "one_cpu": one_cpu,
            "wall": round(took.wall, 4),
            "cpu": round(took.user + took.system, 4),
            "user": round(took.user, 4),
            "system": round(took.system, 4),
            "memory_mb": round(took.memory_mb, 1),
            "threads": took.threads,
            "files": self._files.get(way, OPEN_FILES),
            "calls": counts["calls"],
            "connections": counts["connections"],
            "most_open_sockets": counts["most_open_sockets"],
            "megabytes": round(counts["bytes_out"] / 1e6, 3),
            "throttles": counts["throttles"],
            "rival_throttles": counts["rival_throttles"],
            "server_cpu": round(counts["server_cpu_seconds"], 3),
            "resources": resources,
            "expected": None if way == "floor" else expected,
            "parse_seconds": answer.get("parse_seconds"),
            "correct": error is None and fits,
            "error": error,
            "operations": counts["operations"],
        }


def without_paths(text: str) -> str:
    return re.sub(r"(/[\w.@+-]+){2,}", "…", text)[:300]


@contextmanager
def bench(case: Case) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="stocktake-bench-") as folder, LoopbackAWS(case.estate) as aws:
        yield Bench(case, aws, Path(folder))


def run_cases(sizes: Sequence[Case], ways: Sequence[str], say: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """All rounds of a workload's sizes, each with when its recorded run made its calls. Ways and sizes are interleaved,
    the ways in another order each round, so that what the machine does meanwhile falls on all of them."""
    with ExitStack() as stack:
        benches = [(stack.enter_context(bench(case)), [way for way in case.rounds if way in ways]) for case in sizes]
        runs: list[list[dict[str, Any]]] = [[] for _ in benches]
        for on, _ in benches:
            if on.case.calm is not None:
                on.count(on.case.calm)
        timelines = [on.record() if {"floor", "parse"} & set(those) else None for on, those in benches]
        for number in range(max(max(case.rounds.values()) for case in sizes)):
            for done, (on, those) in zip(runs, benches, strict=True):
                turn = number % len(those)
                for way in those[turn:] + those[:turn]:
                    if number < on.case.rounds[way]:
                        done.append(on.run(way, those.index(way)))
                        say(on.case, done[-1])
        for done, (on, those) in zip(runs, benches, strict=True):
            for way in those:
                if way in on.case.one_cpu:
                    done.append(on.run(way, those.index(way), one_cpu=True))
                    say(on.case, done[-1])
    for done, (on, _), timeline in zip(runs, benches, timelines, strict=True):
        hold_floor_to_stocktake(done)
        for run in done:
            del run["operations"]
        yield {"workload": on.case.workload, "amount": on.case.amount, "runs": done}, timeline


def hold_floor_to_stocktake(runs: list[dict[str, Any]]) -> None:
    """The floor counts nothing: it is right where it made the calls that Stocktake made."""
    made = next((run["operations"] for run in runs if run["way"] == "stocktake"), None)
    for run in runs:
        if run["way"] == "floor" and run["correct"] and made is not None:
            run["correct"] = run["operations"] == made


def machine() -> dict[str, Any]:
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.system(),
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def versions() -> dict[str, str]:
    names = ("stocktake", "boto3", "botocore", "urllib3")
    ours = {name: version(name) for name in names}
    script = "import json; from importlib.metadata import version as v; " + (
        'print(json.dumps({n: v(n) for n in ("aioboto3", "aiobotocore", "aiohttp", "botocore")}))'
    )
    done = subprocess.run([BENCH_PYTHON, "-c", script], capture_output=True, text=True, check=False)
    theirs: Mapping[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
    return {
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        **ours,
        **{f"{name} (for aioboto3)" if name == "botocore" else name: value for name, value in theirs.items()},
    }
