"""Amazon CloudFront: global, once an account.

A list always says how many it has, `Quantity`, and leaves its `Items` out where that is none (API reference,
DistributionList): hence the conditions before the items.
"""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Scope, Tier, item
from stocktake.catalog.tagging import HOMES, tags_in_bulk

PAGE = {"MaxItems": "100"}


def policies(kind: str) -> Call:
    """The policies of a kind that the account made, not AWS's own."""
    return Call(
        operation=f"List{kind.removesuffix('y')}ies",
        items=f"{kind}List.Quantity && {kind}List.Items[].{kind}",
        parameters={"Type": "custom", **PAGE},
        paging=Paging(("Marker",), (f"{kind}List.NextMarker",)),
    )


ROWS = (
    ResourceType(
        name="AWS::CloudFront::Distribution",
        service="cloudfront",
        scope=Scope.GLOBAL,
        doc="Distributions with origins, behaviours and certificates, without logging; of headers sent to origins only "
        "the names.",
        calls=(
            Call(
                operation="ListDistributions",
                items="DistributionList.Quantity && DistributionList.Items",
                parameters=PAGE,
            ),
        ),
        enrich=(tags_in_bulk("ARN", partitions=HOMES),),
        id="Id",
        arn="ARN",
        label="DomainName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::CloudFront::Function",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="CloudFront Functions, each in its development stage, which it has whether it is published or not. "
        "No code is read.",
        calls=(
            Call(
                operation="ListFunctions",
                items="FunctionList.Quantity && FunctionList.Items",
                parameters={"Stage": "DEVELOPMENT", **PAGE},
                paging=Paging(("Marker",), ("FunctionList.NextMarker",)),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags && Tags.Items",
                    parameters={"Resource": item("FunctionMetadata.FunctionARN")},
                    absent=("NoSuchResource",),
                ),
                into="Tags",
            ),
        ),
        id="Name",
        arn="FunctionMetadata.FunctionARN",
        label="Name",
        tags="Tags",
        created="FunctionMetadata.CreatedTime",
    ),
    ResourceType(
        name="AWS::CloudFront::OriginAccessControl",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Origin access controls: how CloudFront signs what it asks of origins.",
        calls=(
            Call(
                operation="ListOriginAccessControls",
                items="OriginAccessControlList.Quantity && OriginAccessControlList.Items",
                parameters=PAGE,
            ),
        ),
        id="Id",
        arn="arn:{partition}:cloudfront::{account}:origin-access-control/{Id}",
        label="Name",
    ),
    ResourceType(
        name="AWS::CloudFront::CloudFrontOriginAccessIdentity",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Origin access identities, which came before origin access controls.",
        calls=(
            Call(
                operation="ListCloudFrontOriginAccessIdentities",
                items="CloudFrontOriginAccessIdentityList.Quantity && CloudFrontOriginAccessIdentityList.Items",
                parameters=PAGE,
            ),
        ),
        id="Id",
        arn="arn:{partition}:cloudfront::{account}:origin-access-identity/{Id}",
        label="Comment",
    ),
    ResourceType(
        name="AWS::CloudFront::CachePolicy",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Cache policies that the account made, not AWS's own.",
        calls=(policies("CachePolicy"),),
        id="Id",
        arn="arn:{partition}:cloudfront::{account}:cache-policy/{Id}",
        label="CachePolicyConfig.Name",
    ),
    ResourceType(
        name="AWS::CloudFront::OriginRequestPolicy",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Origin request policies that the account made, not AWS's own.",
        calls=(policies("OriginRequestPolicy"),),
        id="Id",
        arn="arn:{partition}:cloudfront::{account}:origin-request-policy/{Id}",
        label="OriginRequestPolicyConfig.Name",
    ),
    ResourceType(
        name="AWS::CloudFront::ResponseHeadersPolicy",
        service="cloudfront",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Response headers policies that the account made, not AWS's own.",
        calls=(policies("ResponseHeadersPolicy"),),
        id="Id",
        arn="arn:{partition}:cloudfront::{account}:response-headers-policy/{Id}",
        label="ResponseHeadersPolicyConfig.Name",
    ),
)
