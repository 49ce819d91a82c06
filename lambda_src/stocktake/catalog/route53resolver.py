"""Amazon Route 53 Resolver."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item

PAGE = {"MaxResults": 100}


def tags(when: str = "") -> Enrich:
    """Tags of each resource by a call of its own: of Resolver's, AWS says that the Tagging API knows those in US East
    (N. Virginia) alone (Resource Groups user guide, "Supported resource types")."""
    return Enrich(
        call=Call(
            operation="ListTagsForResource",
            items="Tags",
            parameters={"ResourceArn": item("Arn"), **PAGE},
            absent=("ResourceNotFoundException",),
        ),
        into="Tags",
        when=when,
    )


ROWS = (
    ResourceType(
        name="AWS::Route53Resolver::ResolverEndpoint",
        service="route53resolver",
        tier=Tier.FULL,
        doc="Endpoints through which DNS queries come into and leave networks.",
        calls=(Call(operation="ListResolverEndpoints", items="ResolverEndpoints", parameters=PAGE),),
        enrich=(tags(),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Route53Resolver::ResolverRule",
        service="route53resolver",
        tier=Tier.FULL,
        doc="Rules that forward DNS queries, those shared by other accounts included; not the one that AWS defines.",
        calls=(
            Call(
                operation="ListResolverRules",
                items="ResolverRules",
                parameters=PAGE,
                where="OwnerId != 'Route 53 Resolver'",
            ),
        ),
        # The tags of a rule that is shared are its owner's to see.
        enrich=(tags(when="ShareStatus != 'SHARED_WITH_ME'"),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Route53Resolver::FirewallRuleGroup",
        service="route53resolver",
        tier=Tier.FULL,
        doc="DNS Firewall rule groups, those shared by other accounts included; without their rules.",
        calls=(Call(operation="ListFirewallRuleGroups", items="FirewallRuleGroups", parameters=PAGE),),
        enrich=(tags(when="ShareStatus != 'SHARED_WITH_ME'"),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
)
