"""One AWS with an estate, and the stack deployed on it, for all tests of this folder."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.estate import SEEDED, seed
from stocktake.catalog import CATALOG
from tests.deploy.deployment import ACCOUNT, Deployment, ExtendedServer
from tests.loopback import Call, Loopback, Reply

REGIONS = ("us-east-1", "eu-west-1", "ca-central-1")
HERE = {"regions": [*REGIONS, "global"], "types": SEEDED}
"""moto is one process, and has every region there is, but not every type: this is the estate's part of the world."""
CONTEXT = {"inventories": json.dumps({"default": HERE})}

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="session")
def outside() -> Iterator[Loopback]:
    """What every command is told is the way out. Nobody may take it."""

    def refuse(_: Call) -> Reply:
        return Reply(502)

    with Loopback(refuse) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def deployment(_no_network: None, outside: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """An AWS that the CDK has bootstrapped."""
    with ExtendedServer() as server:
        made = Deployment(server, Path(tmp_path_factory.mktemp("deployment")), way_out=outside.url)
        say("cdk bootstrap")
        # Not in the repository, whose cdk.json would have it synthesised first.
        made.cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--no-notices", tree=made.home)
        yield made


@pytest.fixture(scope="session")
def outputs(deployment: Deployment) -> dict[str, str]:
    """The stack's, deployed as it comes, but for the regions and the types."""
    say("cdk deploy")
    return deployment.deploy(CONTEXT)


@pytest.fixture(scope="session")
def estate(deployment: Deployment, outputs: dict[str, str]) -> Counter[str]:
    """How many resources there are at least of each type that the catalogue has."""
    say("seeding an estate")
    found: Counter[str] = Counter()
    for (kind, _), number in seed(deployment.server.url, REGIONS).items():
        if kind in CATALOG:
            found[kind] += number
    return +found


def say(what: str) -> None:
    """For whoever waits."""
    print(f"\n{time.strftime('%H:%M:%S')} {what}", flush=True)
