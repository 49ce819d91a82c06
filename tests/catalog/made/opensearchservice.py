from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def domain(account: Account) -> tuple[str, str]:
    status = account.client("opensearch").create_domain(DomainName="shop", TagList=KEY_VALUE)["DomainStatus"]
    return status["DomainName"], status["ARN"]


MAKERS: dict[str, Maker] = {"AWS::OpenSearchService::Domain": domain}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know OpenSearch")
