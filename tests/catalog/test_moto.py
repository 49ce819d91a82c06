"""Every row on an AWS that somebody else wrote: a resource is really made on moto, and the row finds it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from demo.implemented import is_implemented
from stocktake.aws import Aws, new_session
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import ResourceType, Scope
from stocktake.collect import collect
from stocktake.errors import classify
from stocktake.model import GLOBAL, Answer, Collection, Found, Request, State, Target
from stocktake.normalise import normalise
from stocktake.settings import Settings
from stocktake.snapshot import resource_line
from tests.catalog.drive import drive
from tests.catalog.made import MAKERS, NOT_MADE, UNTAGGED, UNTIMED
from tests.catalog.made.account import ACCOUNT, REGION, SECRET, TAGS, Account

IMPLEMENTED = {name for name, row in CATALOG.items() if is_implemented(row)}


@dataclass(frozen=True)
class Moto:
    url: str
    account: Account
    aws: Aws


@pytest.fixture(scope="module")
def server(_no_network: None) -> Iterator[Moto]:
    """A moto server in this process, with the clients of those who make and of those who look. The SDK's models are
    loaded once for both."""
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    url = f"http://{host}:{port}"
    core = new_session()
    yield Moto(url, Account(core, url), Aws(Settings(), core))
    running.stop()


@pytest.fixture
def moto(server: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """The server, empty, and an environment that leads to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # hundreds, which nobody asks for
    moto_api_backend.reset()
    return server


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_what_was_made_is_collected(name: str, moto: Moto) -> None:
    row = CATALOG[name]
    made = MAKERS[name](moto.account)
    identity, arn = made if isinstance(made, tuple) else (made, "")

    collection, lines = take(row, moto.aws)

    assert (collection.state, collection.reason) == (State.COLLECTED, None)
    found = [line for line in lines if line["id"] == identity]
    assert not [secret for secret in (SECRET, b64encode(SECRET.encode()).decode()) if secret in json.dumps(lines)]
    assert len(found) == 1, [line["id"] for line in lines]
    line = found[0]
    assert {gap["path"] for gap in line.get("gaps", ())} <= ({row.tags} if name in UNTAGGED else set())
    assert not arn or line["arn"] == arn
    assert (line["tags"] or {}) == (TAGS if row.tags and name not in UNTAGGED else {})
    assert (line["created"] is not None) == (row.created != "" and name not in UNTIMED)


def take(row: ResourceType, aws: Aws) -> tuple[Collection, list[dict[str, Any]]]:
    """A unit of the row, collected: how it ended, and its lines as they are stored."""
    target = Target(ACCOUNT, GLOBAL if row.scope is Scope.GLOBAL else REGION, REGION)
    lines: list[dict[str, Any]] = []

    def answer(request: Request) -> Answer:
        try:
            return aws.call(request, lambda _: None)
        except Exception as error:
            return classify(error)

    def emit(found: list[Found]) -> None:
        lines.extend(json.loads(resource_line(normalise(row, target, one))) for one in found)

    return drive(collect(row, target, emit), answer), lines


@pytest.mark.parametrize("name", sorted(IMPLEMENTED - MAKERS.keys() - NOT_MADE.keys()))
def test_a_type_that_nobody_makes_yet_is_asked_for(name: str, moto: Moto) -> None:
    """A new row needs no maker to begin with."""
    assert take(CATALOG[name], moto.aws)[0].state in (State.COLLECTED, State.UNAVAILABLE)


def test_what_is_made_or_cannot_be_is_of_types_that_moto_implements() -> None:
    assert MAKERS.keys() | NOT_MADE.keys() <= IMPLEMENTED
    assert not MAKERS.keys() & NOT_MADE.keys()


@pytest.mark.parametrize("name", sorted(NOT_MADE))
def test_of_what_nobody_can_make_on_moto_none_is_there_from_the_start(name: str, moto: Moto) -> None:
    _, lines = take(CATALOG[name], moto.aws)
    assert lines == []


def test_what_is_said_of_tags_and_times_is_said_of_types_that_are_made_and_have_them() -> None:
    assert {name for name in MAKERS if CATALOG[name].tags} >= UNTAGGED.keys()
    assert {name for name in MAKERS if CATALOG[name].created} >= UNTIMED.keys()
