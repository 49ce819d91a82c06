from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def user_pool(account: Account) -> tuple[str, str]:
    made = account.client("cognito-idp").create_user_pool(PoolName="customers", UserPoolTags=TAGS)["UserPool"]
    return made["Id"], made["Arn"]


def identity_pool(account: Account) -> str:
    return account.client("cognito-identity").create_identity_pool(
        IdentityPoolName="customers", AllowUnauthenticatedIdentities=False, IdentityPoolTags=TAGS
    )["IdentityPoolId"]


MAKERS: dict[str, Maker] = {"AWS::Cognito::UserPool": user_pool, "AWS::Cognito::IdentityPool": identity_pool}
