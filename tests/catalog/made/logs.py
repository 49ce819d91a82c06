from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.kinesis import stream_arn
from tests.catalog.made.needed import ROLE


def log_group(account: Account) -> str:
    account.client("logs").create_log_group(logGroupName="/till", tags=TAGS)
    return "/till"


def metric_filter(account: Account) -> str:
    account.client("logs").put_metric_filter(
        logGroupName=log_group(account),
        filterName="sold",
        filterPattern="sold",
        metricTransformations=[{"metricName": "Sold", "metricNamespace": "Shop", "metricValue": "1"}],
    )
    return "/till:sold"


def subscription_filter(account: Account) -> str:
    account.client("logs").put_subscription_filter(
        logGroupName=log_group(account),
        filterName="sold",
        filterPattern="sold",
        destinationArn=stream_arn(account),
        roleArn=ROLE,
    )
    return "/till:sold"


def destination(account: Account) -> tuple[str, str]:
    answer = account.client("logs").put_destination(
        destinationName="shop", targetArn=stream_arn(account), roleArn=ROLE, tags=TAGS
    )
    return answer["destination"]["destinationName"], answer["destination"]["arn"]


def resource_policy(account: Account) -> str:
    answer = account.client("logs").put_resource_policy(
        policyName="shop", policyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    return answer["resourcePolicy"]["policyName"]


MAKERS: dict[str, Maker] = {
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::MetricFilter": metric_filter,
    "AWS::Logs::SubscriptionFilter": subscription_filter,
    "AWS::Logs::Destination": destination,
    "AWS::Logs::ResourcePolicy": resource_policy,
}
UNTAGGED: dict[str, str] = {
    "AWS::Logs::Destination": "moto's tagging API does not know destinations, only log groups",
}
