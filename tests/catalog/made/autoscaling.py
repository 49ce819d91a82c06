from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import IMAGE


def launch_configuration(account: Account) -> str:
    account.client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="web", ImageId=IMAGE, InstanceType="t3.micro", UserData=SECRET
    )
    return "web"


def group(account: Account) -> str:
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName=launch_configuration(account),
        AvailabilityZones=["us-east-1a"],
        MinSize=1,
        MaxSize=1,
        Tags=[{**tag, "PropagateAtLaunch": False} for tag in KEY_VALUE],
    )
    return "web"


def scaling_policy(account: Account) -> str:
    client = account.client("autoscaling")
    client.put_scaling_policy(
        AutoScalingGroupName=group(account), PolicyName="grow", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1
    )
    return client.describe_policies()["ScalingPolicies"][0]["PolicyARN"]


MAKERS: dict[str, Maker] = {
    "AWS::AutoScaling::AutoScalingGroup": group,
    "AWS::AutoScaling::LaunchConfiguration": launch_configuration,
    "AWS::AutoScaling::ScalingPolicy": scaling_policy,
}

NOT_MADE = {"AWS::AutoScaling::ScheduledAction": "moto gives scheduled actions no ARN"}
