"""One item as AWS described it → one Resource: id, ARN, name, tags, time, and nothing secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from stocktake.catalog.spec import ResourceType, redact, steps
from stocktake.errors import MalformedAnswer
from stocktake.expressions import filler, searcher
from stocktake.model import Found, Resource, Target

TAG_KEYS = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))


def normalise(row: ResourceType, target: Target, found: Found) -> Resource:
    """Raises MalformedAnswer where an item has no id, as it could be neither sorted nor found again, and where its
    ARN or region is none."""
    reading = _reading(row)
    item = row.reshape(found.item) if row.reshape else found.item
    for path in reading.secret:
        redact(item, path)
    identity = reading.id(item)
    if identity is None or identity == "":
        raise MalformedAnswer(f"{row.name}: an item has no {row.id}")
    tags = _tags(reading, item, found.unread)
    name = reading.label(item) if reading.label else (tags or {}).get("Name")
    region = (reading.region(item) if reading.region else None) or target.region
    if not isinstance(region, str):
        raise MalformedAnswer(f"{row.name}: an item's region is no text")
    arn = reading.arn(item, {"partition": target.partition, "region": region, "account": target.account})
    if not isinstance(arn, str | None):
        raise MalformedAnswer(f"{row.name}: an item's ARN is no text")
    created = _time(reading.created(item)) if reading.created else None
    return Resource(
        account=target.account,
        region=region,
        type=row.name,
        id=str(identity),
        arn=arn,
        name=None if name is None else str(name),
        tags=tags,
        created=created,
        data=item,
        gaps=found.gaps,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """A row's expressions, compiled."""

    id: Callable[[Any], Any]
    arn: Callable[[Any, Mapping[str, str]], str | None]
    label: Callable[[Any], Any] | None
    tags: Callable[[Any], Any] | None
    tags_member: str
    created: Callable[[Any], Any] | None
    region: Callable[[Any], Any] | None
    secret: tuple[tuple[str, ...], ...]


@cache
def _reading(row: ResourceType) -> _Reading:
    def optional(expression: str) -> Callable[[Any], Any] | None:
        return searcher(expression) if expression else None

    return _Reading(
        id=searcher(row.id),
        arn=filler(row.arn),
        label=optional(row.label),
        tags=optional(row.tags),
        tags_member=row.tags.partition(".")[0],
        created=optional(row.created),
        region=optional(row.region),
        secret=tuple(steps(path) for path in row.secret),
    )


SINCE_1970 = re.compile(r"(\d{9,11}?)(\d{3})?\Z", re.ASCII)


def _time(value: Any) -> str | None:
    """A time as AWS gave it; a number of seconds since 1970, or of 12 digits and more of milliseconds, as ISO 8601."""
    since = SINCE_1970.match(str(value))
    if since is None:
        return None if value is None else str(value)
    at = datetime.fromtimestamp(int(since[1]), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = (since[2] or "").rstrip("0")
    return f"{at}.{fraction}Z" if fraction else f"{at}Z"


def _tags(reading: _Reading, item: Any, unread: frozenset[str]) -> dict[str, str] | None:
    """Tags as one object: null where they are not known, empty where there are none."""
    if reading.tags is None or reading.tags_member in unread:
        return None
    raw = reading.tags(item)
    if not raw:
        return {}
    if isinstance(raw, dict):
        return {str(key): "" if value is None else str(value) for key, value in raw.items()}
    key, value = next((pair for pair in TAG_KEYS if pair[0] in raw[0]), TAG_KEYS[0])
    return {str(tag[key]): str(tag.get(value) or "") for tag in raw}
