"""Amazon CloudWatch."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::CloudWatch::Alarm",
        service="cloudwatch",
        doc="Metric alarms.",
        calls=(
            Call(
                operation="DescribeAlarms",
                items="MetricAlarms",
                parameters={"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100},
            ),
        ),
        id="AlarmName",
        arn="AlarmArn",
        label="AlarmName",
        volatile=(
            "StateValue",
            "StateReason",
            "StateReasonData",
            "StateUpdatedTimestamp",
            "StateTransitionedTimestamp",
            "EvaluationState",
        ),
    ),
)
