from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker


def secret(account: Account) -> str:
    return account.client("secretsmanager").create_secret(Name="till", SecretString=SECRET, Tags=KEY_VALUE)["ARN"]


MAKERS: dict[str, Maker] = {"AWS::SecretsManager::Secret": secret}
