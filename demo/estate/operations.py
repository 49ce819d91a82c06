"""What watches and deploys the applications: alarms and stacks."""

from __future__ import annotations

import json
from typing import Any

from demo.estate.place import Place, pairs
from demo.estate.workloads import ACCOUNT, SECRET, Workload

STACKS = ("pipeline", "partner-feed", "importer")

# Name, namespace, metric, threshold.
ALARMS = {
    "api-errors": ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 25.0),
    "api-slow": ("AWS/ApplicationELB", "TargetResponseTime", 1.5),
    "cpu-high": ("AWS/EC2", "CPUUtilization", 85.0),
    "db-connections": ("AWS/RDS", "DatabaseConnections", 400.0),
    "db-cpu-high": ("AWS/RDS", "CPUUtilization", 80.0),
    "orders-waiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 1000.0),
    "function-errors": ("AWS/Lambda", "Errors", 5.0),
    "function-throttles": ("AWS/Lambda", "Throttles", 1.0),
    "tables-throttled": ("AWS/DynamoDB", "ThrottledRequests", 10.0),
}


def make_alarms(place: Place, workload: Workload) -> None:
    """Alarms; they tell the workload's topic for alerts, where it has one."""
    topic = f"arn:aws:sns:{place.region}:{ACCOUNT}:{workload.app}-alerts"
    for index, name in enumerate(place.names(workload, list(ALARMS), workload.alarms)):
        namespace, metric, threshold = list(ALARMS.values())[index % len(ALARMS)]
        place.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            AlarmDescription=f"{metric} of {workload.app} ({workload.env})",
            Namespace=namespace,
            MetricName=metric,
            Statistic="Average",
            Period=60,
            EvaluationPeriods=5,
            Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic] if workload.topics else [],
            Tags=pairs(workload.tags(name)),
        )


def make_stacks(place: Place, workload: Workload) -> None:
    """Stacks with a topic or a queue each, and a password that goes in as a parameter and comes out in an output."""
    for name in place.names(workload, STACKS, workload.stacks):
        place.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps(_template(name, queue="pipeline" not in name)),
            Parameters=[
                {"ParameterKey": "Stage", "ParameterValue": workload.env},
                {"ParameterKey": "DatabasePassword", "ParameterValue": SECRET},
            ],
            Tags=pairs(workload.tags(name)),
        )


def _template(name: str, *, queue: bool) -> dict[str, Any]:
    tags = pairs({"stack": name})
    made: dict[str, Any] = (
        {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-inbox", "Tags": tags}}
        if queue
        else {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{name}-done", "Tags": tags}}
    )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"What {name} needs",
        "Parameters": {"Stage": {"Type": "String"}, "DatabasePassword": {"Type": "String", "NoEcho": True}},
        "Resources": {"Inbox" if queue else "Done": made},
        "Outputs": {"Connection": {"Value": {"Fn::Sub": "postgres://dba:${DatabasePassword}@db:5432/main"}}},
    }
