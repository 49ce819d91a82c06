"""Every call of the catalogue, chains and enrichments, page by page, by ordinary clients over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import jmespath
import pytest
from botocore import xform_name
from botocore.config import Config

from stocktake.aws import with_bare_ids
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import ResourceType, Scope
from stocktake.collect import collect
from stocktake.model import GLOBAL, Found, Page, Request, State, Target
from tests.catalog.drive import drive
from tests.loopback_aws import Estate, LoopbackAWS, access_key
from tests.loopback_aws.pages import listing
from tests.test_loopback_aws_services import plain

ACCOUNT, OTHER = "111111111111", "222222222222"
ESTATE = Estate(accounts=(ACCOUNT, OTHER), items=7, latency=0, service_seconds=0)
SMALL = 3
"""Items of a page, or as few as the model allows: seven come in several."""


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with LoopbackAWS(ESTATE) as server:
        made = Clients(server)
        yield made
        made.close()


class Clients:
    """Ordinary clients of a server, one a service and region."""

    def __init__(self, server: LoopbackAWS) -> None:
        self.server = server
        self._session = boto3.session.Session(access_key(ACCOUNT), "any")
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._made:
            once = Config(retries={"total_max_attempts": 1})
            self._made[key] = self._session.client(*key, verify=self.server.ca_bundle, config=once)
        return self._made[key]

    def close(self) -> None:
        for client in self._made.values():
            client.close()


class Reader:
    """Answers a collector's requests with an ordinary client's, and compares each with what the estate means."""

    def __init__(self, clients: Clients, *, small: bool) -> None:
        self._clients = clients
        self._small = small
        self._read: dict[str, list[Any]] = {}
        self.pages = 0

    def answer(self, request: Request) -> Page:
        here = listing(request.service, request.operation, request.parameters)
        parameters = dict(request.parameters)
        if (request.service, request.operation) == ("route53", "ListTagsForResources"):
            with_bare_ids(parameters)
        if self._small and here.pages and here.limit:
            shape = here.model.input_shape.members[here.limit]
            size = max(SMALL, int(shape.metadata.get("min", 1)))
            parameters[here.limit] = str(size) if shape.type_name == "string" else size
        given = dict(parameters)
        for name, token in zip(here.tokens_in, request.token or (), strict=False):
            if token is not None:
                given[name] = token
        answer = getattr(self._clients.of(request.service, request.region), xform_name(request.operation))(**given)
        del answer["ResponseMetadata"]
        self.pages += 1
        expected = self._clients.server.expected(
            ACCOUNT, request.region, request.service, request.operation, parameters
        )
        following = self._following(request, here, answer)
        if here.items:
            items = jmespath.search(".".join(here.items) + (f"[].{here.inner}[]" if here.inner else ""), answer) or []
            whole = self._read.setdefault(repr((request.service, request.operation, request.region, parameters)), [])
            whole += items
            assert plain(items) == plain(expected[len(whole) - len(items) : len(whole)])
            assert following or len(whole) == len(expected)
        else:
            assert plain(answer) == plain(expected[0])
        return Page(answer, request.at(following) if following else None)

    def _following(self, request: Request, here: Any, answer: Any) -> tuple[Any, ...]:
        if not here.pages or (here.more and not jmespath.search(".".join(here.more), answer)):
            return ()
        paths = request.paging.tokens_out if request.paging else tuple(map(".".join, here.tokens_out))
        tokens = tuple(jmespath.search(path, answer) for path in paths)
        return tokens if any(tokens) else ()


def take(clients: Clients, row: ResourceType, *, small: bool) -> tuple[Reader, list[Found], State]:
    clients.server.reset(ESTATE)
    home = "us-east-1" if row.scope is Scope.GLOBAL else "eu-west-1"
    target = Target(ACCOUNT, GLOBAL if row.scope is Scope.GLOBAL else home, home)
    reader = Reader(clients, small=small)
    found: list[Found] = []
    with clients.server.patched():
        collection = drive(collect(row, target, found.extend), reader.answer)
    return reader, found, collection.state


@pytest.mark.parametrize("row", CATALOG.values(), ids=CATALOG.keys())
def test_every_call_is_answered_and_read_back_as_it_was_meant(clients: Clients, row: ResourceType) -> None:
    reader, found, state = take(clients, row, small=True)
    assert state is State.COLLECTED
    assert [one.gaps for one in found] == [()] * len(found)
    log = clients.server.log()
    unasked = {enrichment.call.operation for enrichment in row.enrich if enrichment.when}
    assert {call.operation for call in row.every_call()} - unasked <= {entry["operation"] for entry in log}
    assert {(entry["status"], entry["error"]) for entry in log} == {(200, "")}
    assert reader.pages == len(log)

    _, same, _ = take(clients, row, small=False)
    ids, others = (sorted(jmespath.search(row.id, one.item) for one in some) for some in (found, same))
    assert ids == others
    assert len(set(ids)) == len(ids) > 0
