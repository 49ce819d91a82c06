from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def email_identity(account: Account) -> str:
    account.client("sesv2").create_email_identity(EmailIdentity="shop.example", Tags=KEY_VALUE)
    return "shop.example"


def configuration_set(account: Account) -> str:
    account.client("sesv2").create_configuration_set(ConfigurationSetName="shop", Tags=KEY_VALUE)
    return "shop"


MAKERS: dict[str, Maker] = {
    "AWS::SES::EmailIdentity": email_identity,
    "AWS::SES::ConfigurationSet": configuration_set,
}
UNTAGGED: dict[str, str] = {
    "AWS::SES::EmailIdentity": "in moto's ARN stands email-identity, in AWS's identity",
}
