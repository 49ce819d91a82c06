"""AWS Step Functions."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"maxResults": 1000}

ROWS = (
    ResourceType(
        name="AWS::StepFunctions::StateMachine",
        service="stepfunctions",
        doc="State machines with their role, logging, tracing and encryption. Their definition is not read.",
        calls=(
            Call(
                operation="ListStateMachines",
                items="stateMachines",
                parameters=PAGE,
                iam=("states:ListStateMachines",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeStateMachine",
                    items="stateMachineArn && @",
                    parameters={"stateMachineArn": item("stateMachineArn"), "includedData": "METADATA_ONLY"},
                    absent=("StateMachineDoesNotExist",),
                    iam=("states:DescribeStateMachine",),
                ),
                into=(
                    "status",
                    "roleArn",
                    "loggingConfiguration",
                    "tracingConfiguration",
                    "encryptionConfiguration",
                    "revisionId",
                ),
            ),
            tags_in_bulk("stateMachineArn"),
        ),
        id="stateMachineArn",
        arn="stateMachineArn",
        label="name",
        tags="Tags",
        created="creationDate",
    ),
    ResourceType(
        name="AWS::StepFunctions::Activity",
        service="stepfunctions",
        tier=Tier.FULL,
        doc="Activities: tasks that workers outside of AWS take.",
        calls=(Call(operation="ListActivities", items="activities", parameters=PAGE, iam=("states:ListActivities",)),),
        enrich=(tags_in_bulk("activityArn"),),
        id="activityArn",
        arn="activityArn",
        label="name",
        tags="Tags",
        created="creationDate",
    ),
)
