"""Catalogue → IAM statements: what the function may list, and what it may do in its own bucket. No wildcard action."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from stocktake.catalog import every_action


def listing() -> iam.PolicyStatement:
    """The actions that the rows declare. They list and describe, which IAM grants over all resources only."""
    return iam.PolicyStatement(sid="ListAndDescribe", actions=list(every_action()), resources=["*"])


def entering(role: str) -> list[iam.PolicyStatement]:
    """Other accounts, where an inventory asks for them: which there are, and the role that each must have."""
    arn = f"arn:{cdk.Aws.PARTITION}:iam::*:role/{role}"
    return [
        iam.PolicyStatement(sid="OtherAccounts", actions=["organizations:ListAccounts"], resources=["*"]),
        iam.PolicyStatement(sid="TheirRole", actions=["sts:AssumeRole"], resources=[arn]),
    ]


def storing(bucket: s3.IBucket) -> list[iam.PolicyStatement]:
    """Reading back what was written is part of publishing: the pointer, and the run before."""
    return [
        iam.PolicyStatement(
            sid="OwnObjects", actions=["s3:GetObject", "s3:PutObject"], resources=[bucket.arn_for_objects("*")]
        ),
        # Without it, S3 answers 403 for a key that is not there, and a first run could not tell.
        iam.PolicyStatement(sid="OwnBucket", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
    ]


def reporting(log: logs.ILogGroup, failures: sqs.IQueue) -> list[iam.PolicyStatement]:
    """Its own log, and the queue that Lambda puts failed invocations into on the function's behalf."""
    return [
        iam.PolicyStatement(
            sid="OwnLog", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
        ),
        iam.PolicyStatement(sid="OwnFailures", actions=["sqs:SendMessage"], resources=[failures.queue_arn]),
    ]
