"""Amazon Elastic Container Service."""

from stocktake.catalog.spec import Batch, Call, ResourceType, item, parent

ROWS = (
    ResourceType(
        name="AWS::ECS::Service",
        service="ecs",
        doc="Services of every cluster.",
        calls=(
            Call(operation="ListClusters", items="clusterArns", parameters={"maxResults": 100}),
            Call(
                operation="ListServices",
                items="serviceArns",
                parameters={"cluster": item(), "maxResults": 100},
                absent=("ClusterNotFoundException",),
            ),
            Call(
                operation="DescribeServices",
                items="services",
                parameters={"cluster": parent(), "include": ["TAGS"]},
                batch=Batch("services", 10),
                absent=("ClusterNotFoundException",),
                unanswered="failures[?reason != 'MISSING']",
            ),
        ),
        id="serviceArn",
        arn="serviceArn",
        label="serviceName",
        tags="tags",
        created="createdAt",
        volatile=("events", "deployments[].updatedAt"),
    ),
)
