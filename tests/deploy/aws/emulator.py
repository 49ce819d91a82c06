"""An execution environment of AWS Lambda: deployed code in AWS's Runtime Interface Emulator, one event at a time."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from tests.deploy.tools import PYTHON, RUNTIME, emulator

HOST = "127.0.0.1"
SECONDS_TO_START = 20.0
SECONDS_TO_REPORT = 5.0
REPORT = re.compile(rb"^REPORT RequestId: .*$", re.MULTILINE)
USED = re.compile(rb"Max Memory Used: \d+ MB")
TIMED_OUT = re.compile(r"Task timed out after [\d.]+ seconds")
LARGEST_ANSWER = 6 * 1024 * 1024
"""Of a synchronous invocation (Lambda quotas), which the emulator does not hold it to."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """What is deployed: what it takes to run a function. `environment` is its own, and what Lambda adds of AWS's
    (region, credentials)."""

    name: str
    handler: str
    code: bytes = field(repr=False)
    timeout: int
    memory_mb: int
    log_group: str
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """An answer, or an error in its place, and what was logged meanwhile."""

    answer: bytes
    failed: bool
    log: str


class EnvironmentBroken(RuntimeError):
    """The emulator itself does not do its work."""


class ExecutionEnvironment:
    """Runs a function for as long as it is not stopped, warm after the first event. `cpu` is the only processor that it
    has; None: all. Raises EnvironmentBroken where the emulator does not start."""

    def __init__(self, function: Function, cpu: int | None = None) -> None:
        self._function = function
        self._home = Path(tempfile.mkdtemp(prefix="lambda-"))
        self._log = self._home / "log"
        task = self._home / "task"
        with zipfile.ZipFile(BytesIO(function.code)) as archive:
            archive.extractall(task)
        self._port, runtime_api = _free_port(), _free_port()
        command = [
            *(str(emulator()), "--runtime-interface-emulator-address", f"{HOST}:{self._port}"),
            *("--runtime-api-address", f"{HOST}:{runtime_api}"),
            # Without this Python's own packages: the function has what it carries, and Lambda's runtime.
            *(str(PYTHON), "-S", "-m", "awslambdaric", function.handler),
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command if cpu is None else ["taskset", "--cpu-list", str(cpu), *command],
                cwd=task,
                env={**_surroundings(function, task), **function.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def invoke(self, event: bytes) -> Outcome:
        begun = self._log.stat().st_size
        connection = http.client.HTTPConnection(HOST, self._port, timeout=self._function.timeout + 30)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", event)
            answer = connection.getresponse().read()
        finally:
            connection.close()
        return _outcome(answer, self._logged(begun))

    def stop(self) -> None:
        """Ends it, and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((HOST, self._port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise EnvironmentBroken(f"the emulator did not start:\n{self._log.read_text(errors='replace')}")

    def _logged(self, begun: int) -> str:
        """What was logged from there to the report, which the emulator writes when it has answered already. It gives
        the configured memory for the used: here stands what the runtime's process had at most."""
        deadline = time.monotonic() + SECONDS_TO_REPORT
        while True:
            with self._log.open("rb") as log:
                log.seek(begun)
                written = log.read()
            report = REPORT.search(written)
            if report or time.monotonic() > deadline:
                used = self._most_memory()
                if report and used:
                    written = USED.sub(b"Max Memory Used: %d MB" % used, written)
                return written.decode(errors="replace")
            time.sleep(0.005)

    def _most_memory(self) -> int | None:
        """Of the runtime's process, in MB; None where it is gone."""
        try:
            threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
            children = [child for one in threads for child in one.read_text().split()]
            status = [Path(f"/proc/{child}/status").read_text() for child in children]
        except OSError:
            return None
        peaks = [int(found[1]) for one in status if (found := re.search(r"VmHWM:\s+(\d+) kB", one))]
        return max(peaks, default=0) // 1024 or None


def _surroundings(function: Function, task: Path) -> dict[str, str]:
    """What Lambda defines (Lambda developer guide, "Defined runtime environment variables"), and no more."""
    return {
        "_HANDLER": function.handler,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "LAMBDA_RUNTIME_DIR": str(RUNTIME),
        "LAMBDA_TASK_ROOT": str(task),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin",
        "PYTHONPATH": str(RUNTIME),
        "TZ": ":UTC",
    }


def _outcome(answer: bytes, log: str) -> Outcome:
    """The emulator has no header for errors: a runtime's has these members, a time-out is a plain sentence."""
    text = answer.decode(errors="replace")
    if TIMED_OUT.search(text):
        return Outcome(json.dumps({"errorMessage": text.strip()}).encode(), True, log)
    if len(answer) > LARGEST_ANSWER:
        error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": f"{len(answer)} bytes"}
        return Outcome(json.dumps(error).encode(), True, log)
    try:
        said = json.loads(answer)
    except ValueError:
        raise EnvironmentBroken(f"the emulator answered {text[:500]!r}:\n{log}") from None
    return Outcome(answer, isinstance(said, dict) and {"errorMessage", "errorType"} <= said.keys(), log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
