"""Amazon RDS."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::RDS::DBInstance",
        service="rds",
        doc="Database instances of RDS and Aurora; not Neptune's and DocumentDB's, which the same operation lists.",
        calls=(
            Call(
                operation="DescribeDBInstances",
                items="DBInstances",
                parameters={"MaxRecords": 100},
                where="Engine != 'neptune' && Engine != 'docdb'",
            ),
        ),
        id="DBInstanceIdentifier",
        arn="DBInstanceArn",
        label="DBInstanceIdentifier",
        tags="TagList",
        created="InstanceCreateTime",
        volatile=("LatestRestorableTime",),
    ),
)
