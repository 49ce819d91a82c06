from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def alarm(account: Account) -> str:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=KEY_VALUE,
    )
    return "errors"


def dashboard(account: Account) -> str:
    account.client("cloudwatch").put_dashboard(DashboardName="shop", DashboardBody='{"widgets": []}')
    return "shop"


MAKERS: dict[str, Maker] = {
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::Dashboard": dashboard,
}

NOT_MADE = {
    "AWS::CloudWatch::CompositeAlarm": "moto has no PutCompositeAlarm",
    "AWS::CloudWatch::LogAlarm": "moto knows no alarms on logs",
}

UNTAGGED = {"AWS::CloudWatch::Dashboard": "moto tags no dashboards"}
