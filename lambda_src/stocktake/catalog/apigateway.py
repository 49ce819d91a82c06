"""Amazon API Gateway v1: REST APIs. IAM knows its reading actions by one name, GET on a path."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item

PAGE = {"limit": 500}
GET = ("apigateway:GET",)

ROWS = (
    ResourceType(
        name="AWS::ApiGateway::RestApi",
        service="apigateway",
        doc="REST APIs with their policies and stages; of stage variables only the names.",
        calls=(Call(operation="GetRestApis", items="items", parameters=PAGE, iam=GET),),
        # A stage does not say which API it is of.
        enrich=(
            Enrich(
                call=Call(
                    operation="GetStages",
                    items="item",
                    parameters={"restApiId": item("id")},
                    absent=("NotFoundException",),
                    iam=GET,
                ),
                into="stages",
            ),
        ),
        id="id",
        arn="arn:{partition}:apigateway:{region}::/restapis/{id}",
        label="name",
        tags="tags",
        created="createdDate",
        secret=("stages[].variables", "stages[].canarySettings.stageVariableOverrides"),
    ),
    ResourceType(
        name="AWS::ApiGateway::ApiKey",
        service="apigateway",
        tier=Tier.FULL,
        doc="API keys by name, without their values.",
        calls=(Call(operation="GetApiKeys", items="items", parameters={"includeValues": False, **PAGE}, iam=GET),),
        id="id",
        arn="arn:{partition}:apigateway:{region}::/apikeys/{id}",
        label="name",
        tags="tags",
        created="createdDate",
        secret=("value",),
    ),
    ResourceType(
        name="AWS::ApiGateway::UsagePlan",
        service="apigateway",
        tier=Tier.FULL,
        doc="Usage plans: which stages may be called how often.",
        calls=(Call(operation="GetUsagePlans", items="items", parameters=PAGE, iam=GET),),
        id="id",
        arn="arn:{partition}:apigateway:{region}::/usageplans/{id}",
        label="name",
        tags="tags",
    ),
    ResourceType(
        name="AWS::ApiGateway::DomainName",
        service="apigateway",
        doc="Domain names of REST, HTTP and WebSocket APIs that the account owns, private ones included.",
        calls=(Call(operation="GetDomainNames", items="items", parameters={"resourceOwner": "SELF", **PAGE}, iam=GET),),
        # Several private ones may have one name; their ARNs are of another form.
        id="domainNameId || domainName",
        arn="arn:{partition}:apigateway:{region}::/domainnames/"
        "{endpointConfiguration.types[0] != 'PRIVATE' && domainName}",
        label="domainName",
        tags="tags",
    ),
    ResourceType(
        name="AWS::ApiGateway::VpcLink",
        service="apigateway",
        tier=Tier.FULL,
        doc="Links of REST APIs to load balancers in networks.",
        calls=(Call(operation="GetVpcLinks", items="items", parameters=PAGE, iam=GET),),
        id="id",
        arn="arn:{partition}:apigateway:{region}::/vpclinks/{id}",
        label="name",
        tags="tags",
    ),
)
