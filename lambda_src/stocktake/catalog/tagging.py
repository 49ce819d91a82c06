"""Tags in bulk, of services whose own answers leave them out: the Resource Groups Tagging API, asked by ARN."""

from stocktake.catalog.spec import Batch, Call, Enrich


def tags_in_bulk(arn: str) -> Enrich:
    """Joins the tags of each item as its member `Tags`. `arn` is JMESPath over the item, or a template.

    A hundred a call. What never had a tag is not in the answer: its tags are empty (API reference, GetResources). Not
    for IAM's users and roles nor for Auto Scaling groups, of which GetResources knows nothing (API reference, "Services
    that support the Resource Groups Tagging API").
    """
    return Enrich(
        call=Call(
            operation="GetResources",
            service="resourcegroupstaggingapi",
            items="ResourceTagMappingList",
            batch=Batch("ResourceARNList", 100, arn),
            iam=("tag:GetResources",),
        ),
        into="Tags",
        match="ResourceARN",
        value="Tags",
    )
