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
    ResourceType(
        name="AWS::IAM::User",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Users with their boundary and tags. Keys and passwords are not read.",
        calls=(Call(operation="ListUsers", items="Users", parameters={"MaxItems": 1000}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetUser",
                    items="User",
                    parameters={"UserName": item("UserName")},
                    absent=("NoSuchEntity",),
                ),
                into=("PermissionsBoundary", "Tags"),
            ),
        ),
        id="UserName",
        arn="Arn",
        label="UserName",
        tags="Tags",
        created="CreateDate",
        volatile=("PasswordLastUsed",),
    ),
    ResourceType(
        name="AWS::IAM::ManagedPolicy",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Policies that the account manages itself, with how often they are attached; not AWS's own.",
        calls=(Call(operation="ListPolicies", items="Policies", parameters={"Scope": "Local", "MaxItems": 1000}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetPolicy",
                    items="Policy",
                    parameters={"PolicyArn": item("Arn")},
                    absent=("NoSuchEntity",),
                ),
                into=("Description", "Tags"),
            ),
        ),
        id="Arn",
        arn="Arn",
        label="PolicyName",
        tags="Tags",
        created="CreateDate",
    ),
)
