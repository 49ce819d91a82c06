"""Amazon CloudWatch Logs."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

# A filter's name is unique in its log group.
FILTER = "logGroupName && filterName && join(':', [logGroupName, filterName])"

ROWS = (
    ResourceType(
        name="AWS::Logs::LogGroup",
        service="logs",
        doc="Log groups with retention and encryption. No event is read.",
        calls=(Call(operation="DescribeLogGroups", items="logGroups", parameters={"limit": 50}),),
        enrich=(tags_in_bulk("logGroupArn"),),
        id="logGroupName",
        arn="logGroupArn || arn",
        label="logGroupName",
        tags="Tags",
        created="creationTime",
        volatile=("storedBytes",),
    ),
    ResourceType(
        name="AWS::Logs::MetricFilter",
        service="logs",
        tier=Tier.FULL,
        doc="Metric filters of all log groups.",
        calls=(Call(operation="DescribeMetricFilters", items="metricFilters", parameters={"limit": 50}),),
        id=FILTER,
        label="filterName",
    ),
    ResourceType(
        name="AWS::Logs::SubscriptionFilter",
        service="logs",
        tier=Tier.FULL,
        doc="Subscription filters: where log groups are sent on to.",
        calls=(
            Call(operation="DescribeLogGroups", items="logGroups", parameters={"limit": 50}),
            Call(
                operation="DescribeSubscriptionFilters",
                items="subscriptionFilters",
                parameters={"logGroupName": item("logGroupName"), "limit": 50},
                absent=("ResourceNotFoundException",),
            ),
        ),
        id=FILTER,
        label="filterName",
    ),
    ResourceType(
        name="AWS::Logs::Destination",
        service="logs",
        tier=Tier.FULL,
        doc="Destinations that other accounts send logs to, with their access policy.",
        calls=(Call(operation="DescribeDestinations", items="destinations", parameters={"limit": 50}),),
        enrich=(tags_in_bulk("arn"),),
        id="destinationName",
        arn="arn",
        label="destinationName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Logs::ResourcePolicy",
        service="logs",
        tier=Tier.FULL,
        doc="The account's policies that let others use its logs; not those of single log groups.",
        calls=(Call(operation="DescribeResourcePolicies", items="resourcePolicies", parameters={"limit": 50}),),
        id="policyName",
        label="policyName",
    ),
    ResourceType(
        name="AWS::Logs::QueryDefinition",
        service="logs",
        tier=Tier.FULL,
        doc="Saved queries. None is run.",
        calls=(
            Call(
                operation="DescribeQueryDefinitions",
                items="queryDefinitions",
                parameters={"maxResults": 1000},
                paging=Paging(("nextToken",), ("nextToken",)),
            ),
        ),
        id="queryDefinitionId",
        label="name",
    ),
)
