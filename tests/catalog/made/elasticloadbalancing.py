from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def load_balancer(account: Account) -> str:
    account.client("elb").create_load_balancer(
        LoadBalancerName="shop",
        Listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 8080}],
        AvailabilityZones=["us-east-1a"],
        Tags=KEY_VALUE,
    )
    return "shop"


MAKERS: dict[str, Maker] = {"AWS::ElasticLoadBalancing::LoadBalancer": load_balancer}
