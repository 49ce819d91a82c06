"""A moto server with an estate in it, for every test of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest

from demo.estate import SEEDED, seed
from demo.server import MotoServer

REGIONS = ("us-east-1", "eu-west-1", "ca-central-1")
BUCKET = "snapshots"


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Stocktake = Callable[..., Ran]


@pytest.fixture(scope="session")
def server(_no_network: None) -> Iterator[MotoServer]:
    with MotoServer() as running:
        seed(running.url, REGIONS)
        boto3.client(
            "s3", endpoint_url=running.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        ).create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def environment(server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment that leads every client to the server, in this process and in others, for what it was seeded
    with, as fast as it answers."""
    ours = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {"types": SEEDED}}), "STOCKTAKE_QUOTA_SHARE": "0"}
    for name, value in (server.environment() | ours).items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


@pytest.fixture
def stocktake(environment: dict[str, str]) -> Stocktake:
    """Runs the real command line in a process of its own, in the seeded regions."""

    def run(*arguments: str, **more: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "stocktake", *arguments],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
