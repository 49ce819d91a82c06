"""Every row from its first request to its last line, over answers made from botocore's output shapes.

Redaction by the model is the call layer's: the answers here have gone through it, and the last tests look at it alone.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import jmespath
import pytest
from botocore.validate import ParamValidator

from stocktake.aws import hidden_in
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import REDACTED, Call, Enrich, Item, ResourceType, Scope
from stocktake.collect import collect
from stocktake.model import (
    GLOBAL,
    Answer,
    Collection,
    Found,
    Page,
    Problem,
    Reason,
    ReasonCode,
    Request,
    State,
    Target,
)
from stocktake.normalise import normalise
from stocktake.snapshot import resource_line
from tests.catalog.drive import drive
from tests.catalog.lint import TIMES_AS_TEXT
from tests.catalog.models import operation_model, paginator
from tests.catalog.samples import TIME, answer, make_true, sample

ACCOUNT = "111111111111"
TOKEN = ("page two",)
IN_BULK = [row for row in CATALOG.values() if any(one.call.operation == "GetResources" for one in row.enrich)]
OPERATIONS = sorted({(row.service_of(call), call.operation) for row in CATALOG.values() for call in row.every_call()})

every_row = pytest.mark.parametrize("row", CATALOG.values(), ids=CATALOG.keys())
every_operation = pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=".".join)


@dataclass
class Estate:
    """An account as one row sees it: a listing has two pages where the operation has pages, and at least two items on
    each, all different."""

    row: ResourceType
    requests: list[Request] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    seeds: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, request: Request) -> Page:
        self.requests.append(request)
        call, enrichment = self._asked(request)
        model = operation_model(request.service, request.operation)
        if enrichment and call.batch:
            answered = self._entries(model, enrichment, request.parameters[call.batch.parameter])
        elif enrichment:
            answered = answer(model, next(self.seeds))
            brought = {name: jmespath.search(call.items, answered) for name in enrichment.members}
            for condition in self._conditions:
                make_true(condition, brought)
        else:
            length = len(request.parameters[call.batch.parameter]) if call.batch else 2 + len(self._conditions)
            answered = answer(model, *(next(self.seeds) for _ in range(length)))
        if call.unanswered:
            make_true(f"!({call.unanswered})", answered)
        if call is self.row.calls[-1]:
            self._take_in(jmespath.search(call.items, answered))
        return Page(answered, request.at(TOKEN) if pages(request) and request.token is None else None)

    def _asked(self, request: Request) -> tuple[Call, Enrich | None]:
        """The call of the row that a request is of; rows may use an operation twice, with other parameters."""
        asked: list[tuple[Call, Enrich | None]] = [(call, None) for call in self.row.calls]
        asked += [(enrichment.call, enrichment) for enrichment in self.row.enrich]
        for call, enrichment in asked:
            names = {*call.parameters, *([call.batch.parameter] if call.batch else [])}
            is_same = (self.row.service_of(call), call.operation) == (request.service, request.operation)
            if is_same and names == set(request.parameters):
                return call, enrichment
        raise AssertionError(f"{self.row.name} declares no {request.service}:{request.operation}")

    @property
    def _conditions(self) -> list[str]:
        return [enrichment.when for enrichment in self.row.enrich if enrichment.when]

    def _take_in(self, items: list[Item]) -> None:
        """Makes every item one of the type's, and every condition of an enrichment true for one of them."""
        for index, item in enumerate(items):
            for enrichment in self.row.enrich:
                if enrichment.call.batch and (put := before_the_id(enrichment)):
                    item[enrichment.call.batch.value] = put + item[enrichment.call.batch.value]
            if index < len(self._conditions):
                make_true(self._conditions[index], item)
            if not self.row.calls[-1].where or make_true(self.row.calls[-1].where, item):
                self.items.append(item)

    def _entries(self, model: Any, enrichment: Enrich, values: list[Any]) -> Any:
        """An answer to a batch: an entry for each value, under the key by which the row finds its item again."""
        put = before_the_id(enrichment)
        call, of_entry = enrichment.call, enrichment.match.partition(" && ")[0]
        assert call.batch
        answered = answer(model, *(next(self.seeds) for _ in values))
        for entry, value in zip(jmespath.search(call.items, answered), values, strict=True):
            name = of_entry.split(".")[-1]
            holder = jmespath.search(of_entry.rpartition(".")[0] or "@", entry)
            holder[name] = value.removeprefix(put)
            assert jmespath.search(enrichment.match, entry) == value
        return answered


def before_the_id(enrichment: Enrich) -> str:
    """What an item's id begins with and that in the answer to a batch does not."""
    literals = re.findall(r"'(/[^']+)'", enrichment.match)
    return str(literals[0]) if literals else ""


@dataclass(frozen=True)
class Taken:
    estate: Estate
    collection: Collection
    found: list[Found]
    lines: list[dict[str, Any]]


def target_of(row: ResourceType) -> Target:
    return Target(ACCOUNT, GLOBAL if row.scope is Scope.GLOBAL else "eu-west-1", home="eu-west-1")


@cache
def take(row: ResourceType, *, enriched: bool = True) -> Taken:
    target = target_of(row)
    estate = Estate(row)
    found: list[Found] = []
    collection = drive(collect(row, target, found.extend, enriched=enriched), estate.answer)
    return Taken(estate, collection, found, [json.loads(resource_line(normalise(row, target, one))) for one in found])


def is_one_a_target(row: ResourceType) -> bool:
    """Whether the row's only call answers with the one thing that there is."""
    return len(row.calls) == 1 and (row.calls[0].items.startswith("[") or "&& [" in row.calls[0].items)


def pages(request: Request) -> bool:
    return bool(request.paging or paginator(request.service, request.operation))


@every_row
def test_every_item_of_every_page_becomes_one_line(row: ResourceType) -> None:
    taken = take(row)
    assert taken.collection.state is State.COLLECTED
    assert len(taken.lines) == len(taken.estate.items) >= (1 if is_one_a_target(row) else 2)
    assert len({line["id"] for line in taken.lines}) == len(taken.lines)
    assert any(line["tags"] for line in taken.lines) == bool(row.tags)
    for line, found in zip(taken.lines, taken.found, strict=True):
        assert (line["type"], line["account"]) == (row.name, ACCOUNT)
        assert line["region"]
        assert "gaps" not in line
        assert bool(line["created"]) == bool(row.created)
        assert row.name in TIMES_AS_TEXT or line["created"] in (None, TIME)
        assert (line["arn"] is not None) == bool(row.arn)
        assert line["name"] or not row.label
        assert bool(line["tags"]) == bool(row.tags and row.tags.partition(".")[0] not in found.unread)
        assert set(line["data"]) >= {name for one in row.enrich if not one.when for name in one.members}


@every_row
def test_every_declared_call_is_made_page_by_page_and_no_other(row: ResourceType) -> None:
    made = [(request.service, request.operation) for request in take(row).estate.requests]
    assert set(made) == {(row.service_of(call), call.operation) for call in row.every_call()}
    first = {request.operation for request in take(row).estate.requests if pages(request) and request.token is None}
    second = {request.operation for request in take(row).estate.requests if request.token == TOKEN}
    assert first == second


@every_row
def test_with_basic_detail_the_same_items_come_without_a_call_per_resource(row: ResourceType) -> None:
    full, basic = take(row), take(row, enriched=False)
    made = {(request.service, request.operation) for request in basic.estate.requests}
    assert made == {(row.service_of(call), call.operation) for call in row.every_call(enriched=False)}
    assert len(basic.lines) == len(full.lines)
    unread = frozenset(member for enrichment in row.enrich if enrichment.per_resource for member in enrichment.members)
    assert [one.unread for one in basic.found] == [one.unread | unread for one in full.found]


@every_row
def test_tags_that_were_not_asked_for_are_null_never_empty(row: ResourceType) -> None:
    assert all(line["tags"] or line["tags"] is None for line in take(row, enriched=False).lines)


@pytest.mark.parametrize("row", IN_BULK, ids=lambda row: row.name)
def test_tags_that_the_tagging_api_refuses_to_tell_are_a_gap_and_null(row: ResourceType) -> None:
    """One ARN that it cannot read, and the whole request is an InvalidParameterException (API reference)."""
    refused = Problem(State.FAILED, Reason(ReasonCode.UNEXPECTED, "GetResources: no ARN"), "InvalidParameterException")
    estate, found = Estate(row), list[Found]()

    def answer_or_refuse(request: Request) -> Answer:
        return refused if request.operation == "GetResources" else estate.answer(request)

    drive(collect(row, target_of(row), found.extend), answer_or_refuse)
    asked = [one for one in found if any(gap.path == "Tags" for gap in one.gaps)]
    assert asked
    assert all("Tags" in one.unread for one in found)
    assert {normalise(row, target_of(row), one).tags is None for one in found} == {True}


@pytest.mark.parametrize("row", IN_BULK, ids=lambda row: row.name)
def test_tags_that_the_tagging_api_does_not_mention_are_empty_where_it_was_asked(row: ResourceType) -> None:
    estate, found = Estate(row), list[Found]()

    def answer_nothing(request: Request) -> Answer:
        nothing = Page({"ResourceTagMappingList": [], "PaginationToken": ""}, None)
        return nothing if request.operation == "GetResources" else estate.answer(request)

    drive(collect(row, target_of(row), found.extend), answer_nothing)
    said = [normalise(row, target_of(row), one).tags for one in found]
    assert {} in said
    assert said == [None if "Tags" in one.unread else {} for one in found]


@every_row
def test_the_model_accepts_the_parameters_of_every_request(row: ResourceType) -> None:
    for request in take(row).estate.requests:
        shape = operation_model(request.service, request.operation).input_shape
        report = ParamValidator().validate(request.parameters, shape) if shape else None
        assert report is None or report.generate_report() == ""


@every_operation
def test_what_the_model_marks_sensitive_is_redacted_and_nothing_else(service: str, operation: str) -> None:
    shape = operation_model(service, operation).output_shape
    before, after = redacted(shape)
    compare(shape, before, after)


def test_the_value_of_an_environment_variable_is_redacted_and_its_name_is_not() -> None:
    before, after = redacted(operation_model("lambda", "ListFunctions").output_shape)
    (name,) = before["Functions"][0]["Environment"]["Variables"]
    assert after["Functions"][0]["Environment"]["Variables"] == {name: REDACTED}


def test_a_secret_inside_a_recursive_shape_is_redacted() -> None:
    shape = operation_model("emr-containers", "ListJobRuns").output_shape
    compare(shape, *redacted(shape))


def redacted(shape: Any) -> tuple[Any, Any]:
    """A sample before and after redaction; recursive shapes return once in it."""
    before = sample(shape, returns=1)
    after = copy.deepcopy(before)
    hidden_in(shape).redact(after)
    return before, after


def compare(shape: Any, before: Any, after: Any, *, is_sensitive: bool = False) -> None:
    """Holds two answers against the model: keys and lengths are the same, values are where they are not sensitive."""
    is_sensitive = is_sensitive or bool(shape.metadata.get("sensitive"))
    if isinstance(before, dict):
        assert list(after) == list(before)
        for key, value in before.items():
            member = shape.members[key] if shape.type_name == "structure" else shape.value
            compare(member, value, after[key], is_sensitive=is_sensitive)
    elif isinstance(before, list):
        for value, other in zip(before, after, strict=True):
            compare(shape.member, value, other, is_sensitive=is_sensitive)
    else:
        assert after == (REDACTED if is_sensitive else before)
