"""Amazon Inspector. No finding is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier, target

ROWS = (
    ResourceType(
        name="AWS::InspectorV2::AccountStatus",
        service="inspector2",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Whether Inspector is on, and for which kinds of resource.",
        # The answer is about "each of the requested accounts" (API reference, BatchGetAccountStatus); what it is about
        # where none is requested is not said.
        calls=(
            Call(
                operation="BatchGetAccountStatus",
                items="accounts",
                parameters={"accountIds": [target("account")]},
                unanswered="failedAccounts",
            ),
        ),
        id="accountId",
    ),
    ResourceType(
        name="AWS::InspectorV2::Filter",
        service="inspector2",
        tier=Tier.FULL,
        doc="Filters that name or suppress findings. No finding is read.",
        calls=(Call(operation="ListFilters", items="filters", parameters={"maxResults": 100}),),
        id="arn",
        arn="arn",
        label="name",
        tags="tags",
        created="createdAt",
    ),
)
