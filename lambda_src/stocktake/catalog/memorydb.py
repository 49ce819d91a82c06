"""Amazon MemoryDB."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 50}
# The role comes with an account's first cluster.
NEVER_USED = ("ServiceLinkedRoleNotFoundFault",)

ROWS = (
    ResourceType(
        name="AWS::MemoryDB::Cluster",
        service="memorydb",
        doc="Clusters with their shards.",
        calls=(
            Call(
                operation="DescribeClusters",
                items="Clusters",
                parameters={"ShowShardDetails": True, **PAGE},
                absent=NEVER_USED,
            ),
        ),
        enrich=(tags_in_bulk("ARN"),),
        id="Name",
        arn="ARN",
        label="Name",
        tags="Tags",
        volatile=("PendingUpdates.Resharding.SlotMigration.ProgressPercentage",),
    ),
    ResourceType(
        name="AWS::MemoryDB::ACL",
        service="memorydb",
        tier=Tier.FULL,
        doc="Access control lists: which users a cluster has.",
        calls=(Call(operation="DescribeACLs", items="ACLs", parameters=PAGE),),
        enrich=(tags_in_bulk("ARN"),),
        id="Name",
        arn="ARN",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::MemoryDB::User",
        service="memorydb",
        tier=Tier.FULL,
        doc="Users of clusters and what they may do. No password is read.",
        calls=(Call(operation="DescribeUsers", items="Users", parameters=PAGE),),
        enrich=(tags_in_bulk("ARN"),),
        id="Name",
        arn="ARN",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::MemoryDB::SubnetGroup",
        service="memorydb",
        tier=Tier.FULL,
        doc="Subnet groups for clusters.",
        calls=(Call(operation="DescribeSubnetGroups", items="SubnetGroups", parameters=PAGE, absent=NEVER_USED),),
        enrich=(tags_in_bulk("ARN"),),
        id="Name",
        arn="ARN",
        label="Name",
        tags="Tags",
    ),
)
