"""AWS Batch."""

from stocktake.catalog.spec import Call, ResourceType, Tier

PAGE = {"maxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::Batch::ComputeEnvironment",
        service="batch",
        tier=Tier.FULL,
        doc="Compute environments: what jobs run on.",
        calls=(Call(operation="DescribeComputeEnvironments", items="computeEnvironments", parameters=PAGE),),
        id="computeEnvironmentName",
        arn="computeEnvironmentArn",
        label="computeEnvironmentName",
        tags="tags",
        volatile=("computeResources.desiredvCpus", "statusReason"),
    ),
    ResourceType(
        name="AWS::Batch::JobQueue",
        service="batch",
        tier=Tier.FULL,
        doc="Job queues. No job is read.",
        calls=(Call(operation="DescribeJobQueues", items="jobQueues", parameters=PAGE),),
        id="jobQueueName",
        arn="jobQueueArn",
        label="jobQueueName",
        tags="tags",
        volatile=("statusReason",),
    ),
)
