"""AWS IAM Identity Center. No user and no assignment is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::SSO::Instance",
        service="sso-admin",
        doc="Instances of IAM Identity Center that the account owns or sees, the organization's among them.",
        calls=(
            Call(
                operation="ListInstances", items="Instances", parameters={"MaxResults": 100}, iam=("sso:ListInstances",)
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags",
                    parameters={"InstanceArn": item("InstanceArn"), "ResourceArn": item("InstanceArn")},
                    absent=("ResourceNotFoundException",),
                    iam=("sso:ListTagsForResource",),
                ),
                into="Tags",
            ),
        ),
        id="InstanceArn",
        arn="InstanceArn",
        label="Name",
        tags="Tags",
        created="CreatedDate",
    ),
)
