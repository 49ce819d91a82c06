"""A page of every protocol, cut after every byte in every way that a connection allows: never fewer items.

`test_aws.py` does so with answers made by hand and announced as they are; here they are a listing's, over TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jmespath
import pytest

from stocktake.aws import Aws
from stocktake.errors import classify
from stocktake.model import Page, Problem, ReasonCode, Request
from stocktake.settings import Settings
from tests.faults.cases import calling
from tests.loopback_aws import Estate, Fault, LoopbackAWS

ACCOUNT, REGION = "111111111111", "us-east-1"
PLAIN = Estate(1, (ACCOUNT,), (REGION,), items=3, page_size=2, latency=0, service_seconds=0)
BROKEN = {ReasonCode.MALFORMED, ReasonCode.NETWORK}


class Listing(NamedTuple):
    """An operation with pages of less than a kilobyte, and where its items are."""

    service: str
    operation: str
    items: str
    root: str = ""

    @property
    def request(self) -> Request:
        return Request(self.service, self.operation, {}, ACCOUNT, REGION, root=self.root)


PROTOCOLS = {
    "ec2": Listing("ec2", "DescribeInternetGateways", "InternetGateways"),
    "query": Listing("sns", "ListTopics", "Topics"),
    "json": Listing("kms", "ListKeys", "Keys"),
    "rest-json": Listing("lambda", "ListLayers", "Layers"),
    "rest-xml": Listing("s3", "ListBuckets", "Buckets", "ListAllMyBucketsResult"),
    "smithy-rpc-v2-cbor": Listing("cloudwatchomni", "ListViews", "items"),
}
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
KEEPING = ("short", "surplus")
CLOSING = ("truncate", "chunked", "unsized")
every_cut = pytest.mark.parametrize(
    ("protocol", "kind"),
    [
        # Those that end the connection take a new one for each byte.
        pytest.param(protocol, kind, marks=[pytest.mark.slow] if kind in CLOSING and protocol != "json" else [])
        for protocol in PROTOCOLS
        for kind in (*KEEPING, *CLOSING)
    ],
)


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(PLAIN) as running, running.patched():
        yield running


@pytest.fixture(scope="module")
def calls(server: LoopbackAWS) -> Iterator[Aws]:
    with calling(server, Settings(connect_timeout=5, read_timeout=5)) as made:
        yield made


def ask(calls: Aws, listing: Listing) -> Page | Problem:
    try:
        return calls.call(listing.request, lambda _: None)
    except Exception as error:
        return classify(error)


def with_faults(server: LoopbackAWS, *faults: Fault) -> None:
    server.reset(Estate(**{**vars(PLAIN), "faults": faults}))


def whole(server: LoopbackAWS, calls: Aws, listing: Listing) -> tuple[Any, int]:
    """The page's answer and the bytes of its body."""
    with_faults(server)
    page = ask(calls, listing)
    assert isinstance(page, Page), page
    assert len(jmespath.search(listing.items, page.answer)) == 2
    assert page.next is not None
    return page.answer, server.log()[0]["bytes"]


@every_protocol
def test_the_listing_is_of_its_protocol(protocol: str, calls: Aws) -> None:
    listing = PROTOCOLS[protocol]
    assert calls._client(listing.service).meta.service_model.resolved_protocol == protocol


@every_cut
def test_a_page_cut_after_any_byte_is_whole_or_malformed(
    protocol: str, kind: str, server: LoopbackAWS, calls: Aws
) -> None:
    listing = PROTOCOLS[protocol]
    answer, size = whole(server, calls, listing)
    assert 100 < size < 1200
    with_faults(server, *(Fault(kind, at=at, times=1) for at in range(1, size)))
    for at in range(1, size):
        came = ask(calls, listing)
        if isinstance(came, Page):
            assert came.answer == answer, f"cut after {at} of {size} bytes"
        else:
            assert (came.reason.code in BROKEN, came.retry) == (True, True), f"{came} after {at} of {size} bytes"
    after = ask(calls, listing)
    assert isinstance(after, Page)
    assert after.answer == answer
    befell = [entry["fault_number"] for entry in server.log()]
    assert befell == [*range(size - 1), -1]
