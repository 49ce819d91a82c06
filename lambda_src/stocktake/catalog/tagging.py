"""Tags in bulk, of services whose own answers leave them out: the Resource Groups Tagging API, asked by ARN."""

from stocktake.catalog.spec import Batch, Call, Enrich

HOMES = ("aws", "aws-us-gov")
"""The partitions where all global services have their home, and so their tags, in the region in which global units are
asked. In China IAM has it in Beijing, the others in Ningxia (botocore's endpoints)."""


def tags_in_bulk(arn: str, when: str = "", partitions: tuple[str, ...] = ()) -> Enrich:
    """Joins the tags of each item as its member `Tags`. `arn` is JMESPath over the item, or a template; `when` and
    `partitions` as in an enrichment: the tags of the others are unknown.

    A hundred a call. What never had a tag is not in the answer: its tags are empty (API reference, GetResources). The
    same would be said of what GetResources does not know, or not in the region that is asked, or not of other accounts'
    resources: rows use this for types that AWS names as known (tests/catalog/tagging.py), with the ARN that AWS has for
    them, and tags of what other accounts share are unknown.
    """
    return Enrich(
        call=Call(
            operation="GetResources",
            service="resourcegroupstaggingapi",
            items="ResourceTagMappingList",
            batch=Batch("ResourceARNList", 100, arn, own=True),
            iam=("tag:GetResources",),
        ),
        into="Tags",
        when=when,
        partitions=partitions,
        match="ResourceARN",
        value="Tags",
    )
