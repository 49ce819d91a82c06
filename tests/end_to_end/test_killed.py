"""The whole function, killed before and after each request to its store, while others read; and invoked again."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping

import boto3
import pytest
from click.testing import CliRunner

from demo.function import Context
from demo.server import MotoServer
from stocktake.cli import cli
from stocktake.store import BucketStore, Store, read_manifest, read_pointer, read_resources
from tests.end_to_end.conftest import BUCKET
from tests.publishing import Gate, forks, note_figures, readers

INVENTORY = {"regions": ["us-east-1"], "types": ["AWS::SQS::Queue"]}
PREFIX = "killed"


@pytest.fixture(scope="module")
def server(_no_network: None) -> Iterator[MotoServer]:
    """A server with no more than what is looked at."""
    with MotoServer() as running:
        given = {"endpoint_url": running.url, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        boto3.client("sqs", region_name="us-east-1", **given).create_queue(QueueName="orders")
        boto3.client("s3", region_name="us-east-1", **given).create_bucket(Bucket=BUCKET)
        yield running


def function(environment: Mapping[str, str], event: Mapping[str, str]) -> None:
    """What a child does: the function, once."""
    os.environ.update(environment)
    from stocktake.handler import handler

    handler(event, Context())  # type: ignore[arg-type]


def read_latest(store: Store) -> str:
    """The latest run, every hash checked; "" before the first."""
    pointer, _ = read_pointer(store, "default")
    if pointer is None:
        return ""
    manifest = read_manifest(store, pointer["manifest"], pointer["sha256"])
    assert sum(1 for _ in read_resources(store, manifest)) == manifest["counts"]["resources"] > 0
    return str(pointer["run"])


@pytest.mark.slow
def test_a_function_killed_at_any_request_to_its_store_is_delivered_again_and_does_the_work(
    server: MotoServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOCKTAKE_STORE", f"s3://{BUCKET}/{PREFIX}")
    monkeypatch.setenv("STOCKTAKE_INVENTORIES", json.dumps({"default": INVENTORY}))
    store = BucketStore(boto3.client("s3"), BUCKET, PREFIX)
    stored = [name for name in os.environ if name.startswith(("AWS_", "STOCKTAKE_"))]
    kills = reads = 0
    for after in (False, True):
        at = 0
        while True:
            hour = f"2026-11-{22 + after}T{at:02}:00:00Z"
            event = {"scheduled": hour}
            with Gate(server.url, counts=f"/{BUCKET}") as gate, readers(store, 1, read_latest) as found:
                given = {name: os.environ[name] for name in stored} | {"AWS_ENDPOINT_URL": gate.url}
                child = forks.Process(target=function, args=(given, event))
                gate.kill(child, at, after=after)
                child.start()
                child.join()
                ended = child.exitcode
                function({}, event)
            reads += found.reads
            assert read_latest(store) == hour.replace("-", "").replace(":", "")
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
            kills += 1
            at += 1
        assert at > 8, "of look back, data, manifest, pointer and summary there are more requests than that"
    done = CliRunner().invoke(
        cli, ["verify", "--line", "--json", "--store", os.environ["STOCKTAKE_STORE"]], standalone_mode=False
    )
    assert json.loads(done.output) == {"runs": kills + 2, "problems": []}
    note_figures("function-killed", kills=kills, reads=reads)
