from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker
from tests.catalog.made.needed import bucket, role


def recorder(account: Account) -> str:
    account.client("config").put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role(account)}
    )
    return "default"


def delivery_channel(account: Account) -> str:
    recorder(account)
    account.client("config").put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket(account)})
    return "default"


def rule(account: Account) -> str:
    account.client("config").put_config_rule(
        ConfigRule={
            "ConfigRuleName": "encrypted",
            "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"},
        },
        Tags=KEY_VALUE,
    )
    return "encrypted"


def aggregator(account: Account) -> tuple[str, str]:
    made = account.client("config").put_configuration_aggregator(
        ConfigurationAggregatorName="all",
        AccountAggregationSources=[{"AccountIds": [ACCOUNT], "AllAwsRegions": True}],
        Tags=KEY_VALUE,
    )["ConfigurationAggregator"]
    return made["ConfigurationAggregatorName"], made["ConfigurationAggregatorArn"]


def authorization(account: Account) -> str:
    return account.client("config").put_aggregation_authorization(
        AuthorizedAccountId="210987654321", AuthorizedAwsRegion="us-east-1", Tags=KEY_VALUE
    )["AggregationAuthorization"]["AggregationAuthorizationArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Config::DeliveryChannel": delivery_channel,
    "AWS::Config::ConfigRule": rule,
    "AWS::Config::ConfigurationAggregator": aggregator,
    "AWS::Config::AggregationAuthorization": authorization,
}

UNTAGGED = dict.fromkeys(
    ("AWS::Config::ConfigRule", "AWS::Config::ConfigurationAggregator", "AWS::Config::AggregationAuthorization"),
    "moto's tagging API does not know Config",
)
