"""AWS CodeDeploy."""

from stocktake.catalog.spec import Batch, Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

APPLICATION = "arn:{partition}:codedeploy:{region}:{account}:application:{applicationName}"

ROWS = (
    ResourceType(
        name="AWS::CodeDeploy::Application",
        service="codedeploy",
        tier=Tier.FULL,
        doc="Applications. Revisions are not read.",
        calls=(
            # Its pages have no size to ask for.
            Call(operation="ListApplications", items="applications"),
            Call(
                operation="BatchGetApplications",
                items="applicationsInfo",
                batch=Batch("applicationNames", 100, accounted="applicationsInfo"),
            ),
        ),
        enrich=(tags_in_bulk(APPLICATION),),
        id="applicationName",
        arn=APPLICATION,
        label="applicationName",
        tags="Tags",
        created="createTime",
    ),
)
