"""A run is announced once its pointer has moved, whatever its verdict; and one that is not is no worse for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from demo.function import Context
from demo.server import MotoServer
from stocktake import pipeline
from stocktake.announce import DETAIL_TYPE, SOURCE
from stocktake.aws import Aws
from stocktake.errors import RunFailed
from stocktake.pipeline import _announced
from stocktake.settings import Settings
from stocktake.store import BucketStore, read_pointer
from tests.end_to_end.conftest import BUCKET
from tests.loopback import Call, Loopback, Reply, forward, json_reply
from tests.test_docs import errors

INVENTORY = {"regions": ["us-east-1"], "types": ["AWS::SQS::Queue"]}
REFUSAL = json_reply(
    {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSource", "ErrorMessage": "no"}]}
)


class Listening:
    """Stands before AWS. Keeps what is announced, and what the pointer said by then; may answer for the bus."""

    def __init__(self, url: str, store: BucketStore) -> None:
        self._forward = forward(url)
        self._store = store
        self.answer: Callable[[], Reply] | None = None
        self.denied = False
        self.events: list[dict[str, Any]] = []
        self.pointers: list[Any] = []

    def __call__(self, call: Call) -> Reply:
        if call.service == "events":
            assert call.operation == "PutEvents"
            self.events += json.loads(call.body)["Entries"]
            self.pointers.append(read_pointer(self._store, "default")[0])
            return self.answer() if self.answer else self._forward(call)
        if self.denied and call.service == "sqs":
            return json_reply({"__type": "AccessDeniedException", "message": "no"}, 403)
        return self._forward(call)

    @property
    def details(self) -> list[dict[str, Any]]:
        assert {(one["Source"], one["DetailType"], one["EventBusName"]) for one in self.events} <= {
            (SOURCE, DETAIL_TYPE, "default")
        }
        return [json.loads(one["Detail"]) for one in self.events]


@pytest.fixture
def listening(
    server: MotoServer,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Listening]:
    script = Listening(server.url, BucketStore(boto3.client("s3"), BUCKET, request.node.name))
    with Loopback(script) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{request.node.name}")
        monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": INVENTORY}))
        monkeypatch.setenv("STOCKTAKE_EVENT_BUS", "default")
        yield script


def invoke(hour: int, **event: Any) -> dict[str, Any]:
    from stocktake.handler import handler

    answer: dict[str, Any] = handler(
        {"scheduled": f"2026-11-22T{hour}:00:00Z", **event},
        Context(),  # type: ignore[arg-type]
    )
    return answer


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_is_announced_once_its_pointer_has_moved_and_again_when_it_is_delivered_again(
    listening: Listening, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = invoke(13)
    (detail,), (pointer,) = listening.details, listening.pointers
    assert answer["announced"] is True
    assert "announcement_error" not in answer
    assert pointer["manifest"] == answer["manifest"] == detail["manifest"]
    assert errors("event", detail, closed=True) == []
    for name in ("run", "revision", "verdict", "coverage", "latest", "resources", "gaps", "newly_lost", "objects"):
        assert detail[name] == answer[name], name
    assert (detail["repeated"], detail["trigger"]) == (False, "schedule")
    assert detail["store"].startswith(f"s3://{BUCKET}/")
    (emf,) = [line for line in logged(capsys) if "_aws" in line]
    assert emf["AnnouncementsFailed"] == [0]

    again = invoke(13)
    assert (again["announced"], again["repeated"]) == (True, True)
    assert listening.details[1] == {**detail, "repeated": True}


def test_a_failure_to_announce_is_logged_measured_and_answered_and_fails_nothing(
    listening: Listening, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    listening.answer = lambda: REFUSAL
    answer = invoke(13)
    said = "PutEvents: NotAuthorizedForSource: no"
    assert (answer["verdict"], answer["latest"]) == ("complete", True)
    assert (answer["announced"], answer["announcement_error"]) == (False, said)
    (emf,) = [line for line in logged(capsys) if "_aws" in line]
    assert (emf["AnnouncementsFailed"], emf["Published"]) == ([1], [1])
    (warning,) = [vars(one) for one in caplog.records if one.getMessage() == "not announced"]
    assert (warning["levelname"], warning["run"], warning["error"]) == ("WARNING", answer["run"], said)


def test_a_run_that_saw_nothing_is_announced_before_it_fails(listening: Listening) -> None:
    listening.denied = True
    with pytest.raises(RunFailed):
        invoke(13)
    (detail,) = listening.details
    assert (detail["verdict"], detail["coverage"]) == ("failed", 0.0)
    assert errors("event", detail, closed=True) == []


def test_without_a_bus_nothing_is_announced(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STOCKTAKE_EVENT_BUS")
    assert "announced" not in invoke(13)
    assert listening.events == []


def test_a_bus_that_does_not_answer_is_not_waited_for(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ANNOUNCE_SECONDS", 0.3)
    listening.answer = lambda: Reply(hang=True)
    answer = invoke(13)
    assert answer["latest"]
    assert (answer["announced"], answer["announcement_error"]) == (False, "PutEvents: no answer within 0.3 s")


def test_where_no_time_is_left_nothing_is_sent(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(Settings(), event_bus="default")
    monkeypatch.setattr(pipeline, "put", lambda *_: pytest.fail("it was sent"))
    told = asyncio.run(_announced(settings, Aws(settings), {}, pipeline.LAST_SECONDS))
    assert told == "PutEvents: there was no time left for it"
