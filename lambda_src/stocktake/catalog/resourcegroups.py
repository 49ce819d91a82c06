"""AWS Resource Groups."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::ResourceGroups::Group",
        service="resource-groups",
        tier=Tier.FULL,
        doc="Groups of resources, without what is in them.",
        calls=(Call(operation="ListGroups", items="GroupIdentifiers", parameters={"MaxResults": 50}),),
        enrich=(tags_in_bulk("GroupArn"),),
        id="GroupArn",
        arn="GroupArn",
        label="GroupName",
        tags="Tags",
    ),
)
