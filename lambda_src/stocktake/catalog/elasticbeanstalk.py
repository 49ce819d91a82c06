"""AWS Elastic Beanstalk."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::ElasticBeanstalk::Application",
        service="elasticbeanstalk",
        tier=Tier.FULL,
        doc="Applications and the labels of their versions.",
        # DescribeApplications has no pages.
        calls=(Call(operation="DescribeApplications", items="Applications"),),
        enrich=(tags_in_bulk("ApplicationArn"),),
        id="ApplicationName",
        arn="ApplicationArn",
        label="ApplicationName",
        tags="Tags",
        created="DateCreated",
    ),
    ResourceType(
        name="AWS::ElasticBeanstalk::Environment",
        service="elasticbeanstalk",
        doc="Environments that exist. Their settings, which may hold secrets, are not read.",
        calls=(
            Call(
                operation="DescribeEnvironments",
                items="Environments",
                parameters={"IncludeDeleted": False, "MaxRecords": 1000},
            ),
        ),
        enrich=(tags_in_bulk("EnvironmentArn"),),
        id="EnvironmentId",
        arn="EnvironmentArn",
        label="EnvironmentName",
        tags="Tags",
        created="DateCreated",
        volatile=("Health", "HealthStatus", "AbortableOperationInProgress"),
    ),
)
