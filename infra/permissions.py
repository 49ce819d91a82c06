"""Catalogue → IAM statements: what the function may list, what it may do in its own bucket, and what never."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.denials import EVERYWHERE, OBJECTS, ROLES
from stocktake.catalog import every_action
from stocktake.catalog.policies import policies

SOURCE = "stocktake"
"""Of the events that announce runs."""


def listing() -> list[iam.PolicyDocument]:
    """The actions that the rows declare, in parts that IAM takes. They list and describe, which IAM grants over all
    resources only."""
    return [iam.PolicyDocument.from_json(document) for document in policies(every_action())]


def member_roles(role: str) -> str:
    """The ARN, for policies, of the role that each other account has."""
    return f"arn:{cdk.Aws.PARTITION}:iam::*:role/{role}"


def entering(role: str) -> list[iam.PolicyStatement]:
    """Other accounts, where an inventory asks for them: which there are, and the role that each must have."""
    return [
        iam.PolicyStatement(sid="OtherAccounts", actions=["organizations:ListAccounts"], resources=["*"]),
        iam.PolicyStatement(sid="TheirRole", actions=["sts:AssumeRole"], resources=[member_roles(role)]),
    ]


def storing(bucket: s3.IBucket, key: kms.IKey | None) -> list[iam.PolicyStatement]:
    """Reading back what was written is part of publishing: the pointer, and the run before."""
    statements = [
        iam.PolicyStatement(
            sid="OwnObjects", actions=["s3:GetObject", "s3:PutObject"], resources=[bucket.arn_for_objects("*")]
        ),
        # Without it, S3 answers 403 for a key that is not there, and a first run could not tell.
        iam.PolicyStatement(sid="OwnBucket", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
    ]
    if key:
        using = ["kms:Decrypt", "kms:GenerateDataKey"]
        statements.append(iam.PolicyStatement(sid="OwnKey", actions=using, resources=[key.key_arn]))
    return statements


def reporting(log: logs.ILogGroup, failures: sqs.IQueue) -> list[iam.PolicyStatement]:
    """Its own log, and the queue that Lambda puts failed invocations into on the function's behalf."""
    return [
        iam.PolicyStatement(
            sid="OwnLog", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
        ),
        iam.PolicyStatement(sid="OwnFailures", actions=["sqs:SendMessage"], resources=[failures.queue_arn]),
    ]


def announcing(bus: events.IEventBus) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="Announce",
        actions=["events:PutEvents"],
        resources=[bus.event_bus_arn],
        conditions={"StringEquals": {"events:source": SOURCE}},
    )


def refusing(bucket: s3.IBucket, roles: Sequence[str]) -> list[iam.PolicyStatement]:
    """What it may never do, whatever else its role is given. `roles` are the ARNs that it may assume."""
    return [
        _denied("NoDataNoSecrets", EVERYWHERE),
        _denied("NoOtherObjects", OBJECTS, but=[bucket.arn_for_objects("*")]),
        _denied("NoOtherRoles", ROLES, but=roles),
    ]


def _denied(sid: str, actions: Sequence[str], *, but: Sequence[str] = ()) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        actions=list(actions),
        resources=None if but else ["*"],
        not_resources=list(but) or None,
    )
