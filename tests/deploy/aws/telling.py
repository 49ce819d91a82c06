"""What tells people: queues, topics, alarms, dashboards, buses."""

from __future__ import annotations

import json
from typing import Any

from tests.deploy.aws.resource import Resource


class Queue(Resource):
    kind, named, service = "AWS::SQS::Queue", "QueueName", "sqs"

    def create(self) -> None:
        self.ref = self.api.create_queue(QueueName=self.name, Attributes=self._attributes())["QueueUrl"]
        self.attributes = {
            "Arn": self.arn("sqs", self.name),
            "QueueName": self.name,
            "QueueUrl": self.ref,
        }

    def update(self) -> None:
        self.api.set_queue_attributes(QueueUrl=self.ref, Attributes=self._attributes())

    def remove(self) -> None:
        self.api.delete_queue(QueueUrl=self.ref)

    def _attributes(self) -> dict[str, str]:
        self.take("QueueName", "Tags")
        given = self.take(
            *("DelaySeconds", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "MaximumMessageSize"),
            *("MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout"),
        )
        return {name: _text(value) for name, value in given.items()}


class QueuePolicy(Resource):
    kind, service = "AWS::SQS::QueuePolicy", "sqs"

    def create(self) -> None:
        self.queues = self.take("Queues")["Queues"]
        self._put(json.dumps(self.take("PolicyDocument")["PolicyDocument"]))

    def remove(self) -> None:
        self._put("")

    def _put(self, policy: str) -> None:
        for queue in self.queues:
            self.api.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


class Topic(Resource):
    kind, named, service = "AWS::SNS::Topic", "TopicName", "sns"

    def create(self) -> None:
        self.take("TopicName", "Tags")
        given = self.take("DisplayName", "KmsMasterKeyId")
        self.ref = self.api.create_topic(Name=self.name, Attributes=given)["TopicArn"]
        self.attributes = {"TopicArn": self.ref, "TopicName": self.name}

    def remove(self) -> None:
        self.api.delete_topic(TopicArn=self.ref)


class TopicPolicy(Resource):
    kind, service = "AWS::SNS::TopicPolicy", "sns"

    def create(self) -> None:
        document = json.dumps(self.take("PolicyDocument")["PolicyDocument"])
        for topic in self.take("Topics")["Topics"]:
            self.api.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)

    def remove(self) -> None:
        """Goes with its topic: AWS has no call that takes a topic's policy away."""


class Subscription(Resource):
    kind, service = "AWS::SNS::Subscription", "sns"

    def create(self) -> None:
        given = self.take("TopicArn", "Protocol", "Endpoint")
        self.ref = self.api.subscribe(**given, ReturnSubscriptionArn=True)["SubscriptionArn"]
        self.attributes = {"Arn": self.ref}

    def update(self) -> None:
        self.remove()
        self.create()

    def remove(self) -> None:
        self.api.unsubscribe(SubscriptionArn=self.ref)


ALARM = (
    *("AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName"),
    *("Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods"),
    *("DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "Metrics", "ThresholdMetricId"),
    "EvaluateLowSampleCountPercentile",
)


class Alarm(Resource):
    kind, named, service = "AWS::CloudWatch::Alarm", "AlarmName", "cloudwatch"

    def create(self) -> None:
        self.take("AlarmName", "Tags")
        self.api.put_metric_alarm(AlarmName=self.name, **self.take(*ALARM))
        self.attributes = {"Arn": self.arn("cloudwatch", f"alarm:{self.name}")}

    def remove(self) -> None:
        self.api.delete_alarms(AlarmNames=[self.name])


class CompositeAlarm(Resource):
    """moto's API has no such alarms of its own: put with those of metrics, they would be of none."""

    kind, named, service = "AWS::CloudWatch::CompositeAlarm", "AlarmName", "cloudwatch"

    def create(self) -> None:
        self.take("AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions", "AlarmRule")
        self.attributes = {"Arn": self.arn("cloudwatch", f"alarm:{self.name}")}

    def remove(self) -> None:
        pass


class Dashboard(Resource):
    kind, named, service = "AWS::CloudWatch::Dashboard", "DashboardName", "cloudwatch"

    def create(self) -> None:
        given = self.take("DashboardName", "DashboardBody")
        json.loads(given["DashboardBody"])
        self.api.put_dashboard(DashboardName=self.name, DashboardBody=given["DashboardBody"])

    def remove(self) -> None:
        self.api.delete_dashboards(DashboardNames=[self.name])


class EventBus(Resource):
    kind, named, service = "AWS::Events::EventBus", "Name", "events"

    def create(self) -> None:
        self.take("Name", "Tags")
        self.api.create_event_bus(Name=self.name)
        self.attributes = {"Arn": self.arn("events", f"event-bus/{self.name}"), "Name": self.name}

    def remove(self) -> None:
        self.api.delete_event_bus(Name=self.name)


def _text(value: Any) -> str:
    """As SQS has numbers and truth."""
    return str(value).lower() if isinstance(value, bool) else str(value)


KINDS = (Queue, QueuePolicy, Topic, TopicPolicy, Subscription, Alarm, CompositeAlarm, Dashboard, EventBus)
