"""A process that may open few files, and one that runs out of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stocktake.store import DirectoryStore, read_lines, read_manifest
from tests.end_to_end.sweeps import FEW
from tests.few_types import ROWS
from tests.loopback_aws import Estate, LoopbackAWS

ESTATE = Estate(regions=("us-east-1",), items=3, latency=0, service_seconds=0)
LIMIT = 60
"""Fewer descriptors than a run would open."""

SCRIPT = """
import asyncio, errno, json, random, resource, sys
from stocktake import aws, pipeline
from stocktake.settings import Settings
from urllib3.util import connection

limit, refused = int(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
rng, connect = random.Random(7), connection.create_connection

def create_connection(address, *arguments, **more):
    if refused and (address[0].startswith(refused) or rng.random() < 0.1):
        raise OSError(errno.EMFILE, "Too many open files")
    return connect(address, *arguments, **more)

connection.create_connection = create_connection
settings = Settings.from_environment(
    {"STOCKTAKE_STORE": sys.argv[3], "STOCKTAKE_BACKOFF_SECONDS": "0.01", **json.loads(sys.argv[4])}
)
summary = asyncio.run(pipeline.take_snapshot(settings, aws.Aws(settings), trigger="test"))
print(json.dumps(summary))
"""


@pytest.fixture(scope="module")
def running(_no_network: None) -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as server:
        yield server


def sweep(running: LoopbackAWS, store: Path, limit: int, refused: str = "") -> tuple[dict[str, Any], dict[Any, Any]]:
    """A run's manifest, and its units by type and region. Where hosts are `refused` there is never a descriptor for
    them, and for one in ten of the other connections there is none."""
    running.reset()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(limit), refused, str(store), json.dumps(FEW)],
        env={**os.environ, **running.environment()},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    opened = DirectoryStore(store)
    manifest = read_manifest(opened, json.loads(done.stdout)["manifest"])
    return manifest, {(one["region"], one["type"]): one for one in read_lines(opened, manifest, "units")}


def test_few_descriptors_make_a_run_slower_and_not_shorter(running: LoopbackAWS, tmp_path: Path) -> None:
    whole, wanted = sweep(running, tmp_path / "whole", 1024)
    assert whole["verdict"] == "complete"
    assert running.counts()["most_open_sockets"] > LIMIT
    few, units = sweep(running, tmp_path / "few", LIMIT)
    assert few["verdict"] == "complete"
    assert running.counts()["most_open_sockets"] <= LIMIT
    assert {key: one["fingerprint"] for key, one in units.items()} == {
        key: one["fingerprint"] for key, one in wanted.items()
    }


def test_a_unit_that_finds_no_descriptor_says_so(running: LoopbackAWS, tmp_path: Path) -> None:
    _, wanted = sweep(running, tmp_path / "whole", 1024)
    manifest, units = sweep(running, tmp_path / "out", 1024, refused="kms.")
    assert manifest["verdict"] == "partial"
    for (region, kind), one in units.items():
        if ROWS[kind].service == "kms":
            assert (one["state"], one["reason"]["code"], one["count"]) == ("failed", "network", 0)
        else:
            assert one["fingerprint"] == wanted[region, kind]["fingerprint"]
