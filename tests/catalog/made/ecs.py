from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker


def cluster(account: Account) -> str:
    return account.client("ecs").create_cluster(clusterName="shop", tags=LOWER_KEY_VALUE)["cluster"]["clusterArn"]


def task_definition(account: Account) -> str:
    answer = account.client("ecs").register_task_definition(
        family="till", containerDefinitions=[{"name": "till", "image": "till:1", "memory": 64}], tags=LOWER_KEY_VALUE
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


def service(account: Account) -> str:
    answer = account.client("ecs").create_service(
        cluster=cluster(account),
        serviceName="till",
        taskDefinition=task_definition(account),
        desiredCount=0,
        tags=LOWER_KEY_VALUE,
    )
    return answer["service"]["serviceArn"]


def capacity_provider(account: Account) -> str:
    group = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/shop"
    answer = account.client("ecs").create_capacity_provider(
        name="shop", autoScalingGroupProvider={"autoScalingGroupArn": group}, tags=LOWER_KEY_VALUE
    )
    return answer["capacityProvider"]["capacityProviderArn"]


MAKERS: dict[str, Maker] = {
    "AWS::ECS::Cluster": cluster,
    "AWS::ECS::Service": service,
    "AWS::ECS::TaskDefinition": task_definition,
    "AWS::ECS::CapacityProvider": capacity_provider,
}
