"""Virtual machines, what they start from, and their storage."""

from __future__ import annotations

from demo.estate.network import Network, make_address
from demo.estate.place import Place, pairs, tags_for
from demo.estate.workloads import Workload

FIRST_IMAGE = "ami-0de30e57a7e000001"
ADDRESSES = ("bastion", "partner-allowlist", "old-mail")
IMAGES = ("web-base", "worker-base", "web-base-previous")
VOLUMES = ("data", "scratch", "restored")
SNAPSHOTS = ("data-nightly", "data-weekly", "before-upgrade")
FLEETS = ("batch", "render", "spot")


def make_machines(place: Place, workload: Workload, network: Network) -> None:
    """The instances of a workload; their images; the groups that start more of them."""
    machines = _make_instances(place, workload, network)
    _make_addresses(place, workload, machines["bastion"])
    images = [
        place.client("ec2").create_image(
            InstanceId=(machines["web"] or machines["worker"])[0],
            Name=name,
            Description=f"base image of {workload.app}, by {workload.team}",
            NoReboot=True,
            TagSpecifications=[tags_for("image", workload.tags(name))],
        )["ImageId"]
        for name in place.names(workload, IMAGES, workload.images)
    ]
    _make_groups(place, workload, network, next(iter(images), FIRST_IMAGE))


def _make_instances(place: Place, workload: Workload, network: Network) -> dict[str, list[str]]:
    """Makes the workload's instances and returns their ids, fleet by fleet."""
    more_tags = {"bastion": {"name": "jump host, do not delete"}}
    fleets = (
        ("web", workload.web, "m7i.large"),
        ("worker", workload.workers, "c7g.xlarge"),
        ("bastion", int(workload.in_production), "t4g.nano"),
    )
    made: dict[str, list[str]] = {}
    for index, (fleet, number, instance_type) in enumerate(fleets):
        made[fleet] = []
        if number:
            tags = workload.tags(f"{workload.app}-{fleet}") | more_tags.get(fleet, {})
            answer = place.client("ec2").run_instances(
                ImageId=FIRST_IMAGE,
                InstanceType=instance_type,
                SubnetId=network.subnets[index % len(network.subnets)],
                SecurityGroupIds=[network.group],
                MinCount=number * place.scale,
                MaxCount=number * place.scale,
                TagSpecifications=[tags_for("instance", tags), tags_for("volume", tags)],
            )
            made[fleet] = [instance["InstanceId"] for instance in answer["Instances"]]
    return made


def _make_addresses(place: Place, workload: Workload, bastions: list[str]) -> None:
    """Addresses of which the first is a bastion's, where there is one; the others belong to nothing."""
    for index, name in enumerate(place.names(workload, ADDRESSES, workload.addresses)):
        address = make_address(place, workload, name)
        if index == 0 and bastions:
            place.client("ec2").associate_address(AllocationId=address, InstanceId=bastions[0])


def _make_groups(place: Place, workload: Workload, network: Network, image: str) -> None:
    for index, name in enumerate(place.names(workload, FLEETS, workload.templates)):
        tags = workload.tags(name)
        template = place.client("ec2").create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={
                "ImageId": image,
                "InstanceType": "c7g.large",
                "SecurityGroupIds": [network.group],
            },
            TagSpecifications=[tags_for("launch-template", tags)],
        )["LaunchTemplate"]
        if index < workload.groups * place.scale:
            place.client("autoscaling").create_auto_scaling_group(
                AutoScalingGroupName=name,
                LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"},
                MinSize=0,
                MaxSize=12,
                DesiredCapacity=int(workload.in_production),
                VPCZoneIdentifier=",".join(network.subnets),
                Tags=[{**pair, "PropagateAtLaunch": True} for pair in pairs(tags)],
            )


def make_storage(place: Place, workload: Workload) -> None:
    """Volumes that no instance has, and snapshots of them."""
    ec2 = place.client("ec2")
    volumes = [
        ec2.create_volume(
            AvailabilityZone=place.zones[0],
            Size=200,
            VolumeType="gp3",
            Encrypted=name.endswith("data"),
            TagSpecifications=[tags_for("volume", workload.tags(name))],
        )["VolumeId"]
        for name in place.names(workload, VOLUMES, workload.volumes)
    ]
    for index, name in enumerate(place.names(workload, SNAPSHOTS, workload.snapshots)):
        ec2.create_snapshot(
            VolumeId=volumes[index % len(volumes)],
            Description=name,
            TagSpecifications=[tags_for("snapshot", workload.tags(name))],
        )
