"""The row: everything that Stocktake knows about one resource type.

A row says every call that it makes; what it does not say cannot be called. From the rows come the plan, the calls, the
records, the IAM policy, the filter names and the parametrised tests. A row is data: no subclass, no override; the one
escape is a pure `reshape` function beside it.

Three little languages stand in a row:

* JMESPath (https://jmespath.org), over an answer (`items`, `unanswered`) or over one item (`id`, `tags`, `where`, …);
* a template, for an ARN: text in which `{partition}`, `{region}` and `{account}` are the target's and any other
  `{expression}` is JMESPath over the item;
* a path into the record, for `secret` and `volatile`: names joined by dots, `*` for every member of an object, `[]`
  for every element of a list: `ContainerDefinitions[].Environment.*`.

This module imports the standard library alone, so that infra, tests and documentation can read the catalogue without
an SDK.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Item = dict[str, Any]

REDACTED = "[redacted]"
"""What stands where a secret stood."""


class Scope(StrEnum):
    REGIONAL = "regional"
    GLOBAL = "global"


class Tier(StrEnum):
    """How often a type is worth its calls: `core` every hour, `full` every day where an inventory asks for it."""

    CORE = "core"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class From:
    """A parameter's value that is not a literal: `path` (JMESPath) over the item, its parent or the target.

    `item` is an item of the call before (for an enrichment: the item enriched), `parent` the item that led to it, and
    `target` an object with `account`, `region` and `partition`.
    """

    source: str
    path: str = "@"


def item(path: str = "@") -> From:
    return From("item", path)


def parent(path: str = "@") -> From:
    return From("parent", path)


def target(path: str) -> From:
    return From("target", path)


@dataclass(frozen=True, slots=True)
class Batch:
    """One request for up to `size` items of one parent: `parameter` takes the list of their `value`s.

    value      JMESPath over the item, or a template of an ARN
    accounted  JMESPath over an answer to all that it gives an account of; fewer than were asked for is no whole answer
    own        for an enrichment by ARN that knows the account's own alone: other accounts' ARNs are not asked about
    """

    parameter: str
    size: int
    value: str = "@"
    accounted: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """Where an operation's page token goes in and comes out, and the member that says whether there is more.

    `tokens_out` and `more` are JMESPath over the answer; most operations have one token, some have several at once.
    Rows give it only where botocore has no paginator.
    """

    tokens_in: tuple[str, ...]
    tokens_out: tuple[str, ...]
    more: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Call:
    """One link of a row's chain. The first is asked once a target; each further one once for every item of the call
    before, or once a batch of them.

    operation   AWS's name of it, `DescribeInstances`
    items       JMESPath to the list of items in an answer; what it begins with (`Reservations[].Instances`) is in every
                whole answer, even if empty
    may_lack    AWS leaves that out where there is none
    parameters  literals, or `item()`, `parent()`, `target()`; page size included (`MaxResults`)
    batch       items of the call before that are asked for in one request
    where       JMESPath over an item of the chain's last call; items for which it is false are not of this type
    region      JMESPath over the item of the call before: where to ask; empty: the target's region; not for batches
    absent      error codes that mean "gone since it was listed" (for an enrichment: "not configured"); no failure
    unanswered  JMESPath over an answer to what it says it could not give (`failures`); not empty makes it partial
    paging      only where botocore's paginator data has nothing
    service     only where the call is another service's than the row's
    root        the root element of the answer, for a rest-xml operation whose model does not say it
    iam         only where the action is not `service:Operation`
    """

    operation: str
    items: str = "@"
    may_lack: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    batch: Batch | None = None
    where: str = ""
    region: str = ""
    absent: tuple[str, ...] = ()
    unanswered: str = ""
    paging: Paging | None = None
    service: str = ""
    root: str = ""
    iam: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """What a whole answer has, as `has` takes it."""
        plain = PLAIN.match(self.items)
        first, *rest = steps(plain[1]) if plain else ("",)
        return (first + "?" * self.may_lack, *rest) if first else ()


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Enrich:
    """A further call per item, or per batch of items, whose answer joins the item. `detail: basic` switches off those
    per item.

    call        as in a chain; `items` is JMESPath to the value that joins (lists of several pages are joined)
    into        the member of the item that takes the value; or several, which the value must have as members
    when        JMESPath over the item; items for which it is false are not asked about: the members stay unknown
    partitions  those in which to ask; elsewhere the members stay unknown; empty: all
    match       for a batch: JMESPath over an entry of `items` to what was asked for
    value       for a batch: JMESPath over the entry to the value that joins

    An `absent` code, and an item that the answer does not mention, set null.
    """

    call: Call
    into: str | tuple[str, ...]
    when: str = ""
    partitions: tuple[str, ...] = ()
    match: str = ""
    value: str = "@"

    @property
    def per_resource(self) -> bool:
        return self.call.batch is None

    @property
    def members(self) -> tuple[str, ...]:
        return (self.into,) if isinstance(self.into, str) else self.into


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceType:
    """A row. Compared by identity: there is one of each.

    name       a CloudFormation type name; one of that form where CloudFormation has none (then `cloudformation=False`)
    service    the SDK's name of the service
    calls      the chain: list → describe in batches → children of a parent
    enrich     further calls whose answers join the item
    id         JMESPath to what is unique among this type's resources of a target
    arn        JMESPath or template; empty where the type has none
    label      JMESPath to the name people know it by; empty: the tag `Name`
    tags       JMESPath to tags in any of AWS's shapes; empty: unknown
    created    JMESPath to a time, or to seconds or milliseconds since 1970; empty: unknown
    region     JMESPath to the region that it lies in; empty: the target's
    volatile   paths that change by themselves: kept in the record, left out of the fingerprint
    secret     paths to redact beyond those that botocore's model marks sensitive
    reshape    a pure function over the item, for what the rest cannot say
    """

    name: str
    service: str
    doc: str
    calls: tuple[Call, ...]
    id: str
    scope: Scope = Scope.REGIONAL
    tier: Tier = Tier.CORE
    enrich: tuple[Enrich, ...] = ()
    arn: str = ""
    label: str = ""
    tags: str = ""
    created: str = ""
    region: str = ""
    volatile: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    reshape: Callable[[Item], Item] | None = None
    cloudformation: bool = True

    def every_call(self, *, enriched: bool = True) -> tuple[Call, ...]:
        """The calls of the chain and of the enrichments; unless `enriched`, without those per resource."""
        return self.calls + tuple(one.call for one in self.enrich if enriched or not one.per_resource)

    def service_of(self, call: Call) -> str:
        return call.service or self.service

    def actions(self, *, enriched: bool = True) -> tuple[str, ...]:
        """The IAM actions that the row needs, sorted."""
        needed: set[str] = set()
        for call in self.every_call(enriched=enriched):
            needed.update(call.iam or (f"{self.service_of(call)}:{call.operation}",))
        return tuple(sorted(needed))


def steps(path: str) -> tuple[str, ...]:
    """A record path, `A.B[].C.*`, as its steps: `("A", "B", "[]", "C", "*")`."""
    return tuple(step for step in path.replace("[]", ".[]").split(".") if step)


PLAIN = re.compile(r"\[?([A-Za-z]\w*(?:\[\])?(?:\.[A-Za-z]\w*(?:\[\])?)*)")
"""The beginning of a JMESPath expression that is a record path."""


def has(data: Any, path: tuple[str, ...]) -> bool:
    """Whether a record path leads to something wherever it leads: no member is missing or null on the way, and no
    element. JMESPath passes over these. A member whose name ends in `?` may be missing."""
    if not path:
        return data is not None
    step, rest = path[0], path[1:]
    if step == "[]":
        return isinstance(data, list) and all(has(one, rest) for one in data)
    name = step.removesuffix("?")
    return isinstance(data, dict) and ((name != step and name not in data) or has(data.get(name), rest))


def holders(data: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) in `data` that `path` leads to; what is not there is passed over.

    The caller may replace or delete the place before it asks for the next; lists are walked from their end for that.
    """
    step, rest = path[0], path[1:]
    if step == "[]":
        keys: list[Any] = list(reversed(range(len(data)))) if isinstance(data, list) else []
    elif not isinstance(data, dict):
        keys = []
    else:
        keys = list(data) if step == "*" else [step] if step in data else []
    for key in keys:
        if rest:
            yield from holders(data[key], rest)
        else:
            yield data, key


def redact(data: Any, path: tuple[str, ...]) -> None:
    """Replaces, in place, every value that `path` leads to; the keys of objects and the lengths of lists stay."""
    for holder, key in holders(data, path):
        holder[key] = without_content(holder[key])


def without_content(value: Any) -> Any:
    """A secret's shape: every value but null becomes REDACTED."""
    if isinstance(value, dict):
        return {key: without_content(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_content(inner) for inner in value]
    return None if value is None else REDACTED
