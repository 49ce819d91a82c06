"""The app synthesised once, and one AWS to run what came out of it on."""

from __future__ import annotations

import json
import os
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from demo.estate import count, seed
from demo.server import MotoServer
from infra.config import StackConfig
from infra.node import node
from stocktake.catalog import CATALOG

# Importing aws_cdk starts node, which keeps the environment of that moment; that of the CDK's CLI is not ours.
os.environ.setdefault("JSII_NODE", node())
for _name in [name for name in os.environ if name.startswith("CDK_")]:
    del os.environ[_name]

CONTEXT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]
"""What the CDK's CLI hands to the app."""

REGION = "sa-east-1"
BUCKET = "the-snapshots"


@dataclass(frozen=True)
class Synthesised:
    """A cloud assembly with one stack."""

    directory: Path

    @cached_property
    def text(self) -> bytes:
        (path,) = self.directory.glob("*.template.json")
        return path.read_bytes()

    @cached_property
    def template(self) -> Template:
        return Template(json.loads(self.text))

    @cached_property
    def asset(self) -> Path:
        """The function's code."""
        (path,) = self.directory.glob("asset.*")
        return path


class Template:
    """A template, read. References are put in place of what they stand for: a resource's own name, and `arn:` and
    that name."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.written = written
        self.resources: dict[str, dict[str, Any]] = _plain(written["Resources"])
        self.outputs: dict[str, dict[str, Any]] = _plain(written["Outputs"])

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of each resource of a type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def one(self, kind: str) -> tuple[str, dict[str, Any]]:
        (found,) = self.all(kind).items()
        return found

    def statements(self, role: str) -> list[dict[str, Any]]:
        """All that a role's policies say, actions and resources always lists."""
        assert {*self.all("AWS::IAM::Role")[role]} == {"AssumeRolePolicyDocument"}
        return [
            statement | {name: listed(statement[name]) for name in ("Action", "Resource") if name in statement}
            for kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
            for policy in self.all(kind).values()
            if role in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("Ref", name)]:
            return name
        case [("Fn::GetAtt", [name, "Arn"])]:
            return f"arn:{name}"
        case [("Fn::Join", [separator, parts])]:
            return separator.join(_plain(parts))
        case [("Fn::Sub", text)]:
            return text
    return {key: _plain(one) for key, one in value.items()}


Synthesise = Callable[[StackConfig], Template]


def synthesise(config: StackConfig, directory: Path, *, bundle: bool = True) -> Synthesised:
    """What `cdk synth` writes. Without the bundle it takes a twentieth of a second."""
    import aws_cdk as cdk

    from infra.stack import StocktakeStack

    unbundled = {} if bundle else {"aws:cdk:bundling-stacks": []}
    app = cdk.App(outdir=str(directory), context=CONTEXT | unbundled)
    StocktakeStack(app, config.stack_name, config=config)
    app.synth()
    return Synthesised(directory)


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """The app as it comes."""
    return synthesise(StackConfig(), tmp_path_factory.mktemp("cdk") / "out")


@pytest.fixture(scope="session")
def template(synthesised: Synthesised) -> Template:
    return synthesised.template


@pytest.fixture(scope="session")
def unbundled(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The app as it comes, but for its code, to be compared with one that is configured otherwise."""
    return synthesise(StackConfig(), tmp_path_factory.mktemp("unbundled") / "out", bundle=False).template


@pytest.fixture
def configured(tmp_path: Path) -> Synthesise:
    """The template of an app that is configured otherwise."""
    return lambda config: synthesise(config, tmp_path / "out", bundle=False).template


@dataclass(frozen=True)
class Estate:
    """A moto server with a few resources in one region, and a bucket for snapshots."""

    server: MotoServer
    resources: Counter[str]
    """How many there are of each type that the catalogue has."""

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name="us-east-1",
            aws_access_key_id="the-test",
            aws_secret_access_key="the-test",
        )

    def enforce(self, after_calls: float) -> None:
        """Lets that many calls pass before every call needs a permission."""
        path = f"{self.server.url}/moto-api/reset-auth"
        request = urllib.request.Request(path, data=str(after_calls).encode(), headers={"Content-Type": "text/plain"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


@pytest.fixture(scope="session")
def estate(_no_network: None) -> Iterator[Estate]:
    with MotoServer() as server:
        seed(server.url, [REGION])
        Estate(server, Counter()).client("s3").create_bucket(Bucket=BUCKET)
        found: Counter[str] = Counter()
        for (kind, _), number in count(server.url, [REGION]).items():
            found[kind] += number if kind in CATALOG else 0
        yield Estate(server, +found)
