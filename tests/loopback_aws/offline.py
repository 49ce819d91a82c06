"""A botocore client that is answered in its own process, without a socket: whatever needs no connection is quick so."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from urllib3 import HTTPHeaderDict

from tests.loopback_aws.service import Service


class _Body(io.BytesIO):
    """As much of urllib3's response as botocore reads."""

    def stream(self, amount: int = 65536, **_: Any) -> Iterator[bytes]:
        while piece := self.read(amount):
            yield piece


def attach(client: Any, service: Service, now: float = 0.0) -> None:
    """Every request of the client comes to `service` at the time `now`."""

    def send(request: Any, **context: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers["host"] = url.netloc
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        reply = service.handle(now, 1, request.method, target, headers, _bytes(request.body))
        lines = reply.data[: reply.head - 4].decode("latin-1").split("\r\n")[1:]
        received = HTTPHeaderDict()
        for line in lines:
            name, _, value = line.partition(": ")
            received.add(name, value)
        return AWSResponse(request.url, reply.status, received, _Body(reply.data[reply.head :]))

    client.meta.events.register("before-send.*.*", send)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body or b"")
