"""The bucket that snapshots lie in, and its key."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StackConfig
from infra.reviewed import reviewed

DATED = ("snapshots/", "units/", "changes/", "manifests/")
"""Created once and never replaced."""

REPLACED = ("latest/", "leases/")
"""Compared and swapped."""

QUERY_RESULTS = "query-results/"
RESULT_DAYS = 7


class SnapshotBucket(Construct):
    """Encrypted, versioned, closed to the public and to plain HTTP, and to writes that might overwrite something; kept
    when the stack goes, and so is a key of its own. `key` is the key where it is not one that S3 manages."""

    def __init__(self, scope: Construct, name: str, *, config: StackConfig) -> None:
        super().__init__(scope, name)
        self.key = self._key(config.kms_key)
        logs = config.access_log_bucket
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if self.key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.key,
            bucket_key_enabled=True if self.key else None,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            object_lock_default_retention=_retention(config),
            server_access_logs_bucket=s3.Bucket.from_bucket_name(self, "AccessLogs", logs) if logs else None,
            server_access_logs_prefix="stocktake/" if logs else None,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(id="abort-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
                s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=cdk.Duration.days(30)),
                *(_expiring(prefix, config.snapshot_retention_days) for prefix in DATED),
                _expiring(QUERY_RESULTS, RESULT_DAYS, versions=cdk.Duration.days(1)),
            ],
        )
        if logs:
            not_added = "Annotation::@aws-cdk/aws-s3:accessLogsPolicyNotAdded"
            reviewed(self.bucket, not_added, "the bucket for logs is somebody else's, and so is its policy")
        else:
            reviewed(self.bucket, "S1", "who wants an access log names a bucket for it: stocktake:access-log-bucket")
        self._refuse_writes_without("CreateOnce", DATED, "s3:if-none-match")
        self._refuse_writes_without("CompareAndSwap", REPLACED, "s3:if-none-match", "s3:if-match")

    def _key(self, written: str) -> kms.IKey | None:
        if written == "create":
            return kms.Key(
                self,
                "Key",
                description="What Stocktake keeps in its bucket",
                enable_key_rotation=True,
                removal_policy=cdk.RemovalPolicy.RETAIN,
            )
        return kms.Key.from_key_arn(self, "Key", written) if written else None

    def _refuse_writes_without(self, sid: str, prefixes: Sequence[str], *conditions: str) -> None:
        """Nobody can create an object, unless with one of the conditions. Parts of a multipart upload cannot have one;
        its completion must (S3 User Guide, "Enforce conditional writes on Amazon S3 buckets")."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(prefix + "*") for prefix in prefixes],
                conditions={
                    "Null": dict.fromkeys(conditions, "true"),
                    "Bool": {"s3:ObjectCreationOperation": "true"},
                },
            )
        )


def _expiring(prefix: str, days: int, versions: cdk.Duration | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="expire-" + prefix.strip("/"),
        prefix=prefix,
        expiration=cdk.Duration.days(days),
        noncurrent_version_expiration=versions,
    )


def _retention(config: StackConfig) -> s3.ObjectLockRetention | None:
    """What locks is each version: a pointer or a lease that is replaced leaves its old version behind, locked, and a
    lifecycle rule only deletes it when it no longer is (S3 User Guide, "Object Lock considerations")."""
    if not config.object_lock_days:
        return None
    days = cdk.Duration.days(config.object_lock_days)
    locked = s3.ObjectLockRetention
    return locked.compliance(days) if config.object_lock_mode == "compliance" else locked.governance(days)
