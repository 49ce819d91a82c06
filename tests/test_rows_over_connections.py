"""Every row by the project's own call layer, over real connections: of nothing, of one thing, and of things of which
AWS says no more than it must."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jmespath
import pytest

from stocktake.aws import Aws, new_session
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, ResourceType, Scope
from stocktake.collect import collect
from stocktake.errors import classify
from stocktake.model import GLOBAL, Answer, Collection, Found, Request, State, Target
from stocktake.normalise import normalise
from stocktake.settings import Settings
from stocktake.snapshot import resource_line
from tests.catalog.drive import drive
from tests.catalog.test_rows_end_to_end import is_one_a_target
from tests.loopback_aws import Estate, LoopbackAWS, access_key
from tests.loopback_aws.estate import SECRET

ACCOUNT, OTHER = "111111111111", "222222222222"
NOTHING = Estate(accounts=(ACCOUNT, OTHER), items=0, latency=0, service_seconds=0)
ONE = replace(NOTHING, items=1)
BARE = replace(NOTHING, items=8, bare=True)
"""As many items as there are kinds of them in the loopback AWS: among them some for which a `where` holds."""

BY_ESTATE = {
    # The organisation is there, whatever is in its accounts.
    "AWS::Organizations::Account": 2,
    "AWS::Organizations::Organization": 1,
    "AWS::Organizations::Root": 1,
    # What is asked is about the account itself.
    "AWS::InspectorV2::AccountStatus": 1,
}

every_row = pytest.mark.parametrize("row", CATALOG.values(), ids=CATALOG.keys())


@dataclass
class Taken:
    """What a row made of an estate, and the items that AWS answered its last call with."""

    collection: Collection | None = None
    found: list[Found] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    given: int = 0


class Rows:
    """Takes rows from a server, by one call layer."""

    def __init__(self, server: LoopbackAWS, aws: Aws) -> None:
        self._server = server
        self._aws = aws

    def take(self, row: ResourceType, estate: Estate) -> Taken:
        if estate != self._server.estate:
            self._server.reset(estate)
        home = "us-east-1" if row.scope is Scope.GLOBAL else "eu-west-1"
        target = Target(ACCOUNT, GLOBAL if row.scope is Scope.GLOBAL else home, home)
        taken = Taken()

        def answer(request: Request) -> Answer:
            try:
                page = self._aws.call(request, lambda _: None)
            except Exception as error:
                return classify(error)
            if _is_of(request, row, row.calls[-1]):
                items = jmespath.search(row.calls[-1].items, page.answer) or []
                chosen = [one for one in items if jmespath.search(row.calls[-1].where or "`true`", one)]
                taken.given += len(chosen)
            return page

        with self._server.patched():
            taken.collection = drive(collect(row, target, taken.found.extend), answer)
        for one in taken.found:
            taken.lines.append(json.loads(resource_line(normalise(row, target, one))))
        return taken


def _is_of(request: Request, row: ResourceType, call: Call) -> bool:
    names = {*call.parameters, *([call.batch.parameter] if call.batch else [])}
    return (request.service, request.operation, set(request.parameters)) == (
        row.service_of(call),
        call.operation,
        names,
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    with LoopbackAWS(NOTHING) as server:
        core = new_session(region="eu-west-1")
        core.set_credentials(access_key(ACCOUNT), SECRET)
        core.set_config_variable("ca_bundle", server.ca_bundle)
        settings = Settings.from_environment({"STOCKTAKE_STORE": str(tmp_path_factory.mktemp("store"))})
        yield Rows(server, Aws(settings, core))


def hold(taken: Taken) -> None:
    """A unit that was collected whole, one line an item."""
    assert taken.collection
    assert taken.collection.problem is None
    assert taken.collection.state is State.COLLECTED
    assert [one.gaps for one in taken.found] == [()] * taken.given
    assert len({line["id"] for line in taken.lines}) == len(taken.lines) == taken.given


@every_row
def test_of_nothing_a_row_makes_nothing(rows: Rows, row: ResourceType) -> None:
    taken = rows.take(row, NOTHING)
    hold(taken)
    assert taken.given == (1 if is_one_a_target(row) else BY_ESTATE.get(row.name, 0))


@every_row
def test_of_one_thing_a_row_makes_one_line(rows: Rows, row: ResourceType) -> None:
    taken = rows.take(row, ONE)
    hold(taken)
    assert taken.given == BY_ESTATE.get(row.name, 1) or row.calls[-1].where


@every_row
def test_of_things_of_which_little_is_said_a_row_makes_a_line_each(rows: Rows, row: ResourceType) -> None:
    taken = rows.take(row, BARE)
    hold(taken)
    assert taken.lines
    for line in taken.lines:
        assert line["id"]
        _is_text_or_null(line, "arn", "name", "created")
        assert line["tags"] is None or isinstance(line["tags"], dict)


def _is_text_or_null(line: Mapping[str, Any], *names: str) -> None:
    for name in names:
        assert line[name] is None or (isinstance(line[name], str) and line[name])
