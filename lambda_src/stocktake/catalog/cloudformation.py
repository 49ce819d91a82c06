"""AWS CloudFormation."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::CloudFormation::Stack",
        service="cloudformation",
        doc="Stacks that exist, nested ones included. Values of parameters and outputs are redacted.",
        calls=(Call(operation="DescribeStacks", items="Stacks"),),
        id="StackId",
        arn="StackId",
        label="StackName",
        tags="Tags",
        created="CreationTime",
        volatile=("DriftInformation",),
        # NoEcho masks parameters that their author thought of; outputs have no such thing.
        secret=("Parameters[].ParameterValue", "Parameters[].ResolvedValue", "Outputs[].OutputValue"),
    ),
)
