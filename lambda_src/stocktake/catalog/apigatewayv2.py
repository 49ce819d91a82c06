"""Amazon API Gateway v2: HTTP and WebSocket APIs. IAM knows its reading actions by one name, GET on a path."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Tier, item

# A text in the model.
PAGE = {"MaxResults": "100"}
GET = ("apigateway:GET",)

ROWS = (
    ResourceType(
        name="AWS::ApiGatewayV2::Api",
        service="apigatewayv2",
        doc="HTTP and WebSocket APIs with their stages; of stage variables only the names.",
        calls=(Call(operation="GetApis", items="Items", parameters=PAGE, iam=GET),),
        # A stage does not say which API it is of.
        enrich=(
            Enrich(
                call=Call(
                    operation="GetStages",
                    items="Items",
                    parameters={"ApiId": item("ApiId"), **PAGE},
                    absent=("NotFoundException",),
                    iam=GET,
                ),
                into="Stages",
            ),
        ),
        id="ApiId",
        arn="arn:{partition}:apigateway:{region}::/apis/{ApiId}",
        label="Name",
        tags="Tags",
        created="CreatedDate",
        secret=("Stages[].StageVariables",),
    ),
    ResourceType(
        name="AWS::ApiGatewayV2::VpcLink",
        service="apigatewayv2",
        tier=Tier.FULL,
        doc="Links of HTTP APIs to networks.",
        calls=(
            Call(
                operation="GetVpcLinks",
                items="Items",
                parameters=PAGE,
                paging=Paging(("NextToken",), ("NextToken",)),
                iam=GET,
            ),
        ),
        id="VpcLinkId",
        arn="arn:{partition}:apigateway:{region}::/vpclinks/{VpcLinkId}",
        label="Name",
        tags="Tags",
        created="CreatedDate",
    ),
)
