"""AWS Global Accelerator: once an account, and asked in one region alone, US West (Oregon) (API reference, Welcome)."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Scope, Tier, item

REGION = "'us-west-2'"
PAGE = {"MaxResults": 100}

ACCELERATORS = Call(operation="ListAccelerators", items="Accelerators", parameters=PAGE, region=REGION)
LISTENERS = Call(
    operation="ListListeners",
    items="Listeners",
    parameters={"AcceleratorArn": item("AcceleratorArn"), **PAGE},
    region=REGION,
    absent=("AcceleratorNotFoundException",),
)

ROWS = (
    ResourceType(
        name="AWS::GlobalAccelerator::Accelerator",
        service="globalaccelerator",
        scope=Scope.GLOBAL,
        doc="Standard accelerators with their addresses; not custom routing ones.",
        calls=(ACCELERATORS,),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags",
                    parameters={"ResourceArn": item("AcceleratorArn")},
                    region=REGION,
                    absent=("AcceleratorNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="AcceleratorArn",
        arn="AcceleratorArn",
        label="Name",
        tags="Tags",
        created="CreatedTime",
    ),
    ResourceType(
        name="AWS::GlobalAccelerator::Listener",
        service="globalaccelerator",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="Listeners of every standard accelerator.",
        calls=(ACCELERATORS, LISTENERS),
        id="ListenerArn",
        arn="ListenerArn",
    ),
    ResourceType(
        name="AWS::GlobalAccelerator::EndpointGroup",
        service="globalaccelerator",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="Endpoint groups of every listener: where traffic goes, region by region.",
        calls=(
            ACCELERATORS,
            LISTENERS,
            Call(
                operation="ListEndpointGroups",
                items="EndpointGroups",
                parameters={"ListenerArn": item("ListenerArn"), **PAGE},
                region=REGION,
                absent=("ListenerNotFoundException",),
            ),
        ),
        id="EndpointGroupArn",
        arn="EndpointGroupArn",
        volatile=("EndpointDescriptions[].HealthState", "EndpointDescriptions[].HealthReason"),
    ),
)
