"""Two invocations in one process, as Lambda makes them: a thread that is stuck in the first and freed in the second."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import boto3
import pytest

from demo.function import Context
from demo.server import MotoServer
from stocktake.aws import Aws
from stocktake.errors import CredentialsError, StoreError
from stocktake.store import BucketStore, read_lines, read_manifest
from tests.end_to_end.conftest import BUCKET, REGIONS
from tests.loopback import Call, Loopback, Reply, forward
from tests.publishing import line_of_runs

INVENTORY = {"regions": [*REGIONS, "global"], "types": ["AWS::SQS::Queue", "AWS::EC2::VPC"]}
FIRST, SECOND = "20261122T130000Z", "20261122T140000Z"
STUCK_SECONDS = 6.0
INTRUDER = "https://sqs.eu-west-1.amazonaws.com/123456789012/intruder"
Matches = Callable[[Call], bool]


def asks_for_queues(call: Call) -> bool:
    return (call.service, call.region, call.operation) == ("sqs", "eu-west-1", "ListQueues")


def writes(kind: str) -> Matches:
    """A write of an object whose key begins with this."""
    return lambda call: call.method == "PUT" and f"/{kind}/" in unquote(call.path)


def looks_back(call: Call) -> bool:
    return call.method == "GET" and "latest/default.json" in call.path


class Between:
    """Stands between the function and AWS. In the first invocation it keeps some calls waiting; the second begins what
    frees them, and goes on when the threads that made them have done whatever they will do."""

    def __init__(self, url: str) -> None:
        self._forward = forward(url)
        self.held: Matches = lambda call: False
        self.late: Callable[[Call], Reply | None] = lambda call: None
        self.refused: Callable[[Call], Reply | None] = lambda call: None
        self.freed_at: Matches = lambda call: False
        self.second = False
        self.free = threading.Event()
        self.freed = 0
        self.writes: list[tuple[str, bytes]] = []
        self._zombies: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Reply:
        if not self.second and self.held(call):
            self.free.wait(60)
            return self.late(call) or self._forward(call)
        if not self.second and (refused := self.refused(call)):
            return refused
        if self.second and self.freed_at(call):
            self._release()
        if call.method == "PUT" and call.path.startswith(f"/{BUCKET}/"):
            self.writes.append((unquote(call.path), call.body))
        return self._forward(call)

    def begin_second(self) -> None:
        self._zombies = [thread for thread in threading.enumerate() if thread.name.startswith("stocktake")]
        assert self._zombies, "no thread is stuck"
        self.writes.clear()
        self.second = True

    def _release(self) -> None:
        with self._lock:
            if self.free.is_set():
                return
            self.free.set()
            for thread in self._zombies:
                thread.join(30)
                assert not thread.is_alive()
            self.freed = len(self._zombies)


@pytest.fixture(scope="module")
def server(_no_network: None) -> Iterator[MotoServer]:
    """A server with no more than what is looked at, all of whose services are awake."""
    with MotoServer() as running:
        given = {"endpoint_url": running.url, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        for region in REGIONS:
            boto3.client("sqs", region_name=region, **given).create_queue(QueueName="orders")
            boto3.client("ec2", region_name=region, **given).describe_vpcs()
        boto3.client("sts", region_name="us-east-1", **given).get_caller_identity()
        boto3.client("s3", region_name="us-east-1", **given).create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def between(server: MotoServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    script = Between(server.url)
    with Loopback(script) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": INVENTORY}))
        yield script
        script.free.set()


class Invocation:
    """What a run left: its answer, its log, its metrics and what is stored."""

    def __init__(self, answer: dict[str, Any], said: str, store: BucketStore) -> None:
        lines = [json.loads(line) for line in said.splitlines()]
        manifest = read_manifest(store, answer["manifest"])
        units = list(read_lines(store, manifest, "units"))
        snapshots = [one for one in manifest["objects"] if one["kind"] != "units"]
        self.stored = [(one["key"], store.read(one["key"])[0]) for one in snapshots]
        self.everything = {
            "answer": _timeless(answer),
            "log": [_timeless(line) for line in lines if "_aws" not in line],
            "metrics": [_timeless(line) for line in lines if "_aws" in line],
            "manifest": _timeless({**manifest, "objects": snapshots}),
            "units": [_timeless(unit) for unit in units],
            "stored": [(key, data) for key, data in self.stored],
        }


MOVING = {
    *("seconds", "started", "finished", "previous", "timestamp", "location", "cold_start", "xray_trace_id", "cost"),
    *("peak_rate", "_aws", "objects_bytes", "duration", "last"),
}


def _timeless(value: Any) -> Any:
    """Without what two runs over the same estate differ in."""
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in MOVING}
    if isinstance(value, list):
        return [_timeless(inner) for inner in value if not str(inner).startswith("units/")]  # a key ends in a hash
    return value


Invoke = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _cannot_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose connection is shut at the deadline comes free at once; others are stuck all the same, such as in the
    name service."""
    monkeypatch.setattr(Aws, "give_up", lambda aws, request: None)


def invoke(hour: int, seconds: float = 900) -> dict[str, Any]:
    from stocktake.handler import handler

    answer: dict[str, Any] = handler({"scheduled": f"2026-11-22T{hour}:00:00Z"}, Context(seconds))  # type: ignore[arg-type]
    return answer


def store_at(prefix: str) -> BucketStore:
    return BucketStore(boto3.client("s3"), BUCKET, prefix)


@pytest.fixture
def second_run(
    between: Between,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Callable[..., None]:
    """Lets the second invocation run, and compares all that it left with what a run without a zombie leaves."""
    prefix = request.node.name
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    def run(freed_at: Matches) -> None:
        monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{prefix}")
        between.freed_at = freed_at
        between.begin_second()
        capsys.readouterr()
        root = logging.getLogger()
        keep = Keep(logging.INFO)
        root.addHandler(keep)
        try:
            answer = invoke(14)
        finally:
            root.removeHandler(keep)
        assert between.freed, "nobody was freed meanwhile"
        store = store_at(prefix)
        after = Invocation(answer, capsys.readouterr().out, store)
        for path, body in between.writes:
            mutable = path.endswith(("/latest/default.json", "/leases/default.json"))
            assert SECOND in path or (mutable and SECOND in body.decode())
        assert answer["latest"]
        assert line_of_runs(store)[0] == SECOND
        assert INTRUDER.rpartition("/")[2] not in str(after.everything)
        assert [record.getMessage() for record in records if record.name != "stocktake"] == []

        monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{prefix}-alone")
        between.freed_at = lambda call: False
        alone = Invocation(invoke(14), capsys.readouterr().out, store_at(f"{prefix}-alone"))
        for name, value in alone.everything.items():
            assert after.everything[name] == value, name

    monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{prefix}")
    return run


def with_an_intruder(call: Call) -> Reply | None:
    """A page that no run is to see, and word of another after it."""
    if not asks_for_queues(call):
        return None
    page = {"QueueUrls": [INTRUDER], "NextToken": "more"}
    return Reply(200, json.dumps(page).encode(), {"Content-Type": "application/x-amz-json-1.0"})


@pytest.mark.parametrize(
    "freed_at",
    [asks_for_queues, writes("snapshots"), writes("latest")],
    ids=["it collects the same", "it writes data", "it moves the pointer"],
)
def test_a_page_that_comes_late_enters_no_other_run(
    between: Between, second_run: Callable[..., None], freed_at: Matches
) -> None:
    between.held, between.late = asks_for_queues, with_an_intruder
    first = invoke(13, seconds=60 + STUCK_SECONDS)
    assert first["verdict"] == "partial"
    assert "deadline" in str(first["unseen"])
    second_run(freed_at)


def test_clients_and_connections_that_are_made_late_change_no_other_run(
    between: Between, second_run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(name: str) -> None:
        original = getattr(Aws, name)

        def wait_and_do(self: Aws, *arguments: Any) -> None:
            if not between.second:
                between.free.wait(60)
            original(self, *arguments)

        monkeypatch.setattr(Aws, name, wait_and_do)

    late("prepare")
    late("connect")
    first = invoke(13)
    assert first["verdict"] == "complete"
    second_run(asks_for_queues)


def test_a_look_back_that_comes_late_changes_no_other_run_though_the_first_died_of_its_credentials(
    between: Between, second_run: Callable[..., None]
) -> None:
    error = b"<Error><Code>InvalidClientTokenId</Code><Message>invalid token</Message></Error>"
    between.held = looks_back
    between.refused = lambda call: (
        Reply(403, b"<ErrorResponse>" + error + b"</ErrorResponse>") if call.service == "sts" else None
    )
    with pytest.raises(CredentialsError, match="InvalidClientTokenId"):
        invoke(13)
    second_run(asks_for_queues)


def test_what_is_stuck_when_publishing_was_refused_enters_no_other_run(
    between: Between, second_run: Callable[..., None]
) -> None:
    between.held, between.late = asks_for_queues, with_an_intruder
    between.refused = lambda call: (
        Reply(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
        if call.method == "PUT" and not writes("leases")(call)
        else None
    )
    with pytest.raises(StoreError, match=r"PutObject .*AccessDenied"):
        invoke(13, seconds=60 + STUCK_SECONDS)
    second_run(asks_for_queues)
