"""Writes down what Stocktake sends, for `ways/floor.py` to send again.

`python -m benchmarks.record RECORDING run --store DIR …` runs the command and records. A recording is a list of
chains: one for each listing, with its first request as raw HTTP, and, where there were more pages, the request for a
further page, the place of the token in it, and the pattern that finds the token in an answer. Signatures are blotted
out. Beside it stands when each call was made: [region, service, from, to], in seconds from the start of the process.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.httpsession import URLLib3Session

from stocktake.aws import Aws
from stocktake.cli import cli

PLACE = "@@TOKEN@@"
SIGNATURE = re.compile(r"Signature=[0-9a-f]+")
JSON_NAME = re.compile(r'"(\w+)"\s*:\s*"$')


def raw_request(method: str, url: str, headers: dict[str, str], body: bytes) -> str:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [
        f"{name}: {SIGNATURE.sub('Signature=0', value)}" for name, value in headers.items() if name != "Content-Length"
    ]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body.decode("latin-1")


def in_a_form(request: str) -> bool:
    """Whether the request's parameters are quoted as those of an address are."""
    return request.startswith("GET ") or "x-www-form-urlencoded" in request.partition("\r\n\r\n")[0]


def with_place(request: str, token: str) -> str:
    """A request with PLACE where the token stands."""
    for written in (
        (quote(token, safe=""), quote(token, safe="-_.~/")) if in_a_form(request) else (json.dumps(token)[1:-1],)
    ):
        if written in request:
            return request.replace(written, PLACE)
    raise ValueError("the next page's request does not have the token that its answer gave")


def pattern_of(answer: str, token: str) -> str:
    """A pattern whose first group is the token in a raw answer like this one."""
    for written in (token, html.escape(token, quote=False), json.dumps(token)[1:-1]):
        before = answer.rpartition(written)[0]
        named = JSON_NAME.search(before[-200:])
        if named:
            return rf'"{named[1]}"\s*:\s*"([^"]+)"'
        if before.endswith(">"):
            return re.escape(before[before.rindex("<") :]) + "([^<]+)<"
    raise ValueError("the answer does not have the token of the next page's request")


def age() -> float:
    """Seconds since this process was started; since now, where the system does not say."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


class Recorder:
    """What was sent, as chains, in the order of sending, and when."""

    def __init__(self) -> None:
        self.chains: list[dict[str, Any]] = []
        self.calls: list[list[Any]] = []
        self._age = age() - time.perf_counter()
        self._begun: dict[Any, tuple[dict[str, Any], str]] = {}
        self._call = threading.local()
        self._lock = threading.Lock()

    def around_call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(aws: Any, request: Any, on_next: Any) -> Any:
            self._call.request = request
            began = time.perf_counter()
            try:
                return call(aws, request, on_next)
            finally:
                times = (round(at + self._age, 4) for at in (began, time.perf_counter()))
                self.calls.append([request.region, request.service, *times])

        return recorded

    def around_send(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(session: Any, prepared: Any) -> Any:
            answer = send(session, prepared)
            if getattr(self._call, "request", None) is not None and answer.status_code == 200:
                with self._lock:
                    self._note(self._call.request, prepared, answer.content)
            return answer

        return recorded

    def _note(self, request: Any, prepared: Any, answer: bytes) -> None:
        key = (request.account, request.region, request.service, request.operation, repr(request.parameters))
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value) for name, value in prepared.headers.items()
        }
        body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
        raw = raw_request(prepared.method, prepared.url, headers, body)
        if request.token is None:
            chain = {
                "service": request.service,
                "operation": request.operation,
                "host": urlsplit(prepared.url).netloc,
                "ca": os.environ["AWS_CA_BUNDLE"],
                "first": raw,
                "next": None,
                "token": None,
                "place": PLACE,
                "quoted": in_a_form(raw),
            }
            self.chains.append(chain)
            self._begun[key] = (chain, answer.decode("latin-1"))
        elif self._begun[key][0]["next"] is None:
            chain, first_answer = self._begun[key]
            token = next(one for one in request.token if one is not None)
            chain["next"] = with_place(raw, token)
            chain["token"] = pattern_of(first_answer, token)


def main() -> None:
    recording = Path(sys.argv[1])
    recorder = Recorder()
    Aws.call = recorder.around_call(Aws.call)  # type: ignore[method-assign]
    URLLib3Session.send = recorder.around_send(URLLib3Session.send)
    code = cli.main(sys.argv[2:], standalone_mode=False)
    recording.write_text(json.dumps({"chains": recorder.chains, "calls": recorder.calls}))
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
