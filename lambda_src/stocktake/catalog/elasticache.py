"""Amazon ElastiCache."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxRecords": 100}
# The role comes with an account's first cache.
NEVER_USED = ("ServiceLinkedRoleNotFoundFault",)

ROWS = (
    ResourceType(
        name="AWS::ElastiCache::CacheCluster",
        service="elasticache",
        doc="Cache clusters with their nodes, those in replication groups included.",
        calls=(
            Call(
                operation="DescribeCacheClusters",
                items="CacheClusters",
                parameters={"ShowCacheNodeInfo": True, **PAGE},
            ),
        ),
        enrich=(tags_in_bulk("ARN"),),
        id="CacheClusterId",
        arn="ARN",
        label="CacheClusterId",
        tags="Tags",
        created="CacheClusterCreateTime",
    ),
    ResourceType(
        name="AWS::ElastiCache::ReplicationGroup",
        service="elasticache",
        doc="Replication groups of Redis OSS and Valkey.",
        calls=(Call(operation="DescribeReplicationGroups", items="ReplicationGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("ARN"),),
        id="ReplicationGroupId",
        arn="ARN",
        label="ReplicationGroupId",
        tags="Tags",
        created="ReplicationGroupCreateTime",
        volatile=("PendingModifiedValues.Resharding.SlotMigration.ProgressPercentage",),
    ),
    ResourceType(
        name="AWS::ElastiCache::ServerlessCache",
        service="elasticache",
        doc="Serverless caches.",
        calls=(Call(operation="DescribeServerlessCaches", items="ServerlessCaches", parameters={"MaxResults": 50}),),
        enrich=(tags_in_bulk("ARN"),),
        id="ServerlessCacheName",
        arn="ARN",
        label="ServerlessCacheName",
        tags="Tags",
        created="CreateTime",
    ),
    ResourceType(
        name="AWS::ElastiCache::SubnetGroup",
        service="elasticache",
        tier=Tier.FULL,
        doc="Subnet groups for caches.",
        calls=(Call(operation="DescribeCacheSubnetGroups", items="CacheSubnetGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("ARN"),),
        id="CacheSubnetGroupName",
        arn="ARN",
        label="CacheSubnetGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::ElastiCache::User",
        service="elasticache",
        tier=Tier.FULL,
        doc="Users of caches and what they may do. No password is read.",
        calls=(Call(operation="DescribeUsers", items="Users", parameters=PAGE, absent=NEVER_USED),),
        enrich=(tags_in_bulk("ARN"),),
        id="UserId",
        arn="ARN",
        label="UserName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::ElastiCache::UserGroup",
        service="elasticache",
        tier=Tier.FULL,
        doc="Groups of users of caches.",
        calls=(Call(operation="DescribeUserGroups", items="UserGroups", parameters=PAGE, absent=NEVER_USED),),
        enrich=(tags_in_bulk("ARN"),),
        id="UserGroupId",
        arn="ARN",
        label="UserGroupId",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::ElastiCache::Snapshot",
        service="elasticache",
        tier=Tier.FULL,
        doc="Snapshots of cache clusters and replication groups, automatic ones included. No content is read.",
        calls=(
            Call(
                operation="DescribeSnapshots",
                items="Snapshots",
                parameters={"ShowNodeGroupConfig": True, "MaxRecords": 50},
            ),
        ),
        enrich=(tags_in_bulk("ARN"),),
        id="SnapshotName",
        arn="ARN",
        label="SnapshotName",
        tags="Tags",
    ),
)
