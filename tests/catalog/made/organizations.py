from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def organization(account: Account) -> str:
    return account.client("organizations").create_organization(FeatureSet="ALL")["Organization"]["Id"]


def root(account: Account) -> str:
    organization(account)
    client = account.client("organizations")
    (root,) = client.list_roots()["Roots"]
    client.tag_resource(ResourceId=root["Id"], Tags=KEY_VALUE)
    return root["Id"]


def member(account: Account) -> str:
    organization(account)
    answer = account.client("organizations").create_account(
        AccountName="till", Email="till@shop.example", Tags=KEY_VALUE
    )
    return answer["CreateAccountStatus"]["AccountId"]


def policy(account: Account) -> tuple[str, str]:
    client = account.client("organizations")
    client.enable_policy_type(RootId=root(account), PolicyType="SERVICE_CONTROL_POLICY")
    answer = client.create_policy(
        Name="shop",
        Description="What the shop may do",
        Type="SERVICE_CONTROL_POLICY",
        Content='{"Version": "2012-10-17", "Statement": []}',
        Tags=KEY_VALUE,
    )
    return answer["Policy"]["PolicySummary"]["Id"], answer["Policy"]["PolicySummary"]["Arn"]


MAKERS: dict[str, Maker] = {
    "AWS::Organizations::Organization": organization,
    "AWS::Organizations::Root": root,
    "AWS::Organizations::Account": member,
    "AWS::Organizations::Policy": policy,
}
UNTAGGED: dict[str, str] = {
    "AWS::Organizations::Root": "moto's tagging API does not know Organizations",
    "AWS::Organizations::Account": "moto's tagging API does not know Organizations",
    "AWS::Organizations::Policy": "moto's tagging API does not know Organizations",
}
