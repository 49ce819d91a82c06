from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def domain(account: Account) -> str:
    return account.client("opensearch").create_domain(DomainName="shop", TagList=KEY_VALUE)["DomainStatus"][
        "DomainName"
    ]


MAKERS: dict[str, Maker] = {"AWS::OpenSearchService::Domain": domain}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know OpenSearch")
