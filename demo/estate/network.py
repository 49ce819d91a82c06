"""Networks, the ways out of them, and load balancers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo.estate.place import Place, pairs, tags_for
from demo.estate.workloads import Workload

GATEWAYS = ("nat-a", "nat-b")
BALANCERS = ("public", "internal", "partners")


@dataclass(frozen=True)
class Network:
    """Where the machines of a workload go."""

    subnets: list[str]
    group: str


def make_networks(place: Place, workload: Workload) -> Network:
    """As many networks as the scale says; all but the first, which is returned, stay without machines."""
    first, *_ = [_make_network(place, workload, name) for name in place.names(workload, ("vpc",), 1)]
    return first


def _make_network(place: Place, workload: Workload, name: str) -> Network:
    ec2, app = place.client("ec2"), workload.app
    vpc_tags = tags_for("vpc", workload.tags(name))
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=[vpc_tags])["Vpc"]["VpcId"]
    subnets = [_make_subnet(place, workload, vpc, index, f"{app}-private-{index + 1}") for index in range(2)]
    groups = {
        part: ec2.create_security_group(
            GroupName=f"{app}-{part}",
            Description=f"{part} of {app}",
            VpcId=vpc,
            TagSpecifications=[tags_for("security-group", workload.tags(f"{app}-{part}"))],
        )["GroupId"]
        for part in ("web", "db")
    }
    ec2.authorize_security_group_ingress(GroupId=groups["web"], IpPermissions=[open_port(443, "0.0.0.0/0")])
    ec2.create_network_interface(
        SubnetId=subnets[0],
        Groups=[groups["db"]],
        Description=f"database proxy of {app}",
        TagSpecifications=[tags_for("network-interface", workload.tags(f"{app}-db-proxy"))],
    )
    if workload.nats:
        _make_ways_out(place, workload, vpc, subnets)
    return Network(subnets, groups["web"])


def _make_subnet(place: Place, workload: Workload, vpc: str, index: int, name: str) -> str:
    subnet: str = place.client("ec2").create_subnet(
        VpcId=vpc,
        CidrBlock=f"10.20.{index * 32}.0/19",
        AvailabilityZone=place.zones[index % 2],
        TagSpecifications=[tags_for("subnet", workload.tags(name))],
    )["Subnet"]["SubnetId"]
    return subnet


def _make_ways_out(place: Place, workload: Workload, vpc: str, private: list[str]) -> None:
    """A public subnet with an Internet gateway; NAT gateways in it, through the first of which the others go out."""
    ec2, app = place.client("ec2"), workload.app
    public = _make_subnet(place, workload, vpc, 4, f"{app}-public")
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    _make_routes(place, workload, vpc, f"{app}-public", [public], GatewayId=internet)
    gateways = []
    for name in place.names(workload, GATEWAYS, workload.nats):
        made = ec2.create_nat_gateway(
            SubnetId=public,
            AllocationId=make_address(place, workload, name),
            TagSpecifications=[tags_for("natgateway", workload.tags(name))],
        )
        gateways.append(made["NatGateway"]["NatGatewayId"])
    _make_routes(place, workload, vpc, f"{app}-private", private, NatGatewayId=gateways[0])


def _make_routes(
    place: Place, workload: Workload, vpc: str, name: str, subnets: list[str], **everything_else: str
) -> None:
    ec2 = place.client("ec2")
    tags = tags_for("route-table", workload.tags(name))
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=[tags])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **everything_else)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def make_address(place: Place, workload: Workload, name: str) -> str:
    """Allocates an elastic IP address and returns the allocation's id."""
    made = place.client("ec2").allocate_address(
        Domain="vpc", TagSpecifications=[tags_for("elastic-ip", workload.tags(name))]
    )
    allocation: str = made["AllocationId"]
    return allocation


def make_balancers(place: Place, workload: Workload, network: Network) -> None:
    for name in place.names(workload, BALANCERS, workload.balancers):
        public = "public" in name
        place.client("elbv2").create_load_balancer(
            Name=name,
            Type="application",
            Scheme="internet-facing" if public else "internal",
            Subnets=network.subnets,
            SecurityGroups=[network.group],
            Tags=pairs(workload.tags(name)),
        )


def open_port(port: int, source: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
