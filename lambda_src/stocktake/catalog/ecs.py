"""Amazon Elastic Container Service."""

from stocktake.catalog.spec import Batch, Call, ResourceType, item, parent

ROWS = (
    ResourceType(
        name="AWS::ECS::Cluster",
        service="ecs",
        doc="Clusters with their settings and configuration.",
        calls=(
            Call(operation="ListClusters", items="clusterArns", parameters={"maxResults": 100}),
            Call(
                operation="DescribeClusters",
                items="clusters",
                parameters={"include": ["CONFIGURATIONS", "SETTINGS", "TAGS"]},
                batch=Batch("clusters", 100, accounted="[clusters, failures][]"),
                unanswered="failures[?reason != 'MISSING']",
            ),
        ),
        id="clusterArn",
        arn="clusterArn",
        label="clusterName",
        tags="tags",
        volatile=("runningTasksCount", "pendingTasksCount"),
    ),
    ResourceType(
        name="AWS::ECS::Service",
        service="ecs",
        doc="Services of every cluster; of log drivers' options only the names.",
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
                batch=Batch("services", 10, accounted="[services, failures][]"),
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
        # A log driver's options may be its token: splunk-token, and anything for Fluent Bit.
        secret=("deployments[].serviceConnectConfiguration.logConfiguration.options",),
    ),
)
