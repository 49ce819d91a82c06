"""AWS Transfer Family. No file is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 1000}

ROWS = (
    ResourceType(
        name="AWS::Transfer::Server",
        service="transfer",
        doc="Servers with their endpoint, protocols, security policy and identity provider. No file is read.",
        calls=(Call(operation="ListServers", items="Servers", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeServer",
                    items="Server",
                    parameters={"ServerId": item("ServerId")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Server",
            ),
        ),
        id="ServerId",
        arn="Arn",
        label="ServerId",
        tags="Server.Tags",
        volatile=("UserCount", "Server.UserCount"),
    ),
    ResourceType(
        name="AWS::Transfer::Connector",
        service="transfer",
        tier=Tier.FULL,
        doc="Connectors to servers elsewhere.",
        calls=(Call(operation="ListConnectors", items="Connectors", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="ConnectorId",
        arn="Arn",
        label="ConnectorId",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Transfer::Workflow",
        service="transfer",
        tier=Tier.FULL,
        doc="Workflows that follow a transfer, without their steps.",
        calls=(Call(operation="ListWorkflows", items="Workflows", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="WorkflowId",
        arn="Arn",
        label="WorkflowId",
        tags="Tags",
    ),
)
