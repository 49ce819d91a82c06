"""Amazon Route 53 Resolver."""

from dataclasses import replace

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::Route53Resolver::ResolverEndpoint",
        service="route53resolver",
        tier=Tier.FULL,
        doc="Endpoints through which DNS queries come into and leave networks.",
        calls=(Call(operation="ListResolverEndpoints", items="ResolverEndpoints", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
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
        enrich=(replace(tags_in_bulk("Arn"), when="ShareStatus != 'SHARED_WITH_ME'"),),
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
        enrich=(replace(tags_in_bulk("Arn"), when="ShareStatus != 'SHARED_WITH_ME'"),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
)
