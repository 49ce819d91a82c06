"""Where the time of a cold run goes.

`python -m benchmarks.profile OUT run --store DIR …` runs the command with counters around the functions below and
writes what each took of a processor, without what it called that has a counter of its own. A thread's processor time
is asked at both ends of a call (time.thread_time), about a microsecond each: a tracing profiler would make small
functions look dear.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PHASES = {
    "clients": ("stocktake.aws:Aws.__init__", "stocktake.aws:Aws._make_client"),
    "TLS": ("ssl:SSLSocket.do_handshake", "ssl:SSLContext.load_verify_locations"),
    "building requests": ("botocore.client:BaseClient._make_api_call",),
    "signing": ("botocore.signers:RequestSigner.sign",),
    "sending, receiving": ("botocore.httpsession:URLLib3Session.send",),
    "guarding": ("stocktake.aws:_verify", "stocktake.aws:_inspect", "stocktake.aws:Hidden.redact"),
    "parsing": ("botocore.parsers:ResponseParser.parse",),
    "collecting": ("stocktake.fanout:_advance",),
    "normalising": ("stocktake.pipeline:normalise",),
    "encoding": ("stocktake.snapshot:resource_line", "stocktake.snapshot:stable_line"),
    "sorting, merging": ("stocktake.snapshot:UnitLines._set_aside", "stocktake.snapshot:UnitLines.finish"),
    "compressing": ("stocktake.snapshot:member", "zlib:compress"),
    "publishing": ("stocktake.pipeline:assemble", "stocktake.pipeline:publish"),
}
START = "interpreter, imports"
REST = "loop, threads, all else"
WAITING = ("sending, receiving", "TLS")
"""Phases in which a thread waits for the network (and, once it has come, for its turn to run)."""


class Ledger:
    """What each phase took: [processor seconds, wall seconds, times], for every thread apart."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._books: list[dict[str, list[float]]] = []
        self._lock = threading.Lock()

    def counted(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **options: Any) -> Any:
            local = self._local
            if not hasattr(local, "stack"):
                local.stack, local.book = [], {}
                with self._lock:
                    self._books.append(local.book)
            within = [0.0, 0.0]
            local.stack.append(within)
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
                local.stack.pop()
                entry = local.book.setdefault(phase, [0.0, 0.0, 0])
                entry[0] += cpu - within[0]
                entry[1] += wall - within[1]
                entry[2] += 1
                if local.stack:
                    local.stack[-1][0] += cpu
                    local.stack[-1][1] += wall

        return counting

    def totals(self) -> dict[str, list[float]]:
        totals = {phase: [0.0, 0.0, 0.0] for phase in PHASES}
        for book in self._books:
            for phase, entry in book.items():
                totals[phase] = [one + more for one, more in zip(totals[phase], entry, strict=True)]
        return totals


def place_of(name: str) -> tuple[Any, str]:
    """`module:Class.method` as its holder and attribute."""
    module, _, path = name.partition(":")
    *outer, attribute = path.split(".")
    holder = importlib.import_module(module)
    for one in outer:
        holder = getattr(holder, one)
    return holder, attribute


def install(ledger: Ledger) -> None:
    for phase, names in PHASES.items():
        for name in names:
            holder, attribute = place_of(name)
            setattr(holder, attribute, ledger.counted(phase, getattr(holder, attribute)))


def main() -> None:
    out = Path(sys.argv[1])
    began = time.perf_counter()
    from stocktake.cli import cli

    imported = time.process_time()
    ledger = Ledger()
    install(ledger)
    code = cli.main(sys.argv[2:], standalone_mode=False)
    total = time.process_time()
    rows: list[dict[str, Any]] = [{"phase": START, "cpu": imported, "times": 1}]
    totals = ledger.totals()
    rows += [{"phase": phase, "cpu": cpu, "times": int(times)} for phase, (cpu, _, times) in totals.items()]
    rows.append({"phase": REST, "cpu": total - sum(row["cpu"] for row in rows), "times": 1})
    waiting = sum(totals[phase][1] - totals[phase][0] for phase in WAITING)
    report = {
        "phases": [{**row, "cpu": round(row["cpu"], 4)} for row in rows],
        "cpu": round(total, 4),
        "wall": round(time.perf_counter() - began, 4),
        "waiting": round(waiting, 3),
    }
    out.write_text(json.dumps(report))
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
