"""Amazon DynamoDB Accelerator."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::DAX::Cluster",
        service="dax",
        tier=Tier.FULL,
        doc="Cache clusters in front of DynamoDB.",
        calls=(
            Call(
                operation="DescribeClusters",
                items="Clusters",
                parameters={"MaxResults": 100},
                # The role comes with an account's first cluster.
                absent=("ServiceLinkedRoleNotFoundFault",),
            ),
        ),
        enrich=(tags_in_bulk("ClusterArn"),),
        id="ClusterName",
        arn="ClusterArn",
        label="ClusterName",
        tags="Tags",
    ),
)
