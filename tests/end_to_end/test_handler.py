"""The Lambda handler, with a bucket for its store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from demo.estate import SECRET, SEEDED
from demo.function import Context
from demo.server import MotoServer
from stocktake import pipeline
from stocktake.aws import Aws
from stocktake.errors import RunFailed, UsageError
from stocktake.order import longest_first
from stocktake.settings import Settings
from stocktake.store import BucketStore, read_lines, read_manifest, read_pointer
from tests.end_to_end.conftest import BUCKET, REGIONS
from tests.loopback import Call, Loopback, Reply, forward, with_faults

Invoke = Callable[..., dict[str, Any]]
HERE = {"regions": [*REGIONS, "global"], "types": SEEDED}


@pytest.fixture
def invoke(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Invoke:
    """Calls the handler as Lambda does; each test has a prefix of its own."""
    monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{request.node.name}")
    monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": HERE}))

    def call(event: Any, seconds: float = 900) -> dict[str, Any]:
        from stocktake.handler import handler

        answer: dict[str, Any] = handler(event, Context(seconds))  # type: ignore[arg-type]
        return answer

    return call


@pytest.fixture
def store(environment: dict[str, str], request: pytest.FixtureRequest) -> BucketStore:
    return BucketStore(boto3.client("s3"), BUCKET, request.node.name)


def test_a_run_is_published_and_answered(
    invoke: Invoke, store: BucketStore, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = invoke({"scheduled": "2026-11-22T13:00:00Z"})
    assert (answer["run"], answer["verdict"], answer["coverage"], answer["latest"]) == (
        *("20261122T130000Z", "complete", 1.0),
        True,
    )
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    assert pointer["manifest"] == answer["manifest"]
    assert answer["manifest"] == "manifests/inventory=default/date=2026-11-22/hour=13/20261122T130000Z.r1.json"
    manifest = read_manifest(store, pointer["manifest"], pointer["sha256"])
    assert sum(1 for _ in read_lines(store, manifest, "snapshot")) == answer["resources"] > 300
    assert manifest["run"]["trigger"] == "schedule"
    assert manifest["scope"]["regions_from"] == "ec2:DescribeRegions"
    assert "account:ListRegions" in manifest["scope"]["regions_refused"][0]
    assert manifest["cost"]["lambda_gb_seconds"] > 0
    assert all(1 <= made["peak_rate"] <= made["calls"] for made in manifest["calls"].values())
    logged = capsys.readouterr().out
    lines = [json.loads(line) for line in logged.splitlines()]
    (emf,) = [line for line in lines if "_aws" in line]
    assert emf["Resources"] == [answer["resources"]]
    assert (emf["service"], emf["inventory"], emf["Published"], emf["NewlyLost"]) == ("stocktake", "default", [1], [0])
    services = [vars(record) for record in caplog.records if record.getMessage() == "resources of a service"]
    assert sum(line["resources"] for line in services) == answer["resources"]
    assert {(line["inventory"], line["run"]) for line in services} == {("default", answer["run"])}
    assert len({line["aws_service"] for line in services}) == len(services) > 5
    assert SECRET not in logged


def test_what_an_invocation_before_needed_is_let_go(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[weakref.ref[Any]] = []

    def remembered(settings: Settings) -> Aws:
        made = Aws(settings)
        alive.append(weakref.ref(made._core))
        return made

    monkeypatch.setattr("stocktake.handler.Aws", remembered)
    for _ in range(3):
        invoke({"types": ["AWS::SQS::Queue"]})
    assert [made() is None for made in alive[:2]] == [True, True]


def test_a_second_delivery_finds_the_work_done(invoke: Invoke) -> None:
    first = invoke({"scheduled": "2026-11-22T14:00:00Z"})
    again = invoke({"scheduled": "2026-11-22T14:00:00+00:00"})
    assert again["repeated"] is True
    assert {**again, "repeated": None} == {**first, "repeated": None}


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"region": ["eu-west-1"]}, "regions"),
        ({"types": ["AWS::EC2::Instnace"]}, "AWS::EC2::Instance"),
        ({"types": "AWS::EC2::*"}, "list"),
        ({"regions": ["eu-west-11"]}, "eu-west-1"),
        ({"detail": "some"}, "basic"),
        ({"scheduled": "13 o'clock"}, "2026"),
        (["default"], "object"),
    ],
)
def test_an_event_that_cannot_be_taken_is_refused_in_a_sentence(
    invoke: Invoke, store: BucketStore, event: Any, named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        invoke(event)
    assert set(store.keys("")) <= {"leases/default.json"}  # regions are known only once AWS was asked


@pytest.fixture
def deny(server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[Call], bool]], None]]:
    opened: list[Loopback] = []

    def start(denied: Callable[[Call], bool]) -> None:
        body = b"<Response><Errors><Error><Code>AccessDenied</Code><Message>no</Message></Error></Errors></Response>"
        json_body = b'{"__type": "AccessDeniedException", "message": "no"}'

        def fault(call: Call) -> Reply | None:
            return (
                Reply(403, json_body if "json" in call.headers.get("Content-Type", "") else body)
                if denied(call)
                else None
            )

        proxy = Loopback(with_faults(forward(server.url), fault))
        opened.append(proxy.__enter__())
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)

    yield start
    for proxy in opened:
        proxy.__exit__(None, None, None)


def test_a_run_that_saw_nothing_is_published_and_then_fails(
    invoke: Invoke, store: BucketStore, deny: Callable[..., None]
) -> None:
    deny(lambda call: call.service != "sts" and not call.path.startswith(f"/{BUCKET}"))
    with pytest.raises(RunFailed, match="collected nothing"):
        invoke({"scheduled": "2026-11-22T15:00:00Z", "types": ["AWS::EC2::*"]})
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    assert pointer["verdict"] == "failed"
    manifest = read_manifest(store, pointer["manifest"])
    assert manifest["scope"]["regions_from"] == "botocore"
    assert set(manifest["counts"]["by_state"]) == {"denied"}


def test_a_missing_unit_says_where_it_was_last_seen(
    invoke: Invoke, store: BucketStore, deny: Callable[..., None]
) -> None:
    invoke({"scheduled": "2026-11-22T16:00:00Z"})
    deny(lambda call: call.service == "sqs" and call.region == "eu-west-1")
    answer = invoke({"scheduled": "2026-11-22T17:00:00Z"})
    assert answer["verdict"] == "partial"
    assert [group["regions"] for group in answer["unseen"]] == [["eu-west-1"]]
    manifest = read_manifest(store, answer["manifest"])
    (unit,) = [unit for unit in read_lines(store, manifest, "units") if unit["state"] == "denied"]
    assert unit["last"]["run"] == "20261122T160000Z"
    (block,) = unit["last"]["blocks"]
    assert store.read_range(block["object"], block["offset"], block["length"])


def test_a_run_begins_with_what_took_longest_in_the_last(
    invoke: Invoke, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def listen(units: Any, seconds: dict[Any, float], caller: str) -> Any:
        told.append((seconds, caller))
        return longest_first(units, seconds, caller)

    monkeypatch.setattr(pipeline, "longest_first", listen)
    first = invoke({"scheduled": "2026-11-22T16:00:00Z", "types": ["AWS::SQS::Queue"]})
    assert {tuple(seconds) for seconds, _ in told} == {()}
    invoke({"scheduled": "2026-11-22T17:00:00Z", "types": ["AWS::SQS::Queue"]})
    units = list(read_lines(store, read_manifest(store, first["manifest"]), "units"))
    took = {(unit["account"], unit["region"], unit["type"]): unit["seconds"] for unit in units}
    assert len(took) == len(REGIONS)
    assert told[-1] == (took, "us-east-1")


def test_a_denied_enrichment_is_a_gap_and_not_a_failure(
    invoke: Invoke, store: BucketStore, deny: Callable[..., None]
) -> None:
    deny(lambda call: call.path.endswith("?tagging") and not call.path.startswith(f"/{BUCKET}"))
    answer = invoke({"scheduled": "2026-11-22T18:00:00Z", "types": ["AWS::S3::Bucket"]})
    assert (answer["verdict"], answer["by_state"]) == ("complete", {"collected": 1})
    assert answer["gaps"] > 0
    buckets = list(read_lines(store, read_manifest(store, answer["manifest"]), "snapshot"))
    gapped = [bucket for bucket in buckets if "gaps" in bucket]
    assert len(gapped) == answer["gaps"]
    assert {bucket["tags"] for bucket in gapped} == {None} if gapped else False
    assert {gap["path"] for bucket in gapped for gap in bucket["gaps"]} == {"TagSet"}


def test_basic_detail_makes_no_call_per_resource(
    invoke: Invoke, server: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(forward(server.url)) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        answer = invoke({"types": ["AWS::SQS::Queue", "AWS::S3::Bucket"], "detail": "basic"})
    assert {call.operation for call in proxy.calls if call.service == "sqs"} == {"ListQueues"}
    assert answer["resources"] > 0


def test_a_short_time_is_enough_to_publish_what_there_is(invoke: Invoke, store: BucketStore) -> None:
    answer = invoke({"scheduled": "2026-11-22T19:00:00Z"}, seconds=66)
    assert answer["verdict"] in ("partial", "complete")
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None


@pytest.mark.parametrize(
    ("environment", "service"), [({}, "stocktake"), ({"AWS_LAMBDA_FUNCTION_NAME": "mine"}, "mine")]
)
def test_metrics_are_those_of_the_function_by_its_name(environment: dict[str, str], service: str) -> None:
    program = "from stocktake.handler import metrics; print(metrics.service)"
    given = {"PYTHONPATH": os.pathsep.join(sys.path), "AWS_REGION": "eu-west-1", **environment}
    said = subprocess.run([sys.executable, "-c", program], env=given, stdout=subprocess.PIPE, check=True, text=True)
    assert said.stdout.strip() == service
