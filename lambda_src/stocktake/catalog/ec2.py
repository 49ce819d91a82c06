"""Amazon EC2: instances, storage and networks.

MaxResults always stands there: an unpaginated EC2 describe lives in a smaller quota bucket, and pages are how a large
region answers in time. IncludeManagedResources, because resources that AWS services manage in the account are hidden
from describes unless it is asked for.
"""

from stocktake.catalog.spec import Call, ResourceType

PAGE = {"MaxResults": 1000}
PAGE_WITH_MANAGED = {"MaxResults": 1000, "IncludeManagedResources": True}

ROWS = (
    ResourceType(
        name="AWS::EC2::Instance",
        service="ec2",
        doc="Virtual machines, in every state that EC2 still lists.",
        calls=(Call(operation="DescribeInstances", items="Reservations[].Instances[]", parameters=PAGE_WITH_MANAGED),),
        id="InstanceId",
        arn="arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
        tags="Tags",
        created="LaunchTime",
        secret=("ClientToken",),
    ),
    ResourceType(
        name="AWS::EC2::Volume",
        service="ec2",
        doc="EBS volumes and what they are attached to.",
        calls=(Call(operation="DescribeVolumes", items="Volumes", parameters=PAGE_WITH_MANAGED),),
        id="VolumeId",
        arn="arn:{partition}:ec2:{region}:{account}:volume/{VolumeId}",
        tags="Tags",
        created="CreateTime",
    ),
    ResourceType(
        name="AWS::EC2::VPC",
        service="ec2",
        doc="Virtual networks, default ones included.",
        calls=(Call(operation="DescribeVpcs", items="Vpcs", parameters=PAGE),),
        id="VpcId",
        arn="arn:{partition}:ec2:{region}:{OwnerId}:vpc/{VpcId}",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::EC2::Subnet",
        service="ec2",
        doc="Subnets, shared ones included.",
        calls=(Call(operation="DescribeSubnets", items="Subnets", parameters=PAGE),),
        id="SubnetId",
        arn="SubnetArn",
        tags="Tags",
        volatile=("AvailableIpAddressCount",),
    ),
    ResourceType(
        name="AWS::EC2::SecurityGroup",
        service="ec2",
        doc="Security groups with their rules.",
        calls=(Call(operation="DescribeSecurityGroups", items="SecurityGroups", parameters=PAGE),),
        id="GroupId",
        arn="arn:{partition}:ec2:{region}:{OwnerId}:security-group/{GroupId}",
        label="GroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::EC2::NetworkInterface",
        service="ec2",
        doc="Network interfaces: who holds which address.",
        calls=(Call(operation="DescribeNetworkInterfaces", items="NetworkInterfaces", parameters=PAGE_WITH_MANAGED),),
        id="NetworkInterfaceId",
        arn="arn:{partition}:ec2:{region}:{OwnerId}:network-interface/{NetworkInterfaceId}",
        tags="TagSet",
    ),
    ResourceType(
        name="AWS::EC2::EIP",
        service="ec2",
        doc="Elastic IP addresses, associated or not.",
        # DescribeAddresses has no pages.
        calls=(Call(operation="DescribeAddresses", items="Addresses"),),
        id="AllocationId || PublicIp",
        arn="arn:{partition}:ec2:{region}:{account}:elastic-ip/{AllocationId}",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::EC2::Image",
        service="ec2",
        cloudformation=False,
        doc="Machine images that the account owns, deprecated and disabled ones included.",
        calls=(
            Call(
                operation="DescribeImages",
                items="Images",
                parameters={"Owners": ["self"], "IncludeDeprecated": True, "IncludeDisabled": True, **PAGE},
            ),
        ),
        id="ImageId",
        arn="arn:{partition}:ec2:{region}::image/{ImageId}",
        label="Name",
        tags="Tags",
        created="CreationDate",
        volatile=("LastLaunchedTime",),
    ),
    ResourceType(
        name="AWS::EC2::LaunchTemplate",
        service="ec2",
        doc="Launch templates, without the versions' data.",
        calls=(
            Call(
                operation="DescribeLaunchTemplates",
                items="LaunchTemplates",
                parameters={"MaxResults": 200, "IncludeManagedResources": True},
            ),
        ),
        id="LaunchTemplateId",
        arn="arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}",
        label="LaunchTemplateName",
        tags="Tags",
        created="CreateTime",
    ),
    ResourceType(
        name="AWS::EC2::NatGateway",
        service="ec2",
        doc="NAT gateways and their addresses.",
        calls=(Call(operation="DescribeNatGateways", items="NatGateways", parameters=PAGE),),
        id="NatGatewayId",
        arn="arn:{partition}:ec2:{region}:{account}:natgateway/{NatGatewayId}",
        tags="Tags",
        created="CreateTime",
    ),
    ResourceType(
        name="AWS::EC2::RouteTable",
        service="ec2",
        doc="Route tables with their routes and associations.",
        calls=(Call(operation="DescribeRouteTables", items="RouteTables", parameters={"MaxResults": 100}),),
        id="RouteTableId",
        arn="arn:{partition}:ec2:{region}:{OwnerId}:route-table/{RouteTableId}",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::EC2::Snapshot",
        service="ec2",
        cloudformation=False,
        doc="EBS snapshots that the account owns.",
        calls=(Call(operation="DescribeSnapshots", items="Snapshots", parameters={"OwnerIds": ["self"], **PAGE}),),
        id="SnapshotId",
        arn="arn:{partition}:ec2:{region}::snapshot/{SnapshotId}",
        tags="Tags",
        created="StartTime",
        volatile=("Progress",),
    ),
)
