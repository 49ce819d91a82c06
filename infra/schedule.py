"""When runs happen."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StackConfig, event_age


class Schedules(Construct):
    """Invokes the function for each scheduled inventory with the time that the run is for, which becomes the run's id:
    a second delivery of the same event finds its work done."""

    def __init__(
        self, scope: Construct, name: str, *, config: StackConfig, function: lambda_.IFunction, failures: sqs.IQueue
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        if config.scheduled:
            role = self._role(function, failures)
            for inventory, expression in config.scheduled.items():
                self._schedule(inventory, expression, function, failures, role)

    def _role(self, function: lambda_.IFunction, failures: sqs.IQueue) -> iam.Role:
        """The scheduler's. The one that the target would make may invoke every version and alias as well."""
        group = f"arn:{cdk.Aws.PARTITION}:scheduler:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:schedule-group/default"
        ours = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": group}}
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=ours))
        for action, resource in (
            ("lambda:InvokeFunction", function.function_arn),
            ("sqs:SendMessage", failures.queue_arn),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
        return role

    def _schedule(
        self, inventory: str, expression: str, function: lambda_.IFunction, failures: sqs.IQueue, role: iam.Role
    ) -> None:
        flexible = cdk.Duration.minutes(self._config.flexible_minutes)
        scheduler.Schedule(
            self,
            inventory,
            description=f"Stocktake's inventory {inventory}",
            schedule=scheduler.ScheduleExpression.expression(expression),
            time_window=scheduler.TimeWindow.flexible(flexible)
            if self._config.flexible_minutes
            else scheduler.TimeWindow.off(),
            target=targets.LambdaInvoke(
                function,
                role=role.without_policy_updates(),
                input=scheduler.ScheduleTargetInput.from_object(
                    {"inventory": inventory, "scheduled": scheduler.ContextAttribute.scheduled_time}
                ),
                retry_attempts=3,
                max_event_age=cdk.Duration.minutes(event_age(expression)),
                dead_letter_queue=failures,
            ),
        )
