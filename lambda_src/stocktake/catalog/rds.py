"""Amazon RDS. Neptune and DocumentDB share its operations, which list theirs too.

Clusters, instances and global clusters say whose they are by their engine; what does not, or has no type of its own
there, is collected here for all three.
"""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxRecords": 100}

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
                parameters=PAGE,
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
                parameters=PAGE,
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
    ResourceType(
        name="AWS::RDS::GlobalCluster",
        service="rds",
        doc="Global database clusters of Aurora, in every region that lists them.",
        calls=(Call(operation="DescribeGlobalClusters", items="GlobalClusters", parameters=PAGE, where=OF_RDS),),
        id="GlobalClusterIdentifier",
        arn="GlobalClusterArn",
        label="GlobalClusterIdentifier",
        tags="TagList",
    ),
    ResourceType(
        name="AWS::RDS::DBSnapshot",
        service="rds",
        tier=Tier.FULL,
        doc="Snapshots of database instances that the account owns. No content is read.",
        calls=(Call(operation="DescribeDBSnapshots", items="DBSnapshots", parameters=PAGE),),
        id="DBSnapshotIdentifier",
        arn="DBSnapshotArn",
        label="DBSnapshotIdentifier",
        tags="TagList",
        created="SnapshotCreateTime",
        volatile=("PercentProgress",),
    ),
    ResourceType(
        name="AWS::RDS::ClusterSnapshot",
        service="rds",
        tier=Tier.FULL,
        doc="Snapshots of database clusters that the account owns, Neptune's and DocumentDB's included. "
        "No content is read.",
        calls=(Call(operation="DescribeDBClusterSnapshots", items="DBClusterSnapshots", parameters=PAGE),),
        id="DBClusterSnapshotIdentifier",
        arn="DBClusterSnapshotArn",
        label="DBClusterSnapshotIdentifier",
        tags="TagList",
        created="SnapshotCreateTime",
        volatile=("PercentProgress",),
    ),
    ResourceType(
        name="AWS::RDS::DBSubnetGroup",
        service="rds",
        doc="Subnet groups for databases, Neptune's and DocumentDB's included.",
        calls=(Call(operation="DescribeDBSubnetGroups", items="DBSubnetGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("DBSubnetGroupArn"),),
        id="DBSubnetGroupName",
        arn="DBSubnetGroupArn",
        label="DBSubnetGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::RDS::DBParameterGroup",
        service="rds",
        doc="Parameter groups for instances, Neptune's and default ones included; without the parameters.",
        calls=(Call(operation="DescribeDBParameterGroups", items="DBParameterGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("DBParameterGroupArn"),),
        id="DBParameterGroupName",
        arn="DBParameterGroupArn",
        label="DBParameterGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::RDS::DBClusterParameterGroup",
        service="rds",
        doc="Parameter groups for clusters, Neptune's, DocumentDB's and default ones included; without the parameters.",
        calls=(Call(operation="DescribeDBClusterParameterGroups", items="DBClusterParameterGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("DBClusterParameterGroupArn"),),
        id="DBClusterParameterGroupName",
        arn="DBClusterParameterGroupArn",
        label="DBClusterParameterGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::RDS::OptionGroup",
        service="rds",
        doc="Option groups, default ones included. Values of options' settings are redacted.",
        calls=(Call(operation="DescribeOptionGroups", items="OptionGroupsList", parameters=PAGE),),
        enrich=(tags_in_bulk("OptionGroupArn"),),
        id="OptionGroupName",
        arn="OptionGroupArn",
        label="OptionGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::RDS::DBProxy",
        service="rds",
        doc="Proxies in front of databases, with the ARNs of the secrets that they use.",
        calls=(Call(operation="DescribeDBProxies", items="DBProxies", parameters=PAGE),),
        enrich=(tags_in_bulk("DBProxyArn"),),
        id="DBProxyArn",
        arn="DBProxyArn",
        label="DBProxyName",
        tags="Tags",
        created="CreatedDate",
    ),
    ResourceType(
        name="AWS::RDS::EventSubscription",
        service="rds",
        doc="Subscriptions to events of databases, Neptune's and DocumentDB's included. No event is read.",
        calls=(Call(operation="DescribeEventSubscriptions", items="EventSubscriptionsList", parameters=PAGE),),
        enrich=(tags_in_bulk("EventSubscriptionArn"),),
        id="CustSubscriptionId",
        arn="EventSubscriptionArn",
        label="CustSubscriptionId",
        tags="Tags",
    ),
)
