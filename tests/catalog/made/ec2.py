from __future__ import annotations

from typing import Any

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, REGION, Account, Maker
from tests.catalog.made.needed import IMAGE, bucket


def tagged(kind: str) -> dict[str, Any]:
    """The parameter with which EC2 tags a resource of a kind when it makes it."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": KEY_VALUE}]}


def tag(account: Account, identity: str) -> str:
    """The same afterwards, for what moto does not tag when it makes it."""
    account.client("ec2").create_tags(Resources=[identity], Tags=KEY_VALUE)
    return identity


def instance(account: Account) -> str:
    made = account.client("ec2").run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, **tagged("instance")
    )
    return made["Instances"][0]["InstanceId"]


def volume(account: Account) -> str:
    made = account.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=8, **tagged("volume"))
    return made["VolumeId"]


def snapshot(account: Account) -> str:
    return account.client("ec2").create_snapshot(VolumeId=volume(account), **tagged("snapshot"))["SnapshotId"]


def image(account: Account) -> str:
    made = account.client("ec2").create_image(InstanceId=instance(account), Name="web", **tagged("image"))
    return made["ImageId"]


def vpc(account: Account) -> str:
    return account.client("ec2").create_vpc(CidrBlock="10.1.0.0/16", **tagged("vpc"))["Vpc"]["VpcId"]


def subnet_of(account: Account, network: str) -> tuple[str, str]:
    made = account.client("ec2").create_subnet(VpcId=network, CidrBlock="10.1.1.0/24", **tagged("subnet"))["Subnet"]
    return made["SubnetId"], made["SubnetArn"]


def subnet(account: Account) -> tuple[str, str]:
    return subnet_of(account, vpc(account))


def security_group(account: Account) -> str:
    made = account.client("ec2").create_security_group(
        GroupName="web", Description="web", VpcId=vpc(account), **tagged("security-group")
    )
    return made["GroupId"]


def network_interface(account: Account) -> str:
    inside, _ = subnet(account)
    made = account.client("ec2").create_network_interface(SubnetId=inside, **tagged("network-interface"))
    return made["NetworkInterface"]["NetworkInterfaceId"]


def address(account: Account) -> str:
    return account.client("ec2").allocate_address(Domain="vpc", **tagged("elastic-ip"))["AllocationId"]


def launch_template(account: Account) -> str:
    made = account.client("ec2").create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": IMAGE}, **tagged("launch-template")
    )
    return made["LaunchTemplate"]["LaunchTemplateId"]


def nat_gateway(account: Account) -> str:
    inside, _ = subnet(account)
    made = account.client("ec2").create_nat_gateway(
        SubnetId=inside, AllocationId=address(account), **tagged("natgateway")
    )
    return made["NatGateway"]["NatGatewayId"]


def route_table(account: Account) -> str:
    made = account.client("ec2").create_route_table(VpcId=vpc(account), **tagged("route-table"))
    return made["RouteTable"]["RouteTableId"]


def internet_gateway(account: Account) -> str:
    made = account.client("ec2").create_internet_gateway(**tagged("internet-gateway"))
    return made["InternetGateway"]["InternetGatewayId"]


def egress_only_internet_gateway(account: Account) -> str:
    kind = tagged("egress-only-internet-gateway")
    made = account.client("ec2").create_egress_only_internet_gateway(VpcId=vpc(account), **kind)
    return made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]


def carrier_gateway(account: Account) -> str:
    made = account.client("ec2").create_carrier_gateway(VpcId=vpc(account), **tagged("carrier-gateway"))
    return made["CarrierGateway"]["CarrierGatewayId"]


def network_acl(account: Account) -> str:
    made = account.client("ec2").create_network_acl(VpcId=vpc(account), **tagged("network-acl"))
    return made["NetworkAcl"]["NetworkAclId"]


def dhcp_options(account: Account) -> str:
    made = account.client("ec2").create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name", "Values": ["shop.test"]}]
    )
    return tag(account, made["DhcpOptions"]["DhcpOptionsId"])


def prefix_list(account: Account) -> tuple[str, str]:
    made = account.client("ec2").create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4", **tagged("prefix-list")
    )["PrefixList"]
    return made["PrefixListId"], made["PrefixListArn"]


def flow_log(account: Account) -> str:
    made = account.client("ec2").create_flow_logs(
        ResourceIds=[vpc(account)],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{bucket(account)}",
        **tagged("vpc-flow-log"),
    )
    return made["FlowLogIds"][0]


def vpc_endpoint(account: Account) -> str:
    made = account.client("ec2").create_vpc_endpoint(
        VpcId=vpc(account), ServiceName=f"com.amazonaws.{REGION}.s3", **tagged("vpc-endpoint")
    )
    return made["VpcEndpoint"]["VpcEndpointId"]


def vpc_endpoint_service(account: Account) -> str:
    inside, _ = subnet(account)
    balancer = account.client("elbv2").create_load_balancer(Name="shop", Type="network", Subnets=[inside])
    made = account.client("ec2").create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[balancer["LoadBalancers"][0]["LoadBalancerArn"]], **tagged("vpc-endpoint-service")
    )
    return made["ServiceConfiguration"]["ServiceId"]


def vpc_peering_connection(account: Account) -> str:
    made = account.client("ec2").create_vpc_peering_connection(
        VpcId=vpc(account), PeerVpcId=vpc(account), **tagged("vpc-peering-connection")
    )
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def transit_gateway(account: Account, region: str = REGION) -> tuple[str, str]:
    made = account.client("ec2", region).create_transit_gateway(**tagged("transit-gateway"))["TransitGateway"]
    return made["TransitGatewayId"], made["TransitGatewayArn"]


def transit_gateway_vpc_attachment(account: Account) -> str:
    gateway, _ = transit_gateway(account)
    network = vpc(account)
    inside, _ = subnet_of(account, network)
    made = account.client("ec2").create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=network, SubnetIds=[inside]
    )
    return tag(account, made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])


def transit_gateway_peering_attachment(account: Account) -> str:
    gateway, _ = transit_gateway(account)
    other, _ = transit_gateway(account, "eu-west-1")
    made = account.client("ec2").create_transit_gateway_peering_attachment(
        TransitGatewayId=gateway,
        PeerTransitGatewayId=other,
        PeerAccountId=ACCOUNT,
        PeerRegion="eu-west-1",
        **tagged("transit-gateway-attachment"),
    )
    return made["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]


def transit_gateway_route_table(account: Account) -> str:
    gateway, _ = transit_gateway(account)
    made = account.client("ec2").create_transit_gateway_route_table(
        TransitGatewayId=gateway, **tagged("transit-gateway-route-table")
    )
    return made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]


def customer_gateway(account: Account) -> str:
    made = account.client("ec2").create_customer_gateway(
        Type="ipsec.1", BgpAsn=65000, IpAddress="192.0.2.1", **tagged("customer-gateway")
    )
    return made["CustomerGateway"]["CustomerGatewayId"]


def vpn_gateway(account: Account) -> str:
    return account.client("ec2").create_vpn_gateway(Type="ipsec.1", **tagged("vpn-gateway"))["VpnGateway"][
        "VpnGatewayId"
    ]


def vpn_connection(account: Account) -> str:
    made = account.client("ec2").create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=customer_gateway(account),
        VpnGatewayId=vpn_gateway(account),
        **tagged("vpn-connection"),
    )
    return made["VpnConnection"]["VpnConnectionId"]


def key_pair(account: Account) -> str:
    return account.client("ec2").create_key_pair(KeyName="operators", **tagged("key-pair"))["KeyPairId"]


def spot_fleet(account: Account) -> str:
    inside, _ = subnet(account)
    machine = {"ImageId": IMAGE, "InstanceType": "t3.micro", "SubnetId": inside}
    made = account.client("ec2").request_spot_fleet(
        SpotFleetRequestConfig={
            "IamFleetRole": "arn:aws:iam::123456789012:role/fleet",
            "TargetCapacity": 1,
            "AllocationStrategy": "lowestPrice",
            "SpotPrice": "0.05",
            "LaunchSpecifications": [machine],
            **tagged("spot-fleet-request"),
        }
    )
    return made["SpotFleetRequestId"]


def host(account: Account) -> str:
    made = account.client("ec2").allocate_hosts(
        AvailabilityZone="us-east-1a", InstanceType="m5.large", Quantity=1, **tagged("dedicated-host")
    )
    return made["HostIds"][0]


MAKERS: dict[str, Maker] = {
    "AWS::EC2::CarrierGateway": carrier_gateway,
    "AWS::EC2::CustomerGateway": customer_gateway,
    "AWS::EC2::DHCPOptions": dhcp_options,
    "AWS::EC2::EIP": address,
    "AWS::EC2::EgressOnlyInternetGateway": egress_only_internet_gateway,
    "AWS::EC2::FlowLog": flow_log,
    "AWS::EC2::Host": host,
    "AWS::EC2::Image": image,
    "AWS::EC2::Instance": instance,
    "AWS::EC2::InternetGateway": internet_gateway,
    "AWS::EC2::KeyPair": key_pair,
    "AWS::EC2::LaunchTemplate": launch_template,
    "AWS::EC2::NatGateway": nat_gateway,
    "AWS::EC2::NetworkAcl": network_acl,
    "AWS::EC2::NetworkInterface": network_interface,
    "AWS::EC2::PrefixList": prefix_list,
    "AWS::EC2::RouteTable": route_table,
    "AWS::EC2::SecurityGroup": security_group,
    "AWS::EC2::Snapshot": snapshot,
    "AWS::EC2::SpotFleet": spot_fleet,
    "AWS::EC2::Subnet": subnet,
    "AWS::EC2::TransitGateway": transit_gateway,
    "AWS::EC2::TransitGatewayAttachment": transit_gateway_vpc_attachment,
    "AWS::EC2::TransitGatewayPeeringAttachment": transit_gateway_peering_attachment,
    "AWS::EC2::TransitGatewayRouteTable": transit_gateway_route_table,
    "AWS::EC2::TransitGatewayVpcAttachment": transit_gateway_vpc_attachment,
    "AWS::EC2::VPC": vpc,
    "AWS::EC2::VPCEndpoint": vpc_endpoint,
    "AWS::EC2::VPCEndpointService": vpc_endpoint_service,
    "AWS::EC2::VPCPeeringConnection": vpc_peering_connection,
    "AWS::EC2::VPNConnection": vpn_connection,
    "AWS::EC2::VPNGateway": vpn_gateway,
    "AWS::EC2::Volume": volume,
}

UNTIMED = {"AWS::EC2::SpotFleet": "moto does not say when a fleet was asked for"}
