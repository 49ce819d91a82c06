"""AWS Direct Connect."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Scope, Tier

PAGE = {"maxResults": 100}
PAGING = Paging(("nextToken",), ("nextToken",))

ROWS = (
    ResourceType(
        name="AWS::DirectConnect::Connection",
        service="directconnect",
        tier=Tier.FULL,
        doc="Connections, in every state that is still listed.",
        calls=(Call(operation="DescribeConnections", items="connections", parameters=PAGE, paging=PAGING),),
        id="connectionId",
        arn="arn:{partition}:directconnect:{region}:{ownerAccount}:dxcon/{connectionId}",
        label="connectionName",
        tags="tags",
    ),
    ResourceType(
        name="AWS::DirectConnect::Lag",
        service="directconnect",
        tier=Tier.FULL,
        doc="Link aggregation groups and the connections in them.",
        calls=(Call(operation="DescribeLags", items="lags", parameters=PAGE, paging=PAGING),),
        id="lagId",
        arn="arn:{partition}:directconnect:{region}:{ownerAccount}:dxlag/{lagId}",
        label="lagName",
        tags="tags",
    ),
    ResourceType(
        name="AWS::DirectConnect::VirtualInterface",
        service="directconnect",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Virtual interfaces: private, public and transit. BGP's keys and the router's configuration are redacted.",
        calls=(Call(operation="DescribeVirtualInterfaces", items="virtualInterfaces", parameters=PAGE, paging=PAGING),),
        id="virtualInterfaceId",
        arn="arn:{partition}:directconnect:{region}:{ownerAccount}:dxvif/{virtualInterfaceId}",
        label="virtualInterfaceName",
        tags="tags",
        secret=("authKey", "bgpPeers[].authKey", "customerRouterConfig"),
        volatile=("bgpPeers[].bgpStatus",),
    ),
    ResourceType(
        name="AWS::DirectConnect::DirectConnectGateway",
        service="directconnect",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Direct Connect gateways, which are of no region.",
        calls=(Call(operation="DescribeDirectConnectGateways", items="directConnectGateways", parameters=PAGE),),
        id="directConnectGatewayId",
        arn="arn:{partition}:directconnect::{ownerAccount}:dx-gateway/{directConnectGatewayId}",
        label="directConnectGatewayName",
        tags="tags",
    ),
)
