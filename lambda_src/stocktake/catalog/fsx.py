"""Amazon FSx."""

from stocktake.catalog.spec import Call, ResourceType, Tier

# FSx answers with as many as it likes, up to this.
PAGE = {"MaxResults": 1000}

ROWS = (
    ResourceType(
        name="AWS::FSx::FileSystem",
        service="fsx",
        doc="File systems of every kind: Windows, Lustre, ONTAP, OpenZFS. No file is read.",
        calls=(Call(operation="DescribeFileSystems", items="FileSystems", parameters=PAGE),),
        id="FileSystemId",
        arn="ResourceARN",
        tags="Tags",
        created="CreationTime",
        volatile=("AdministrativeActions",),
    ),
    ResourceType(
        name="AWS::FSx::StorageVirtualMachine",
        service="fsx",
        tier=Tier.FULL,
        doc="Storage virtual machines of ONTAP file systems.",
        calls=(Call(operation="DescribeStorageVirtualMachines", items="StorageVirtualMachines", parameters=PAGE),),
        id="StorageVirtualMachineId",
        arn="ResourceARN",
        label="Name",
        tags="Tags",
        created="CreationTime",
    ),
    ResourceType(
        name="AWS::FSx::Volume",
        service="fsx",
        tier=Tier.FULL,
        doc="Volumes of ONTAP and OpenZFS file systems.",
        calls=(Call(operation="DescribeVolumes", items="Volumes", parameters=PAGE),),
        id="VolumeId",
        arn="ResourceARN",
        label="Name",
        tags="Tags",
        created="CreationTime",
        volatile=("AdministrativeActions",),
    ),
)
