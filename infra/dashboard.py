"""What runs saw, how long they took and what that costs, on one page of CloudWatch."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import StackConfig
from infra.cost import PRICES
from infra.metrics import of_runs, throttled_share

SUM, MAXIMUM, MINIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM, cloudwatch.Stats.MINIMUM
HOUR = cdk.Duration.hours(1)
DAY = cdk.Duration.days(1)
WIDE, HALF, THIRD = 24, 12, 8


class Board(Construct):
    """The function's row, and two rows for each inventory. `name` is the dashboard's."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: StackConfig,
        function: lambda_.IFunction,
        log: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        rows = [self._of_the_function(function)]
        for inventory in config.inventories:
            rows += self._of_an_inventory(inventory.name, log)
        board = cloudwatch.Dashboard(self, "Dashboard", default_interval=cdk.Duration.days(7), widgets=rows)
        self.name = board.dashboard_name

    def _of_the_function(self, function: lambda_.IFunction) -> list[cloudwatch.IWidget]:
        return [
            _graph(
                "Duration",
                function.metric_duration(statistic=MAXIMUM, period=HOUR, label="longest"),
                limit=1000 * self._config.timeout_seconds,
            ),
            _graph(
                "Failed and throttled invocations",
                function.metric_errors(statistic=SUM, period=HOUR, label="failed"),
                function.metric_throttles(statistic=SUM, period=HOUR, label="throttled"),
            ),
            _graph("Cost of the function a day", self._cost(function)),
        ]

    def _cost(self, function: lambda_.IFunction) -> cloudwatch.MathExpression:
        """Not what S3, Athena, trails and GuardDuty charge: docs/operations.md has the whole."""
        config = self._config
        price = PRICES[config.architecture].dollars
        return cloudwatch.MathExpression(
            expression=f"milliseconds / 1000 * {config.memory_mb / 1024:.6f} * {price:.10f}",
            using_metrics={"milliseconds": function.metric_duration(statistic=SUM, period=DAY)},
            label=f"$, at ${price:.10f} a GB-second: N. Virginia, November 2026",
            period=DAY,
        )

    def _of_an_inventory(self, inventory: str, log: logs.ILogGroup) -> list[list[cloudwatch.IWidget]]:
        def metric(name: str, statistic: str) -> cloudwatch.Metric:
            return of_runs(name, config=self._config, inventory=inventory, statistic=statistic, period=HOUR)

        return [
            [cloudwatch.TextWidget(markdown=f"## {inventory}", width=WIDE, height=1)],
            [
                _graph(f"{inventory}: coverage, %", metric("Coverage", MINIMUM), most=100),
                _graph(f"{inventory}: resources", metric("Resources", MAXIMUM), metric("Gaps", MAXIMUM)),
                _graph(
                    f"{inventory}: not seen, and published",
                    metric("Unseen", MAXIMUM),
                    metric("NewlyLost", MAXIMUM),
                    metric("Published", SUM),
                ),
            ],
            [
                self._by_service(inventory, log),
                _graph(
                    f"{inventory}: calls and throttles",
                    metric("Calls", SUM),
                    metric("Throttles", SUM),
                    right=throttled_share(self._config, inventory),
                    width=HALF,
                ),
            ],
        ]

    def _by_service(self, inventory: str, log: logs.ILogGroup) -> cloudwatch.IWidget:
        """From the log: as metrics, a hundred services would be a hundred metrics at $0.30 a month each, an inventory
        (https://aws.amazon.com/cloudwatch/pricing/, us-east-1, November 2026). To look costs what is scanned."""
        return cloudwatch.LogQueryWidget(
            title=f"{inventory}: resources by service, latest",
            log_group_names=[log.log_group_name],
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            query_lines=[
                f'filter message = "resources of a service" and inventory = "{inventory}"',
                "stats latest(resources) as latest_resources, latest(run) as latest_run by aws_service",
                "sort latest_resources desc",
                "limit 200",
            ],
            width=HALF,
            height=6,
        )


def _graph(
    title: str,
    *left: cloudwatch.IMetric,
    right: cloudwatch.IMetric | None = None,
    limit: float | None = None,
    most: float | None = None,
    width: int = THIRD,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=[right] if right else None,
        left_annotations=[cloudwatch.HorizontalAnnotation(value=limit, label="limit")] if limit else None,
        left_y_axis=cloudwatch.YAxisProps(min=0, max=most, show_units=False),
        width=width,
        height=6,
    )
