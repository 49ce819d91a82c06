from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import network, subnets

NOT_FOUND = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


def load_balancer(account: Account) -> str:
    answer = account.client("elbv2").create_load_balancer(Name="shop", Subnets=subnets(account), Tags=KEY_VALUE)
    return answer["LoadBalancers"][0]["LoadBalancerArn"]


def listener(account: Account) -> str:
    answer = account.client("elbv2").create_listener(
        LoadBalancerArn=load_balancer(account), Protocol="HTTP", Port=80, DefaultActions=NOT_FOUND, Tags=KEY_VALUE
    )
    return answer["Listeners"][0]["ListenerArn"]


def listener_rule(account: Account) -> str:
    answer = account.client("elbv2").create_rule(
        ListenerArn=listener(account),
        Conditions=[{"Field": "path-pattern", "Values": ["/till"]}],
        Priority=1,
        Actions=NOT_FOUND,
        Tags=KEY_VALUE,
    )
    return answer["Rules"][0]["RuleArn"]


def target_group(account: Account) -> str:
    answer = account.client("elbv2").create_target_group(
        Name="tills", Protocol="HTTP", Port=8080, VpcId=network(account)[0], Tags=KEY_VALUE
    )
    return answer["TargetGroups"][0]["TargetGroupArn"]


MAKERS: dict[str, Maker] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": load_balancer,
    "AWS::ElasticLoadBalancingV2::Listener": listener,
    "AWS::ElasticLoadBalancingV2::ListenerRule": listener_rule,
    "AWS::ElasticLoadBalancingV2::TargetGroup": target_group,
}
