"""Amazon CloudWatch Logs."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::Logs::LogGroup",
        service="logs",
        doc="Log groups with retention and encryption. No event is read.",
        calls=(Call(operation="DescribeLogGroups", items="logGroups", parameters={"limit": 50}),),
        enrich=(tags_in_bulk("logGroupArn"),),
        id="logGroupName",
        arn="logGroupArn || arn",
        label="logGroupName",
        tags="Tags",
        created="creationTime",
        volatile=("storedBytes",),
    ),
)
