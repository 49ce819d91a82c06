"""The stack: composes the constructs, defines no resource itself."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra.alarms import Alarms
from infra.collector import Collector
from infra.config import StackConfig
from infra.dashboard import Board
from infra.query import Query
from infra.schedule import Schedules
from infra.storage import SnapshotBucket


class StocktakeStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, config: StackConfig) -> None:
        super().__init__(scope, name, description="Stocktake: an honest inventory of this AWS account")
        storage = SnapshotBucket(self, "Snapshots", config=config)
        collector = Collector(self, "Collector", config=config, storage=storage)
        Schedules(self, "Schedules", config=config, function=collector.function, failures=collector.failures)
        alarms = Alarms(self, "Alarms", config=config, function=collector.function, failures=collector.failures)
        cdk.CfnOutput(self, "Store", value=f"s3://{storage.bucket.bucket_name}", description="Where snapshots lie")
        cdk.CfnOutput(self, "FunctionName", value=collector.function.function_name, description="What to invoke")
        cdk.CfnOutput(self, "RoleArn", value=collector.role.role_arn, description="Whom other accounts trust")
        cdk.CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn, description="Who is told of alarms")
        if config.query:
            query = Query(self, "Query", config=config, storage=storage)
            cdk.CfnOutput(self, "Database", value=query.database, description="Athena's tables over the store")
            cdk.CfnOutput(self, "WorkGroup", value=query.work_group, description="What to query them in")
        if config.dashboard:
            board = Board(self, "Board", config=config, function=collector.function, log=collector.log)
            cdk.CfnOutput(self, "Dashboard", value=board.name, description="The dashboard in CloudWatch")
