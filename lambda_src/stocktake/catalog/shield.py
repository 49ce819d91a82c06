"""AWS Shield Advanced: global."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Scope, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 10_000}
# There is no subscription to Shield Advanced (Shield Advanced API reference, errors).
ABSENT = ("ResourceNotFoundException",)

ROWS = (
    ResourceType(
        name="AWS::Shield::Protection",
        service="shield",
        scope=Scope.GLOBAL,
        doc="Resources that Shield Advanced protects.",
        calls=(Call(operation="ListProtections", items="Protections", parameters=PAGE, absent=ABSENT),),
        enrich=(tags_in_bulk("ProtectionArn"),),
        id="Id",
        arn="ProtectionArn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Shield::ProtectionGroup",
        service="shield",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Resources that Shield Advanced protects together.",
        calls=(
            Call(
                operation="ListProtectionGroups",
                items="ProtectionGroups",
                parameters=PAGE,
                absent=ABSENT,
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        enrich=(tags_in_bulk("ProtectionGroupArn"),),
        id="ProtectionGroupId",
        arn="ProtectionGroupArn",
        label="ProtectionGroupId",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Shield::Subscription",
        service="shield",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        cloudformation=False,
        doc="The subscription to Shield Advanced, its limits and its end.",
        calls=(Call(operation="DescribeSubscription", items="[Subscription]", absent=ABSENT),),
        id="SubscriptionArn",
        arn="SubscriptionArn",
        created="StartTime",
    ),
)
