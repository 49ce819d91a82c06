"""Amazon DocumentDB, asked through RDS, whose endpoint and operations it shares: RDS's model knows the tags too."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE = {"MaxRecords": 100}
OF_DOCDB = "Engine == 'docdb'"

ROWS = (
    ResourceType(
        name="AWS::DocDB::DBCluster",
        service="rds",
        doc="Clusters of DocumentDB.",
        calls=(Call(operation="DescribeDBClusters", items="DBClusters", parameters=PAGE, where=OF_DOCDB),),
        id="DBClusterIdentifier",
        arn="DBClusterArn",
        label="DBClusterIdentifier",
        tags="TagList",
        created="ClusterCreateTime",
        volatile=("EarliestRestorableTime", "LatestRestorableTime", "PercentProgress"),
    ),
    ResourceType(
        name="AWS::DocDB::DBInstance",
        service="rds",
        doc="Instances in clusters of DocumentDB.",
        calls=(Call(operation="DescribeDBInstances", items="DBInstances", parameters=PAGE, where=OF_DOCDB),),
        id="DBInstanceIdentifier",
        arn="DBInstanceArn",
        label="DBInstanceIdentifier",
        tags="TagList",
        created="InstanceCreateTime",
        volatile=(
            "AdditionalStorageVolumes[].StorageOperationPercentProgress",
            "IsStorageConfigUpgradeAvailable",
            "LatestRestorableTime",
            "PercentProgress",
            "StorageOperationPercentProgress",
        ),
    ),
    ResourceType(
        name="AWS::DocDB::GlobalCluster",
        service="rds",
        tier=Tier.FULL,
        doc="Global clusters of DocumentDB, in every region that lists them.",
        calls=(Call(operation="DescribeGlobalClusters", items="GlobalClusters", parameters=PAGE, where=OF_DOCDB),),
        id="GlobalClusterIdentifier",
        arn="GlobalClusterArn",
        label="GlobalClusterIdentifier",
        tags="TagList",
    ),
)
