"""AWS WAF. What protects CloudFront is listed once an account, in the partition's home region, and so has types of its
own here: the regional list does not have it."""

from typing import Any

from stocktake.catalog.spec import REDACTED, Call, Enrich, Item, Paging, ResourceType, Tier, item
from stocktake.catalog.spec import Scope as RowScope
from stocktake.catalog.tagging import tags_in_bulk

PAGING = Paging(("NextMarker",), ("NextMarker",))


def listing(operation: str, items: str, scope: str) -> Call:
    return Call(operation=operation, items=items, parameters={"Scope": scope, "Limit": 100}, paging=PAGING)


def described(operation: str, member: str, scope: str) -> Enrich:
    return Enrich(
        call=Call(
            operation=operation,
            items=member,
            parameters={"Name": item("Name"), "Scope": scope, "Id": item("Id")},
            absent=("WAFNonexistentItemException",),
        ),
        into=member,
    )


# Of WAF's types, the Tagging API is known to know web ACLs alone.
TAGS = Enrich(
    call=Call(
        operation="ListTagsForResource",
        items="TagInfoForResource.TagList",
        parameters={"ResourceARN": item("ARN"), "Limit": 100},
        paging=PAGING,
        absent=("WAFNonexistentItemException",),
    ),
    into="Tags",
)


def without_search_strings(found: Item) -> Item:
    """What a rule looks for may be the header by which an origin knows its CDN; statements stand in statements."""
    return {name: _hidden(name, value) for name, value in found.items()}


def _hidden(name: str, value: Any) -> Any:
    if name == "SearchString":
        return REDACTED
    if isinstance(value, dict):
        return {inner: _hidden(inner, there) for inner, there in value.items()}
    return [_hidden(name, there) for there in value] if isinstance(value, list) else value


ROWS = (
    ResourceType(
        name="AWS::WAFv2::WebACL",
        service="wafv2",
        doc="Regional web ACLs with their rules. What rules search for is redacted.",
        calls=(listing("ListWebACLs", "WebACLs", "REGIONAL"),),
        enrich=(described("GetWebACL", "WebACL", "REGIONAL"), tags_in_bulk("ARN")),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        reshape=without_search_strings,
        volatile=("LockToken",),
    ),
    ResourceType(
        name="AWS::WAFv2::CloudFrontWebACL",
        service="wafv2",
        cloudformation=False,
        scope=RowScope.GLOBAL,
        doc="Web ACLs for CloudFront with their rules. What rules search for is redacted.",
        calls=(listing("ListWebACLs", "WebACLs", "CLOUDFRONT"),),
        enrich=(described("GetWebACL", "WebACL", "CLOUDFRONT"), tags_in_bulk("ARN")),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        reshape=without_search_strings,
        volatile=("LockToken",),
    ),
    ResourceType(
        name="AWS::WAFv2::RuleGroup",
        service="wafv2",
        tier=Tier.FULL,
        doc="Regional rule groups with their rules. What rules search for is redacted.",
        calls=(listing("ListRuleGroups", "RuleGroups", "REGIONAL"),),
        enrich=(described("GetRuleGroup", "RuleGroup", "REGIONAL"), TAGS),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        reshape=without_search_strings,
        volatile=("LockToken",),
    ),
    ResourceType(
        name="AWS::WAFv2::CloudFrontRuleGroup",
        service="wafv2",
        cloudformation=False,
        scope=RowScope.GLOBAL,
        tier=Tier.FULL,
        doc="Rule groups for CloudFront with their rules. What rules search for is redacted.",
        calls=(listing("ListRuleGroups", "RuleGroups", "CLOUDFRONT"),),
        enrich=(described("GetRuleGroup", "RuleGroup", "CLOUDFRONT"), TAGS),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        reshape=without_search_strings,
        volatile=("LockToken",),
    ),
    ResourceType(
        name="AWS::WAFv2::IPSet",
        service="wafv2",
        tier=Tier.FULL,
        doc="Regional sets of addresses.",
        calls=(listing("ListIPSets", "IPSets", "REGIONAL"),),
        enrich=(described("GetIPSet", "IPSet", "REGIONAL"), TAGS),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        volatile=("LockToken",),
    ),
    ResourceType(
        name="AWS::WAFv2::CloudFrontIPSet",
        service="wafv2",
        cloudformation=False,
        scope=RowScope.GLOBAL,
        tier=Tier.FULL,
        doc="Sets of addresses for CloudFront.",
        calls=(listing("ListIPSets", "IPSets", "CLOUDFRONT"),),
        enrich=(described("GetIPSet", "IPSet", "CLOUDFRONT"), TAGS),
        id="Id",
        arn="ARN",
        label="Name",
        tags="Tags",
        volatile=("LockToken",),
    ),
)
