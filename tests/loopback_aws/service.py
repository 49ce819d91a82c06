"""What a request is answered with, and what is noted of it. No socket and no clock: both are passed in."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from stocktake.catalog import CATALOG
from tests.loopback_aws.answers import Answers, Kept
from tests.loopback_aws.estate import KEY, Estate, Fault
from tests.loopback_aws.failures import Refused, denied, render_error, throttled, unknown_key
from tests.loopback_aws.http1 import REQUEST_ID, head
from tests.loopback_aws.models import operation_model
from tests.loopback_aws.pages import listing
from tests.loopback_aws.quotas import Buckets
from tests.loopback_aws.render import S3_ROOTS
from tests.loopback_aws.route import Asked, labels_of, region_in, route
from tests.loopback_aws.special import user_of

SCOPE = re.compile(r"Credential=([^/,]+)/\d{8}/(?:([^/]+)/)?([^/]+)/aws4_request")
SIGNING = {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-target", "x-amz-user-agent"}
KEPT_BYTES = 100 * 2**20
ROUTED = 50_000


@dataclass(slots=True)
class Reply:
    """Bytes to be sent `seconds` of service time later; the first `head` of them are the response's head."""

    data: bytes
    head: int
    status: int
    seconds: float = 0.0
    page: int = 0
    error: str = ""
    fault: Fault | None = None
    fault_number: int = -1


@dataclass(slots=True)
class Call:
    """A request as the service understands it. Without `asked` nobody knows what it wants."""

    asked: Asked | None
    kept_as: str
    service: str
    protocol: str
    account: str
    region: str
    host: str
    key: str
    who: str
    arrived: str
    signed: str

    @property
    def name(self) -> str:
        return self.asked.name if self.asked else f"{self.service}:?"

    @property
    def model(self) -> Any:
        return operation_model(self.asked.service, self.asked.operation) if self.asked else None


class Counts:
    """What happened since the start or the last reset."""

    def __init__(self, now: float, open_sockets: int = 0) -> None:
        self.began = now
        self.cpu = time.process_time()
        self.connections = 0
        self.open_sockets = open_sockets
        self.most_open_sockets = open_sockets
        self.bytes_in = 0
        self.bytes_out = 0
        self.throttles = 0
        self.operations: Counter[str] = Counter()
        self.log: list[dict[str, Any]] = []


class Service:
    """One estate at a time."""

    def __init__(self, estate: Estate, now: float) -> None:
        self._routed: dict[Any, tuple[Asked | None, str]] = {}
        self.estate = estate
        self.answers = Answers(estate)
        self._kept = Kept(KEPT_BYTES)
        self.counts = Counts(now)
        self.reset(estate, now)

    def reset(self, estate: Estate, now: float) -> None:
        """Answers for an estate from now on, and forgets what happened before."""
        if estate != self.estate:
            self.estate = estate
            self.answers = Answers(estate)
            self._kept = Kept(KEPT_BYTES)
        self.counts = Counts(now, self.counts.open_sockets)
        self._buckets = Buckets(estate.rival)
        self._left = [fault.times for fault in estate.faults]

    def warm(self) -> None:
        """Prepares what the catalogue's calls need for their first page: models, and pages' pieces."""
        for row in CATALOG.values():
            for call in row.every_call():
                here = listing(row.service_of(call), call.operation)
                protocol = here.model.service_model.resolved_protocol.removeprefix("smithy-rpc-v2-")
                parameters = {here.limit: here.largest} if here.limit else {}
                asked = Asked(here.service, here.operation, protocol, parameters)
                with contextlib.suppress(Refused, KeyError):  # KeyError: those by hand want their parameters
                    self.answers.answer(self.estate.accounts[0], self.estate.regions[0], asked)

    def handle(
        self,
        now: float,
        connection: int,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        arrived: str = "",
    ) -> Reply:
        """The reply to a request that came in at `now`, at the listener of the region `arrived`."""
        call = self._read(method, target, headers, body, arrived)
        refused = self._refusal(call, headers, now)
        reply = self._answer(call) if refused is None else self._refused(call, refused)
        number = self._fault(call, reply.page) if call.asked else -1
        if number >= 0:
            reply = self._spoil(call, reply, self.estate.faults[number])
            reply.fault_number = number
        if method == "HEAD":
            reply.data = reply.data[: reply.head]
        reply.seconds += self.estate.slow.get(call.name, self.estate.service_seconds)
        self._note(call, reply, connection, now)
        return reply

    def report(self, now: float) -> dict[str, Any]:
        counts = self.counts
        return {
            "calls": len(counts.log),
            "connections": counts.connections,
            "open_sockets": counts.open_sockets,
            "most_open_sockets": counts.most_open_sockets,
            "bytes_in": counts.bytes_in,
            "bytes_out": counts.bytes_out,
            "throttles": counts.throttles,
            "rival_throttles": self._buckets.rival_throttles(now),
            "server_cpu_seconds": time.process_time() - counts.cpu,
            "operations": dict(counts.operations),
        }

    # Who asks for what.

    def _read(self, method: str, target: str, headers: dict[str, str], body: bytes, arrived: str) -> Call:
        host = headers.get("host", "").partition(":")[0]
        found = SCOPE.search(headers.get("authorization", ""))
        key, scope, signed_for = found.groups() if found else ("", None, "")
        asked, kept_as = self._route(signed_for, host, method, target, headers, body)
        known = (*self.estate.regions, *self.estate.disabled)
        region = scope or headers.get("x-amz-region-set", "")
        if region not in known:  # signed for all regions, for the partition, or not at all
            region = region_in(host, known) or "us-east-1"
        owner = KEY.match(key)
        account = owner[2] if owner and owner[2] in self.estate.accounts else ""
        if not found and asked is not None:
            account = self.estate.accounts[0]
        return Call(
            asked,
            kept_as,
            asked.service if asked else signed_for or "unknown",
            asked.protocol if asked else _guess(headers),
            account,
            region,
            host,
            key,
            _who(key, account, headers),
            arrived,
            scope or "",
        )

    def _route(
        self, signed_for: str, host: str, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Asked | None, str]:
        """What a request asks for, and a name for that."""
        kind = headers.get("x-amz-target") or headers.get("smithy-protocol") or headers.get("content-type")
        varying = tuple(item for item in headers.items() if item[0].startswith("x-amz-") and item[0] not in SIGNING)
        key = (signed_for, labels_of(host), method, target, kind, varying, body)
        found = self._routed.get(key)
        if found is None:
            try:
                asked = route(signed_for, host, method, target, headers, body)
            except (ValueError, KeyError):
                asked = None
            kept_as = f"{asked.protocol} {asked.name} {json.dumps(asked.parameters, default=str)}" if asked else ""
            if len(self._routed) > ROUTED:
                self._routed.clear()
            found = self._routed[key] = (asked, kept_as)
        return found

    def _refusal(self, call: Call, headers: dict[str, str], now: float) -> Refused | None:
        there = region_in(call.host, self.estate.regions)
        if not call.account or not call.who or call.region in (*self.estate.disabled, *self.estate.changing):
            return unknown_key(call.service, call.protocol)
        if there and there != call.region:
            text = f"Credential should be scoped to a valid region, not '{call.region}'."
            return Refused("AuthFailure" if call.protocol == "ec2" else "SignatureDoesNotMatch", text, 403)
        if call.asked is None:
            return Refused("UnknownOperationException", f"This is no operation of {call.service}.")
        if self.estate.quotas and not self._buckets.take(call.account, call.region, call.asked, now):
            return self._throttled(call)
        return None

    def _throttled(self, call: Call) -> Refused:
        self.counts.throttles += 1
        return throttled(call.service, call.model)

    # Answers.

    def _answer(self, call: Call) -> Reply:
        assert call.asked
        key = (call.account, call.region, call.who, call.kept_as)
        kept: Reply | None = self._kept.get(key)
        if kept is None:
            try:
                whole = self.answers.answer(call.account, call.region, call.asked, call.who)
            except Refused as error:
                return self._refused(call, error)
            except Exception as error:  # a fault of this server: the client is to see it, the server to live on
                traceback.print_exc(file=sys.stderr)
                return self._refused(call, Refused("InternalFailure", repr(error), 500))
            top = head(whole.status, whole.headers, sum(map(len, whole.pieces)))
            kept = Reply(b"".join([top, *whole.pieces]), len(top), whole.status, page=whole.page)
            self._kept.put(key, kept, len(kept.data) + 500)
        return Reply(kept.data, kept.head, kept.status, page=kept.page)

    def _refused(self, call: Call, error: Refused) -> Reply:
        rendered = render_error(call.protocol, call.service, call.model, error, REQUEST_ID)
        top = head(rendered.status, rendered.headers, len(rendered.body))
        return Reply(top + rendered.body, len(top), rendered.status, error=error.code)

    def _fault(self, call: Call, page: int) -> int:
        """The number of the fault that befalls a call; -1: none."""
        for number, fault in enumerate(self.estate.faults):
            left = self._left[number]
            if left != 0 and fault.fits(call.name, call.region, call.account, page):
                if left is not None:
                    self._left[number] = left - 1
                return number
        return -1

    def _spoil(self, call: Call, reply: Reply, fault: Fault) -> Reply:
        """A reply with what of a fault is in its bytes; the rest is the connection's."""
        assert call.asked
        body = reply.data[reply.head :]
        cut = body[: fault.at or len(body) // 2]
        given = fault.body.encode("latin-1")
        page = reply.page
        match fault.kind:
            case "throttle":
                reply = self._refused(call, self._throttled(call))
            case "denied":
                error = denied(call.service, call.model, call.who)
                reply = self._refused(call, Refused(error.code, fault.message or error.message, error.status))
            case "error":
                reply = self._refused(call, Refused(fault.code, fault.message, fault.status))
            case "status":
                reply = _plain(fault.status, {}, b"")
            case "truncate":
                reply = Reply(reply.data[: reply.head] + cut, reply.head, reply.status)
            case "short":
                reply = _with_body(reply, cut)
            case "surplus":
                reply = _with_body(reply, body, announced=b"Content-Length: %d" % len(cut))
            case "gzip":
                packed = gzip.compress(body, mtime=0)
                packed = packed[: fault.at or len(packed) // 2]
                reply = _with_body(
                    reply, packed, announced=b"Content-Encoding: gzip\r\nContent-Length: %d" % len(packed)
                )
            case "unsized":
                reply = _with_body(reply, cut, announced=b"Connection: close")
            case "chunked":
                halves = (cut[: len(cut) // 2], cut[len(cut) // 2 :])
                chunks = b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in halves if half)
                end = b"0\r\n\r\n" if cut == body else b""
                reply = _with_body(reply, chunks + end, announced=b"Transfer-Encoding: chunked")
            case "body":
                reply = _with_body(reply, given, status=fault.status)
            case "prefix":
                reply = _with_body(reply, given + body)
            case "suffix":
                reply = _with_body(reply, body + given)
            case "utf-16":
                reply = _with_body(reply, body.decode().encode("utf-16-le"))
            case "bare":
                reply = _with_body(reply, _bare(call))
            case "other":
                asked = replace(call.asked, operation=fault.code, parameters={})
                reply = self._instead(call, reply, asked)
            case "again":
                tokens = listing(call.asked.service, call.asked.operation).tokens_in
                parameters = {name: value for name, value in call.asked.parameters.items() if name not in tokens}
                reply = self._instead(call, reply, replace(call.asked, parameters=parameters))
            case "hollow":
                reply = self._instead(call, reply, call.asked, hollow=True)
            case "twice":
                reply = Reply(2 * reply.data, reply.head, reply.status)
            case "empty":
                reply = _plain(200, {}, b"")
            case "html":
                text = b"<html><body><h1>We will be back soon</h1></body></html>"
                reply = _plain(200, {"Content-Type": "text/html"}, text)
            case "null":
                reply = _plain(200, {"Content-Type": "application/json"}, b"null")
            case "delay":
                reply.seconds += fault.seconds
        reply.fault, reply.page = fault, page
        return reply

    def _instead(self, call: Call, reply: Reply, asked: Asked, *, hollow: bool = False) -> Reply:
        """The answer to another request than the call's."""
        whole = self.answers.answer(call.account, call.region, asked, call.who, hollow=hollow)
        return _with_body(reply, b"".join(whole.pieces), status=whole.status)

    def _note(self, call: Call, reply: Reply, connection: int, now: float) -> None:
        counts = self.counts
        counts.operations[call.name] += 1
        counts.log.append(
            {
                "at": now - counts.began,
                "account": call.account,
                "region": call.region,
                "host": call.host,
                "arrived": call.arrived,
                "signed": call.signed,
                "service": call.service,
                "operation": call.asked.operation if call.asked else "",
                "parameters": call.asked.parameters if call.asked else {},
                "page": reply.page,
                "status": reply.status,
                "error": reply.error,
                "bytes": len(reply.data) - reply.head,
                "key": call.key,
                "connection": connection,
                "fault": reply.fault.kind if reply.fault else "",
                "fault_number": reply.fault_number,
            }
        )


def _who(key: str, account: str, headers: dict[str, str]) -> str:
    """The caller's ARN; nothing for a temporary key without its session's token."""
    if not key.startswith("ASIA"):
        return user_of(account)
    _, _, session = headers.get("x-amz-security-token", "").partition("/")
    return f"arn:aws:sts::{account}:assumed-role/{session}" if session else ""


def _guess(headers: dict[str, str]) -> str:
    """The protocol of a request of which nobody knows what it asks for."""
    if "x-amz-target" in headers:
        return "json"
    if "smithy-protocol" in headers:
        return "cbor"
    return "query" if "urlencoded" in headers.get("content-type", "") else "rest-json"


def _with_body(reply: Reply, body: bytes, *, announced: bytes = b"", status: int = 0) -> Reply:
    """A reply with another body, announced by its length or as it is said, and maybe another status."""
    length = announced or b"Content-Length: %d" % len(body)
    top = re.sub(rb"Content-Length: \d+", lambda _: length, reply.data[: reply.head])
    if status:
        top = re.sub(rb"\AHTTP/1.1 \d+ [^\r]*", b"HTTP/1.1 %d Spoilt" % status, top)
    return Reply(top + body, len(top), status or reply.status)


def _bare(call: Call) -> bytes:
    assert call.asked
    name, protocol = call.asked.operation, call.asked.protocol
    if protocol == "cbor":
        return b"\xa0"
    if protocol == "ec2":
        return f"<{name}Response><requestId>{REQUEST_ID}</requestId></{name}Response>".encode()
    if protocol == "query":
        return f"<{name}Response><{name}Result></{name}Result></{name}Response>".encode()
    if protocol == "rest-xml":
        root = S3_ROOTS.get(name, f"{name}Result")
        return f"<{root}></{root}>".encode()
    return b"{}"


def _plain(status: int, headers: dict[str, str], body: bytes) -> Reply:
    top = head(status, headers, len(body))
    return Reply(top + body, len(top), status)
