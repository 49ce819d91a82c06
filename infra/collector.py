"""The function, its role, its log, and the queue for what failed."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.bundle import SOURCE, LocalBundling
from infra.config import StackConfig
from infra.permissions import entering, listing, reporting, storing


class Collector(Construct):
    """Takes a run when invoked. What fails for good ends in `failures`."""

    def __init__(self, scope: Construct, name: str, *, config: StackConfig, bucket: s3.IBucket) -> None:
        super().__init__(scope, name)
        self.failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        log = logs.LogGroup(
            self,
            "Log",
            retention=logs.RetentionDays[_retention_name(config.log_retention_days)],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        elsewhere = entering(config.role) if any(one.accounts for one in config.inventories) else ()
        for statement in (listing(), *elsewhere, *storing(bucket), *reporting(log, self.failures)):
            self.role.add_to_policy(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name="stocktake",
            description="Takes an inventory of the AWS account and writes a snapshot of it to S3",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="stocktake.handler.handler",
            code=lambda_.Code.from_asset(
                str(SOURCE),
                asset_hash_type=cdk.AssetHashType.OUTPUT,
                bundling=cdk.BundlingOptions(image=cdk.DockerImage.from_registry("none"), local=LocalBundling()),
            ),
            memory_size=config.memory_mb,
            timeout=cdk.Duration.seconds(config.timeout_seconds),
            environment=replace(config.settings, store=f"s3://{bucket.bucket_name}").to_environment(),
            role=self.role.without_policy_updates(),
            log_group=log,
        )
        lambda_.EventInvokeConfig(
            self,
            "Asynchronous",
            function=self.function,
            retry_attempts=config.retries,
            max_event_age=cdk.Duration.minutes(config.event_age_minutes),
            on_failure=destinations.SqsDestination(self.failures),
        )


def _retention_name(days: int) -> str:
    """The CDK's names for CloudWatch Logs' retention periods."""
    if days == 365:
        return "ONE_YEAR"
    months = {30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS"}
    months |= {180: "SIX_MONTHS", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS"}
    weeks = {1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS"}
    return (months | weeks)[days]
