"""HTTP/1.1 for a server, by hand: asyncio's streams and HTTP libraries cost several times as much an answer."""

from __future__ import annotations

import asyncio
from http.client import responses
from typing import Any

REQUEST_ID = "5e1f0000-0000-4000-8000-0123456789ab"
"""Of every answer: the same call twice gives the same bytes."""


class Http(asyncio.Protocol):
    """One request after another on a connection; whoever answers calls `done` when the answer is out."""

    def __init__(self) -> None:
        self.transport: Any = None
        self._received = bytearray()
        self._busy = False
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._busy:
            self._take()

    def done(self) -> None:
        self._busy = False
        if self._received:
            self._take()

    def _take(self) -> None:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "chunked" in headers.get("transfer-encoding", ""):
            found = unchunked(self._received, end + 4)
        else:
            stop = end + 4 + int(headers.get("content-length") or 0)
            found = (bytes(self._received[end + 4 : stop]), stop) if len(self._received) >= stop else None
        if found is None:
            if headers.get("expect", "").lower() == "100-continue" and not self._continued:
                self._continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body, stop = found
        del self._received[:stop]
        self._busy, self._continued = True, False
        method, target, _ = first.split(" ", 2)
        self.request(method, target, headers, body, stop)

    def request(self, method: str, target: str, headers: dict[str, str], body: bytes, size: int) -> None:
        """A request is whole: names of headers are in lower case, `size` is what it took on the wire."""
        raise NotImplementedError


def unchunked(received: bytearray, at: int) -> tuple[bytes, int] | None:
    """The body of a chunked request that begins at `at`, and where it ends; None while it has not."""
    body = bytearray()
    while True:
        end = received.find(b"\r\n", at)
        if end < 0:
            return None
        size = int(bytes(received[at:end]).split(b";")[0], 16)
        begin = end + 2
        if len(received) < begin + size + 2:
            return None
        body += received[begin : begin + size]
        at = begin + size + 2
        if size == 0:
            return bytes(body), at


def head(status: int, headers: dict[str, str], length: int) -> bytes:
    """A response's head, for a body of that length."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}", f"x-amzn-RequestId: {REQUEST_ID}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {length}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")
