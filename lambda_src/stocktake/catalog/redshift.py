"""Amazon Redshift: provisioned clusters."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE = {"MaxRecords": 100}

ROWS = (
    ResourceType(
        name="AWS::Redshift::Cluster",
        service="redshift",
        doc="Clusters with their nodes and settings. No data is read.",
        calls=(Call(operation="DescribeClusters", items="Clusters", parameters=PAGE),),
        id="ClusterIdentifier",
        arn="arn:{partition}:redshift:{region}:{account}:cluster:{ClusterIdentifier}",
        label="ClusterIdentifier",
        tags="Tags",
        created="ClusterCreateTime",
        volatile=(
            "DataTransferProgress",
            "ExpectedNextSnapshotScheduleTime",
            "ExpectedNextSnapshotScheduleTimeStatus",
            "LoggingPublishStatus",
            "NextMaintenanceWindowStartTime",
            "ResizeInfo",
            "RestoreStatus",
        ),
    ),
    ResourceType(
        name="AWS::Redshift::ClusterSubnetGroup",
        service="redshift",
        tier=Tier.FULL,
        doc="Subnet groups for clusters.",
        calls=(Call(operation="DescribeClusterSubnetGroups", items="ClusterSubnetGroups", parameters=PAGE),),
        id="ClusterSubnetGroupName",
        arn="arn:{partition}:redshift:{region}:{account}:subnetgroup:{ClusterSubnetGroupName}",
        label="ClusterSubnetGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Redshift::ClusterParameterGroup",
        service="redshift",
        tier=Tier.FULL,
        doc="Parameter groups, default ones included; without the parameters.",
        calls=(Call(operation="DescribeClusterParameterGroups", items="ParameterGroups", parameters=PAGE),),
        id="ParameterGroupName",
        arn="arn:{partition}:redshift:{region}:{account}:parametergroup:{ParameterGroupName}",
        label="ParameterGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Redshift::Snapshot",
        service="redshift",
        tier=Tier.FULL,
        doc="Snapshots of clusters that the account owns, automatic ones included. No content is read.",
        calls=(Call(operation="DescribeClusterSnapshots", items="Snapshots", parameters=PAGE),),
        id="SnapshotArn",
        arn="SnapshotArn",
        label="SnapshotIdentifier",
        tags="Tags",
        created="SnapshotCreateTime",
        volatile=(
            "BackupProgressInMegaBytes",
            "CurrentBackupRateInMegaBytesPerSecond",
            "ElapsedTimeInSeconds",
            "EstimatedSecondsToCompletion",
            "ManualSnapshotRemainingDays",
        ),
    ),
)
