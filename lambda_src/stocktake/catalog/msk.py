"""Amazon Managed Streaming for Apache Kafka. No topic and no message is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::MSK::Cluster",
        service="kafka",
        doc="Kafka clusters, provisioned and serverless.",
        calls=(Call(operation="ListClustersV2", items="ClusterInfoList", parameters=PAGE),),
        id="ClusterArn",
        arn="ClusterArn",
        label="ClusterName",
        tags="Tags",
        created="CreationTime",
        volatile=("ActiveOperationArn",),
    ),
    ResourceType(
        name="AWS::MSK::Configuration",
        service="kafka",
        tier=Tier.FULL,
        doc="Named settings for Kafka brokers and their latest revision. The settings are not read.",
        calls=(Call(operation="ListConfigurations", items="Configurations", parameters=PAGE),),
        id="Arn",
        arn="Arn",
        label="Name",
        created="CreationTime",
    ),
)
