"""Which operation a request asks for.

The signature's scope names a service, but several services share a name (`rds` is RDS, Neptune and DocumentDB, and
nobody can tell those apart: it is RDS). The rest of the request decides: the operation in a CBOR path, `X-Amz-Target`,
`Action` and `Version` of a form, or method and path against the model's URI templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.loopback_aws.decode import from_cbor, from_form, from_json, from_rest
from tests.loopback_aws.models import Head, heads, heads_by, operation_model, service_model
from tests.loopback_aws.sitecustomize.sitecustomize import SUFFIXES

CBOR_PATH = re.compile(r"/service/([^/]+)/operation/([^/?]+)")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+\Z")
ALIASES = {"s3express": "s3", "s3-outposts": "s3control", "s3-object-lambda": "s3"}
"""Names that endpoint rules sign with, for which there is no service of that name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, without where and for whom."""

    service: str
    operation: str
    protocol: str
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def region_in(host: str, known: Any) -> str:
    """The region that a host name says, or nothing. The last label counts: a bucket's name may hold another's."""
    for label in reversed(host.split(".")):
        if label in known:
            return label
        if label.startswith("s3-") and label[3:] in known:
            return label[3:]
    return ""


def route(
    signed_for: str, host: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Asked | None:
    """`signed_for` is the service in the signature, empty where there is none; `headers` have names in lower case."""
    cbor = CBOR_PATH.match(target)
    if cbor and headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _named(heads_by("target").get(cbor[1], ()), signed_for, cbor[2], "cbor", lambda m: from_cbor(m, body))
    asked_for = headers.get("x-amz-target")
    if asked_for:
        prefix, _, operation = asked_for.rpartition(".")
        return _named(heads_by("target").get(prefix, ()), signed_for, operation, "json", lambda m: from_json(m, body))
    candidates = _candidates(signed_for, labels_of(host))
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        fitting = [head for head in candidates if head.version == form.get("Version")]
        for head in fitting:
            protocol = "ec2" if "ec2" in head.protocols else "query"
            asked = _named((head,), signed_for, form.get("Action", ""), protocol, lambda m: from_form(m, form))
            if asked:
                return asked
    return _rest(candidates, host, method, target, headers, body)


def _named(fitting: Any, signed_for: str, operation: str, protocol: str, decode: Any) -> Asked | None:
    for head in sorted(fitting, key=lambda head: signed_for not in head.names):
        model = operation_model(head.service, operation)
        if model is not None:
            return Asked(head.service, operation, protocol, decode(model))
    return None


def labels_of(host: str) -> str:
    """A host name without what all of AWS's have and without its region."""
    bare = next((host.removesuffix(suffix) for suffix in SUFFIXES if host.endswith(suffix)), host)
    return ".".join(label for label in bare.split(".") if not REGION.match(label))


@cache
def _candidates(signed_for: str, labels: str) -> tuple[Head, ...]:
    """Services by the signature's name, else by the host's labels; those that the labels fit best first."""
    named = heads_by("name")
    found = named.get(signed_for, ()) + named.get(ALIASES.get(signed_for, ""), ())
    if not found and not signed_for:
        found = tuple(head for head in heads() if f".{labels}".endswith(f".{head.prefix}"))

    def rank(head: Head) -> tuple[bool, bool, bool, str]:
        fits = f".{labels}".endswith(f".{head.prefix}")
        return head.prefix != labels, not fits, head.service != signed_for, head.service

    return tuple(sorted(found, key=rank))


@dataclass(frozen=True, slots=True)
class _Template:
    """A model's `requestUri`: path with labels, and what must stand in the query."""

    pattern: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    required: frozenset[str]
    operation: str
    rank: tuple[int, int, bool]


@cache
def _templates(service: str, method: str) -> tuple[_Template, ...]:
    """The URI templates of a service's operations, the most particular first."""
    return tuple(sorted(_read_templates(service, method), key=lambda one: one.rank, reverse=True))


def _read_templates(service: str, method: str) -> Iterator[_Template]:
    model = service_model(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        if http["method"] != method:
            continue
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{([^}]+?)(\\\+)?\\\}", _label, re.escape(path.rstrip("/") or "/"))
        literals = frozenset(parse_qsl(query, keep_blank_values=True))
        literal_path = re.sub(r"\{[^}]+\}", "", path)
        required = frozenset(_required_in_query(model.operation_model(name).input_shape))
        rank = (len(literal_path), len(literals) + len(required), not model.operation_model(name).deprecated)
        yield _Template(re.compile(pattern + "/?"), literals, required, name, rank)


def _required_in_query(shape: Any) -> Iterator[str]:
    for name in shape.required_members if shape is not None else ():
        if shape.members[name].serialization.get("location") == "querystring":
            yield shape.members[name].serialization.get("name", name)


def _label(found: re.Match[str]) -> str:
    name = found[1].replace("\\", "")
    inner = ".+" if found[2] else "[^/]+"
    return f"(?P<{_group(name)}>{inner})"


def _group(label: str) -> str:
    """A URI label as the name of a group of a regular expression."""
    return "L" + re.sub(r"\W", lambda found: f"_{ord(found[0]):x}_", label)


def _rest(
    candidates: tuple[Head, ...], host: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Asked | None:
    path, _, query_text = target.partition("?")
    query = parse_qsl(query_text, keep_blank_values=True)
    for head in candidates:
        protocol = next((one for one in head.protocols if one.startswith("rest-")), None)
        if protocol is None:
            continue
        here = _with_bucket(host, path) if head.service == "s3" else path
        for template in _templates(head.service, method):
            found = template.pattern.fullmatch(here)
            if found and template.query <= set(query) and template.required <= {name for name, _ in query}:
                model = operation_model(head.service, template.operation)
                labels = {name: unquote(value) for name, value in found.groupdict().items()}
                by_name = lambda name, labels=labels: labels.get(_group(name))  # noqa: E731
                parameters = from_rest(model, protocol, by_name, query, headers, body)
                return Asked(head.service, template.operation, protocol, parameters)
    return None


def _with_bucket(host: str, path: str) -> str:
    """An S3 path with the bucket in it, wherever the request has it."""
    bucket = re.match(r"(.+)\.s3[.-]", host)
    return f"/{bucket[1]}{path.rstrip('/') if path == '/' else path}" if bucket else path
