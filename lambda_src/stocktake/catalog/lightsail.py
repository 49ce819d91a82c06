"""Amazon Lightsail."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::Lightsail::Instance",
        service="lightsail",
        doc="Virtual private servers with their addresses, disks and open ports.",
        # Its pages have no size to ask for.
        calls=(Call(operation="GetInstances", items="instances"),),
        id="name",
        arn="arn",
        label="name",
        tags="tags",
        created="createdAt",
    ),
)
