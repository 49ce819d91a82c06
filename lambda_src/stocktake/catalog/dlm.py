"""Amazon Data Lifecycle Manager."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item

ROWS = (
    ResourceType(
        name="AWS::DLM::LifecyclePolicy",
        service="dlm",
        tier=Tier.FULL,
        doc="Policies by which snapshots and images are made, copied, shared and deleted.",
        # It has no pages.
        calls=(Call(operation="GetLifecyclePolicies", items="Policies"),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetLifecyclePolicy",
                    items="Policy",
                    parameters={"PolicyId": item("PolicyId")},
                    absent=("ResourceNotFoundException",),
                ),
                into=("DateCreated", "DateModified", "ExecutionRoleArn", "PolicyDetails", "StatusMessage"),
            ),
        ),
        id="PolicyId",
        arn="arn:{partition}:dlm:{region}:{account}:policy/{PolicyId}",
        label="Description",
        tags="Tags",
        created="DateCreated",
    ),
)
