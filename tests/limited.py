"""The command line in processes that may take only so much memory and time, for stores that nobody should trust.

One process loads what the readers need and is then forked for every command, so that a command costs milliseconds.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a command ended (a signal's number, negative), what it said, and what it took."""

    code: int
    out: str
    err: str
    seconds: float


class Limited:
    """Runs commands, each under `megabytes` of address space and `seconds` of time, until left."""

    def __init__(self, megabytes: int, seconds: int, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.limited", str(megabytes), str(seconds)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Limited:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def run(self, *arguments: str) -> Ended:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


def _look_back(location: str) -> int:
    """What a run makes of the one before: 0 where it knows something of it."""
    from stocktake.earlier import read_before
    from stocktake.model import Run
    from stocktake.store import open_store

    before = read_before(open_store(location, lambda: None), Run("20261122T140000Z", "default", "test", None, ""))
    return 0 if before.seconds or before.last_seen else 1


def _work(arguments: list[str]) -> None:
    from stocktake.cli import main

    if arguments[0] == "look-back":
        os._exit(_look_back(arguments[1]))
    sys.argv = ["stocktake", *arguments]
    main()


def _in_a_child(arguments: list[str], seconds: int) -> dict[str, Any]:
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = os.fork()
        if process == 0:
            try:
                signal.alarm(seconds)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                _work(arguments)
            except BaseException:
                import traceback

                os.write(2, traceback.format_exc().encode())
            os._exit(70)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read(1_000_000).decode(errors="replace"))
    return {"code": code, "out": said[0], "err": said[1], "seconds": time.monotonic() - begun}


def _serve(megabytes: int, seconds: int) -> None:
    for name in ("show", "find", "verify"):
        __import__(f"stocktake.cli.{name}")
    __import__("stocktake.pipeline")
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(_in_a_child(json.loads(line), seconds)) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
