"""Amazon CloudWatch Logs."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::Logs::LogGroup",
        service="logs",
        doc="Log groups with retention and encryption. No event is read.",
        calls=(Call(operation="DescribeLogGroups", items="logGroups", parameters={"limit": 50}),),
        id="logGroupName",
        arn="logGroupArn || arn",
        label="logGroupName",
        volatile=("storedBytes",),
    ),
)
