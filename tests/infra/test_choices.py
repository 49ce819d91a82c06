"""Each context key changes what it is about, and nothing else of the stack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.config import KEYS, StackConfig
from stocktake.settings import Acceptance, Inventory
from tests.infra.conftest import Synthesise, Template

FUNCTION = "AWS::Lambda::Function"
ACCEPTED = Acceptance(reasons=("iam",), by="Jo", until=datetime(2027, 1, 1, tzinfo=UTC), why="sold")
NETWORK = (Inventory(), Inventory("network", types=("AWS::EC2::*",)))
OF_AN_INVENTORY = {
    FUNCTION,
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Glue::Table",
    "AWS::Scheduler::Schedule",
}
QUERY = {"AWS::Athena::NamedQuery", "AWS::Athena::WorkGroup", "AWS::Glue::Database", "AWS::Glue::Table"}
TOPIC = {"AWS::SNS::Topic", "AWS::SNS::TopicPolicy"}
BUCKET = "AWS::S3::Bucket"

# Key → what is chosen (beside what has to be chosen with it), and the types of which something then differs.
CHOICES: dict[str, tuple[dict[str, Any], set[str]]] = {
    # As nothing is bundled here, the name of the function's code is made from the stack's.
    "stack_name": ({"stack_name": "Other"}, {FUNCTION}),
    "function_name": (
        {"function_name": "other"},
        # its metrics' dimension, and the database and the workgroup that are called after it
        {FUNCTION, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}
        | {"AWS::Athena::WorkGroup", "AWS::Glue::Database"},
    ),
    "inventories": ({"inventories": NETWORK}, OF_AN_INVENTORY),
    "accepted": ({"accepted": (ACCEPTED,)}, {FUNCTION}),
    "schedule": (
        {"schedule": "rate(30 minutes)"},
        {"AWS::Scheduler::Schedule", "AWS::Lambda::EventInvokeConfig", "AWS::CloudWatch::Alarm"},
    ),
    "schedules": (
        {"schedules": {"default": None}},
        # the queries, which look for the latest run as far back as there may be none
        {"AWS::Scheduler::Schedule", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::CloudWatch::Alarm"}
        | {"AWS::Athena::NamedQuery"},
    ),
    "stale_minutes": ({"stale_minutes": {"default": 90}}, {"AWS::CloudWatch::Alarm"}),
    "flexible_minutes": ({"flexible_minutes": 0}, {"AWS::Scheduler::Schedule"}),
    "role": ({"role": "other"}, {FUNCTION}),
    "external_id": ({"external_id": "x-1"}, {FUNCTION}),
    "memory_mb": ({"memory_mb": 2048}, {FUNCTION, "AWS::CloudWatch::Dashboard"}),
    "ephemeral_mb": ({"ephemeral_mb": 1024}, {FUNCTION}),
    "architecture": ({"architecture": "x86_64"}, {FUNCTION, "AWS::CloudWatch::Dashboard"}),
    "timeout_seconds": (
        {"timeout_seconds": 600},
        {FUNCTION, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"},
    ),
    "retries": ({"retries": 0}, {"AWS::Lambda::EventInvokeConfig"}),
    "reserved_concurrency": ({"reserved_concurrency": 1}, {FUNCTION}),
    "threads": ({"threads": 64}, {FUNCTION}),
    "quota_share": ({"quota_share": 0.1}, {FUNCTION}),
    "log_retention_days": ({"log_retention_days": 7}, {"AWS::Logs::LogGroup"}),
    "snapshot_retention_days": ({"snapshot_retention_days": 90}, {BUCKET, "AWS::Glue::Table"}),
    "kms_key": ({"kms_key": "create"}, {BUCKET, "AWS::KMS::Key", "AWS::IAM::Policy", "AWS::Athena::WorkGroup"}),
    "object_lock_days": ({"object_lock_days": 30}, {BUCKET, "AWS::Athena::WorkGroup"}),
    "object_lock_mode": ({"object_lock_mode": "compliance"}, set()),
    "access_log_bucket": ({"access_log_bucket": "the-logs"}, {BUCKET}),
    "alarm_emails": ({"alarm_emails": ("ops@example.com",)}, {"AWS::SNS::Subscription"}),
    "alarm_topic": (
        {"alarm_topic": "arn:aws:sns:eu-west-1:111122223333:alarms"},
        TOPIC | {"AWS::CloudWatch::Alarm"},
    ),
    "event_bus": ({"event_bus": ""}, {FUNCTION, "AWS::IAM::Policy", "AWS::CloudWatch::Alarm"}),
    "dashboard": ({"dashboard": False}, {"AWS::CloudWatch::Dashboard"}),
    "query": ({"query": False}, QUERY),
    "query_scan_gb": ({"query_scan_gb": 100}, {"AWS::Athena::WorkGroup"}),
}


def differing(one: Template, other: Template) -> set[str]:
    """The types of the resources that one has and the other has not, or otherwise."""
    names = one.resources.keys() | other.resources.keys()
    changed = {name for name in names if one.resources.get(name) != other.resources.get(name)}
    return {(one.resources.get(name) or other.resources[name])["Type"] for name in changed}


def test_every_key_is_among_the_choices_and_each_choice_is_another_than_the_default() -> None:
    assert list(CHOICES) == list(KEYS)
    for name, (chosen, _) in CHOICES.items():
        assert chosen.keys() == {name}
        assert chosen[name] != getattr(StackConfig(), name)


@pytest.mark.parametrize("name", CHOICES)
def test_what_is_chosen_changes_what_it_is_about_and_nothing_else(
    name: str, unbundled: Template, configured: Synthesise
) -> None:
    chosen, about = CHOICES[name]
    made = configured(StackConfig(**chosen))
    assert differing(unbundled, made) == about
    gone = {
        "dashboard": {"Dashboard"},
        "query": {"Database", "WorkGroup"},
    }.get(name, set())
    assert unbundled.outputs.keys() - made.outputs.keys() == gone
    same = made.outputs.keys() - ({"AlarmTopicArn"} if name == "alarm_topic" else set())
    assert {output: made.outputs[output] for output in same} == {output: unbundled.outputs[output] for output in same}


def test_the_same_input_gives_the_same_template(unbundled: Template, configured: Synthesise) -> None:
    assert differing(unbundled, configured(StackConfig())) == set()
