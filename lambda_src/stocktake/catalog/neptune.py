"""Amazon Neptune, asked through RDS, whose endpoint and operations it shares: RDS's model knows the tags too."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE = {"MaxRecords": 100}
OF_NEPTUNE = "Engine == 'neptune'"

ROWS = (
    ResourceType(
        name="AWS::Neptune::DBCluster",
        service="rds",
        doc="Clusters of Neptune.",
        calls=(Call(operation="DescribeDBClusters", items="DBClusters", parameters=PAGE, where=OF_NEPTUNE),),
        id="DBClusterIdentifier",
        arn="DBClusterArn",
        label="DBClusterIdentifier",
        tags="TagList",
        created="ClusterCreateTime",
        volatile=("EarliestRestorableTime", "LatestRestorableTime", "PercentProgress"),
    ),
    ResourceType(
        name="AWS::Neptune::DBInstance",
        service="rds",
        doc="Instances in clusters of Neptune.",
        calls=(Call(operation="DescribeDBInstances", items="DBInstances", parameters=PAGE, where=OF_NEPTUNE),),
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
        name="AWS::Neptune::GlobalCluster",
        service="rds",
        tier=Tier.FULL,
        doc="Global clusters of Neptune, in every region that lists them.",
        calls=(Call(operation="DescribeGlobalClusters", items="GlobalClusters", parameters=PAGE, where=OF_NEPTUNE),),
        id="GlobalClusterIdentifier",
        arn="GlobalClusterArn",
        label="GlobalClusterIdentifier",
        tags="TagList",
    ),
)
