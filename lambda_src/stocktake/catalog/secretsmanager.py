"""AWS Secrets Manager: names and settings. No value is ever asked for."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::SecretsManager::Secret",
        service="secretsmanager",
        doc="Secrets by name, with rotation and encryption, those waiting for deletion included. No value is read.",
        calls=(
            Call(
                operation="ListSecrets",
                items="SecretList",
                parameters={"MaxResults": 100, "IncludePlannedDeletion": True},
            ),
        ),
        id="ARN",
        arn="ARN",
        label="Name",
        tags="Tags",
        created="CreatedDate",
        volatile=("LastAccessedDate", "NextRotationDate"),
        # What a third party's rotation needs to know is that party's to choose.
        secret=("ExternalSecretRotationMetadata[].Value",),
    ),
)
