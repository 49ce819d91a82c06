"""Rows on AWS's own example replies, which botocore carries for some operations (`examples-1.json`).

They were written by people who know the service, years ago and shortened: what a row needs may be missing there, but
what is there has the shape that AWS answers.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import create_loader

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, ResourceType, Scope, has
from stocktake.collect import collect
from stocktake.expressions import searcher
from stocktake.model import GLOBAL, Answer, Found, Page, Problem, Reason, ReasonCode, Request, State, Target
from stocktake.normalise import normalise
from stocktake.snapshot import is_resource, resource_line
from tests.catalog.drive import drive
from tests.helpers import ACCOUNT

# Examples that are older than what the row knows its items by.
OLD = {"AWS::EC2::KeyPair"}  # ids of key pairs came in 2020 (EC2 user guide, "Document history")

NO_EXAMPLE = Problem(State.DENIED, Reason(ReasonCode.IAM, "there is no example"))


@cache
def examples(service: str) -> dict[str, Any]:
    loader = create_loader()
    if service not in loader.list_available_services("examples-1"):
        return {}
    found: dict[str, Any] = loader.load_service_model(service, "examples-1")["examples"]
    return found


def replies(service: str, call: Call) -> list[dict[str, Any]]:
    """The example replies to an operation in which the row's list is not empty."""
    outputs = [one["output"] for one in examples(service).get(call.operation, ()) if one.get("output")]
    return [output for output in outputs if searcher(call.items)(output)]


def shown(row: ResourceType) -> bool:
    return all(replies(row.service_of(call), call) for call in row.calls)


SHOWN = [pytest.param(row, id=name) for name, row in CATALOG.items() if shown(row) and name not in OLD]


def every_reply() -> Iterator[Any]:
    for name, row in CATALOG.items():
        for call in row.every_call():
            for number, output in enumerate(replies(row.service_of(call), call)):
                yield pytest.param(call, output, id=f"{name}-{call.operation}-{number}")


@pytest.mark.parametrize(("call", "output"), list(every_reply()))
def test_an_example_reply_is_taken_for_a_whole_one(call: Call, output: dict[str, Any]) -> None:
    assert has(output, call.needs)


@pytest.mark.parametrize("row", SHOWN)
def test_the_resources_of_an_example_reply_become_lines(row: ResourceType) -> None:
    def answer(request: Request) -> Answer:
        for call in row.every_call():
            if (row.service_of(call), call.operation) == (request.service, request.operation):
                for output in replies(request.service, call):
                    return Page(copy.deepcopy(output), None)
        return NO_EXAMPLE

    region = GLOBAL if row.scope is Scope.GLOBAL else "us-east-1"
    target = Target(ACCOUNT, region, home="us-east-1")
    found: list[Found] = []
    drive(collect(row, target, found.extend), answer)
    assert found
    for one in found:
        assert is_resource(json.loads(resource_line(normalise(row, target, one))))
