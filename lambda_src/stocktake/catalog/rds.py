"""Amazon RDS. Neptune and DocumentDB share its operations, which list theirs too."""

from stocktake.catalog.spec import Call, ResourceType

OF_RDS = "Engine != 'neptune' && Engine != 'docdb'"

ROWS = (
    ResourceType(
        name="AWS::RDS::DBInstance",
        service="rds",
        doc="Database instances of RDS and Aurora; not Neptune's and DocumentDB's, which the same operation lists.",
        calls=(
            Call(
                operation="DescribeDBInstances",
                items="DBInstances",
                parameters={"MaxRecords": 100},
                where=OF_RDS,
            ),
        ),
        id="DBInstanceIdentifier",
        arn="DBInstanceArn",
        label="DBInstanceIdentifier",
        tags="TagList",
        created="InstanceCreateTime",
        volatile=("LatestRestorableTime",),
    ),
    ResourceType(
        name="AWS::RDS::DBCluster",
        service="rds",
        doc="Database clusters of Aurora and RDS.",
        calls=(
            Call(
                operation="DescribeDBClusters",
                items="DBClusters",
                parameters={"MaxRecords": 100},
                where=OF_RDS,
            ),
        ),
        id="DBClusterIdentifier",
        arn="DBClusterArn",
        label="DBClusterIdentifier",
        tags="TagList",
        created="ClusterCreateTime",
        volatile=(
            "BacktrackConsumedChangeRecords",
            "Capacity",
            "EarliestBacktrackTime",
            "EarliestRestorableTime",
            "LatestRestorableTime",
            "PercentProgress",
        ),
    ),
)
