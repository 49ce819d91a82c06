"""AWS Lambda."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

GONE = ("ResourceNotFoundException",)
FUNCTIONS = Call(operation="ListFunctions", items="Functions", parameters={"MaxItems": 50})

ROWS = (
    ResourceType(
        name="AWS::Lambda::Function",
        service="lambda",
        doc="Functions with their configuration; of environment variables only the names.",
        calls=(FUNCTIONS,),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTags",
                    items="Tags",
                    parameters={"Resource": item("FunctionArn")},
                    absent=GONE,
                ),
                into="Tags",
            ),
        ),
        id="FunctionName",
        arn="FunctionArn",
        label="FunctionName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Lambda::Alias",
        service="lambda",
        tier=Tier.FULL,
        doc="Aliases of every function.",
        calls=(
            FUNCTIONS,
            Call(
                operation="ListAliases",
                items="Aliases",
                parameters={"FunctionName": item("FunctionName"), "MaxItems": 50},
                absent=GONE,
            ),
        ),
        id="AliasArn",
        arn="AliasArn",
        label="Name",
    ),
    ResourceType(
        name="AWS::Lambda::Url",
        service="lambda",
        tier=Tier.FULL,
        doc="Addresses at which functions can be called, and who may call.",
        calls=(
            FUNCTIONS,
            Call(
                operation="ListFunctionUrlConfigs",
                items="FunctionUrlConfigs",
                parameters={"FunctionName": item("FunctionName"), "MaxItems": 50},
                absent=GONE,
            ),
        ),
        id="FunctionArn",
        label="FunctionUrl",
    ),
    ResourceType(
        name="AWS::Lambda::EventSourceMapping",
        service="lambda",
        doc="Streams, queues and topics that functions read from.",
        calls=(Call(operation="ListEventSourceMappings", items="EventSourceMappings", parameters={"MaxItems": 100}),),
        enrich=(tags_in_bulk("EventSourceMappingArn"),),
        id="UUID",
        arn="EventSourceMappingArn",
        tags="Tags",
        volatile=("LastProcessingResult",),
    ),
    ResourceType(
        name="AWS::Lambda::LayerVersion",
        service="lambda",
        tier=Tier.FULL,
        doc="Versions of the account's layers. No content is read.",
        calls=(
            Call(operation="ListLayers", items="Layers", parameters={"MaxItems": 50}),
            Call(
                operation="ListLayerVersions",
                items="LayerVersions",
                parameters={"LayerName": item("LayerName"), "MaxItems": 50},
                absent=GONE,
            ),
        ),
        id="LayerVersionArn",
        arn="LayerVersionArn",
    ),
    ResourceType(
        name="AWS::Lambda::CodeSigningConfig",
        service="lambda",
        tier=Tier.FULL,
        doc="Code signing configurations: whose code functions may run.",
        calls=(Call(operation="ListCodeSigningConfigs", items="CodeSigningConfigs", parameters={"MaxItems": 50}),),
        enrich=(tags_in_bulk("CodeSigningConfigArn"),),
        id="CodeSigningConfigId",
        arn="CodeSigningConfigArn",
        tags="Tags",
    ),
)
