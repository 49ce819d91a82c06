"""The stack: composes the constructs, defines no resource itself."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra.collector import Collector
from infra.config import StackConfig
from infra.schedule import InventorySchedule
from infra.storage import SnapshotBucket


class StocktakeStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, config: StackConfig) -> None:
        super().__init__(scope, name, description="Stocktake: an honest inventory of this AWS account")
        storage = SnapshotBucket(self, "Snapshots", retention_days=config.snapshot_retention_days)
        collector = Collector(self, "Collector", config=config, bucket=storage.bucket)
        for inventory in config.inventories:
            InventorySchedule(
                self,
                f"Schedule-{inventory.name}",
                config=config,
                inventory=inventory.name,
                function=collector.function,
                failures=collector.failures,
            )
        cdk.CfnOutput(self, "Store", value=f"s3://{storage.bucket.bucket_name}", description="Where snapshots lie")
        cdk.CfnOutput(self, "FunctionName", value=collector.function.function_name, description="What to invoke")
        cdk.CfnOutput(self, "RoleArn", value=collector.role.role_arn, description="Whom other accounts trust")
