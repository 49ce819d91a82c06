"""Amazon CloudWatch Synthetics. No run and no script is read."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier

ROWS = (
    ResourceType(
        name="AWS::Synthetics::Canary",
        service="synthetics",
        tier=Tier.FULL,
        doc="Canaries with their schedule, runtime, role and network. No run and no script is read.",
        calls=(
            Call(
                operation="DescribeCanaries",
                items="Canaries",
                parameters={"MaxResults": 20},
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        id="Id",
        arn="arn:{partition}:synthetics:{region}:{account}:canary:{Name}",
        label="Name",
        tags="Tags",
        created="Timeline.Created",
        volatile=("Timeline.LastStarted", "Timeline.LastStopped", "DryRunConfig.LastDryRunExecutionStatus"),
    ),
)
