"""AWS Lambda."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::Lambda::Function",
        service="lambda",
        doc="Functions with their configuration; of environment variables only the names.",
        calls=(Call(operation="ListFunctions", items="Functions", parameters={"MaxItems": 50}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTags",
                    items="Tags",
                    parameters={"Resource": item("FunctionArn")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="FunctionName",
        arn="FunctionArn",
        label="FunctionName",
        tags="Tags",
    ),
)
