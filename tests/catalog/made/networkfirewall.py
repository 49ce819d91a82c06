from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker
from tests.catalog.made.needed import network


def firewall(account: Account) -> str:
    vpc, subnets = network(account)
    answer = account.client("network-firewall").create_firewall(
        FirewallName="shop",
        FirewallPolicyArn=f"arn:aws:network-firewall:us-east-1:{ACCOUNT}:firewall-policy/shop",
        VpcId=vpc,
        SubnetMappings=[{"SubnetId": subnets[0]}],
        Tags=KEY_VALUE,
    )
    return answer["Firewall"]["FirewallArn"]


MAKERS: dict[str, Maker] = {"AWS::NetworkFirewall::Firewall": firewall}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Network Firewall")
