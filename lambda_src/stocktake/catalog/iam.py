"""AWS Identity and Access Management: global, once an account."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Scope, item

ROWS = (
    ResourceType(
        name="AWS::IAM::Role",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Roles with their trust policy, boundary, tags and last use.",
        calls=(Call(operation="ListRoles", items="Roles", parameters={"MaxItems": 1000}),),
        enrich=(
            # ListRoles leaves these three out (IAM API reference, ListRoles).
            Enrich(
                call=Call(
                    operation="GetRole",
                    items="Role",
                    parameters={"RoleName": item("RoleName")},
                    absent=("NoSuchEntity",),
                ),
                into=("PermissionsBoundary", "RoleLastUsed", "Tags"),
            ),
        ),
        id="RoleName",
        arn="Arn",
        label="RoleName",
        tags="Tags",
        created="CreateDate",
        volatile=("RoleLastUsed",),
    ),
)
