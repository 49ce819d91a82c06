"""The function, its role, its log, and the queue for what failed."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.bundle import SOURCE, LocalBundling
from infra.config import StackConfig
from infra.permissions import announcing, entering, listing, member_roles, refusing, reporting, storing
from infra.reviewed import logical_id, reviewed
from infra.storage import SnapshotBucket

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class Collector(Construct):
    """Takes a run when invoked. What fails for good ends in `failures`."""

    def __init__(self, scope: Construct, name: str, *, config: StackConfig, storage: SnapshotBucket) -> None:
        super().__init__(scope, name)
        bucket, key = storage.bucket, storage.key
        self.failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        self.log = logs.LogGroup(
            self,
            "Log",
            retention=logs.RetentionDays[_retention_name(config.log_retention_days)],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        several = any(one.accounts for one in config.inventories)
        for statement in (
            *(entering(config.role) if several else ()),
            *storing(bucket, key),
            *reporting(self.log, self.failures),
            *([announcing(_bus(self, config.event_bus))] if config.event_bus else ()),
            *refusing(bucket, [member_roles(config.role)] if several else []),
        ):
            self.role.add_to_policy(statement)
        self.listing = [
            iam.ManagedPolicy(self, f"ListAndDescribe{number}", document=document, roles=[self.role])
            for number, document in enumerate(listing(), 1)
        ]
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=config.function_name,
            description="Takes an inventory of the AWS account and writes a snapshot of it to S3",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=ARCHITECTURES[config.architecture],
            handler="stocktake.handler.handler",
            code=lambda_.Code.from_asset(
                str(SOURCE),
                asset_hash_type=cdk.AssetHashType.OUTPUT,
                bundling=cdk.BundlingOptions(image=cdk.DockerImage.from_registry("none"), local=LocalBundling()),
            ),
            memory_size=config.memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(config.ephemeral_mb),
            timeout=cdk.Duration.seconds(config.timeout_seconds),
            reserved_concurrent_executions=config.reserved_concurrency or None,
            environment=replace(config.settings, store=f"s3://{bucket.bucket_name}").to_environment(),
            role=self.role.without_policy_updates(),
            log_group=self.log,
        )
        self._review(config, bucket)
        lambda_.EventInvokeConfig(
            self,
            "Asynchronous",
            function=self.function,
            retry_attempts=config.retries,
            max_event_age=cdk.Duration.minutes(config.event_age_minutes),
            on_failure=destinations.SqsDestination(self.failures),
        )

    def _review(self, config: StackConfig, bucket: s3.IBucket) -> None:
        reviewed(self.failures, "SQS3", "it is itself the queue for what failed")
        for policy in self.listing:
            reviewed(
                policy,
                "IAM5[Resource::*]",
                "what lists and describes is granted over all resources only; every action is one that the catalogue "
                "names",
            )
        reviewed(
            self.role,
            f"IAM5[Resource::<{logical_id(bucket)}.Arn>/*]",
            "the objects of its own bucket, whose keys are new in every run",
        )
        if any(one.accounts for one in config.inventories):
            reviewed(self.role, "IAM5[Resource::*]", "which accounts there are is granted over all resources only")
            reviewed(
                self.role,
                f"IAM5[Resource::arn:<AWS::Partition>:iam::*:role/{config.role}]",
                "a role of one name in whatever accounts the organization has; each of them decides whom it trusts",
            )
        reviewed(self.function, "L1", "Python 3.13, which the tests run the code with; it is supported until 2029")


def _bus(scope: Construct, written: str) -> events.IEventBus:
    if written.startswith("arn:"):
        return events.EventBus.from_event_bus_arn(scope, "Bus", written)
    return events.EventBus.from_event_bus_name(scope, "Bus", written)


def _retention_name(days: int) -> str:
    """The CDK's names for CloudWatch Logs' retention periods."""
    if days == 365:
        return "ONE_YEAR"
    months = {30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS"}
    months |= {180: "SIX_MONTHS", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS"}
    weeks = {1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS"}
    return (months | weeks)[days]
