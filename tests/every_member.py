"""An AWS that answers every call with every member that its model has, and whose texts a test chooses.

Where `loopback_aws` is plausible, this one is complete: each structure has all of its members, each list and map one
element. It serves plain HTTP on one port (`AWS_ENDPOINT_URL`), in every protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tests.loopback import Call, Reply, Script
from tests.loopback_aws.models import operation_model
from tests.loopback_aws.pages import listing
from tests.loopback_aws.render import render
from tests.loopback_aws.route import Asked, route

ACCOUNT = "111122223333"
REGION = "us-east-1"
CONTROL_PATH = "/v20180820/"
"""What tells S3 Control from S3, whose name requests to both are signed with."""
LATER = re.compile(r"(next|continuation)?_?(token|marker)$|truncated$|^hasmore", re.IGNORECASE)
FAILURES = re.compile(r"^(failures|errors|failed[A-Z]\w*|unprocessed\w*|\w+ErrorDetails)$", re.IGNORECASE)

Path = tuple[str, ...]
Text = Callable[[Any, Path], str | None]
"""What stands at a place of an answer: shape, and path from the operation's name on. None: what stands there anyway."""


def answering(text: Text, spoil: Callable[[Asked, Call, Reply], Reply] = lambda _, __, reply: reply) -> Script:
    """A script for `Loopback`; `spoil` may put another reply in a reply's place."""

    def script(call: Call) -> Reply:
        headers = {name.lower(): value for name, value in call.headers.items()}
        service = "s3-control" if call.path.startswith(CONTROL_PATH) else call.service
        host = f"{service}.{call.region or REGION}.amazonaws.com"
        asked = route(call.service, host, call.method, call.path, headers, call.body)
        assert asked is not None, (call.service, call.method, urlsplit(call.path).path, call.body[:200])
        model = operation_model(asked.service, asked.operation)
        value = answer_of(asked, model, text)
        rendered = render(asked.protocol, model, value, "request")
        return spoil(asked, call, Reply(rendered.status, rendered.body, rendered.headers))

    return script


def answer_of(asked: Asked, model: Any, text: Text) -> dict[str, Any]:
    by_hand = {
        "sts:GetCallerIdentity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/x", "UserId": "AIDA"},
        "account:ListRegions": {"Regions": [{"RegionName": REGION, "RegionOptStatus": "ENABLED_BY_DEFAULT"}]},
        "ec2:DescribeRegions": {"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]},
        "s3:GetBucketLocation": {"LocationConstraint": ""},
    }.get(asked.name)
    if by_hand is not None:
        return by_hand
    made = _Made(asked, text)
    value: dict[str, Any] = made.value(model.output_shape, (asked.operation,), ())
    return value


class _Made:
    def __init__(self, asked: Asked, text: Text) -> None:
        self._text = text
        self._asked = asked
        here = listing(asked.service, asked.operation)
        self._tokens = {path for path in here.tokens_out if path}
        self._more = here.more
        self._asked_for = [
            one for value in asked.parameters.values() if isinstance(value, list) for one in _flat(value)
        ]
        self._given = [str(inner) for value in asked.parameters.values() for inner in _flat(value)]

    def value(self, shape: Any, path: Path, above: tuple[str, ...]) -> Any:
        match shape.type_name:
            case "structure" if shape.is_tagged_union:
                name, member = next(iter(shape.members.items()))
                return {name: self.value(member, (*path, name), (*above, shape.name))}
            case "structure":
                return {
                    name: self.value(member, (*path, name), (*above, shape.name))
                    for name, member in shape.members.items()
                    if not self._left_out(member, (*path[1:], name))
                    and not (member.type_name != "string" and _ends_in(member, (*above, shape.name)))
                }
            case "list":
                return [self.value(shape.member, (*path, "[]"), above)]
            case "map":
                return {self._leaf(shape.key, (*path, "key")): self.value(shape.value, (*path, "*"), above)}
            case "timestamp":
                return datetime(2026, 1, 5, tzinfo=UTC)
            case "boolean":
                return path[1:] != self._more and not LATER.search(path[-1])
            case "integer" | "long" | "float" | "double":
                return 200 if shape.serialization.get("location") == "statusCode" else 1
            case "blob":
                return self._leaf(shape, path).encode(errors="replace")
        return self._leaf(shape, path)

    def _left_out(self, member: Any, place: Path) -> bool:
        """What a last page does not have, and one that has all that was asked for. `place` leads from the top."""
        return bool(
            place in self._tokens
            or (len(place) == 1 and member.type_name != "boolean" and LATER.search(place[0]))
            or (len(place) == 1 and FAILURES.match(place[0]))
            or member.serialization.get("eventstream")
            or member.serialization.get("location") in ("header", "headers")
        )

    def _leaf(self, shape: Any, path: Path) -> str:
        chosen = self._text(shape, path)
        if chosen is not None:
            return chosen
        name = path[-1].lower()
        if name in ("bucketregion", "region"):
            return REGION
        if shape.metadata.get("enum"):
            return str(shape.metadata["enum"][0])
        if path == ("ListHostedZones", "HostedZones", "[]", "Id"):
            return "/hostedzone/Id-1"
        here = listing(self._asked.service, self._asked.operation)
        if self._given and not here.items and len(path) <= 3 and ("arn" in name or "name" in name or name == "id"):
            return self._given[0]
        if self._asked_for and len(path) <= 4 and name.endswith(("arn", "name", "id")):
            return self._asked_for[0]
        return f"{path[-1]}-1".ljust(int(shape.metadata.get("min", 0)), "x")


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [inner for one in value.values() for inner in _flat(one)]
    if isinstance(value, list):
        return [inner for one in value for inner in _flat(one)]
    return [value]


def _ends_in(shape: Any, above: tuple[str, ...]) -> bool:
    """Whether a shape comes back to one that is being made, twice already: once round is enough."""
    while shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
    return shape.type_name == "structure" and above.count(shape.name) >= 2
