from __future__ import annotations

import json

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker


def collection(account: Account) -> tuple[str, str]:
    client = account.client("opensearchserverless")
    rules = [{"ResourceType": "collection", "Resource": ["collection/logs"]}]
    policy = json.dumps({"Rules": rules, "AWSOwnedKey": False, "KmsARN": "arn:aws:kms:us-east-1:123456789012:key/logs"})
    client.create_security_policy(name="logs", type="encryption", policy=policy)
    made = client.create_collection(name="logs", type="SEARCH", tags=LOWER_KEY_VALUE)["createCollectionDetail"]
    return made["id"], made["arn"]


MAKERS: dict[str, Maker] = {"AWS::OpenSearchServerless::Collection": collection}
