"""A moto server (https://docs.getmoto.org) as a child process: AWS on the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCESS_KEY = "demo-access-key"
SECRET_KEY = "demo-secret-key"

SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 5.0

# `python -m moto.server` that leaves when its standard input closes, which it does however the parent dies. (Linux's
# PR_SET_PDEATHSIG would fire already when the thread ends that started the child.)
CHILD = """
import os, threading

def leave_with_the_parent():
    os.read(0, 1)
    os._exit(0)

threading.Thread(target=leave_with_the_parent, daemon=True).start()

from moto import backends
from moto.server import main

# moto reads its own directory for every request, which would be more than a quarter of its work.
modules = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules

main()
"""

# A proxy from the environment has no way to this machine's loopback interface.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PortTakenError(RuntimeError):
    """Somebody else took the port between its choice and its use."""


class MotoServer:
    """A context manager: a moto server on a free port of 127.0.0.1, for as long as the context lasts.

    Raises RuntimeError, with the end of the server's log, if it does not come up.
    """

    url: str
    program: Sequence[str] = ("-c", CHILD)
    """What Python is to run, with a host and a port to serve."""

    def __enter__(self) -> Self:
        try:
            self._start(_free_port())
        except PortTakenError:
            self._start(_free_port())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def ended(self) -> bool:
        """Whether the server's process is gone."""
        return self._process.poll() is not None

    def environment(self) -> dict[str, str]:
        """The environment variables that lead an AWS client to this server, and nothing else.

        Of the caller's own environment, the client must get neither an AWS_PROFILE nor an AWS_ENDPOINT_URL_S3 (or
        another service's), which would come before these.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def reset(self) -> None:
        """Empties the estate."""
        _direct.open(f"{self.url}/moto-api/reset", data=b"", timeout=SECONDS_TO_START).close()

    def _start(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - _stop closes it
        self._process = subprocess.Popen(
            [sys.executable, *self.program, "-H", HOST, "-p", str(port)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=_child_environment(port),
        )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None:
                end_of_log = self._end_of_log()
                kind = PortTakenError if "Address already in use" in end_of_log else RuntimeError
                raise kind(f"moto server ended with {self._process.returncode}:\n{end_of_log}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"moto server silent for {SECONDS_TO_START:.0f} s:\n{self._end_of_log()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        # The log says that this process has the port: what answers there could be another's server.
        if f"Running on {self.url}" not in self._end_of_log():
            return False
        try:
            _direct.open(f"{self.url}/moto-api/", timeout=1).close()
        except OSError:
            return False
        return True

    def _end_of_log(self, size: int = 4000) -> str:
        log = self._log.fileno()
        # pread, because the child writes at the offset that the two share.
        return os.pread(log, size, max(0, os.fstat(log).st_size - size)).decode(errors="replace")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._log.close()


def _child_environment(port: int) -> dict[str, str]:
    # moto asks boto3 for the regions, and would fail on a profile that the caller has and it has not.
    neutral = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    # The canned machine images cost a second to load, and nobody asks for them here.
    return neutral | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_PORT": str(port), "AWS_CONFIG_FILE": os.devnull}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
