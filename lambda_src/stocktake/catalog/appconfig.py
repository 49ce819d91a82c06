"""AWS AppConfig. No configuration is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier

OWN = "arn:{partition}:appconfig:{region}:{account}:application/{Id}"

ROWS = (
    ResourceType(
        name="AWS::AppConfig::Application",
        service="appconfig",
        tier=Tier.FULL,
        doc="Applications whose configuration AppConfig deploys. No configuration is read.",
        calls=(Call(operation="ListApplications", items="Items", parameters={"MaxResults": 50}),),
        id="Id",
        arn=OWN,
        label="Name",
    ),
)
