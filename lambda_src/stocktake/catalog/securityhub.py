"""AWS Security Hub. No finding is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::SecurityHub::Hub",
        service="securityhub",
        doc="Whether Security Hub is on, and since when. No finding is read.",
        calls=(Call(operation="DescribeHub", items="HubArn && [@]", absent=("ResourceNotFoundException",)),),
        enrich=(tags_in_bulk("HubArn"),),
        id="HubArn",
        arn="HubArn",
        tags="Tags",
        created="SubscribedAt",
    ),
    ResourceType(
        name="AWS::SecurityHub::Standard",
        service="securityhub",
        tier=Tier.FULL,
        doc="Standards that Security Hub checks the account against.",
        calls=(Call(operation="GetEnabledStandards", items="StandardsSubscriptions", parameters={"MaxResults": 100}),),
        id="StandardsSubscriptionArn",
        arn="StandardsSubscriptionArn",
        label="StandardsArn",
    ),
)
