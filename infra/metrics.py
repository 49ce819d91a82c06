"""The metrics that a run writes, by their names in the function's log."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import StackConfig

NAMESPACE = "Stocktake"
FIVE_MINUTES = cdk.Duration.minutes(5)


def of_runs(
    name: str, *, config: StackConfig, inventory: str, statistic: str, period: cdk.Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    """A metric of an inventory's runs."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": config.function_name, "inventory": inventory},
        statistic=statistic,
        period=period,
    )


def throttled_share(config: StackConfig, inventory: str) -> cloudwatch.MathExpression:
    """Of a hundred calls, how many AWS refused for their rate."""
    return cloudwatch.MathExpression(
        expression="IF(calls > 0, 100 * throttles / calls, 0)",
        using_metrics={
            name.lower(): of_runs(name, config=config, inventory=inventory, statistic=cloudwatch.Stats.SUM)
            for name in ("Calls", "Throttles")
        },
        label="throttled calls, %",
        period=FIVE_MINUTES,
    )
