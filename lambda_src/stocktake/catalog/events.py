"""Amazon EventBridge. No event is read."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"Limit": 100}
PAGES = Paging(("NextToken",), ("NextToken",))
BUSES = Call(operation="ListEventBuses", items="EventBuses", parameters=PAGE, paging=PAGES)

ROWS = (
    ResourceType(
        name="AWS::Events::EventBus",
        service="events",
        doc="Event buses, the default one included, with their policy.",
        calls=(BUSES,),
        enrich=(tags_in_bulk("Arn"),),
        id="Name",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreationTime",
    ),
    ResourceType(
        name="AWS::Events::Rule",
        service="events",
        doc="Rules of every event bus, those that AWS services manage included. Their targets are not read.",
        calls=(
            BUSES,
            Call(
                operation="ListRules",
                items="Rules",
                parameters={"EventBusName": item("Name"), **PAGE},
                absent=("ResourceNotFoundException",),
            ),
        ),
        # "Rules in custom event buses aren't supported" (Resource Groups user guide, "Supported resource types").
        enrich=(tags_in_bulk("Arn", when="EventBusName == 'default'"),),
        id="Arn",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Events::Archive",
        service="events",
        tier=Tier.FULL,
        doc="Archives and how long they keep events. No event is read.",
        calls=(Call(operation="ListArchives", items="Archives", parameters=PAGE, paging=PAGES),),
        id="ArchiveName",
        arn="arn:{partition}:events:{region}:{account}:archive/{ArchiveName}",
        label="ArchiveName",
        created="CreationTime",
        volatile=("SizeBytes", "EventCount"),
    ),
    ResourceType(
        name="AWS::Events::Connection",
        service="events",
        tier=Tier.FULL,
        doc="Connections to HTTP endpoints and how they authorize. No credential is read.",
        calls=(Call(operation="ListConnections", items="Connections", parameters=PAGE, paging=PAGES),),
        id="Name",
        arn="ConnectionArn",
        label="Name",
        created="CreationTime",
        volatile=("LastAuthorizedTime",),
    ),
    ResourceType(
        name="AWS::Events::ApiDestination",
        service="events",
        tier=Tier.FULL,
        doc="HTTP endpoints that rules send events to. Their address is redacted, for it may be all that one needs "
        "to send there.",
        calls=(Call(operation="ListApiDestinations", items="ApiDestinations", parameters=PAGE, paging=PAGES),),
        id="Name",
        arn="ApiDestinationArn",
        label="Name",
        created="CreationTime",
        secret=("InvocationEndpoint",),
    ),
)
