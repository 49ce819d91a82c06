"""AWS App Runner."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGES = Paging(("NextToken",), ("NextToken",))

ROWS = (
    ResourceType(
        name="AWS::AppRunner::Service",
        service="apprunner",
        doc="Services with their source, network and encryption; of environment variables only the names.",
        calls=(
            Call(operation="ListServices", items="ServiceSummaryList", parameters={"MaxResults": 20}, paging=PAGES),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeService",
                    items="Service",
                    parameters={"ServiceArn": item("ServiceArn")},
                    absent=("ResourceNotFoundException",),
                ),
                into=(
                    "SourceConfiguration",
                    "InstanceConfiguration",
                    "EncryptionConfiguration",
                    "NetworkConfiguration",
                    "ObservabilityConfiguration",
                ),
            ),
            tags_in_bulk("ServiceArn"),
        ),
        id="ServiceId",
        arn="ServiceArn",
        label="ServiceName",
        tags="Tags",
        created="CreatedAt",
    ),
    ResourceType(
        name="AWS::AppRunner::VpcConnector",
        service="apprunner",
        tier=Tier.FULL,
        doc="Connectors by which services reach a network, every revision of them.",
        calls=(
            Call(operation="ListVpcConnectors", items="VpcConnectors", parameters={"MaxResults": 100}, paging=PAGES),
        ),
        enrich=(tags_in_bulk("VpcConnectorArn"),),
        id="VpcConnectorArn",
        arn="VpcConnectorArn",
        label="VpcConnectorName",
        tags="Tags",
        created="CreatedAt",
    ),
)
