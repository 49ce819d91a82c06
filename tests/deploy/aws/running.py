"""What runs and when: functions, their logs, schedules."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends

from tests.deploy.aws.resource import Resource

CONFIGURATION = (
    *("Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Runtime", "KMSKeyArn"),
    *("TracingConfig", "EphemeralStorage", "LoggingConfig"),
)


class Function(Resource):
    kind, named, service = "AWS::Lambda::Function", "FunctionName", "lambda"

    def create(self) -> None:
        given = self.take(*CONFIGURATION, "Architectures", "Code")
        self.api.create_function(FunctionName=self.name, **given)
        self.attributes = {"Arn": self.arn("lambda", f"function:{self.name}")}
        self._finish_with(given)

    def update(self) -> None:
        given = self.take(*CONFIGURATION, "Architectures", "Code")
        code = {**given.pop("Code"), "Architectures": given.get("Architectures", ["x86_64"])}
        self.api.update_function_code(FunctionName=self.name, **code)
        configuration = {name: value for name, value in given.items() if name != "Architectures"}
        self.api.update_function_configuration(FunctionName=self.name, **configuration)
        self._finish_with(given)

    def remove(self) -> None:
        self.api.delete_function(FunctionName=self.name)

    def _finish_with(self, given: dict[str, Any]) -> None:
        self.take("FunctionName", "Tags")
        made: LambdaFunction = lambda_backends[self.account][self.region].get_function(self.name)
        # moto's API leaves these out.
        made.architectures = given.get("Architectures", ["x86_64"])
        made.ephemeral_storage = given.get("EphemeralStorage", {}).get("Size", 512)
        made.logs_group_name = given.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{self.name}")
        reserved = self.take("ReservedConcurrentExecutions").get("ReservedConcurrentExecutions")
        if reserved is None:
            self.api.delete_function_concurrency(FunctionName=self.name)
        else:
            self.api.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=reserved)


class EventInvokeConfig(Resource):
    kind, service = "AWS::Lambda::EventInvokeConfig", "lambda"

    def create(self) -> None:
        self.function = self.take("FunctionName")["FunctionName"]
        self.take("Qualifier")
        given = self.take("MaximumEventAgeInSeconds", "MaximumRetryAttempts", "DestinationConfig")
        self.api.put_function_event_invoke_config(FunctionName=self.function, **given)

    def update(self) -> None:
        self.remove()  # moto appends, and answers with the first
        self.create()

    def remove(self) -> None:
        self.api.delete_function_event_invoke_config(FunctionName=self.function)


class Permission(Resource):
    kind, service = "AWS::Lambda::Permission", "lambda"

    def create(self) -> None:
        given = self.take("Action", "FunctionName", "Principal", "SourceArn", "SourceAccount")
        self.function = given["FunctionName"]
        self.api.add_permission(StatementId=self.name, **given)

    def update(self) -> None:
        self.remove()
        self.create()

    def remove(self) -> None:
        self.api.remove_permission(FunctionName=self.function, StatementId=self.name)


class LogGroup(Resource):
    kind, named, service = "AWS::Logs::LogGroup", "LogGroupName", "logs"

    def create(self) -> None:
        given = self.take("KmsKeyId")
        self.api.create_log_group(
            logGroupName=self.name, **({"kmsKeyId": given["KmsKeyId"]} if "KmsKeyId" in given else {})
        )
        self.attributes = {"Arn": self.arn("logs", f"log-group:{self.name}:*")}
        self.update()

    def update(self) -> None:
        self.take("LogGroupName", "KmsKeyId", "Tags")
        for days in self.take("RetentionInDays").values():
            self.api.put_retention_policy(logGroupName=self.name, retentionInDays=days)

    def remove(self) -> None:
        self.api.delete_log_group(logGroupName=self.name)


class QueryDefinition(Resource):
    """moto has no API for it: what the template says is all that there is."""

    kind, service = "AWS::Logs::QueryDefinition", "logs"

    def create(self) -> None:
        self.take("Name", "QueryString", "LogGroupNames")

    def remove(self) -> None:
        pass


SCHEDULE = (
    *("Description", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "State"),
    *("Target", "KmsKeyArn", "StartDate", "EndDate"),
)


class Schedule(Resource):
    kind, named, service = "AWS::Scheduler::Schedule", "Name", "scheduler"

    def create(self) -> None:
        self.take("Name")
        made = self.api.create_schedule(Name=self.name, **self.take(*SCHEDULE))
        self.attributes = {"Arn": made["ScheduleArn"]}

    def update(self) -> None:
        self.take("Name")
        self.api.update_schedule(Name=self.name, **self.take(*SCHEDULE))

    def remove(self) -> None:
        group = self.properties.get("GroupName")
        self.api.delete_schedule(Name=self.name, **({"GroupName": group} if group else {}))


class ScheduleGroup(Resource):
    kind, named, service = "AWS::Scheduler::ScheduleGroup", "Name", "scheduler"

    def create(self) -> None:
        self.take("Name", "Tags")
        self.attributes = {"Arn": self.api.create_schedule_group(Name=self.name)["ScheduleGroupArn"]}

    def remove(self) -> None:
        self.api.delete_schedule_group(Name=self.name)


KINDS = (Function, EventInvokeConfig, Permission, LogGroup, QueryDefinition, Schedule, ScheduleGroup)
