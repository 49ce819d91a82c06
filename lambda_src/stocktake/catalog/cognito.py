"""Amazon Cognito. No user is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

PAGE = {"MaxResults": 60}

ROWS = (
    ResourceType(
        name="AWS::Cognito::UserPool",
        service="cognito-idp",
        doc="User pools with their policies and triggers. No user is read.",
        calls=(Call(operation="ListUserPools", items="UserPools", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeUserPool",
                    items="UserPool",
                    parameters={"UserPoolId": item("Id")},
                    absent=("ResourceNotFoundException",),
                ),
                into="UserPool",
            ),
        ),
        id="Id",
        arn="arn:{partition}:cognito-idp:{region}:{account}:userpool/{Id}",
        label="Name",
        tags="UserPool.UserPoolTags",
        created="CreationDate",
        volatile=("UserPool.EstimatedNumberOfUsers",),
        # With it, and a role that trusts it, messages are sent in the account's name.
        secret=("UserPool.SmsConfiguration.ExternalId",),
    ),
    ResourceType(
        name="AWS::Cognito::IdentityPool",
        service="cognito-identity",
        doc="Identity pools, which give AWS credentials to users, and whom they trust. No identity is read.",
        calls=(Call(operation="ListIdentityPools", items="IdentityPools", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeIdentityPool",
                    items="IdentityPoolId && @",
                    parameters={"IdentityPoolId": item("IdentityPoolId")},
                    absent=("ResourceNotFoundException",),
                ),
                into=(
                    "AllowUnauthenticatedIdentities",
                    "AllowClassicFlow",
                    "SupportedLoginProviders",
                    "DeveloperProviderName",
                    "OpenIdConnectProviderARNs",
                    "CognitoIdentityProviders",
                    "SamlProviderARNs",
                    "IdentityPoolTags",
                ),
            ),
        ),
        id="IdentityPoolId",
        arn="arn:{partition}:cognito-identity:{region}:{account}:identitypool/{IdentityPoolId}",
        label="IdentityPoolName",
        tags="IdentityPoolTags",
        # Twitter's is its consumer key and its consumer secret.
        secret=("SupportedLoginProviders.*",),
    ),
)
