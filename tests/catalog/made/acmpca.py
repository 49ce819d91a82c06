from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def certificate_authority(account: Account) -> str:
    made = account.client("acm-pca").create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "shop.test"},
        },
        CertificateAuthorityType="ROOT",
        Tags=KEY_VALUE,
    )
    return made["CertificateAuthorityArn"]


MAKERS: dict[str, Maker] = {"AWS::ACMPCA::CertificateAuthority": certificate_authority}

UNTAGGED = {"AWS::ACMPCA::CertificateAuthority": "moto's tagging API does not know certificate authorities"}
