"""Athena over the store: tables, a workgroup, saved queries. No crawler: columns are declared, partitions computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.config import DAY, LONGEST_ALARM, StackConfig, pauses
from infra.saved_queries import saved
from infra.storage import QUERY_RESULTS, SnapshotBucket

RESOURCE = dict.fromkeys(
    ("account", "region", "type", "id", "arn", "name", "tags", "created", "data", "gaps"), "string"
)
UNIT = {
    **dict.fromkeys(("account", "region", "type", "state", "reason"), "string"),
    **dict.fromkeys(("count", "gaps", "pages", "calls", "retries", "throttles"), "bigint"),
    "seconds": "double",
    **dict.fromkeys(("fingerprint", "blocks", "last", "accepted"), "string"),
    "newly_lost": "boolean",
}
CHANGE = dict.fromkeys(("change", "account", "region", "type", "id", "arn", "name", "fields"), "string")
MANIFEST = {
    "format": "bigint",
    "run": "string",
    "verdict": "string",
    "coverage": "double",
    **dict.fromkeys(("scope", "counts", "accepted", "versions", "objects", "previous", "calls", "cost"), "string"),
}
POINTER = {"format": "bigint", **dict.fromkeys(("run", "verdict", "manifest", "sha256"), "string")}

TABLES: dict[str, tuple[str, Mapping[str, str], str]] = {
    "resources": ("snapshots/", RESOURCE, "A row a resource and run"),
    "units": ("units/", UNIT, "A row a resource type at one account and region, and run: what became of it"),
    "changes": ("changes/", CHANGE, "A row a change"),
    "manifests": ("manifests/", MANIFEST, "A row a revision of a run: its verdict, and the objects that count"),
    "pointers": ("latest/", POINTER, "A row an inventory: which run is its latest"),
}
"""Name → its prefix in the bucket, its columns and what it holds. What is an object or a list in the data is JSON text
in a column of type string, so that no name in it is lost, or taken for another that differs by case ("OpenX JSON
format", in Trino's source: text types render what they hold back to JSON)."""

PARTITIONS = {"inventory": "string", "date": "string", "hour": "int"}
UNPARTITIONED = ("pointers",)

SERDE = "org.openx.data.jsonserde.JsonSerDe"
# Tags `Name` and `name` are two; a line that cannot be read is an error, not a row less; and a dot in a key is a dot.
# The first is not the default, the others are said all the same (Athena User Guide, "OpenX JSON SerDe").
SERDE_PARAMETERS = {"case.insensitive": "FALSE", "ignore.malformed.json": "FALSE", "dots.in.keys": "FALSE"}
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
GB = 1_000_000_000


class Query(Construct):
    """`database` and `work_group` are their names."""

    def __init__(self, scope: Construct, name: str, *, config: StackConfig, storage: SnapshotBucket) -> None:
        super().__init__(scope, name)
        self._config = config
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=config.function_name.lower().replace("-", "_"), description="What Stocktake wrote"
            ),
        )
        self.database = database.ref
        for table, (prefix, columns, description) in TABLES.items():
            self._table(table, f"s3://{storage.bucket.bucket_name}/{prefix}", columns, description)
        self.work_group = self._work_group(storage).ref
        for title, (answers, sql) in saved(_days_between_runs(config)).items():
            athena.CfnNamedQuery(
                self,
                title,
                database=self.database,
                work_group=self.work_group,
                name=title,
                description=answers,
                query_string=sql,
            )

    def _table(self, name: str, location: str, columns: Mapping[str, str], description: str) -> None:
        partitioned = name not in UNPARTITIONED
        glue.CfnTable(
            self,
            name,
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_name=self.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=description,
                table_type="EXTERNAL_TABLE",
                parameters={
                    "EXTERNAL": "TRUE",
                    "classification": "json",
                    **(self._projection() if partitioned else {}),
                },
                partition_keys=_columns(PARTITIONS) if partitioned else [],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_columns(columns),
                    location=location,
                    input_format=TEXT_INPUT,
                    output_format=TEXT_OUTPUT,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=SERDE, parameters=SERDE_PARAMETERS
                    ),
                ),
            ),
        )

    def _projection(self) -> dict[str, str]:
        """Partitions are computed from this, not looked up ("Partition projection" in Athena's User Guide). No template
        says where they are, so they are under their names and values: inventory=default/date=2026-11-22/hour=07/."""
        return {
            "projection.enabled": "true",
            "projection.inventory.type": "enum",
            "projection.inventory.values": ",".join(inventory.name for inventory in self._config.inventories),
            "projection.date.type": "date",
            "projection.date.format": "yyyy-MM-dd",
            "projection.date.range": f"NOW-{self._config.snapshot_retention_days}DAYS,NOW",
            "projection.date.interval": "1",
            "projection.date.interval.unit": "DAYS",
            "projection.hour.type": "integer",
            "projection.hour.range": "0,23",
            "projection.hour.digits": "2",
        }

    def _work_group(self, storage: SnapshotBucket) -> athena.CfnWorkGroup:
        """Results lie encrypted in the bucket for a week. Where objects are locked, Athena keeps them, for a day;
        in the bucket they would be kept for as long as the lock holds."""
        return athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self._config.function_name,
            description="Questions about what Stocktake wrote",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                bytes_scanned_cutoff_per_query=self._config.query_scan_gb * GB,
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                **(_kept_by_athena(storage) if self._config.object_lock_days else _kept_in(storage)),
            ),
        )


def _days_between_runs(config: StackConfig) -> int:
    """The longest pause of any inventory's schedule, in whole days; a week where it cannot be derived."""
    longest = [pauses(expression)[1] or LONGEST_ALARM for expression in config.scheduled.values()]
    return -(-max(longest, default=LONGEST_ALARM) // DAY)


def _kept_in(storage: SnapshotBucket) -> dict[str, Any]:
    return {
        "result_configuration": athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{storage.bucket.bucket_name}/{QUERY_RESULTS}",
            expected_bucket_owner=cdk.Aws.ACCOUNT_ID,
            encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                encryption_option="SSE_KMS" if storage.key else "SSE_S3",
                kms_key=storage.key.key_arn if storage.key else None,
            ),
        )
    }


def _kept_by_athena(storage: SnapshotBucket) -> dict[str, Any]:
    own = athena.CfnWorkGroup.ManagedStorageEncryptionConfigurationProperty
    return {
        "managed_query_results_configuration": athena.CfnWorkGroup.ManagedQueryResultsConfigurationProperty(
            enabled=True, encryption_configuration=own(kms_key=storage.key.key_arn) if storage.key else None
        )
    }


def _columns(named: Mapping[str, str]) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in named.items()]
