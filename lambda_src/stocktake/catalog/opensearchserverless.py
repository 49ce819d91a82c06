"""Amazon OpenSearch Serverless. No document is read."""

from stocktake.catalog.spec import Batch, Call, Enrich, Paging, ResourceType, Tier, item

ROWS = (
    ResourceType(
        name="AWS::OpenSearchServerless::Collection",
        service="opensearchserverless",
        tier=Tier.FULL,
        doc="Collections with their endpoints, their key and whether they may be deleted. No document is read.",
        calls=(
            Call(
                operation="ListCollections",
                items="collectionSummaries",
                parameters={"maxResults": 100},
                paging=Paging(("nextToken",), ("nextToken",)),
                iam=("aoss:ListCollections",),
            ),
            Call(
                operation="BatchGetCollection",
                items="collectionDetails",
                batch=Batch("ids", 100, "id", accounted="[collectionDetails, collectionErrorDetails][]"),
                unanswered="collectionErrorDetails[?errorCode != 'NOT_FOUND']",
                iam=("aoss:BatchGetCollection",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="tags",
                    parameters={"resourceArn": item("arn")},
                    absent=("ResourceNotFoundException",),
                    iam=("aoss:ListTagsForResource",),
                ),
                into="tags",
            ),
        ),
        id="id",
        arn="arn",
        label="name",
        tags="tags",
        created="createdDate",
    ),
)
