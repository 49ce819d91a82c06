from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker


def protection(account: Account) -> str:
    answer = account.client("shield").create_protection(
        Name="shop", ResourceArn=f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/shop", Tags=KEY_VALUE
    )
    return answer["ProtectionId"]


def subscription(account: Account) -> str:
    client = account.client("shield")
    client.create_subscription()
    return client.describe_subscription()["Subscription"]["SubscriptionArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Shield::Protection": protection,
    "AWS::Shield::Subscription": subscription,
}
UNTAGGED: dict[str, str] = {
    "AWS::Shield::Protection": "moto's tagging API does not know Shield",
}
