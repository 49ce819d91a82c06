"""Amazon DynamoDB."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::DynamoDB::Table",
        service="dynamodb",
        doc="Tables with keys, indexes and encryption. No item is read.",
        calls=(
            Call(operation="ListTables", items="TableNames", parameters={"Limit": 100}),
            Call(
                operation="DescribeTable",
                items="[Table]",
                parameters={"TableName": item()},
                absent=("ResourceNotFoundException",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsOfResource",
                    items="Tags",
                    parameters={"ResourceArn": item("TableArn")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="TableName",
        arn="TableArn",
        label="TableName",
        tags="Tags",
        created="CreationDateTime",
        volatile=(
            "ItemCount",
            "TableSizeBytes",
            "GlobalSecondaryIndexes[].ItemCount",
            "GlobalSecondaryIndexes[].IndexSizeBytes",
            "LocalSecondaryIndexes[].ItemCount",
            "LocalSecondaryIndexes[].IndexSizeBytes",
        ),
    ),
)
