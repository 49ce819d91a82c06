"""AWS DataSync. No file is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::DataSync::Task",
        service="datasync",
        tier=Tier.FULL,
        doc="Tasks that copy files, without their options.",
        calls=(Call(operation="ListTasks", items="Tasks", parameters=PAGE),),
        enrich=(tags_in_bulk("TaskArn"),),
        id="TaskArn",
        arn="TaskArn",
        label="Name",
        tags="Tags",
        volatile=("Status",),
    ),
    ResourceType(
        name="AWS::DataSync::Location",
        service="datasync",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Places that files are copied from and to, of every kind. No credential is read.",
        calls=(Call(operation="ListLocations", items="Locations", parameters=PAGE),),
        enrich=(tags_in_bulk("LocationArn"),),
        id="LocationArn",
        arn="LocationArn",
        label="LocationUri",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::DataSync::Agent",
        service="datasync",
        tier=Tier.FULL,
        doc="Agents that reach files outside of AWS.",
        calls=(Call(operation="ListAgents", items="Agents", parameters=PAGE),),
        enrich=(tags_in_bulk("AgentArn"),),
        id="AgentArn",
        arn="AgentArn",
        label="Name",
        tags="Tags",
        volatile=("Status",),
    ),
)
