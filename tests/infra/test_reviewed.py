"""What others check templates with finds nothing that was not looked at: cdk-nag's AwsSolutions rules, and cfn-lint.
And the whole template as it is, for a person to see what changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from infra.config import StackConfig
from stocktake.settings import Acceptance, Inventory
from tests.infra.conftest import CONTEXT, synthesise

EVERYTHING = StackConfig(
    stack_name="Everything",
    function_name="stocktake-2",
    inventories=(
        Inventory("core", accounts=("*",), tier="core"),
        Inventory("full"),
        Inventory("audit"),
    ),
    accepted=(Acceptance(reasons=("iam",), by="Jo", until=datetime(2027, 1, 1, tzinfo=UTC), why="sold"),),
    schedules={"full": "cron(0 6 ? * MON-FRI *)", "audit": None},
    stale_minutes={"full": 4400},
    flexible_minutes=0,
    role="audit/reader",
    external_id="x-1",
    memory_mb=3008,
    ephemeral_mb=1024,
    architecture="x86_64",
    timeout_seconds=600,
    retries=0,
    reserved_concurrency=1,
    threads=64,
    quota_share=0.1,
    log_retention_days=365,
    snapshot_retention_days=1000,
    kms_key="create",
    object_lock_days=365,
    object_lock_mode="compliance",
    access_log_bucket="the-logs",
    alarm_emails=("ops@example.com",),
    event_bus="the-bus",
    query_scan_gb=100,
)
STACKS = {
    "default": StackConfig(),
    "everything": EVERYTHING,
    "nothing": StackConfig(event_bus="", dashboard=False, query=False, schedules={"default": None}),
    "theirs": StackConfig(
        kms_key="arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
        alarm_topic="arn:aws:sns:eu-west-1:111122223333:alarms",
        event_bus="arn:aws:events:eu-west-1:111122223333:event-bus/theirs",
    ),
}
of_each = pytest.mark.parametrize("stack", STACKS)


def test_everything_is_all_that_is_not_the_default_and_can_be_had_together() -> None:
    same = {name for name in vars(StackConfig()) if getattr(EVERYTHING, name) == getattr(StackConfig(), name)}
    assert same == {"schedule", "alarm_topic", "dashboard", "query"}


# --- cdk-nag ---


def findings(make: Callable[[Any], object], directory: Path) -> set[tuple[str, str]]:
    """(rule, construct) of all that AwsSolutions finds in an app and nobody acknowledged."""
    import aws_cdk as cdk
    import cdk_nag

    app = cdk.App(outdir=str(directory), context=CONTEXT | {"aws:cdk:bundling-stacks": []})
    make(app)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # where something is found; the report says what
        app.synth()
    report = json.loads((directory / "validation-report.json").read_text())
    assert "AwsSolutions" in [one["pluginName"] for one in report["pluginReports"]]
    return {
        (found["ruleName"], place["constructPath"])
        for one in report["pluginReports"]
        for found in one["violations"]
        for place in found["violatingConstructs"]
    }


@of_each
def test_nothing_is_found_that_was_not_looked_at(stack: str, tmp_path: Path) -> None:
    from infra.stack import StocktakeStack

    config = STACKS[stack]
    assert findings(lambda app: StocktakeStack(app, config.stack_name, config=config), tmp_path) == set()


def test_what_was_not_looked_at_is_found(tmp_path: Path) -> None:
    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3

    found = findings(lambda app: s3.Bucket(cdk.Stack(app, "Bare"), "Bucket"), tmp_path)
    assert {rule for rule, _ in found} == {"AwsSolutions-S1", "AwsSolutions-S10"}


# --- cfn-lint ---


@of_each
def test_cfn_lint_finds_nothing(stack: str, tmp_path: Path) -> None:
    text = synthesise(STACKS[stack], tmp_path / "out", bundle=False).text.decode()
    # W3005: a DependsOn that a reference says already, which the CDK writes.
    found = lint(text, config=ManualArgs(ignore_checks=["W3005"], regions=["eu-west-1", "us-east-1"]))
    assert [f"{one.rule.id} {one.message} {one.path}" for one in found] == []


# --- the whole ---


@pytest.mark.parametrize("stack", ["default", "everything"])
def test_the_template_is_as_it_was_reviewed(stack: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """`pytest tests/infra/test_reviewed.py --snapshot-update` writes what it is now, for `git diff` to show."""
    template = json.loads(synthesise(STACKS[stack], tmp_path / "out", bundle=False).text)
    masked = mask(template)
    assert re.findall(r"\b[0-9a-f]{64}\b", json.dumps(masked)) == []
    assert masked == snapshot(extension_class=JSONSnapshotExtension)


def mask(template: dict[str, Any]) -> dict[str, Any]:
    """Without what other tests hold and every change of the code or of the catalogue changes."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            assert re.fullmatch(r"[0-9a-f]{64}\.zip", resource["Properties"]["Code"]["S3Key"])
            resource["Properties"]["Code"]["S3Key"] = "the code"
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            (statement,) = resource["Properties"]["PolicyDocument"]["Statement"]
            statement["Action"] = "what the catalogue names"
    return template
