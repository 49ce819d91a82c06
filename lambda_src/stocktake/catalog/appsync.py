"""AWS AppSync. API keys are never read."""

from stocktake.catalog.spec import Call, ResourceType

PAGE = {"maxResults": 25}

ROWS = (
    ResourceType(
        name="AWS::AppSync::GraphQLApi",
        service="appsync",
        doc="GraphQL APIs that the account owns, with how they authorize and log. No key is read.",
        calls=(
            Call(operation="ListGraphqlApis", items="graphqlApis", parameters={"owner": "CURRENT_ACCOUNT", **PAGE}),
        ),
        id="apiId",
        arn="arn",
        label="name",
        tags="tags",
    ),
    ResourceType(
        name="AWS::AppSync::Api",
        service="appsync",
        doc="APIs for events, with how they authorize and log. No key is read.",
        calls=(Call(operation="ListApis", items="apis", parameters=PAGE),),
        id="apiId",
        arn="apiArn",
        label="name",
        tags="tags",
        created="created",
    ),
)
