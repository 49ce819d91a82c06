"""Amazon MQ. No message is read."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Tier, item

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::AmazonMQ::Broker",
        service="mq",
        doc="Message brokers with their network, encryption and logs. No message is read.",
        calls=(Call(operation="ListBrokers", items="BrokerSummaries", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeBroker",
                    items="BrokerId && @",
                    parameters={"BrokerId": item("BrokerId")},
                    absent=("NotFoundException",),
                ),
                into=(
                    "AuthenticationStrategy",
                    "AutoMinorVersionUpgrade",
                    "Configurations",
                    "DataReplicationMode",
                    "EncryptionOptions",
                    "EngineVersion",
                    "Logs",
                    "MaintenanceWindowStartTime",
                    "PubliclyAccessible",
                    "SecurityGroups",
                    "StorageType",
                    "SubnetIds",
                    "Tags",
                ),
            ),
        ),
        id="BrokerId",
        arn="BrokerArn",
        label="BrokerName",
        tags="Tags",
        created="Created",
    ),
    ResourceType(
        name="AWS::AmazonMQ::Configuration",
        service="mq",
        tier=Tier.FULL,
        doc="Configurations for brokers and their latest revision. Their content is not read.",
        calls=(
            Call(
                operation="ListConfigurations",
                items="Configurations",
                parameters=PAGE,
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="Created",
    ),
)
