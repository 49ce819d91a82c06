"""IAM Roles Anywhere. Tags come in bulk: the model marks what the service itself says of them as sensitive."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::RolesAnywhere::TrustAnchor",
        service="rolesanywhere",
        doc="Certificate authorities whose certificates are good for taking roles from outside of AWS.",
        calls=(Call(operation="ListTrustAnchors", items="trustAnchors", parameters={"pageSize": 100}),),
        enrich=(tags_in_bulk("trustAnchorArn"),),
        id="trustAnchorId",
        arn="trustAnchorArn",
        label="name",
        tags="Tags",
        created="createdAt",
    ),
)
