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
)
