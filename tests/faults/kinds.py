"""What can go wrong with an answer, and what must then be said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Any

from stocktake.model import ReasonCode, State
from tests.loopback_aws.pages import listing

WHO = "User: arn:aws:sts::111111111111:assumed-role/stocktake/x is not authorized to perform this"
HTML = "<html><body><h1>We will be back soon</h1></body></html>"
WHOLE = 10**6
"""More bytes than any body here has."""


class Effect(Enum):
    """What a fault of a kind comes to.

    NOTHING  the answer is whole and right
    PASSES   the call is made again, and may then succeed
    STAYS    the call is not made again
    RESTART  the listing begins again, once
    LOOP     the listing would never end
    """

    NOTHING = auto()
    PASSES = auto()
    STAYS = auto()
    RESTART = auto()
    LOOP = auto()


@dataclass(frozen=True)
class Kind:
    """A kind of fault: members of `Fault`, some of them drawn from a seed, and the states and reasons that fit it."""

    name: str
    effect: Effect
    fault: Callable[[Random], Mapping[str, Any]]
    reasons: frozenset[ReasonCode] = frozenset()
    state: State = State.FAILED
    only: Callable[[Any], bool] = field(default=lambda place: True)
    """Whether it can befall a place (`cases.Place`)."""


def of(kind: str, **members: Any) -> Callable[[Random], Mapping[str, Any]]:
    return lambda rng: {"kind": kind, **members}


def cut(kind: str) -> Callable[[Random], Mapping[str, Any]]:
    """Cut in the middle, near its beginning or near its end."""
    return lambda rng: {"kind": kind, "at": rng.choice((0, rng.randint(1, 9), -rng.randint(1, 9)))}


def passes(name: str, fault: Callable[[Random], Mapping[str, Any]], *reasons: ReasonCode, **more: Any) -> Kind:
    return Kind(name, Effect.PASSES, fault, frozenset(reasons), **more)


def error(code: str, status: int, message: str = "as AWS put it") -> Callable[[Random], Mapping[str, Any]]:
    return of("error", code=code, status=status, message=message)


THROTTLES = (
    ("RequestLimitExceeded", 503),
    ("EC2ThrottledException", 503),
    ("Throttling", 400),
    ("ThrottlingException", 400),
    ("ThrottlingException", 429),
    ("TooManyRequestsException", 429),
    ("TooManyRequestsException", 400),
    ("ThrottledException", 400),
    ("RequestThrottledException", 400),
    ("RequestThrottled", 403),
    ("ProvisionedThroughputExceededException", 400),
    ("BandwidthLimitExceeded", 509),
    ("PriorRequestNotComplete", 400),
    ("LimitExceededException", 400),
    ("SlowDown", 503),
)
OUTAGES = (("InternalError", 500), ("InternalFailure", 500), ("ServiceUnavailable", 503), ("Unavailable", 503))
DENIALS = (
    ("AccessDenied", 403),
    ("AccessDeniedException", 400),
    ("UnauthorizedOperation", 403),
    ("AuthorizationError", 403),
    ("NotAuthorized", 403),
    ("InsufficientPrivilegesException", 403),
)
POLICIES_ABOVE = (
    f"{WHO} with an explicit deny in a service control policy",
    f"{WHO} because no service control policy allows the action",
    f"{WHO} with an explicit deny in a resource control policy",
)
EXPIRED_PAGE_TOKENS = (
    "InvalidNextToken",
    "InvalidNextTokenException",
    "InvalidPaginationToken",
    "ExpiredNextTokenException",
    "PaginationTokenExpiredException",
    "InvalidMarkerException",
)
NO_ANSWERS = {
    "list": "[]",
    "text": '"text"',
    "true": "true",
    "number": "12",
    "not UTF-8": "\xff\xfe\x00",
    "UTF-8 cut": '{"Tags": "\xc3',
    "words": "not anything",
    "message": '{"message": "hello"}',
    "JSON error": '{"__type": "ThrottlingException", "message": "Rate exceeded"}',
    "XML error": "<ErrorResponse><Error><Code>Throttling</Code><Message>Slower</Message></Error></ErrorResponse>",
    "EC2 error": "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
    "S3 error": "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
    "other XML": "<a><b/></a>",
    "HTML page": f"<!DOCTYPE html>{HTML}",
}


def is_listing(place: Any) -> bool:
    return bool(place.pages_on)


def names_its_list(place: Any) -> bool:
    """SQS leaves the list out where it is empty; what an enrichment leaves out is not configured."""
    return place.enrichment is None and (place.service, place.operation) != ("sqs", "ListQueues")


def is_json(place: Any) -> bool:
    """XML with a byte order mark is read."""
    return "json" in listing(place.service, place.operation).model.service_model.resolved_protocol


HARMLESS = (
    Kind("late", Effect.NOTHING, of("delay", seconds=0.05)),
    Kind("drip", Effect.NOTHING, of("drip", seconds=0.05)),
    Kind("chunked", Effect.NOTHING, of("chunked", at=WHOLE)),
    Kind("unsized", Effect.NOTHING, of("unsized", at=WHOLE)),
    Kind("twice", Effect.NOTHING, of("twice")),
    Kind("line feed after it", Effect.NOTHING, of("suffix", body="\r\n")),
    Kind("hollow page", Effect.NOTHING, of("hollow"), only=is_listing),
)
PASSING = (
    passes("throttle", of("throttle"), ReasonCode.THROTTLED),
    *(passes(f"{code} {status}", error(code, status), ReasonCode.THROTTLED) for code, status in THROTTLES),
    passes("bare 429", of("status", status=429), ReasonCode.THROTTLED),
    passes("HTML 429", of("body", status=429, body=HTML), ReasonCode.THROTTLED),
    *(passes(f"{code} {status}", error(code, status), ReasonCode.UNEXPECTED) for code, status in OUTAGES),
    *(passes(f"bare {status}", of("status", status=status), ReasonCode.UNEXPECTED) for status in (500, 502, 503)),
    *(passes(f"bare {status}", of("status", status=status), ReasonCode.TIMEOUT) for status in (408, 504)),
    passes("plain text 500", of("body", status=500, body="Internal Failure"), ReasonCode.UNEXPECTED),
    passes("HTML 503", of("body", status=503, body=HTML), ReasonCode.UNEXPECTED),
    passes("cut XML 503", of("body", status=503, body="<ErrorResponse><Error><Co"), ReasonCode.UNEXPECTED),
    passes("cut JSON 500", of("body", status=500, body='{"__type": "Inte'), ReasonCode.UNEXPECTED),
    passes("RequestTimeout 400", error("RequestTimeout", 400), ReasonCode.TIMEOUT),
    passes("reset", of("reset"), ReasonCode.NETWORK),
    passes("cut after a while", of("hang", seconds=0.05), ReasonCode.NETWORK),
    passes("hang", of("hang"), ReasonCode.TIMEOUT),
    passes("cut, announced whole", cut("truncate"), ReasonCode.MALFORMED),
    passes("cut, announced as cut", cut("short"), ReasonCode.MALFORMED),
    passes("whole, announced as cut", cut("surplus"), ReasonCode.MALFORMED),
    passes("cut, not announced", cut("unsized"), ReasonCode.MALFORMED),
    passes("chunks cut", cut("chunked"), ReasonCode.NETWORK),
    passes("gzip", of("gzip", at=WHOLE), ReasonCode.MALFORMED),
    passes("gzip cut", cut("gzip"), ReasonCode.MALFORMED),
    passes("empty", of("empty"), ReasonCode.MALFORMED),
    passes("bare 202", of("status", status=202), ReasonCode.MALFORMED),
    passes("bare 204", of("status", status=204), ReasonCode.MALFORMED),
    passes("HTML", of("html"), ReasonCode.MALFORMED),
    passes("null", of("null"), ReasonCode.MALFORMED),
    *(passes(name, of("body", status=200, body=body), ReasonCode.MALFORMED) for name, body in NO_ANSWERS.items()),
    passes("rubbish before it", of("prefix", body="x"), ReasonCode.MALFORMED),
    passes("rubbish after it", of("suffix", body="}"), ReasonCode.MALFORMED),
)
STAYING = (
    Kind("denied", Effect.STAYS, of("denied"), frozenset({ReasonCode.IAM}), State.DENIED),
    *(
        Kind(f"{code} {status}", Effect.STAYS, error(code, status, WHO), frozenset({ReasonCode.IAM}), State.DENIED)
        for code, status in DENIALS
    ),
    *(
        Kind(f"policy above {n}", Effect.STAYS, of("denied", message=text), frozenset({ReasonCode.SCP}), State.DENIED)
        for n, text in enumerate(POLICIES_ABOVE)
    ),
    *(
        Kind(code, Effect.STAYS, error(code, 400), frozenset({ReasonCode.NOT_OFFERED}), State.UNAVAILABLE)
        for code in ("InvalidAction", "UnknownOperationException")
    ),
    *(
        Kind(code, Effect.STAYS, error(code, 400), frozenset({ReasonCode.NOT_ENABLED}), State.UNAVAILABLE)
        for code in ("SubscriptionRequiredException", "OptInRequired")
    ),
    Kind("odd error", Effect.STAYS, error("ValidationException", 400), frozenset({ReasonCode.UNEXPECTED})),
    *(
        Kind(f"bare {status}", Effect.STAYS, of("status", status=status), frozenset({ReasonCode.UNEXPECTED}))
        for status in (300, 301, 302, 307, 400, 404, 418)
    ),
)
OF_TOKENS = (
    *(Kind(code, Effect.RESTART, error(code, 400), frozenset({ReasonCode.PAGE_TOKEN})) for code in EXPIRED_PAGE_TOKENS),
    Kind("first page again", Effect.LOOP, of("again"), frozenset({ReasonCode.TOKEN_LOOP}), only=is_listing),
)

HOLLOW = (
    passes("nothing in it", of("bare"), ReasonCode.MALFORMED, only=names_its_list),
    passes("byte order mark", of("prefix", body="\xef\xbb\xbf"), ReasonCode.MALFORMED, only=is_json),
    passes("UTF-16", of("utf-16"), ReasonCode.MALFORMED),
)
"""Answers of the right form in which nothing is, or nothing that the SDK can read."""

KINDS = (*HARMLESS, *PASSING, *STAYING, *OF_TOKENS, *HOLLOW)
