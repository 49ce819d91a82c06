"""Amazon EventBridge Scheduler."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::Scheduler::Schedule",
        service="scheduler",
        doc="Schedules of all groups and what they call; not when, nor with which input.",
        calls=(Call(operation="ListSchedules", items="Schedules", parameters=PAGE),),
        id="Arn",
        arn="Arn",
        label="Name",
        created="CreationDate",
    ),
    ResourceType(
        name="AWS::Scheduler::ScheduleGroup",
        service="scheduler",
        tier=Tier.FULL,
        doc="Groups of schedules, the default one included.",
        calls=(Call(operation="ListScheduleGroups", items="ScheduleGroups", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="Name",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreationDate",
    ),
)
