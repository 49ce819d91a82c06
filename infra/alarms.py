"""Who is told, and of what. Each alarm says what it means and where docs/operations.md says what to do."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import DAY, StackConfig
from infra.metrics import FIVE_MINUTES, of_runs, throttled_share

SUM, MAXIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM
REACHED = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
LONG = 0.8
"""Of the time that a run has, publishing aside."""

THROTTLED_PERCENT = 5


class Alarms(Construct):
    """`topic` is told. What concerns an inventory has an alarm for each."""

    def __init__(
        self, scope: Construct, name: str, *, config: StackConfig, function: lambda_.IFunction, failures: sqs.IQueue
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        self.topic: sns.ITopic = (
            sns.Topic.from_topic_arn(self, "Topic", config.alarm_topic) if config.alarm_topic else self._own_topic()
        )
        self._of_the_function(function, failures)
        for inventory in config.inventories:
            self._of_an_inventory(inventory.name)

    def _own_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name="Stocktake", enforce_ssl=True)
        # A policy replaces the one that a topic has by default, which would let the account's alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OwnAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        for address in self._config.alarm_emails:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        return topic

    def _of_the_function(self, function: lambda_.IFunction, failures: sqs.IQueue) -> None:
        config = self._config
        self._alarm(
            "FailedRuns",
            function.metric_errors(statistic=SUM, period=FIVE_MINUTES),
            1,
            "A run failed or was killed; the queue of failures has its event once it was tried again.",
            "failed-runs",
        )
        limit = LONG * (config.timeout_seconds - config.settings.reserve_seconds)
        self._alarm(
            "DurationNearTheLimit",
            function.metric_duration(statistic=MAXIMUM, period=FIVE_MINUTES),
            1000 * limit,
            f"A run took {limit:.0f} s or more; near {config.timeout_seconds} s, it publishes before it has seen all.",
            "duration-near-the-limit",
        )
        self._alarm(
            "DeadLetters",
            failures.metric_approximate_number_of_messages_visible(statistic=MAXIMUM, period=FIVE_MINUTES),
            1,
            "An event was given up: its run failed each time, or could not be started.",
            "dead-letters",
            recovers=True,
        )
        self._alarm(
            "FunctionThrottled",
            function.metric_throttles(statistic=SUM, period=FIVE_MINUTES),
            1,
            "Lambda had no room for the function: the account's concurrency, or the function's own, is used up.",
            "function-throttled",
        )

    def _of_an_inventory(self, inventory: str) -> None:
        config = self._config
        if inventory in config.scheduled and config.stale_after(inventory):
            self._late(inventory, config.stale_after(inventory) or 0)
        self._alarm(
            f"NewlyLost-{inventory}",
            of_runs("NewlyLost", config=config, inventory=inventory, statistic=SUM),
            1,
            f"A run of {inventory} did not see what the run before saw, and nobody accepts that.",
            "newly-lost-coverage",
        )
        self._alarm(
            f"CallsThrottled-{inventory}",
            throttled_share(config, inventory),
            THROTTLED_PERCENT,
            f"AWS refused more than {THROTTLED_PERCENT} % of the calls of a run of {inventory} for their rate.",
            "calls-throttled",
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        )
        if config.event_bus:
            self._alarm(
                f"AnnouncementsFailed-{inventory}",
                of_runs("AnnouncementsFailed", config=config, inventory=inventory, statistic=SUM),
                1,
                f"A run of {inventory} was published, but could not be announced on the bus {config.event_bus}.",
                "announcements-failed",
            )

    def _late(self, inventory: str, minutes: int) -> None:
        """An alarm looks back on a day in periods of less than an hour, on a week in hours."""
        period = 5 if minutes <= DAY else 60
        published = of_runs(
            "Published",
            config=self._config,
            inventory=inventory,
            statistic=SUM,
            period=cdk.Duration.minutes(period),
        )
        self._alarm(
            f"NoPublishableSnapshot-{inventory}",
            published,
            1,
            f"For {minutes} minutes there was no new snapshot of {inventory} that the pointer leads to. "
            "Right after a first deployment: none yet.",
            "no-publishable-snapshot",
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=-(-minutes // period),
            missing=cloudwatch.TreatMissingData.BREACHING,
            recovers=True,
        )

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        meaning: str,
        section: str,
        *,
        comparison: cloudwatch.ComparisonOperator = REACHED,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        recovers: bool = False,
    ) -> None:
        """Goes off at the threshold, where nothing else is said. `recovers`: says so when it is over, too."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            alarm_description=f"{meaning} What to do: docs/operations.md#{section}",
            comparison_operator=comparison,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        tell = actions.SnsAction(self.topic)
        alarm.add_alarm_action(tell)
        if recovers:
            alarm.add_ok_action(tell)
