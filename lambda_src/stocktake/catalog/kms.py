"""AWS Key Management Service."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::KMS::Key",
        service="kms",
        doc="Keys of the account, AWS's own included, with their state; not those that others share. A key whose "
        "policy hides it is a gap, not a missing key.",
        calls=(Call(operation="ListKeys", items="Keys", parameters={"Limit": 1000}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeKey",
                    items="KeyMetadata",
                    parameters={"KeyId": item("KeyId")},
                    absent=("NotFoundException",),
                ),
                into="KeyMetadata",
            ),
            # AWS's own keys have no tags, and refuse to say so.
            Enrich(
                call=Call(
                    operation="ListResourceTags",
                    items="Tags",
                    parameters={"KeyId": item("KeyId"), "Limit": 50},
                    absent=("NotFoundException",),
                ),
                into="Tags",
                when="KeyMetadata.KeyManager == 'CUSTOMER'",
            ),
        ),
        id="KeyId",
        arn="KeyArn",
        tags="Tags",
        created="KeyMetadata.CreationDate",
    ),
    ResourceType(
        name="AWS::KMS::Alias",
        service="kms",
        doc="Names of keys, those of AWS's own keys included.",
        # A hundred at most, whatever the model says (KMS API reference, ListAliases).
        calls=(Call(operation="ListAliases", items="Aliases", parameters={"Limit": 100}),),
        id="AliasName",
        arn="AliasArn",
        label="AliasName",
        created="CreationDate",
    ),
)
