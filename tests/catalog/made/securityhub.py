from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, TAGS, Account, Maker


def hub(account: Account) -> str:
    account.client("securityhub").enable_security_hub(Tags=TAGS)
    return f"arn:aws:securityhub:us-east-1:{ACCOUNT}:hub/default"


MAKERS: dict[str, Maker] = {"AWS::SecurityHub::Hub": hub}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Security Hub")
