"""A small HTTP server on loopback whose answers a test scripts, and which can stand in front of another one."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")


@dataclass(frozen=True)
class Call:
    """A request as the server saw it; region and service by its signature."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    key: str = ""
    region: str = ""
    service: str = ""

    @property
    def operation(self) -> str:
        """The API operation, where the protocol names it (query, ec2 and JSON protocols)."""
        target = self.headers.get("X-Amz-Target", "")
        if target:
            return target.rpartition(".")[2]
        return parse_qs(self.body.decode("latin-1")).get("Action", [""])[0]


@dataclass(frozen=True)
class Reply:
    """`length` is announced where it differs from the body's own; `hang` keeps the connection open without a word, or
    without one more than the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    hang: bool = False
    reset: bool = False


Script = Callable[[Call], Reply]


class Loopback:
    """Serves `script` until left. A script that raises answers 500."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        released = self._released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgement

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def handle_expect_100(self) -> bool:
                going_on = super().handle_expect_100()
                self.wfile.flush()  # a client waits a second for this word
                return going_on

            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                scope = SCOPE.search(self.headers.get("Authorization") or "")
                call = Call(
                    self.command,
                    self.path,
                    dict(self.headers),
                    self.rfile.read(size),
                    *(scope.groups() if scope else ("", "", "")),
                )
                outer.calls.append(call)
                reply = script(call)
                if reply.hang:
                    if reply.body:
                        self.send_response(reply.status)
                        for name, value in {**reply.headers, "Content-Length": str(reply.length)}.items():
                            self.send_header(name, value)
                        self.end_headers()
                        self.wfile.write(reply.body)
                        self.wfile.flush()
                    released.wait(30)
                    self.close_connection = True
                    return
                if reply.reset:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                (self.send_response_only if "Date" in reply.headers else self.send_response)(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
                if reply.length is not None:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(reply.body)
                self.wfile.flush()

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def forward(url: str) -> Script:
    """A script that passes every call on to the server at `url`."""
    where = urlsplit(url)

    def script(call: Call) -> Reply:
        connection = http.client.HTTPConnection(where.hostname or "", where.port)
        try:
            connection.request(call.method, call.path, call.body, dict(call.headers))
            answer = connection.getresponse()
            body = answer.read()
            skipped = ("content-length", "transfer-encoding", "connection", "date", "server")
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in skipped}
            return Reply(answer.status, body, headers)
        finally:
            with suppress(OSError):
                connection.close()

    return script


def with_faults(script: Script, fault: Callable[[Call], Reply | None]) -> Script:
    """`script`, but for the calls that `fault` has its own answer for."""
    return lambda call: fault(call) or script(call)


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.0"})
