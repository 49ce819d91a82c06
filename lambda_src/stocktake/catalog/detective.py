"""Amazon Detective."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::Detective::Graph",
        service="detective",
        tier=Tier.FULL,
        doc="Behavior graphs that the account administers. Nothing in them is read.",
        calls=(
            Call(
                operation="ListGraphs",
                items="GraphList",
                parameters={"MaxResults": 200},
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        enrich=(tags_in_bulk("Arn"),),
        id="Arn",
        arn="Arn",
        tags="Tags",
        created="CreatedTime",
    ),
)
