"""The bucket that snapshots lie in."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

DATED = ("snapshots/", "units/", "changes/", "manifests/")


class SnapshotBucket(Construct):
    """Encrypted, versioned, closed to the public and to plain HTTP; kept when the stack goes."""

    def __init__(self, scope: Construct, name: str, *, retention_days: int) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(id="abort-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
                s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=cdk.Duration.days(30)),
                *(
                    s3.LifecycleRule(
                        id="expire-" + prefix.strip("/"), prefix=prefix, expiration=cdk.Duration.days(retention_days)
                    )
                    for prefix in DATED
                ),
            ],
        )
