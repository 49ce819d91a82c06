"""Amazon CloudWatch."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Scope, Tier, item
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
    ResourceType(
        name="AWS::CloudWatch::CompositeAlarm",
        service="cloudwatch",
        tier=Tier.FULL,
        doc="Alarms that combine others.",
        calls=(
            Call(
                operation="DescribeAlarms",
                items="CompositeAlarms",
                parameters={"AlarmTypes": ["CompositeAlarm"], "MaxRecords": 100},
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
            "ActionsSuppressedBy",
            "ActionsSuppressedReason",
        ),
    ),
    ResourceType(
        name="AWS::CloudWatch::LogAlarm",
        service="cloudwatch",
        tier=Tier.FULL,
        doc="Alarms on what a scheduled query finds in logs. No log event is read.",
        calls=(
            Call(
                operation="DescribeAlarms",
                items="LogAlarms",
                # Younger than the operation; where there is none, not every region's answer may know the list.
                may_lack=True,
                parameters={"AlarmTypes": ["LogAlarm"], "MaxRecords": 100},
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
    ResourceType(
        name="AWS::CloudWatch::Dashboard",
        service="cloudwatch",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Dashboards, which belong to no region. What they show is not read.",
        # Its pages have no size to ask for.
        calls=(Call(operation="ListDashboards", items="DashboardEntries"),),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags",
                    parameters={"ResourceARN": item("DashboardArn")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="DashboardName",
        arn="DashboardArn",
        label="DashboardName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::CloudWatch::MetricStream",
        service="cloudwatch",
        tier=Tier.FULL,
        doc="Metric streams and where they go, without their filters.",
        calls=(
            Call(
                operation="ListMetricStreams",
                items="Entries",
                parameters={"MaxResults": 500},
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        enrich=(tags_in_bulk("Arn"),),
        id="Name",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreationDate",
    ),
)
