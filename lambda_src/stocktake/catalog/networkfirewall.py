"""AWS Network Firewall."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 100}
GONE = ("ResourceNotFoundException",)

ROWS = (
    ResourceType(
        name="AWS::NetworkFirewall::Firewall",
        service="network-firewall",
        doc="Firewalls with their subnets and protections.",
        calls=(Call(operation="ListFirewalls", items="Firewalls", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeFirewall",
                    items="Firewall && {Firewall: Firewall, FirewallStatus: FirewallStatus}",
                    parameters={"FirewallArn": item("FirewallArn")},
                    absent=GONE,
                ),
                into=("Firewall", "FirewallStatus"),
            ),
            tags_in_bulk("FirewallArn"),
        ),
        id="FirewallArn",
        arn="FirewallArn",
        label="FirewallName",
        tags="Tags",
        volatile=("FirewallStatus",),
    ),
    ResourceType(
        name="AWS::NetworkFirewall::FirewallPolicy",
        service="network-firewall",
        tier=Tier.FULL,
        doc="Firewall policies: which rule groups in which order.",
        calls=(Call(operation="ListFirewallPolicies", items="FirewallPolicies", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeFirewallPolicy",
                    items="FirewallPolicyResponse && "
                    "{FirewallPolicyResponse: FirewallPolicyResponse, FirewallPolicy: FirewallPolicy}",
                    parameters={"FirewallPolicyArn": item("Arn")},
                    absent=GONE,
                ),
                into=("FirewallPolicyResponse", "FirewallPolicy"),
            ),
            tags_in_bulk("Arn"),
        ),
        id="Arn",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::NetworkFirewall::RuleGroup",
        service="network-firewall",
        tier=Tier.FULL,
        doc="Rule groups of the account, without their rules.",
        calls=(Call(operation="ListRuleGroups", items="RuleGroups", parameters={"Scope": "ACCOUNT", **PAGE}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeRuleGroupMetadata",
                    items="RuleGroupArn && {Type: Type, Capacity: Capacity, Description: Description, "
                    "StatefulRuleOptions: StatefulRuleOptions, LastModifiedTime: LastModifiedTime}",
                    parameters={"RuleGroupArn": item("Arn")},
                    absent=GONE,
                ),
                into="Metadata",
            ),
            tags_in_bulk("Arn"),
        ),
        id="Arn",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
)
