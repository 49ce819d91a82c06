"""What happens in an estate between two runs."""

from __future__ import annotations

from typing import Any

from demo.estate.data import bucket_of, make_table
from demo.estate.network import open_port
from demo.estate.place import Place, account_at, pages, pairs, tags_for
from demo.server import REGION


def change(url: str, region: str = REGION) -> list[str]:
    """Changes a few things in a seeded region, and says what, a sentence for each."""
    place = Place(account_at(url), region, 1)
    ec2, sqs, s3 = (place.client(service) for service in ("ec2", "sqs", "s3"))
    owner = {"env": "prod", "team": "storefront"}

    instance = next(pages(ec2, "describe_instances", "Reservations[].Instances[]", Filters=_named("shop-web")))
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    canary = ec2.run_instances(
        ImageId=instance["ImageId"],
        InstanceType="m7i.large",
        SubnetId=instance["SubnetId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[tags_for("instance", {"Name": "shop-canary"} | owner)],
    )["Instances"][0]

    bucket = bucket_of("shop-assets", region)
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [*tags, *pairs({"cost-center": "4711"})]})

    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="shop-mails")["QueueUrl"])
    make_table(place, "shop-wishlists", owner)
    place.client("logs").create_log_group(logGroupName="/aws/lambda/shop-wishlists", tags=owner)

    group = next(pages(ec2, "describe_security_groups", "SecurityGroups[]", Filters=_named("shop-db")))
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[open_port(5432, "0.0.0.0/0")])

    return [
        f"Terminated the instance {instance['InstanceId']} (shop-web) in {region}.",
        f"Launched the instance {canary['InstanceId']} (shop-canary) in {region}.",
        f"Tagged the bucket {bucket} with cost-center = 4711.",
        f"Deleted the queue shop-mails in {region}.",
        f"Created the table shop-wishlists in {region}.",
        f"Created the log group /aws/lambda/shop-wishlists in {region}.",
        f"Opened port 5432 of the security group {group['GroupId']} (shop-db) in {region} to 0.0.0.0/0.",
    ]


def _named(name: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Name", "Values": [name]}]
