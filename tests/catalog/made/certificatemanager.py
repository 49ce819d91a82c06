from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def certificate(account: Account) -> str:
    return account.client("acm").request_certificate(DomainName="shop.test", Tags=KEY_VALUE)["CertificateArn"]


MAKERS: dict[str, Maker] = {"AWS::CertificateManager::Certificate": certificate}
