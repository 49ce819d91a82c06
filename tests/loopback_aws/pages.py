"""How an operation lists: where its items stand, how it pages, and which parameters ask for certain ones.

By botocore's paginator data; where that has nothing, by the `paging` of the catalogue's rows, and else by the names
that AWS's operations usually give these things. What says which item it is: the same names, and the rows' `id`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, From, ResourceType
from tests.loopback_aws.models import operation_model, paginator
from tests.loopback_aws.names import NOT_LISTED, identifying, kind_of, singular, stem, subject

TOKENS = ("NextToken", "nextToken", "next_token", "Marker", "marker", "NextMarker", "nextMarker", "PageToken",
          "pageToken", "NextPageToken", "nextPageToken", "ContinuationToken", "PaginationToken", "paginationToken",
          "position", "Token", "ExclusiveStartShardId")  # fmt: skip
FOLLOWING = ("NextToken", "nextToken", "NextMarker", "nextMarker")
LIMITS = ("MaxResults", "maxResults", "MaxItems", "maxItems", "MaxRecords", "Limit", "limit", "PageSize", "pageSize",
          "MaxKeys", "maxRecords", "Max", "max_results", "MaxBuckets")  # fmt: skip

MORE = ("IsTruncated", "HasMoreResults", "Truncated")

LARGEST = {
    "ec2": 1000,
    "iam": 1000,
    "autoscaling": 100,
    "cloudformation": 100,
    "cloudwatch": 100,
    "ecs": 100,
    "elasticache": 100,
    "kms": 1000,
    "rds": 100,
    "redshift": 100,
    "s3": 1000,
    "sns": 100,
    "sqs": 1000,
}
"""The largest page by service, from the API references, for operations whose model gives no range."""

CAPPED = {"lambda": 50}
"""Services that take a larger page size and answer with this many (Lambda API reference, ListFunctions)."""

CHOSEN = {
    ("cloudwatch", "DescribeAlarms"): (
        "AlarmTypes",
        {"CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms", "MetricAlarm": "MetricAlarms"},
    ),
    ("iam", "GetAccountAuthorizationDetails"): (
        "Filter",
        {
            "Group": "GroupDetailList",
            "LocalManagedPolicy": "Policies",
            "Role": "RoleDetailList",
            "User": "UserDetailList",
        },
    ),
}
"""Operations with a list for each kind of thing: the parameter that says which kinds, and each one's list."""

LEFT_OUT = {("sqs", "ListQueues")}
"""Operations whose answer has no list, not even an empty one, where there are no items (boto3 issue 1813)."""

ANSWERED_AS = {"docdb": "rds", "neptune": "rds"}
"""Services whose requests nobody can tell from another's (`route.py`)."""

USUAL = 100
UNPAGED = ("ec2", "sqs")
"""Services that answer everything where no page size is asked for."""


@cache
def needed(service: str, operation: str) -> frozenset[str]:
    """What the catalogue's rows cannot do without in an operation's answer: to know that it is whole, to know and to
    choose its items, to find again what was asked for, and to ask further."""
    texts: list[str] = []
    for row in CATALOG.values():
        for depth, call in enumerate(row.calls):
            if not _is(row, call, service, operation):
                continue
            texts += [*call.needs, *_accounted(call)]
            following = row.calls[depth + 1 : depth + 2] or tuple(one.call for one in row.enrich)
            texts += [text for one in following for text in _asked_with(one, "item")]
            texts += [text for one in row.calls[depth + 2 : depth + 3] for text in _asked_with(one, "parent")]
            texts += [row.id, call.where] if call is row.calls[-1] else []
        for enrichment in row.enrich:
            if _is(row, enrichment.call, service, operation):
                texts += [*enrichment.call.needs, *_accounted(enrichment.call), enrichment.match]
    return _names_in(texts)


@cache
def relied_on(service: str, operation: str) -> frozenset[str]:
    """That, and what an item's ARN is made of."""
    ends = [row for row in CATALOG.values() if _is(row, row.calls[-1], service, operation)]
    return needed(service, operation) | _names_in([row.arn for row in ends])


def _is(row: ResourceType, call: Call, service: str, operation: str) -> bool:
    called = row.service_of(call)
    return (ANSWERED_AS.get(called, called), call.operation) == (service, operation)


def _names_in(texts: list[str]) -> frozenset[str]:
    return frozenset(name for text in texts if not text.endswith("?") for name in re.findall(r"[A-Za-z_]\w*", text))


def _accounted(call: Call) -> list[str]:
    return [call.batch.accounted] if call.batch else []


def _asked_with(call: Call, source: str) -> list[str]:
    """The expressions of a call over the item that it is about, or over that one's parent."""

    def inside(value: Any) -> list[str]:
        if isinstance(value, From):
            return [value.path] if value.source == source else []
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return [text for one in inner for text in inside(one)]

    of_item = [call.region, *([call.batch.value] if call.batch else [])] if source == "item" else []
    return inside(call.parameters) + of_item


@dataclass(frozen=True, eq=False)
class Listing:
    """What is to be known of an operation to answer it.

    kind        what it is about, "Instance"
    items       the members that lead to the list of items; empty where it has none
    inner       the member of an item that has the real items: the instances of a reservation
    tokens_in   parameters that take page tokens
    tokens_out  members that lead to the next page's; an empty path where it is the last item's own name
    more        the members that lead to the flag that there is more
    limit       the parameter for the page size; `default` and `largest` of it, and whether more is refused
    batch       list parameters that ask for certain items
    single      parameters that ask for one
    """

    service: str
    operation: str
    model: Any
    kind: str
    items: tuple[str, ...] = ()
    inner: str = ""
    tokens_in: tuple[str, ...] = ()
    tokens_out: tuple[tuple[str, ...], ...] = ()
    more: tuple[str, ...] = ()
    limit: str = ""
    default: int = USUAL
    largest: int = USUAL
    refuses: bool = True
    batch: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    identity: frozenset[str] = frozenset()

    @property
    def pages(self) -> bool:
        return bool(self.items and self.tokens_in and self.tokens_out)

    @property
    def list_shape(self) -> Any:
        """The shape of the list of items."""
        shape = _at(self.model.output_shape, self.items)
        return shape.member.members[self.inner] if self.inner else shape


@dataclass(frozen=True)
class _Paging:
    """What is known of an operation's pages; `keys` are the members that lead to what they hold."""

    tokens_in: tuple[str, ...] = ()
    tokens_out: tuple[tuple[str, ...], ...] = ()
    more: tuple[str, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()


def listing(service: str, operation: str, parameters: Mapping[str, Any] | None = None) -> Listing:
    """Parameters matter where they choose between lists; of several chosen ones the first is what is listed."""
    name, lists = CHOSEN.get((service, operation), ("", {}))
    kinds = (parameters or {}).get(name) or [""]
    return _listing(service, operation, lists.get(kinds[0], ""))


@cache
def _listing(service: str, operation: str, chosen: str) -> Listing:
    model = operation_model(service, operation)
    output = model.output_shape
    if output is None:
        return Listing(service, operation, model, subject(operation))
    paging = _paging(service, operation, model)
    items = (chosen,) if chosen else _items(output, operation, paging, needed(service, operation))
    if not items:
        kind, element = _alone(output, operation)
        return Listing(service, operation, model, kind, identity=identifying(element, kind))
    inner = "Instances" if (service, operation) == ("ec2", "DescribeInstances") else ""
    element = _at(output, items).member
    element = element.members[inner].member if inner else element
    kind = kind_of(inner or items[-1], operation)
    identity = frozenset()
    if element.type_name == "structure":
        identity = identifying(element, kind) | known_by_rows(service, operation, element)
    limit = _limit(service, operation, model)
    default, largest, refuses = _sizes(service, model, limit)
    batch, single = _asking(model, operation, kind, identity, {*paging.tokens_in, limit})
    return Listing(
        service,
        operation,
        model,
        kind,
        items,
        inner,
        paging.tokens_in,
        paging.tokens_out,
        paging.more,
        limit,
        default,
        largest,
        refuses,
        batch,
        single,
        identity,
    )


def known_by_rows(service: str, operation: str, element: Any) -> frozenset[str]:
    """The texts of an item by which the catalogue's rows know it: not every service names these for their kind."""
    texts = {name for name, member in element.members.items() if member.type_name == "string"}
    return _ids_of_rows(service, operation).intersection(texts)


@cache
def _ids_of_rows(service: str, operation: str) -> frozenset[str]:
    last = [(row, row.calls[-1]) for row in CATALOG.values()]
    ids = [row.id for row, call in last if (row.service_of(call), call.operation) == (service, operation)]
    return frozenset(re.findall(r"\w+", " ".join(ids)))


def _at(shape: Any, path: tuple[str, ...]) -> Any:
    """The shape that members lead to; None where they lead nowhere."""
    for name in path:
        shape = shape.members.get(name) if shape is not None and shape.type_name == "structure" else None
    return shape


def _paging(service: str, operation: str, model: Any) -> _Paging:
    found = _by_paginator(service, operation) or _by_catalogue(service, operation) or _by_names(model)
    inputs = model.input_shape.members if model.input_shape is not None else {}
    texts = [inputs[name].type_name == "string" for name in found.tokens_in[:1] if name in inputs]
    texts += [_at(model.output_shape, path).type_name == "string" for path in found.tokens_out[:1] if path]
    return found if texts and all(texts) else _Paging(keys=found.keys)


def _by_paginator(service: str, operation: str) -> _Paging | None:
    data = paginator(service, operation)
    if data is None:
        return None
    return _Paging(
        _several(data["input_token"]),
        tuple(map(_path, _several(data["output_token"]))),
        _path(data.get("more_results", "")),
        tuple(filter(None, map(_path, _several(data.get("result_key", ()))))),
    )


def _by_catalogue(service: str, operation: str) -> _Paging | None:
    for row in CATALOG.values():
        for call in row.every_call():
            if call.paging and (row.service_of(call), call.operation) == (service, operation):
                tokens_out = tuple(map(_path, call.paging.tokens_out))
                return _Paging(call.paging.tokens_in, tokens_out, _path(call.paging.more))
    return None


def _by_names(model: Any) -> _Paging:
    inputs = model.input_shape.members if model.input_shape is not None else {}
    outputs = model.output_shape.members
    for name in filter(inputs.__contains__, TOKENS):
        bare = name[0].upper() + name[1:]
        likely = (name, f"Next{bare}", f"next{bare}", bare, name[0].lower() + name[1:], "NextToken", "nextToken")
        there = next(filter(outputs.__contains__, likely), None)
        if there is not None:
            more = next(filter(outputs.__contains__, MORE), "")
            return _Paging((name,), ((there,),), _path(more))
    return _Paging()


def _several(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _path(expression: str) -> tuple[str, ...]:
    """The members of a plain JMESPath expression; nothing where it is computed from the items."""
    first = expression.split("||")[0].strip()
    return tuple(first.split(".")) if re.fullmatch(r"\w+(\.\w+)*", first) else ()


def _limit(service: str, operation: str, model: Any) -> str:
    """The parameter for the page size."""
    inputs = model.input_shape.members if model.input_shape is not None else {}
    data = paginator(service, operation) or {}
    return str(data.get("limit_key") or next(filter(inputs.__contains__, LIMITS), ""))


def _items(output: Any, operation: str, paging: _Paging, wanted: frozenset[str]) -> tuple[str, ...]:
    """The members that lead to the list of items; of several the one that the catalogue's rows read."""
    shapes = [(path, _at(output, path)) for path in paging.keys]
    listed = [path for path, shape in shapes if shape is not None and shape.type_name == "list"]
    read = [path for path in listed if path[-1] in wanted]
    if listed:
        return (read or listed)[0]
    lists = _lists(output)
    if lists and wanted.intersection(output.members) and wanted.isdisjoint(lists):
        return ()  # rows read it as the one thing that it describes
    if lists:
        return (_likeliest(lists, operation),)
    structures = [name for name, member in output.members.items() if member.type_name == "structure"]
    if len(structures) == 1 and structures[0].endswith("List"):  # CloudFront's lists say their own size and page
        inner = _lists(output.members[structures[0]])
        if inner:
            return (structures[0], _likeliest(inner, operation))
    return ()


def _lists(shape: Any) -> list[str]:
    return [
        name
        for name, member in shape.members.items()
        if member.type_name == "list" and not NOT_LISTED.search(name) and not member.serialization.get("location")
    ]


def _likeliest(lists: list[str], operation: str) -> str:
    about = subject(operation).lower()
    return next((name for name in lists if about in name.lower()), lists[0])


def _alone(output: Any, operation: str) -> tuple[str, Any]:
    """What an answer without a list is about, and the structure that has it."""
    structures = [name for name, member in output.members.items() if member.type_name == "structure"]
    if len(structures) == 1:
        return kind_of(structures[0], operation), output.members[structures[0]]
    return subject(operation), output


def _sizes(service: str, model: Any, limit: str) -> tuple[int, int, bool]:
    largest = LARGEST.get(service, 1000)
    if limit:
        largest = int(model.input_shape.members[limit].metadata.get("max", largest))
    refuses = True
    if service in CAPPED:
        largest, refuses = min(largest, CAPPED[service]), False
    return (10**9 if service in UNPAGED else min(USUAL, largest)), largest, refuses


def _asking(
    model: Any, operation: str, kind: str, identity: frozenset[str], taken: set[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parameters that ask for certain items: lists of their identifiers, or one identifier."""
    shape = model.input_shape
    if shape is None:
        return (), ()
    known = {name.lower() for name in identity} | {
        kind.lower() + end for end in ("", "arn", "id", "name", "identifier")
    }
    batch, single = [], []
    for name, member in shape.members.items():
        one = singular(name.removesuffix("List")).lower()
        if name in taken:
            continue
        if (
            member.type_name == "list"
            and member.member.type_name == "string"
            and not member.member.metadata.get("enum")
        ):
            required = name in shape.required_members and stem(name)[1] and not operation.startswith("List")
            if one in known or required:
                batch.append(name)
        elif (
            member.type_name == "string"
            and one in known
            and name not in shape.required_members
            and not member.metadata.get("enum")
        ):
            single.append(name)
    return tuple(batch), tuple(single)


def token(secret: str, offset: int, page: int) -> str:
    """A page token: opaque, and good for nothing but the listing with that `secret`."""
    mac = hashlib.blake2b(f"{secret}/{offset}/{page}".encode(), digest_size=12).hexdigest()
    return base64.urlsafe_b64encode(f"{offset:x}.{page:x}.{mac}".encode()).decode().rstrip("=")


def read_token(secret: str, text: Any) -> tuple[int, int] | None:
    """(offset, page) of a token; None for one of another listing, or none at all."""
    try:
        offset, page, _ = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(".")
        found = int(offset, 16), int(page, 16)
    except (ValueError, TypeError):
        return None
    return found if token(secret, *found) == text else None
