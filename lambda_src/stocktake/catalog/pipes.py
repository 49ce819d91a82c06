"""Amazon EventBridge Pipes."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::Pipes::Pipe",
        service="pipes",
        doc="Pipes: from where, to where and through what. Their parameters are not read.",
        calls=(Call(operation="ListPipes", items="Pipes", parameters={"Limit": 100}),),
        enrich=(tags_in_bulk("Arn"),),
        id="Name",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreationTime",
    ),
)
