"""When runs happen."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StackConfig


class InventorySchedule(Construct):
    """Invokes the function with the time that the run is for, which becomes the run's id: a second delivery of the same
    event finds its work done."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: StackConfig,
        inventory: str,
        function: lambda_.IFunction,
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, name)
        window = cdk.Duration.minutes(config.flexible_minutes)
        self.schedule = scheduler.Schedule(
            self,
            "Schedule",
            description=f"Stocktake's inventory {inventory}",
            schedule=scheduler.ScheduleExpression.expression(config.schedule),
            time_window=scheduler.TimeWindow.flexible(window)
            if config.flexible_minutes
            else scheduler.TimeWindow.off(),
            target=targets.LambdaInvoke(
                function,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"inventory": inventory, "scheduled": scheduler.ContextAttribute.scheduled_time}
                ),
                retry_attempts=3,
                max_event_age=cdk.Duration.minutes(config.event_age_minutes),
                dead_letter_queue=failures,
            ),
        )
