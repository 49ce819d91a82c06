"""AWS Cloud Map."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::ServiceDiscovery::Namespace",
        service="servicediscovery",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Namespaces of every kind: HTTP, private and public DNS.",
        calls=(Call(operation="ListNamespaces", items="Namespaces", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreateDate",
        volatile=("ServiceCount",),
    ),
    ResourceType(
        name="AWS::ServiceDiscovery::Service",
        service="servicediscovery",
        tier=Tier.FULL,
        doc="Services of all namespaces. Their instances are not read.",
        calls=(Call(operation="ListServices", items="Services", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreateDate",
        volatile=("InstanceCount",),
    ),
)
