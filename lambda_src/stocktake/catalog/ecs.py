"""Amazon Elastic Container Service."""

from stocktake.catalog.spec import Batch, Call, Enrich, Paging, ResourceType, Tier, item, parent

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
        volatile=(
            "activeServicesCount",
            "pendingTasksCount",
            "registeredContainerInstancesCount",
            "runningTasksCount",
        ),
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
        volatile=(
            "currentServiceRevisions[].pendingTaskCount",
            "currentServiceRevisions[].requestedTaskCount",
            "currentServiceRevisions[].runningTaskCount",
            "deployments[].failedTasks",
            "deployments[].pendingCount",
            "deployments[].runningCount",
            "deployments[].updatedAt",
            "events",
            "pendingCount",
            "runningCount",
            "taskSets[].pendingCount",
            "taskSets[].runningCount",
            "taskSets[].stabilityStatus",
            "taskSets[].stabilityStatusAt",
            "taskSets[].updatedAt",
        ),
        # A log driver's options may be its token: splunk-token, and anything for Fluent Bit.
        secret=("deployments[].serviceConnectConfiguration.logConfiguration.options",),
    ),
    ResourceType(
        name="AWS::ECS::TaskDefinition",
        service="ecs",
        tier=Tier.FULL,
        doc="Active revisions of task definitions; of environment variables, labels and options only the names, no "
        "command.",
        calls=(
            Call(
                operation="ListTaskDefinitions",
                items="taskDefinitionArns[].{taskDefinitionArn: @}",
                parameters={"status": "ACTIVE", "maxResults": 100},
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeTaskDefinition",
                    items="taskDefinition && {taskDefinition: taskDefinition, tags: tags}",
                    parameters={"taskDefinition": item("taskDefinitionArn"), "include": ["TAGS"]},
                ),
                into=("taskDefinition", "tags"),
            ),
        ),
        id="taskDefinitionArn",
        arn="taskDefinitionArn",
        tags="tags",
        created="taskDefinition.registeredAt",
        # Secrets are passed by reference, but what people write into these is theirs.
        secret=(
            "taskDefinition.containerDefinitions[].command",
            "taskDefinition.containerDefinitions[].dockerLabels.*",
            "taskDefinition.containerDefinitions[].entryPoint",
            "taskDefinition.containerDefinitions[].firelensConfiguration.options",
            "taskDefinition.containerDefinitions[].healthCheck.command",
            "taskDefinition.containerDefinitions[].logConfiguration.options",
            "taskDefinition.proxyConfiguration.properties[].value",
            "taskDefinition.volumes[].dockerVolumeConfiguration.driverOpts",
        ),
    ),
    ResourceType(
        name="AWS::ECS::CapacityProvider",
        service="ecs",
        tier=Tier.FULL,
        doc="Capacity providers, AWS's own included.",
        calls=(
            Call(
                operation="DescribeCapacityProviders",
                items="capacityProviders",
                parameters={"include": ["TAGS"], "maxResults": 10},
                unanswered="failures",
                paging=Paging(("nextToken",), ("nextToken",)),
            ),
        ),
        id="capacityProviderArn",
        arn="capacityProviderArn",
        label="name",
        tags="tags",
    ),
)
