"""The server: TLS on one port a region, one write an answer, and a control port for whoever started it.

Time passes where it does in the world. The kernel accepts a connection at once, but its TLS handshake begins two round
trips later: one for TCP's and one for its own. An answer leaves one round trip and the service's time after its
request came in. Bandwidth is the machine's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

from tests.loopback_aws.certificates import Certificates
from tests.loopback_aws.estate import REGIONS, Estate, Fault
from tests.loopback_aws.http1 import Http, head
from tests.loopback_aws.latency import round_trip
from tests.loopback_aws.service import Reply, Service

uvloop: Any = None
with contextlib.suppress(ImportError):
    import uvloop

BACKLOG = 4096
DRIPS = 16
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER's value that makes a close a reset."""

MISBEHAVING = {"reset", "hang", "drip", "truncate", "unsized", "chunked"}
"""Faults that are the connection's and not in an answer's bytes alone."""


class Connection(Http):
    """A client's connection to one region's listener."""

    def __init__(self, service: Service, number: int, region: str, seconds: float) -> None:
        super().__init__()
        self._service = service
        self._number = number
        self._region = region
        self._round_trip = seconds
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, error: Exception | None) -> None:
        self._service.counts.open_sockets -= 1
        self.transport = None

    def request(self, method: str, target: str, headers: dict[str, str], body: bytes, size: int) -> None:
        self._service.counts.bytes_in += size
        reply = self._service.handle(time.monotonic(), self._number, method, target, headers, body, self._region)
        seconds = self._round_trip + reply.seconds
        if reply.fault is not None and reply.fault.kind in MISBEHAVING:
            self._loop.call_later(seconds, self._misbehave, reply.fault, reply)
        elif seconds > 0:
            self._loop.call_later(seconds, self._answer, reply.data)
        else:
            self._answer(reply.data)

    def _answer(self, data: bytes) -> None:
        if self._write(data):
            self.done()

    def _write(self, data: bytes) -> bool:
        if self.transport is None:
            return False
        self._service.counts.bytes_out += len(data)
        self.transport.write(data)
        return True

    def _misbehave(self, fault: Fault, reply: Reply) -> None:
        match fault.kind:
            case "reset":
                self._reset()
            case "hang" if fault.seconds:
                self._loop.call_later(fault.seconds, self._reset)
            case "truncate" | "unsized":
                if self._write(reply.data):
                    self.transport.close()
            case "chunked":
                if self._write(reply.data):
                    if reply.data.endswith(b"\r\n0\r\n\r\n"):
                        self.done()
                    else:
                        self.transport.close()
            case "drip":
                step = -(-(len(reply.data) - reply.head) // DRIPS) or 1
                pieces = [reply.data[at : at + step] for at in range(reply.head, len(reply.data), step)]
                self._drip([reply.data[: reply.head], *pieces], fault.seconds / DRIPS)

    def _drip(self, pieces: list[bytes], seconds: float) -> None:
        if self._write(pieces[0]) and pieces[1:]:
            self._loop.call_later(seconds, self._drip, pieces[1:], seconds)
        elif self.transport is not None:
            self.done()

    def _reset(self) -> None:
        if self.transport is not None:
            with contextlib.suppress(OSError):
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()


class Control(Http):
    """Plain HTTP: GET /counts, GET /log, POST /warm, POST /reset with an estate as JSON."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def request(self, method: str, target: str, headers: dict[str, str], body: bytes, size: int) -> None:
        status, value = self._do(f"{method} {target}", body)
        content = json.dumps(value, default=str).encode()
        self.transport.write(head(status, {"Content-Type": "application/json"}, len(content)) + content)
        self.done()

    def _do(self, what: str, body: bytes) -> tuple[int, Any]:
        match what:
            case "GET /counts":
                return 200, self._service.report(time.monotonic())
            case "GET /log":
                return 200, self._service.counts.log
            case "POST /warm":
                self._service.warm()
                return 200, {}
            case "POST /reset":
                self._service.reset(Estate.from_json(body.decode()), time.monotonic())
                return 200, {}
        return 404, {"unknown": what}


class Listener:
    """A region's port. It takes connections up by hand, so that nothing of TLS happens before its time."""

    def __init__(self, service: Service, certificates: Certificates, region: str) -> None:
        self._service = service
        self._region = region
        self._loop = asyncio.get_running_loop()
        self._tls = certificates.context(region)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._socket.setblocking(False)
        self._tasks: set[asyncio.Task[None]] = set()
        self.port: int = self._socket.getsockname()[1]
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        counts = self._service.counts
        seconds = round_trip(self._region) * self._service.estate.latency
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted, _ = self._socket.accept()
                accepted.setblocking(False)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                counts.connections += 1
                counts.open_sockets += 1
                counts.most_open_sockets = max(counts.most_open_sockets, counts.open_sockets)
                if seconds:
                    self._loop.call_later(2 * seconds, self._begin, accepted, counts.connections, seconds)
                else:
                    self._begin(accepted, counts.connections, seconds)

    def _begin(self, accepted: socket.socket, number: int, seconds: float) -> None:
        task = self._loop.create_task(self._shake_hands(accepted, number, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, accepted: socket.socket, number: int, seconds: float) -> None:
        connection = Connection(self._service, number, self._region, seconds)
        try:
            await self._loop.connect_accepted_socket(lambda: connection, accepted, ssl=self._tls)
        except OSError:  # the client went away, or does not believe the certificate
            accepted.close()
            if connection.transport is None:
                self._service.counts.open_sockets -= 1


async def _serve(estate: Estate, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    service = Service(estate, time.monotonic())
    certificates = Certificates()
    certificates.write(folder / "ca.pem")
    regions = ("", *sorted({*REGIONS, *estate.regions, *estate.disabled}))
    ports = {region: Listener(service, certificates, region).port for region in regions}
    control = await loop.create_server(lambda: Control(service), "127.0.0.1", 0)
    ended = asyncio.Event()
    loop.add_reader(0, lambda: None if os.read(0, 4096) else ended.set())
    announced = {"ports": ports, "control": control.sockets[0].getsockname()[1]}
    sys.stdout.write(json.dumps(announced) + "\n")
    sys.stdout.flush()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    await ended.wait()


def serve(estate: Estate, folder: str) -> None:
    """Serves until standard input ends."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    runner: Any = uvloop or asyncio
    runner.run(_serve(estate, Path(folder)))
