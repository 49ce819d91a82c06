"""AWS CloudFormation."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

STACK_SET = "arn:{partition}:cloudformation:{region}:{account}:stackset/{StackSetId}"

ROWS = (
    ResourceType(
        name="AWS::CloudFormation::Stack",
        service="cloudformation",
        doc="Stacks that exist, nested ones included. Values of parameters and outputs are redacted.",
        # Both are needed to describe all stacks (CloudFormation API reference, DescribeStacks).
        calls=(
            Call(
                operation="DescribeStacks",
                items="Stacks",
                iam=("cloudformation:DescribeStacks", "cloudformation:ListStacks"),
            ),
        ),
        id="StackId",
        arn="StackId",
        label="StackName",
        tags="Tags",
        created="CreationTime",
        volatile=("DriftInformation",),
        # NoEcho masks parameters that their author thought of; outputs have no such thing.
        secret=("Parameters[].ParameterValue", "Parameters[].ResolvedValue", "Outputs[].OutputValue"),
    ),
    ResourceType(
        name="AWS::CloudFormation::StackSet",
        service="cloudformation",
        tier=Tier.FULL,
        doc="Stack sets that the account administers. Neither templates nor parameters are read.",
        calls=(
            Call(
                operation="ListStackSets",
                items="Summaries",
                parameters={"Status": "ACTIVE", "CallAs": "SELF", "MaxResults": 100},
            ),
        ),
        enrich=(tags_in_bulk(STACK_SET),),
        id="StackSetId",
        arn=STACK_SET,
        label="StackSetName",
        tags="Tags",
        volatile=("DriftStatus", "LastDriftCheckTimestamp"),
    ),
)
