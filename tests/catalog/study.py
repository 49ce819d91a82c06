"""A row as the lint sees it: every call with botocore's model of it and a sample of what it is given and answers, every
expression with what it finds there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

from stocktake.catalog.spec import REDACTED, Call, Enrich, From, Item, ResourceType
from stocktake.expressions import PLACE, is_template
from tests.catalog.models import operation_model
from tests.catalog.samples import answer

UNKNOWN: Any = object()
"""What cannot be said, because something before it is wrong already."""

TARGET = {"account": "111111111111", "region": "eu-west-1", "partition": "aws"}

# Members that the model gives to the items of a listing, and that AWS leaves out of them: "IAM resource-listing
# operations return a subset of the available attributes for the resource" (IAM API reference, of each of these).
LEFT_OUT = {
    ("iam", "ListInstanceProfiles"): {"Tags"},
    ("iam", "ListOpenIDConnectProviders"): {"Tags"},
    ("iam", "ListPolicies"): {"Description", "Tags"},
    ("iam", "ListRoles"): {"PermissionsBoundary", "RoleLastUsed", "Tags"},
    ("iam", "ListSAMLProviders"): {"Tags"},
    ("iam", "ListServerCertificates"): {"Tags"},
    ("iam", "ListUsers"): {"PermissionsBoundary", "Tags"},
    ("iam", "ListVirtualMFADevices"): {"Tags"},
}


@dataclass(frozen=True, slots=True)
class Absent:
    """A member that an expression mentions and a sample, which has every member, does not have."""

    name: str
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A JMESPath of the row.

    value             what it finds in the sample; UNKNOWN where it is unsound, or where the sample is
    absent            members that it mentions and that are not there
    touches_secret    whether it reads a member that is redacted
    error             why it cannot be evaluated
    error_on_nothing  why it cannot be evaluated over an item that has no members
    is_used           whether it may not be redacted: what it finds is acted on, and the call layer has redacted it
    """

    field: str
    text: str
    value: Any = UNKNOWN
    absent: tuple[Absent, ...] = ()
    touches_secret: bool = False
    error: str = ""
    error_on_nothing: str = ""
    is_used: bool = True


class _EveryBranch(TreeInterpreter):  # type: ignore[misc]
    """Evaluates what JMESPath would pass over too (the other side of `||`, elements that a filter drops), and notes the
    members that are not there, and whether one is redacted."""

    def __init__(self) -> None:
        super().__init__()
        self.absent: list[Absent] = []
        self.touches_secret = False

    def visit_field(self, node: Any, value: Any) -> Any:
        if value is not None and not (isinstance(value, dict) and node["value"] in value):
            self.absent.append(Absent(node["value"], tuple(value) if isinstance(value, dict) else ()))
        found = super().visit_field(node, value)
        self.touches_secret |= found == REDACTED
        return found

    def visit_or_expression(self, node: Any, value: Any) -> Any:
        self.visit(node["children"][1], value)
        return super().visit_or_expression(node, value)

    def visit_and_expression(self, node: Any, value: Any) -> Any:
        self.visit(node["children"][1], value)
        return super().visit_and_expression(node, value)

    def visit_filter_projection(self, node: Any, value: Any) -> Any:
        base, projected, _ = node["children"]
        elements = self.visit(base, value)
        for element in elements if isinstance(elements, list) else ():
            self.visit(projected, element)
        return super().visit_filter_projection(node, value)


def read(field: str, text: str, over: Any, *, is_used: bool = True) -> Expression:
    """What an expression finds in a sample."""
    interpreter = _EveryBranch()
    error_on_nothing = ""
    try:
        compiled = jmespath.compile(text)
        value = UNKNOWN if over is UNKNOWN else interpreter.visit(compiled.parsed, over)
    except JMESPathError as error:
        return Expression(field, text, error=_line(error))
    try:
        compiled.search({})
    except JMESPathError as error:
        error_on_nothing = _line(error)
    absent = tuple(dict.fromkeys(interpreter.absent))
    if absent:
        value = UNKNOWN
    return Expression(
        field, text, value, absent, interpreter.touches_secret, error_on_nothing=error_on_nothing, is_used=is_used
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a row, with botocore's `model` of its operation, or None.

    `sources` are what its parameters can come from, `given` the parameters that a sample gives.
    """

    field: str
    call: Call
    service: str
    model: Any
    sources: Mapping[str, Any]
    given: Mapping[str, Any]
    expressions: Mapping[str, Expression]
    enrichment: Enrich | None = None
    is_last: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*self.call.parameters, *((self.call.batch.parameter,) if self.call.batch else ()))

    @property
    def come_from(self) -> Iterator[tuple[str, From]]:
        """Every `item()`, `parent()` and `target()` in the parameters, however deep, and where it stands."""
        for name, value in self.call.parameters.items():
            yield from _sources_in(value, f"{self.field}.parameters.{name}")

    @property
    def input_members(self) -> Mapping[str, Any]:
        return self.model.input_shape.members if self.model and self.model.input_shape else {}

    def value(self, name: str) -> Any:
        """What one of the call's expressions finds; UNKNOWN where the row does not give it."""
        return self.expressions[name].value if name in self.expressions else UNKNOWN


@dataclass(frozen=True, slots=True)
class Study:
    """A row, its calls, and its items: `described` by the chain, `bare` as it is recorded without enrichments, and
    `record` as it is recorded with them. Items are UNKNOWN where a call before them is unsound."""

    row: ResourceType
    calls: tuple[Asked, ...]
    enrichments: tuple[Asked, ...]
    described: Any
    bare: Any
    record: Any
    reshape_error: str
    readings: Mapping[str, Expression]

    @property
    def asked(self) -> tuple[Asked, ...]:
        return self.calls + self.enrichments

    @property
    def expressions(self) -> Iterator[Expression]:
        for asked in self.asked:
            yield from asked.expressions.values()
        yield from self.readings.values()


def study(row: ResourceType) -> Study:
    calls: list[Asked] = []
    sources: dict[str, Any] = {"target": TARGET}
    for index, call in enumerate(row.calls):
        asked = _ask(row, f"calls[{index}]", call, sources, is_last=index == len(row.calls) - 1)
        calls.append(asked)
        found = asked.value("items")
        above = sources.get("parent") if call.batch else sources.get("item")
        sources = {"target": TARGET, "item": found[0] if isinstance(found, list) and found else UNKNOWN}
        if above is not None:
            sources["parent"] = above
    described = _as_listed(row, calls, sources.get("item", UNKNOWN))
    enrichments: list[Asked] = []
    item = described
    for index, enrichment in enumerate(row.enrich):
        asked = _ask(row, f"enrich[{index}]", enrichment.call, {"target": TARGET, "item": item}, enrichment)
        enrichments.append(asked)
        item = _joined(item, enrichment, asked)
    bare, reshape_error = _reshaped(row, described)
    record, error = _reshaped(row, item)
    return Study(
        row, tuple(calls), tuple(enrichments), described, bare, record, reshape_error or error, _readings(row, record)
    )


def _ask(
    row: ResourceType,
    field: str,
    call: Call,
    sources: Mapping[str, Any],
    enrichment: Enrich | None = None,
    *,
    is_last: bool = False,
) -> Asked:
    service = row.service_of(call)
    model = operation_model(service, call.operation)
    answered = answer(model, 1) if model else UNKNOWN
    item = sources.get("item", UNKNOWN)
    name = f"{field}.call" if enrichment else field
    expressions = {"items": read(f"{name}.items", call.items, answered, is_used=False)}

    def also(key: str, field: str, text: str, over: Any, *, is_used: bool = True) -> None:
        if text:
            expressions[key] = read(field, text, over, is_used=is_used)

    found = expressions["items"].value
    entry = found[0] if isinstance(found, list) and found else UNKNOWN
    also("where", f"{name}.where", call.where, entry)
    also("unanswered", f"{name}.unanswered", call.unanswered, answered, is_used=False)
    accounted = call.batch.accounted if call.batch else ""
    also("accounted", f"{name}.batch.accounted", accounted, answered, is_used=False)
    also("region", f"{name}.region", call.region, item)
    for parameter, value in call.parameters.items():
        for place, come in _sources_in(value, f"{name}.parameters.{parameter}"):
            also(place, place, come.path, sources.get(come.source, UNKNOWN))
    if call.batch and is_template(call.batch.value):
        for place in PLACE.findall(call.batch.value):
            if place not in TARGET:
                also(f"batch.value {place}", f"{name}.batch.value {place}", place, item)
    elif call.batch:
        also("batch.value", f"{name}.batch.value", call.batch.value, item)
    if call.paging:
        for index, path in enumerate(call.paging.tokens_out):
            also(f"tokens_out[{index}]", f"{name}.paging.tokens_out[{index}]", path, answered, is_used=False)
        also("more", f"{name}.paging.more", call.paging.more, answered, is_used=False)
    if enrichment:
        also("when", f"{field}.when", enrichment.when, item)
        also("match", f"{field}.match", enrichment.match, entry)
        also("value", f"{field}.value", enrichment.value, entry if call.batch else found, is_used=False)
    given = {
        parameter: _filled(value, f"{name}.parameters.{parameter}", expressions)
        for parameter, value in call.parameters.items()
    }
    if call.batch:
        value = expressions["batch.value"].value if "batch.value" in expressions else "arn:aws:by:template"
        given[call.batch.parameter] = value if value is UNKNOWN else [value]
    return Asked(name, call, service, model, sources, given, expressions, enrichment, is_last)


def _sources_in(value: Any, place: str) -> Iterator[tuple[str, From]]:
    if isinstance(value, From):
        yield place, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _sources_in(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _sources_in(inner, f"{place}[{index}]")


def _filled(value: Any, place: str, expressions: Mapping[str, Expression]) -> Any:
    """A parameter with what its sources give; UNKNOWN where one of them is."""
    if isinstance(value, From):
        return expressions[place].value
    if isinstance(value, Mapping):
        members = {key: _filled(inner, f"{place}.{key}", expressions) for key, inner in value.items()}
        return UNKNOWN if UNKNOWN in members.values() else members
    if isinstance(value, list):
        elements = [_filled(inner, f"{place}[{index}]", expressions) for index, inner in enumerate(value)]
        return UNKNOWN if UNKNOWN in elements else elements
    return value


def _as_listed(row: ResourceType, calls: list[Asked], item: Any) -> Any:
    left_out = LEFT_OUT.get((calls[-1].service, calls[-1].call.operation), set()) if calls else set()
    return {name: value for name, value in item.items() if name not in left_out} if isinstance(item, dict) else UNKNOWN


def _joined(item: Any, enrichment: Enrich, asked: Asked) -> Any:
    value = asked.value("value")
    if item is UNKNOWN or value is UNKNOWN:
        return UNKNOWN
    if isinstance(enrichment.into, str):
        return {**item, enrichment.into: value}
    return {**item, **{member: value.get(member) if isinstance(value, dict) else None for member in enrichment.into}}


def _reshaped(row: ResourceType, item: Any) -> tuple[Any, str]:
    """The item through the row's reshape, and what is wrong with that."""
    if item is UNKNOWN or row.reshape is None:
        return item, ""
    given = copy.deepcopy(item)
    try:
        made: Item = row.reshape(given)
    except Exception as error:
        return UNKNOWN, f"raises {error!r}"
    return made, "changes the item that it is given" if given != item else ""


def _readings(row: ResourceType, record: Any) -> dict[str, Expression]:
    """The expressions that make a record of an item."""
    readings: dict[str, Expression] = {}
    for name in ("id", "label", "tags", "created", "region"):
        text: str = getattr(row, name)
        if text:
            readings[name] = read(name, text, record)
    for place in PLACE.findall(row.arn):
        if place not in TARGET:
            readings[f"arn {place}"] = read("arn", place, record)
    if row.arn and not PLACE.search(row.arn):
        readings["arn"] = read("arn", row.arn, record)
    return readings


def is_secret(value: Any) -> bool:
    """Whether a value is, or has in it, what the model marks sensitive."""
    if isinstance(value, dict):
        return any(map(is_secret, value.values()))
    if isinstance(value, list):
        return any(map(is_secret, value))
    return bool(value == REDACTED)
