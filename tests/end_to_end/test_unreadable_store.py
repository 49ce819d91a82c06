"""A store that cannot be read ends a run before anything is collected, and is never taken for an empty one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import boto3
import pytest

from demo.function import Context
from demo.server import MotoServer
from stocktake import pipeline
from stocktake.errors import Missing, StoreError
from stocktake.store import BucketStore
from tests.end_to_end.conftest import BUCKET
from tests.loopback import Call, Loopback, Reply, forward, with_faults

INVENTORY = {"regions": ["us-east-1"], "types": ["AWS::SQS::Queue"]}
REFUSED = Reply(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
NEEDED = "s3:ListBucket on the bucket"
Fault = Callable[[Call], Reply | None]


@pytest.fixture(scope="module")
def server(_no_network: None) -> Iterator[MotoServer]:
    with MotoServer() as running:
        given = {"endpoint_url": running.url, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        boto3.client("s3", region_name="us-east-1", **given).create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def store(environment: dict[str, str], request: pytest.FixtureRequest) -> BucketStore:
    return BucketStore(boto3.client("s3"), BUCKET, request.node.name)


@pytest.fixture
def calls_under(
    server: MotoServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[[Fault, str], list[Call]]:
    """The calls that the function made until it ended in an error of the store that says this."""
    monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{request.node.name}")
    monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": INVENTORY}))

    def run(fault: Fault, said: str) -> list[Call]:
        from stocktake.handler import handler

        with Loopback(with_faults(forward(server.url), fault)) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            with pytest.raises(StoreError, match=said) as raised:
                handler({"scheduled": "2026-11-22T13:00:00Z"}, Context())  # type: ignore[arg-type]
        assert not isinstance(raised.value, Missing)
        return list(proxy.calls)

    return run


def lists(call: Call) -> bool:
    return call.method == "GET" and call.path.startswith(f"/{BUCKET}?")


def reads_the_pointer(call: Call) -> bool:
    return call.method == "GET" and call.path.endswith("latest/default.json")


def test_a_bucket_that_may_not_be_listed_is_said_first_of_all(
    calls_under: Callable[[Fault, str], list[Call]], store: BucketStore
) -> None:
    calls = calls_under(
        lambda call: REFUSED if lists(call) else None, rf"^ListObjectsV2 s3://{BUCKET}/.*AccessDenied.*{NEEDED}"
    )
    assert [call.service for call in calls] == ["s3"]
    assert store.keys("") == []


def test_a_pointer_that_may_be_missing_is_said_before_anything_is_collected(
    calls_under: Callable[[Fault, str], list[Call]], store: BucketStore
) -> None:
    """As where the permission to list is given for some prefixes only."""
    calls = calls_under(
        lambda call: REFUSED if reads_the_pointer(call) else None, rf"^GetObject s3://{BUCKET}/.*AccessDenied.*{NEEDED}"
    )
    assert "sqs" not in {call.service for call in calls}
    assert store.keys("") in ([], ["leases/default.json"])


def test_a_pointer_that_is_refused_slowly_is_said_before_anything_is_collected(
    calls_under: Callable[[Fault, str], list[Call]], store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PATIENCE_SECONDS", 0.0)
    collecting = threading.Event()

    def fault(call: Call) -> Reply | None:
        if call.service == "sqs":
            collecting.set()
        if reads_the_pointer(call):
            collecting.wait(3)
            return REFUSED
        return None

    calls = calls_under(fault, NEEDED)
    assert "sqs" not in {call.service for call in calls}


def test_a_pointer_that_is_damaged_is_said_before_anything_is_collected(
    calls_under: Callable[[Fault, str], list[Call]], store: BucketStore
) -> None:
    assert store.swap("latest/default.json", b"<html>", None)
    calls = calls_under(lambda _: None, r"latest/default\.json")
    assert "sqs" not in {call.service for call in calls}
