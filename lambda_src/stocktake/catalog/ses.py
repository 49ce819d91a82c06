"""Amazon Simple Email Service. No message is read, and no address that is written to."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"PageSize": 1000}
PAGES = Paging(("NextToken",), ("NextToken",))
OWN = "arn:{partition}:ses:{region}:{account}"

ROWS = (
    ResourceType(
        name="AWS::SES::EmailIdentity",
        service="sesv2",
        doc="Addresses and domains to send from, and whether they are verified. No message is read.",
        calls=(
            Call(
                operation="ListEmailIdentities",
                items="EmailIdentities",
                parameters=PAGE,
                paging=PAGES,
                iam=("ses:ListEmailIdentities",),
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":identity/{IdentityName}"),),
        id="IdentityName",
        arn=OWN + ":identity/{IdentityName}",
        label="IdentityName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::SES::ConfigurationSet",
        service="sesv2",
        tier=Tier.FULL,
        doc="Configuration sets, without their rules.",
        calls=(
            Call(
                operation="ListConfigurationSets",
                items="ConfigurationSets[].{ConfigurationSetName: @}",
                parameters=PAGE,
                paging=PAGES,
                iam=("ses:ListConfigurationSets",),
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":configuration-set/{ConfigurationSetName}"),),
        id="ConfigurationSetName",
        arn=OWN + ":configuration-set/{ConfigurationSetName}",
        label="ConfigurationSetName",
        tags="Tags",
    ),
)
