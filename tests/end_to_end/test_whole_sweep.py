"""What a whole sweep calls is what the policy grants, in both directions, and what it costs is bounded.

The calls are read off the wire by the loopback AWS; the actions that they need come from AWS's service authorization
reference. Neither knows what the rows say of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from benchmarks import launch
from stocktake.catalog import CATALOG, DISCOVERY, every_action
from stocktake.store import DirectoryStore, read_lines, read_manifest
from tests.catalog.lint import IAM_PREFIXES
from tests.catalog.models import operation_model
from tests.end_to_end.sweeps import EVERYTHING, Sweeps
from tests.loopback_aws import REGIONS, Estate, Fault, LoopbackAWS
from tests.loopback_aws.pages import ANSWERED_AS
from tests.loopback_aws.render import render

ACCOUNT, OTHER = "111111111111", "222222222222"
EVERYWHERE = Estate(accounts=(ACCOUNT, OTHER), items=2, latency=0, service_seconds=0)
SOMEWHERE = replace(EVERYWHERE, regions=("us-east-1", "eu-west-1"))
MOST_MEGABYTES = 500
PATIENCE_SECONDS = 500

NEEDS_NONE = "sts:GetCallerIdentity"
"""Knowing who one is: "No permissions are required to perform this operation" (STS API reference)."""

OTHER_ACTIONS = {
    # Service authorization reference, "Actions, resources, and condition keys for" Amazon S3.
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
    # The same for AWS Budget Service.
    ("budgets", "DescribeBudgets"): "budgets:ViewBudget",
}
"""Actions that are not called as the operation is."""

FURTHER_ACTIONS = {
    # "you must have the cloudformation:DescribeStacks and the cloudformation:ListStacks permissions" where no stack is
    # named (CloudFormation API reference, DescribeStacks).
    "cloudformation:DescribeStacks": "cloudformation:ListStacks",
}
"""Actions that IAM asks for beside the operation's own."""


def action_of(service: str, operation: str) -> str:
    """The IAM action that a call on the wire needs."""
    other = OTHER_ACTIONS.get((service, operation))
    if other is not None:
        return other
    model = operation_model(service, operation)
    prefix = IAM_PREFIXES.get(service) or model.service_model.signing_name
    if prefix == "apigateway":  # whose actions are HTTP's methods (the same for Amazon API Gateway Management)
        return f"apigateway:{model.http['method']}"
    known = (get_action_data(prefix, operation) or {}).get(prefix)
    assert known, f"IAM has no {prefix}:{operation}: say in OTHER_ACTIONS what {service}'s {operation} needs"
    return str(known[0]["action"])


def folded(actions: Any) -> set[str]:
    """Actions as IAM compares them: upper and lower case are the same (IAM user guide, "IAM JSON policy elements:
    Action")."""
    return {action.lower() for action in actions}


def needed_for(log: list[dict[str, Any]]) -> set[str]:
    called = {(one["service"], one["operation"]) for one in log}
    needed = {action_of(*one) for one in called}
    further = {FURTHER_ACTIONS[action] for action in needed & FURTHER_ACTIONS.keys()}
    return folded(needed | further) - folded([NEEDS_NONE])


def declared(*, enriched: bool) -> set[tuple[str, str]]:
    """Every call that the catalogue declares, as the wire tells them apart, and those that find the scope."""
    calls = [
        (row.service_of(call), call.operation) for row in CATALOG.values() for call in row.every_call(enriched=enriched)
    ]
    around = [
        (service, operation) for service, _, operation in (one.partition(":") for one in (*DISCOVERY, NEEDS_NONE))
    ]
    return {(ANSWERED_AS.get(service, service), operation) for service, operation in (*calls, *around)}


def with_detours(server: LoopbackAWS, estate: Estate) -> Estate:
    """An estate of which a run must find out in every way that it has: the account's own list of regions is refused,
    and one list of the buckets does not say where they lie."""
    server.reset(estate)
    listed = server.expected(ACCOUNT, "us-east-1", "s3", "ListBuckets", {"MaxBuckets": 1000})
    nameless = {"Buckets": [{"Name": one["Name"]} for one in listed]}
    body = render("rest-xml", operation_model("s3", "ListBuckets"), nameless, "request").body.decode()
    faults = (
        Fault("denied", "account:ListRegions"),
        Fault("body", "s3:ListBuckets", times=1, status=200, body=body),
    )
    return replace(estate, faults=faults)


@pytest.fixture(scope="module")
def server(_no_network: None) -> Iterator[LoopbackAWS]:
    with LoopbackAWS(EVERYWHERE) as running:
        yield running


@pytest.mark.parametrize("detail", ["full", "basic"])
def test_every_call_is_granted_and_every_grant_is_used(
    server: LoopbackAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detail: str
) -> None:
    enriched = detail == "full"
    estate = with_detours(server, SOMEWHERE)
    run = Sweeps(server, tmp_path, monkeypatch).take(estate, {"detail": detail}, **EVERYTHING)
    log = server.log()
    assert run.manifest["verdict"] == "complete"
    actions = {action for row in CATALOG.values() for action in row.actions(enriched=enriched)}
    assert needed_for(log) == folded(actions.union(DISCOVERY))
    assert {(one["service"], one["operation"]) for one in log} == declared(enriched=enriched)


@dataclass(frozen=True)
class Swept:
    """A sweep in a process of its own: what it took, said and published, and the calls that the server saw."""

    took: dict[str, Any]
    summary: dict[str, Any]
    manifest: dict[str, Any]
    units: list[dict[str, Any]]
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def swept(server: LoopbackAWS, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    folder = tmp_path_factory.mktemp("sweep")
    server.reset(with_detours(server, EVERYWHERE))
    asked = {
        "argv": [sys.executable, "-m", "stocktake", "run", "--json"],
        "environment": {
            **os.environ,
            **server.environment(),
            "STOCKTAKE_STORE": str(folder / "store"),
            "STOCKTAKE_QUOTA_SHARE": "0",
        },
        "stdout": str(folder / "stdout"),
        "stderr": str(folder / "stderr"),
        "cpus": None,
        "files": 1024,
        "timeout": PATIENCE_SECONDS,
    }
    launcher = [sys.executable, "-I", "-S", launch.__file__]
    launched = subprocess.run(launcher, input=json.dumps(asked), capture_output=True, text=True, check=True)
    took = json.loads(launched.stdout)
    assert took["status"] == 0, (folder / "stderr").read_text()[-2000:]
    summary = json.loads((folder / "stdout").read_text())
    store = DirectoryStore(folder / "store")
    manifest = read_manifest(store, summary["manifest"])
    return Swept(took, summary, manifest, list(read_lines(store, manifest, "units")), server.log())


@pytest.mark.slow
def test_a_sweep_of_every_type_in_every_region_is_complete_and_small(
    swept: Swept, capsys: pytest.CaptureFixture[str]
) -> None:
    took = swept.took
    figures = (
        f"{len(REGIONS)} regions, {len(CATALOG)} types, {len(swept.units):,} units, {len(swept.log):,} calls, "
        f"{took['wall']:.0f} s, {took['user'] + took['system']:.0f} s of CPU, {took['memory_mb']:.0f} MB"
    )
    with capsys.disabled():
        print(f"\n{figures}")
    assert swept.manifest["verdict"] == "complete"
    assert Counter(unit["state"] for unit in swept.units) == {"collected": len(swept.units)}
    assert {unit["type"] for unit in swept.units} == set(CATALOG)
    assert {unit["region"] for unit in swept.units} == {*REGIONS, "global"}
    assert took["memory_mb"] < MOST_MEGABYTES


@pytest.mark.slow
def test_a_sweep_of_every_region_calls_what_the_policy_grants_and_no_more(swept: Swept) -> None:
    assert needed_for(swept.log) == folded(every_action())
    assert {(one["service"], one["operation"]) for one in swept.log} == declared(enriched=True)
