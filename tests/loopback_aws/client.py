"""The loopback AWS as its users see it: a child process, and what makes a client reach it.

Clients keep the real host names in URLs, in TLS and in signatures. Only the answer of `socket.getaddrinfo` differs,
in the client's process: it gives 127.0.0.1 and the port of the region's listener.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.loopback_aws.answers import Answers
from tests.loopback_aws.estate import SECRET, Estate, access_key
from tests.loopback_aws.route import Asked
from tests.loopback_aws.sitecustomize.sitecustomize import resolve_patch

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


class LoopbackAWS:
    """A loopback AWS in a child process, until left. `reset` gives it another estate on the same ports."""

    def __init__(self, estate: Estate = Estate()) -> None:  # noqa: B008 - frozen
        self.estate = estate
        self.ports: dict[str, int] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._control: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._answers: Answers | None = None

    def __enter__(self) -> LoopbackAWS:
        self._folder = tempfile.TemporaryDirectory(prefix="loopback-aws-")
        command = [sys.executable, "-m", "tests.loopback_aws", self._folder.name]
        self._child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(self.estate.to_json().encode() + b"\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            raise RuntimeError("the loopback AWS did not start")
        announced = json.loads(line)
        self.ports = announced["ports"]
        self._control = http.client.HTTPConnection("127.0.0.1", announced["control"], timeout=START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._control is not None:
            self._control.close()
        if self._child is not None:
            assert self._child.stdin
            assert self._child.stdout
            with contextlib.suppress(OSError):
                self._child.stdin.close()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def ca_bundle(self) -> str:
        """The file of the authority that signed every listener's certificate."""
        assert self._folder
        return str(Path(self._folder.name, "ca.pem"))

    def environment(self, account: str | None = None, home: str = "us-east-1") -> dict[str, str]:
        """What a client process needs, to be laid over its environment: keys of `account` (the first by default),
        `home` as region, the CA, and a `sitecustomize` that patches the resolver."""
        assert self._folder
        nowhere = str(Path(self._folder.name, "none"))
        folder = str(Path(__file__).parent / "sitecustomize")
        path = os.environ.get("PYTHONPATH")
        return {
            "AWS_ACCESS_KEY_ID": access_key(account or self.estate.accounts[0]),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": home,
            "AWS_REGION": home,
            "AWS_CA_BUNDLE": self.ca_bundle,
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LOOPBACK_AWS": json.dumps(self.ports),
            "NO_PROXY": "*",
            "no_proxy": "*",
            "PYTHONPATH": os.pathsep.join([folder, *([path] if path else [])]),
        }

    @contextlib.contextmanager
    def patched(self) -> Iterator[None]:
        """The same patch of the resolver in this process, on top of whatever stands there, and taken off after."""
        before = socket.getaddrinfo
        resolve_patch(self.ports)
        try:
            yield
        finally:
            socket.getaddrinfo = before

    def counts(self) -> dict[str, Any]:
        """What happened since the start or the last reset."""
        found: dict[str, Any] = self._ask("GET", "/counts")
        return found

    def log(self) -> list[dict[str, Any]]:
        """Every call in the order of arrival."""
        found: list[dict[str, Any]] = self._ask("GET", "/log")
        return found

    def warm(self) -> None:
        """Has the server load and prepare what the catalogue's calls need, so that the first run is like the second."""
        self._ask("POST", "/warm")

    def reset(self, estate: Estate | None = None) -> None:
        """Clears counts, log and buckets. A new estate may not have regions that the first had no port for."""
        if estate is not None:
            missing = {*estate.regions, *estate.disabled} - self.ports.keys()
            if missing:
                raise ValueError(f"there is no port for {', '.join(sorted(missing))}")
            self.estate = estate
            self._answers = None
        self._ask("POST", "/reset", self.estate.to_json())

    def expected(
        self, account: str, region: str, service: str, operation: str, parameters: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """All items of a listing, or of what a call asks for by name, as botocore's parser gives them; of an operation
        without a list, the whole answer. Computed here, without the server."""
        if self._answers is None:
            self._answers = Answers(self.estate)
        return self._answers.items(account, region, Asked(service, operation, "", dict(parameters or {})))

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        assert self._control
        with self._lock:
            self._control.request(method, path, body)
            answer = self._control.getresponse()
            text = answer.read()
        if answer.status != 200:
            raise RuntimeError(text.decode())
        return json.loads(text)
