"""Buckets, tables and databases."""

from __future__ import annotations

import json
from collections.abc import Mapping

from demo.estate.place import Place, pairs
from demo.estate.workloads import ACCOUNT, COMPANY, SECRET, Workload

BUCKETS = ("assets", "uploads", "logs", "exports", "backups", "models")
TABLES = ("sessions", "carts", "customers", "prices", "events", "locks")
DATABASES = ("db", "reports-db", "legacy-db")
CLUSTERS = ("ledger", "profiles")

ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}
NO_PUBLIC_ACCESS = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
LOGIN = {"MasterUsername": "dba", "MasterUserPassword": SECRET}


def bucket_of(name: str, region: str) -> str:
    return f"{COMPANY}-{name}-{region}"


def make_buckets(place: Place, workload: Workload) -> None:
    """Buckets from well kept to bare, in turn."""
    s3 = place.client("s3")
    placed = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    for index, name in enumerate(place.names(workload, BUCKETS, workload.buckets)):
        bucket = bucket_of(name, place.region)
        s3.create_bucket(Bucket=bucket, **placed)
        care = 3 - index % 4
        if care >= 1:
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(workload.tags(name))})
        if care >= 2:
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTION)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        if care >= 3:
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=NO_PUBLIC_ACCESS)
            s3.put_bucket_policy(Bucket=bucket, Policy=_reader_policy(bucket))
        elif care == 1:
            s3.put_bucket_policy(Bucket=bucket, Policy=_reader_policy(bucket, "*"))


def make_tables(place: Place, workload: Workload) -> None:
    for name in place.names(workload, TABLES, workload.tables):
        make_table(place, name, workload.tags(name))


def make_table(place: Place, name: str, tags: Mapping[str, str]) -> None:
    place.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=pairs(tags),
    )


def make_databases(place: Place, workload: Workload) -> None:
    for name in place.names(workload, DATABASES, workload.databases):
        place.client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            Engine="mysql" if "legacy" in name else "postgres",
            DBInstanceClass="db.r7g.large",
            AllocatedStorage=100,
            Tags=pairs(workload.tags(name)),
            **LOGIN,
        )
    for name in place.names(workload, CLUSTERS, workload.clusters):
        engine = "aurora-mysql" if "profiles" in name else "aurora-postgresql"
        _make_cluster(place, name, engine, 2 if workload.in_production else 1, workload.tags(name))
    if workload.graphs:  # RDS lists Neptune's clusters and instances too; they are not RDS's
        _make_cluster(place, f"{workload.app}-graph", "neptune", 1, workload.tags(f"{workload.app}-graph"))


def _make_cluster(place: Place, name: str, engine: str, instances: int, tags: Mapping[str, str]) -> None:
    rds = place.client("rds")
    rds.create_db_cluster(DBClusterIdentifier=name, Engine=engine, Tags=pairs(tags), **LOGIN)
    for number in range(instances):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number + 1}",
            DBClusterIdentifier=name,
            Engine=engine,
            DBInstanceClass="db.r6g.large",
            Tags=pairs(tags),
        )


def _reader_policy(bucket: str, who: str = f"arn:aws:iam::{ACCOUNT}:root") -> str:
    # Only Allow: moto applies a Deny without a look at its conditions.
    statement = {
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {"AWS": who},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
