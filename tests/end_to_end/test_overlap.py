"""Invocations that meet: one sweeps, a scheduled one steps back, one by hand is told; a dead one holds nobody up."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from demo.function import Context
from demo.server import MotoServer
from stocktake.errors import CredentialsError, Overlap
from stocktake.snapshot import canonical, lease_in
from stocktake.store import BucketStore, find_manifest
from tests.end_to_end.conftest import BUCKET
from tests.helpers import run_at
from tests.loopback import Call, Loopback, Reply, forward
from tests.publishing import Gate, line_of_runs, race

INVENTORY = {"regions": ["us-east-1"], "types": ["AWS::SQS::Queue"]}
KEY = "leases/default.json"
INVOCATIONS = 4


@pytest.fixture
def store(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> BucketStore:
    monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{request.node.name}")
    monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": INVENTORY}))
    monkeypatch.setenv("STOCKTAKE_READ_TIMEOUT", "60")  # what is kept waiting here is not sent again
    monkeypatch.setenv("STOCKTAKE_RESERVE_SECONDS", "300")
    return BucketStore(boto3.client("s3"), BUCKET, request.node.name)


class Between:
    """Stands before AWS and counts sweeps. Until it is `free`, those are kept waiting; `begun` once one has begun."""

    def __init__(self, url: str) -> None:
        self._forward = forward(url)
        self.begun, self.free = threading.Event(), threading.Event()
        self.free.set()
        self.sweeps = 0
        self.look: Callable[[Call], Reply | None] = lambda call: None

    def __call__(self, call: Call) -> Reply:
        if call.service == "sqs" and call.operation == "ListQueues":
            self.sweeps += 1
            self.begun.set()
            self.free.wait(60)
        return self.look(call) or self._forward(call)


@pytest.fixture
def between(server: MotoServer, store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    script = Between(server.url)
    with Loopback(script) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield script
        script.free.set()


def invoke(event: Mapping[str, Any], invocation: str) -> dict[str, Any]:
    from stocktake.handler import handler

    context = Context()
    context.aws_request_id = invocation
    answer: dict[str, Any] = handler(dict(event), context)  # type: ignore[arg-type]
    return answer


def at(hour: int) -> dict[str, str]:
    return {"scheduled": f"2026-11-22T{hour:02}:00:00Z"}


def held(store: BucketStore) -> dict[str, Any]:
    return lease_in(store.read(KEY)[0], KEY)


def test_while_a_run_is_taken_a_scheduled_one_is_skipped_and_one_by_hand_is_told(
    store: BucketStore, between: Between, caplog: pytest.LogCaptureFixture
) -> None:
    between.free.clear()
    answers: list[dict[str, Any]] = []
    first = threading.Thread(target=lambda: answers.append(invoke(at(13), "first")))
    first.start()
    assert between.begun.wait(60)
    lease = held(store)
    sentence = (
        "the run 20261122T130000Z of the inventory default is being taken by the invocation first, "
        f"until {lease['until']} at the latest"
    )
    skipped = invoke(at(14), "second")
    assert skipped == {
        "skipped": sentence,
        "inventory": "default",
        "run": "20261122T140000Z",
        "holder": {"run": "20261122T130000Z", "invocation": "first", "until": lease["until"]},
    }
    (warning,) = [vars(one) for one in caplog.records if one.getMessage() == "skipped"]
    assert (warning["levelname"], warning["why"], warning["run"]) == ("WARNING", sentence, "20261122T140000Z")
    with pytest.raises(Overlap, match=f"^{sentence}$"):
        invoke({}, "third")
    assert held(store) == lease
    between.free.set()
    first.join()
    assert between.sweeps == 1
    assert answers[0]["latest"]
    assert held(store) == {**lease, "released": held(store)["released"]}
    assert held(store)["released"]
    assert invoke(at(14), "second")["latest"]
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T130000Z"]


def test_a_repeated_delivery_of_a_published_run_is_answered_though_another_is_being_taken(
    store: BucketStore, between: Between
) -> None:
    done = invoke(at(13), "first")
    hold(store, "another", minutes=10)
    assert invoke(at(13), "second") == {**done, "repeated": True}


def hold(store: BucketStore, invocation: str, *, minutes: float, run: str = "20261122T100000Z") -> None:
    """A lease as whoever was killed while it had it left it."""
    now = datetime.now(UTC)
    times = {"taken": now - timedelta(minutes=15), "until": now + timedelta(minutes=minutes)}
    said = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}
    tag = store.read(KEY)[1] if store.keys(KEY) else None
    lease = {"format": 1, "run": run, "invocation": invocation, "attempt": "x", "released": None, **said}
    assert store.swap(KEY, canonical(lease), tag)


def test_a_function_that_was_killed_holds_nobody_up_once_its_time_is_over(store: BucketStore, between: Between) -> None:
    hold(store, "killed", minutes=5)
    assert "skipped" in invoke(at(13), "next")
    assert between.sweeps == 0
    hold(store, "killed", minutes=-0.1)
    assert invoke(at(13), "next")["latest"]
    assert held(store)["invocation"] == "next"


def test_an_invocation_that_is_tried_again_goes_on_at_once(store: BucketStore, between: Between) -> None:
    hold(store, "same", minutes=14, run="20261122T130000Z")
    answer = invoke(at(13), "same")
    assert (answer["latest"], "repeated" in answer, between.sweeps) == (True, False, 1)


def test_a_run_that_ends_in_an_error_gives_its_lease_back(store: BucketStore, between: Between) -> None:
    error = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"
    between.look = lambda call: Reply(403, error) if call.service == "sts" else None
    with pytest.raises(CredentialsError):
        invoke(at(13), "first")
    assert held(store)["released"]
    between.look = lambda call: None
    assert invoke(at(13), "second")["latest"]


def test_nothing_is_swept_before_the_lease_is_held(store: BucketStore, between: Between) -> None:
    """The lease is asked for beside the discovery; here it comes later."""
    discovered = threading.Event()
    early: list[int] = []

    def look(call: Call) -> Reply | None:
        if call.operation == "DescribeRegions":
            discovered.set()
        if KEY in call.path and call.method == "PUT":
            assert discovered.wait(30)
            early.append(between.sweeps)
        return None

    between.look = look
    assert invoke(at(13), "first")["latest"]
    assert early == [0, 1], "taken before, given back after"


def test_what_was_published_while_the_lease_was_waited_for_is_not_taken_again(
    store: BucketStore, between: Between
) -> None:
    """Another delivery of the event looks whether the run is done, and is overtaken before it has the lease."""
    overtaken: list[dict[str, Any]] = []

    def look(call: Call) -> Reply | None:
        if KEY in call.path and call.method == "GET" and not overtaken:
            overtaken.append({})
            overtaken[0] = invoke(at(13), "quicker")
        return None

    between.look = look
    answer = invoke(at(13), "slower")
    assert overtaken[0]["latest"]
    assert (answer["repeated"], answer["manifest"]) == (True, overtaken[0]["manifest"])
    assert between.sweeps == 1
    assert find_manifest(store, run_at(13)) == answer["manifest"]


def racing(number: int, environment: Mapping[str, str], begin: Callable[[], Any]) -> dict[str, Any]:
    os.environ.update(environment)
    begin()
    return invoke(at(13), f"racing-{number}")


def test_of_invocations_of_one_event_at_the_same_moment_exactly_one_sweeps(
    store: BucketStore, between: Between, server: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: os.environ[name] for name in os.environ if name.startswith(("AWS_", "STOCKTAKE_"))}
    with Gate(os.environ["AWS_ENDPOINT_URL"]) as gate:
        given["AWS_ENDPOINT_URL"] = gate.url
        answers = race(racing, [(number, given) for number in range(INVOCATIONS)])
    assert between.sweeps == 1
    assert len(line_of_runs(store)) == 1
    skipped = [answer for answer in answers if "skipped" in answer]
    others = [answer for answer in answers if "skipped" not in answer]
    assert len({answer["manifest"] for answer in others}) == 1
    assert sum("repeated" not in answer for answer in others) == 1
    assert len(skipped) + len(others) == INVOCATIONS
