from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def key(account: Account) -> str:
    tags = [{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]
    return account.client("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"]


def alias(account: Account) -> str:
    account.client("kms").create_alias(AliasName="alias/shop", TargetKeyId=key(account))
    return "alias/shop"


MAKERS: dict[str, Maker] = {"AWS::KMS::Key": key, "AWS::KMS::Alias": alias}
UNTIMED: dict[str, str] = {
    "AWS::KMS::Alias": "moto leaves CreationDate out",
}
