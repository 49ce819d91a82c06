from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, SECRET, Account, Maker


def cluster(account: Account) -> str:
    return account.client("ecs").create_cluster(clusterName="shop", tags=LOWER_KEY_VALUE)["cluster"]["clusterArn"]


def task_definition(account: Account) -> str:
    till = {
        "name": "till",
        "image": "till:1",
        "memory": 64,
        "environment": [{"name": "PIN", "value": SECRET}],
    }
    answer = account.client("ecs").register_task_definition(
        family="till", containerDefinitions=[till], tags=LOWER_KEY_VALUE
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


MAKERS: dict[str, Maker] = {
    "AWS::ECS::Cluster": cluster,
    "AWS::ECS::Service": service,
    "AWS::ECS::TaskDefinition": task_definition,
}
NOT_MADE: dict[str, str] = {
    "AWS::ECS::CapacityProvider": "moto describes capacity providers only by name",
}
UNTIMED: dict[str, str] = {
    "AWS::ECS::Service": "moto says when its deployments were made, not when it was",
    "AWS::ECS::TaskDefinition": "moto leaves registeredAt out",
}
