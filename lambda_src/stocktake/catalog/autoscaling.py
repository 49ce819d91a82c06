"""Amazon EC2 Auto Scaling."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE_WITH_MANAGED = {"MaxRecords": 100, "IncludeManagedResources": True}

ROWS = (
    ResourceType(
        name="AWS::AutoScaling::AutoScalingGroup",
        service="autoscaling",
        doc="Auto Scaling groups and the instances that they hold.",
        calls=(Call(operation="DescribeAutoScalingGroups", items="AutoScalingGroups", parameters=PAGE_WITH_MANAGED),),
        id="AutoScalingGroupName",
        arn="AutoScalingGroupARN",
        label="AutoScalingGroupName",
        tags="Tags",
        created="CreatedTime",
        # Instances come and go by themselves.
        volatile=("Instances", "PredictedCapacity", "WarmPoolSize"),
    ),
    ResourceType(
        name="AWS::AutoScaling::LaunchConfiguration",
        service="autoscaling",
        doc="Launch configurations. User data is redacted.",
        calls=(
            Call(
                operation="DescribeLaunchConfigurations", items="LaunchConfigurations", parameters={"MaxRecords": 100}
            ),
        ),
        id="LaunchConfigurationName",
        arn="LaunchConfigurationARN",
        label="LaunchConfigurationName",
        created="CreatedTime",
        secret=("UserData",),
    ),
    ResourceType(
        name="AWS::AutoScaling::ScalingPolicy",
        service="autoscaling",
        tier=Tier.FULL,
        doc="Scaling policies of every group.",
        calls=(Call(operation="DescribePolicies", items="ScalingPolicies", parameters=PAGE_WITH_MANAGED),),
        id="PolicyARN",
        arn="PolicyARN",
        label="PolicyName",
    ),
    ResourceType(
        name="AWS::AutoScaling::ScheduledAction",
        service="autoscaling",
        tier=Tier.FULL,
        doc="Scheduled actions of every group, those still to come.",
        calls=(
            Call(
                operation="DescribeScheduledActions",
                items="ScheduledUpdateGroupActions",
                parameters=PAGE_WITH_MANAGED,
            ),
        ),
        id="ScheduledActionARN",
        arn="ScheduledActionARN",
        label="ScheduledActionName",
        # Of a recurring action, the next time that it is due.
        volatile=("Time", "StartTime"),
    ),
)
