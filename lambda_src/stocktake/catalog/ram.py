"""AWS Resource Access Manager."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::RAM::ResourceShare",
        service="ram",
        doc="Shares that the account owns, but for deleted ones; not those that others share with it.",
        calls=(
            Call(
                operation="GetResourceShares",
                items="resourceShares",
                parameters={"resourceOwner": "SELF", "maxResults": 500},
                # A deleted share is listed for two hours more (RAM user guide, "Deleting a resource share").
                where="status != 'DELETED'",
            ),
        ),
        id="resourceShareArn",
        arn="resourceShareArn",
        label="name",
        tags="tags",
        created="creationTime",
    ),
    ResourceType(
        name="AWS::RAM::ForeignResourceShare",
        service="ram",
        cloudformation=False,
        doc="Shares that other accounts own and share with this one.",
        calls=(
            Call(
                operation="GetResourceShares",
                items="resourceShares",
                parameters={"resourceOwner": "OTHER-ACCOUNTS", "maxResults": 500},
                where="status != 'DELETED'",
            ),
        ),
        id="resourceShareArn",
        arn="resourceShareArn",
        label="name",
        created="creationTime",
    ),
)
