"""AWS AppConfig. No configuration is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

OWN = "arn:{partition}:appconfig:{region}:{account}:application/{Id}"

ROWS = (
    ResourceType(
        name="AWS::AppConfig::Application",
        service="appconfig",
        tier=Tier.FULL,
        doc="Applications whose configuration AppConfig deploys. No configuration is read.",
        calls=(Call(operation="ListApplications", items="Items", parameters={"MaxResults": 50}),),
        enrich=(tags_in_bulk(OWN),),
        id="Id",
        arn=OWN,
        label="Name",
        tags="Tags",
    ),
)
