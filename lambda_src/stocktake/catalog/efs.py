"""Amazon Elastic File System."""

from stocktake.catalog.spec import Call, ResourceType, Tier, item

FILE_SYSTEMS = Call(
    operation="DescribeFileSystems",
    items="FileSystems",
    parameters={"MaxItems": 100},
    iam=("elasticfilesystem:DescribeFileSystems",),
)

ROWS = (
    ResourceType(
        name="AWS::EFS::FileSystem",
        service="efs",
        doc="File systems with encryption and throughput. No file is read.",
        calls=(FILE_SYSTEMS,),
        id="FileSystemId",
        arn="FileSystemArn",
        label="Name",
        tags="Tags",
        created="CreationTime",
        volatile=("SizeInBytes",),
    ),
    ResourceType(
        name="AWS::EFS::AccessPoint",
        service="efs",
        doc="Access points of file systems.",
        calls=(
            Call(
                operation="DescribeAccessPoints",
                items="AccessPoints",
                parameters={"MaxResults": 100},
                iam=("elasticfilesystem:DescribeAccessPoints",),
            ),
        ),
        id="AccessPointId",
        arn="AccessPointArn",
        label="Name",
        tags="Tags",
        secret=("ClientToken",),
    ),
    ResourceType(
        name="AWS::EFS::MountTarget",
        service="efs",
        tier=Tier.FULL,
        doc="Mount targets of every file system: its addresses in subnets.",
        calls=(
            FILE_SYSTEMS,
            Call(
                operation="DescribeMountTargets",
                items="MountTargets",
                parameters={"FileSystemId": item("FileSystemId"), "MaxItems": 100},
                absent=("FileSystemNotFound",),
                iam=("elasticfilesystem:DescribeMountTargets",),
            ),
        ),
        id="MountTargetId",
    ),
)
