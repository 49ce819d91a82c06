"""Amazon EC2 Auto Scaling."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::AutoScaling::AutoScalingGroup",
        service="autoscaling",
        doc="Auto Scaling groups and the instances that they hold.",
        calls=(
            Call(
                operation="DescribeAutoScalingGroups",
                items="AutoScalingGroups",
                parameters={"MaxRecords": 100, "IncludeManagedResources": True},
            ),
        ),
        id="AutoScalingGroupName",
        arn="AutoScalingGroupARN",
        label="AutoScalingGroupName",
        tags="Tags",
        created="CreatedTime",
    ),
)
