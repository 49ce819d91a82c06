"""Amazon DynamoDB."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item

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
            "ProvisionedThroughput.NumberOfDecreasesToday",
            "TableSizeBytes",
            "GlobalSecondaryIndexes[].ItemCount",
            "GlobalSecondaryIndexes[].IndexSizeBytes",
            "GlobalSecondaryIndexes[].ProvisionedThroughput.NumberOfDecreasesToday",
            "LocalSecondaryIndexes[].ItemCount",
            "LocalSecondaryIndexes[].IndexSizeBytes",
            "Replicas[].ReplicaStatusPercentProgress",
            "VectorIndexes[].ItemCount",
            "VectorIndexes[].IndexSizeBytes",
        ),
    ),
    ResourceType(
        name="AWS::DynamoDB::ContinuousBackups",
        service="dynamodb",
        cloudformation=False,
        tier=Tier.FULL,
        doc="Whether each table can be restored to a point in time.",
        calls=(Call(operation="ListTables", items="TableNames[].{TableName: @}", parameters={"Limit": 100}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeContinuousBackups",
                    items="ContinuousBackupsDescription",
                    parameters={"TableName": item("TableName")},
                    absent=("TableNotFoundException",),
                ),
                into="ContinuousBackupsDescription",
            ),
        ),
        id="TableName",
        arn="arn:{partition}:dynamodb:{region}:{account}:table/{TableName}",
        label="TableName",
        volatile=(
            "ContinuousBackupsDescription.PointInTimeRecoveryDescription.EarliestRestorableDateTime",
            "ContinuousBackupsDescription.PointInTimeRecoveryDescription.LatestRestorableDateTime",
        ),
    ),
    ResourceType(
        name="AWS::DynamoDB::Backup",
        service="dynamodb",
        cloudformation=False,
        tier=Tier.FULL,
        doc="Backups of tables, those that AWS made included. No content is read.",
        calls=(Call(operation="ListBackups", items="BackupSummaries", parameters={"BackupType": "ALL", "Limit": 100}),),
        id="BackupArn",
        arn="BackupArn",
        label="BackupName",
        created="BackupCreationDateTime",
    ),
)
