"""IAM Roles Anywhere."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::RolesAnywhere::TrustAnchor",
        service="rolesanywhere",
        doc="Certificate authorities whose certificates are good for taking roles from outside of AWS.",
        calls=(Call(operation="ListTrustAnchors", items="trustAnchors", parameters={"pageSize": 100}),),
        id="trustAnchorId",
        arn="trustAnchorArn",
        label="name",
        created="createdAt",
    ),
)
