"""Amazon CloudWatch."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

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
        enrich=(tags_in_bulk("AlarmArn"),),
        id="AlarmName",
        arn="AlarmArn",
        label="AlarmName",
        tags="Tags",
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
