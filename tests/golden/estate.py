"""The estate of the golden run: what two runs an hour apart saw of one account, and what they did not see.

Written by hand, after what the services really answer, and apart from the catalogue: rows may change, this may not.
Names are as hostile as the services let them be. Addresses and the account are those set aside for documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stocktake.model import GLOBAL, Gap, Reason, ReasonCode, Resource, State, Target, Unit

ACCOUNT = "111122223333"
IRELAND, VIRGINIA = "eu-west-1", "us-east-1"

BUCKET = "AWS::S3::Bucket"
FUNCTION = "AWS::Lambda::Function"
GROUP = "AWS::EC2::SecurityGroup"
INSTANCE = "AWS::EC2::Instance"
DATABASE = "AWS::RDS::DBInstance"
QUEUE = "AWS::SQS::Queue"
ROLE = "AWS::IAM::Role"
SUBNET = "AWS::EC2::Subnet"
TABLE = "AWS::DynamoDB::Table"
VOLUME = "AWS::EC2::Volume"
VPC = "AWS::EC2::VPC"

VOLATILE = {
    DATABASE: ("LatestRestorableTime",),
    QUEUE: ("Attributes.ApproximateNumberOfMessages",),
    ROLE: ("RoleLastUsed",),
    SUBNET: ("AvailableIpAddressCount",),
    TABLE: ("ItemCount", "TableSizeBytes"),
}

HTML = "<script>alert('owned')</script><img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\nverdict: complete"
BIDI = "invoice\u202efdp.exe\u2066\u200b\ufeff"
NUL = "before\x00after\x7f"
EMOJI = "👩‍💻 büro 東京 e\u0301"
NOT_UNICODE = "half a \ud83d character"  # a lone surrogate, which JSON lets through: written as U+FFFD

Tags = Mapping[str, str] | None


@dataclass(frozen=True)
class Seen:
    """What became of a unit in a run, and the resources that it gave."""

    unit: Unit
    state: State = State.COLLECTED
    reason: Reason | None = None
    resources: tuple[Resource, ...] = ()
    pages: int = 1
    calls: int = 1
    retries: int = 0
    throttles: int = 0
    seconds: float = 0.25


def unit(name: str, region: str) -> Unit:
    return Unit(name, Target(ACCOUNT, region, VIRGINIA if region == GLOBAL else region))


def pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def arn(service: str, region: str, rest: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


# --- networks ---


def vpc(region: str, number: int, cidr: str, tags: Tags, *, default: bool = False) -> Resource:
    identity = f"vpc-0a1b2c3d4e5f6000{number}"
    data = {
        "CidrBlock": cidr,
        "CidrBlockAssociationSet": [
            {
                "AssociationId": f"vpc-cidr-assoc-0a1b2c3d4e5f6000{number}",
                "CidrBlock": cidr,
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "DhcpOptionsId": "dopt-0a1b2c3d4e5f60000",
        "InstanceTenancy": "default",
        "IsDefault": default,
        "OwnerId": ACCOUNT,
        "State": "available",
        "Tags": pairs(tags),
        "VpcId": identity,
    }
    name = (tags or {}).get("Name")
    return Resource(ACCOUNT, region, VPC, identity, arn("ec2", region, f"vpc/{identity}"), name, tags, None, data)


def subnet(region: str, number: int, cidr: str, zone: str, free: int, tags: Tags) -> Resource:
    identity = f"subnet-0a1b2c3d4e5f6000{number}"
    where = arn("ec2", region, f"subnet/{identity}")
    data = {
        "AssignIpv6AddressOnCreation": True,
        "AvailabilityZone": region + zone,
        "AvailableIpAddressCount": free,
        "CidrBlock": cidr,
        "Ipv6CidrBlockAssociationSet": [
            {
                "AssociationId": f"subnet-cidr-assoc-0a1b2c3d4e5f6000{number}",
                "Ipv6CidrBlock": f"2001:db8:1234:1a0{number}::/64",
                "Ipv6CidrBlockState": {"State": "associated"},
            }
        ],
        "MapPublicIpOnLaunch": False,
        "OwnerId": ACCOUNT,
        "State": "available",
        "SubnetArn": where,
        "SubnetId": identity,
        "Tags": pairs(tags),
        "VpcId": "vpc-0a1b2c3d4e5f60001",
    }
    return Resource(ACCOUNT, region, SUBNET, identity, where, (tags or {}).get("Name"), tags, None, data)


def group(region: str, number: int, name: str, description: str, cidrs: Mapping[int, str], tags: Tags) -> Resource:
    identity = f"sg-0a1b2c3d4e5f6000{number}"
    data = {
        "Description": description,
        "GroupId": identity,
        "GroupName": name,
        "IpPermissions": [
            {
                "FromPort": port,
                "IpProtocol": "tcp",
                "IpRanges": [{"CidrIp": cidr, "Description": "as <b>asked</b>"}],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
                "ToPort": port,
                "UserIdGroupPairs": [],
            }
            for port, cidr in cidrs.items()
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        "OwnerId": ACCOUNT,
        "Tags": pairs(tags),
        "VpcId": "vpc-0a1b2c3d4e5f60001",
    }
    where = arn("ec2", region, f"security-group/{identity}")
    return Resource(ACCOUNT, region, GROUP, identity, where, name, tags, None, data)


# --- machines ---


def instance(
    region: str, number: int, private: str, tags: Tags, *, public: str | None = None, kind: str = "m7g.large"
) -> Resource:
    identity = f"i-0a1b2c3d4e5f6000{number}"
    zone = region + "a"
    address = {"Primary": True, "PrivateIpAddress": private}
    association = {"IpOwnerId": "amazon", "PublicDnsName": "", "PublicIp": public} if public else None
    interface = {
        "Groups": [{"GroupId": "sg-0a1b2c3d4e5f60002", "GroupName": "web"}],
        "MacAddress": f"02:00:00:00:00:0{number}",
        "NetworkInterfaceId": f"eni-0a1b2c3d4e5f6000{number}",
        "Ipv6Addresses": [{"Ipv6Address": f"2001:db8:1234:1a01::{number}", "IsPrimaryIpv6": False}],
        "PrivateIpAddress": private,
        "PrivateIpAddresses": [address | ({"Association": association} if association else {})],
        "Status": "in-use",
        "SubnetId": "subnet-0a1b2c3d4e5f60001",
        "VpcId": "vpc-0a1b2c3d4e5f60001",
    }
    data: dict[str, Any] = {
        "Architecture": "arm64",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"Status": "attached", "VolumeId": f"vol-0a1b2c3d4e5f6000{number}"}}
        ],
        "ClientToken": "[redacted]",
        "ImageId": "ami-0123456789abcdef0",
        "InstanceId": identity,
        "InstanceType": kind,
        "LaunchTime": f"2026-01-0{number}T10:00:00Z",
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "State": "applied"},
        "NetworkInterfaces": [interface],
        "Placement": {"AvailabilityZone": zone, "GroupName": "", "Tenancy": "default"},
        "PrivateDnsName": f"ip-{private.replace('.', '-')}.{region}.compute.internal",
        "PrivateIpAddress": private,
        "SecurityGroups": [{"GroupId": "sg-0a1b2c3d4e5f60002", "GroupName": "web"}],
        "State": {"Code": 16, "Name": "running"},
        "SubnetId": "subnet-0a1b2c3d4e5f60001",
        "Tags": pairs(tags),
        "VpcId": "vpc-0a1b2c3d4e5f60001",
    }
    if public:
        data["PublicIpAddress"] = public
    where = arn("ec2", region, f"instance/{identity}")
    name = (tags or {}).get("Name")
    return Resource(ACCOUNT, region, INSTANCE, identity, where, name, tags, data["LaunchTime"], data)


def volume(region: str, number: int, size: int, tags: Tags, *, attached: bool = True) -> Resource:
    identity = f"vol-0a1b2c3d4e5f6000{number}"
    created = f"2026-01-0{number}T10:00:01.5Z"
    data = {
        "Attachments": [{"Device": "/dev/xvda", "InstanceId": f"i-0a1b2c3d4e5f6000{number}"}] if attached else [],
        "AvailabilityZone": region + "a",
        "CreateTime": created,
        "Encrypted": attached,
        "Size": size,
        "State": "in-use" if attached else "available",
        "Tags": pairs(tags),
        "VolumeId": identity,
        "VolumeType": "gp3",
    }
    where = arn("ec2", region, f"volume/{identity}")
    return Resource(ACCOUNT, region, VOLUME, identity, where, (tags or {}).get("Name"), tags, created, data)


# --- what runs and stores without machines ---


def table(region: str, name: str, items: int, tags: Tags, *, gaps: tuple[Gap, ...] = ()) -> Resource:
    where = arn("dynamodb", region, f"table/{name}")
    data: dict[str, Any] = {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "CreationDateTime": "2025-03-01T08:30:00.123Z",
        "DeletionProtectionEnabled": False,
        "ItemCount": items,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TableArn": where,
        "TableName": name,
        "TableSizeBytes": 2**53 + 1,  # more than a JavaScript number can hold
        "TableStatus": "ACTIVE",
    }
    if tags is not None:
        data["Tags"] = pairs(tags)
    return Resource(ACCOUNT, region, TABLE, name, where, name, tags, "2025-03-01T08:30:00.123Z", data, gaps)


def function(region: str, name: str, description: str, tags: Tags) -> Resource:
    where = arn("lambda", region, f"function:{name}")
    data = {
        "Architectures": ["arm64"],
        "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "CodeSize": 156,
        "Description": description,
        "Environment": {"Variables": {"DATABASE_PASSWORD": "[redacted]", "PATH": "[redacted]", "Path": "[redacted]"}},
        "FunctionArn": where,
        "FunctionName": name,
        "Handler": "app.handler",
        "MemorySize": 512,
        "Role": f"arn:aws:iam::{ACCOUNT}:role/shop/checkout",
        "Runtime": "python3.13",
        "Tags": tags,
        "Timeout": 30,
        "Version": "$LATEST",
    }
    return Resource(ACCOUNT, region, FUNCTION, name, where, name, tags, None, data)


def queue(region: str, name: str, messages: int, tags: Tags) -> Resource:
    where = arn("sqs", region, name)
    url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}"
    data = {
        "Attributes": {
            "ApproximateNumberOfMessages": str(messages),
            "CreatedTimestamp": "1740818000",
            "KmsMasterKeyId": "alias/aws/sqs",
            "QueueArn": where,
            "VisibilityTimeout": "30",
        },
        "QueueName": name,
        "QueueUrl": url,
        "Tags": tags or None,
    }
    return Resource(ACCOUNT, region, QUEUE, url, where, name, tags, None, data)


def database(region: str, name: str, restorable: str, tags: Tags) -> Resource:
    where = arn("rds", region, f"db:{name}")
    data = {
        "AllocatedStorage": 100,
        "DBInstanceArn": where,
        "DBInstanceClass": "db.r7g.large",
        "DBInstanceIdentifier": name,
        "DBInstanceStatus": "available",
        "Endpoint": {"Address": f"{name}.abcdefghijkl.{region}.rds.amazonaws.com", "Port": 5432},
        "Engine": "postgres",
        "EngineVersion": "17.4",
        "InstanceCreateTime": "2024-11-05T12:00:00.5Z",
        "LatestRestorableTime": restorable,
        "MultiAZ": True,
        "PubliclyAccessible": False,
        "StorageEncrypted": True,
        "TagList": pairs(tags),
    }
    return Resource(ACCOUNT, region, DATABASE, name, where, name, tags, "2024-11-05T12:00:00.5Z", data)


# --- what belongs to no region ---


def role(path: str, name: str, used: str, tags: Tags) -> Resource:
    where = f"arn:aws:iam::{ACCOUNT}:role{path}{name}"
    data = {
        "Arn": where,
        "AssumeRolePolicyDocument": {
            "Statement": [
                {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
            ],
            "Version": "2012-10-17",
        },
        "CreateDate": "2024-11-05T11:00:00Z",
        "MaxSessionDuration": 3600,
        "Path": path,
        "PermissionsBoundary": None,
        "RoleId": "AROAEXAMPLEEXAMPLE000",
        "RoleLastUsed": {"LastUsedDate": used, "Region": IRELAND},
        "RoleName": name,
        "Tags": pairs(tags),
    }
    return Resource(ACCOUNT, GLOBAL, ROLE, name, where, name, tags, "2024-11-05T11:00:00Z", data)


def bucket(region: str, name: str, tags: Tags, *, public: bool | None, gaps: tuple[Gap, ...] = ()) -> Resource:
    """A bucket lies in a region of its own, whatever its unit's."""
    data: dict[str, Any] = {
        "BucketRegion": region,
        "CreationDate": "2024-11-05T10:00:00Z",
        "Name": name,
        "PublicAccessBlockConfiguration": None,
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
        },
        "Versioning": {"MFADelete": None, "Status": "Enabled"},
    }
    if public is not None:
        data["PolicyStatus"] = {"IsPublic": public}
    if tags is not None:
        data["TagSet"] = pairs(tags)
    where = f"arn:aws:s3:::{name}"
    return Resource(ACCOUNT, region, BUCKET, name, where, name, tags, "2024-11-05T10:00:00Z", data, gaps)


def denied(operation: str, action: str) -> Reason:
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/stocktake/stocktake"
    message = f"{operation}: AccessDenied: User: {who} is not authorized to perform: {action}"
    return Reason(ReasonCode.IAM, message)


# --- the two runs ---

WEB = instance(IRELAND, 1, "10.0.1.11", {"Name": "web-1", "env": "prod", "name": "not the name"}, public="203.0.113.11")
WEB_LARGER = instance(
    IRELAND,
    1,
    "10.0.1.11",
    {"Name": "web-1", "env": "prod", "name": "not the name"},
    public="203.0.113.11",
    kind="m7g.xlarge",
)
SCRIPT = instance(IRELAND, 2, "10.0.1.12", {"Name": HTML, FORMULA: FORMULA})
LEAVES = instance(IRELAND, 3, "10.0.1.13", {"Name": ESCAPES})
REVERSED = instance(IRELAND, 4, "10.0.1.14", {"Name": BIDI, "note": "line one\nline two\u2028line three"})
NAMELESS = instance(IRELAND, 5, "10.0.1.15", {})
COMES = instance(IRELAND, 6, "10.0.1.16", {"Name": EMOJI, NUL: NUL}, public="203.0.113.16")
EAST_ONE = instance(VIRGINIA, 7, "10.1.1.17", {"Name": FORMULA}, public="198.51.100.17")
EAST_TWO = instance(VIRGINIA, 8, "10.1.1.18", {"Name": NOT_UNICODE})
EAST_THREE = instance(VIRGINIA, 9, "10.1.1.19", {"Name": "batch"})

GROUPS = (
    group(IRELAND, 1, "default", "default VPC security group", {}, {}),
    group(IRELAND, 2, "web", 'quotes "and" \\ backslashes', {22: "198.51.100.0/24", 443: "0.0.0.0/0"}, {"Name": "web"}),
)
ROLES = (
    role("/shop/", "checkout", "2026-11-22T11:58:00Z", {"team": "shop"}),
    role("/aws-service-role/sqs.amazonaws.com/", "AWSServiceRoleForSQS", "2026-11-20T00:00:00Z", {}),
)
ASSETS = bucket(IRELAND, "stocktake-example-assets", {"Name": ESCAPES, "name": BIDI}, public=True)
LOGS = bucket(VIRGINIA, "stocktake-example-logs", {}, public=False)

FIRST = (
    Seen(unit(VPC, IRELAND), resources=(vpc(IRELAND, 1, "10.0.0.0/16", {"Name": "shop"}),)),
    Seen(
        unit(SUBNET, IRELAND),
        resources=(
            subnet(IRELAND, 1, "10.0.1.0/24", "a", 246, {"Name": "shop-public"}),
            subnet(IRELAND, 2, "10.0.2.0/24", "b", 251, {"Name": "shop-private"}),
        ),
    ),
    Seen(unit(GROUP, IRELAND), resources=GROUPS),
    Seen(
        unit(INSTANCE, IRELAND),
        resources=(LEAVES, WEB, NAMELESS, SCRIPT, REVERSED),
        pages=2,
        calls=3,
        retries=1,
        throttles=1,
        seconds=1.23456,
    ),
    Seen(unit(TABLE, IRELAND), resources=(table(IRELAND, "orders", 1_000_000, {"Name": "orders"}),), pages=3, calls=3),
    Seen(unit(FUNCTION, IRELAND), resources=(function(IRELAND, "checkout", HTML, {"Name": NUL}),), pages=2, calls=2),
    Seen(unit(QUEUE, IRELAND), resources=(queue(IRELAND, "orders", 0, {}),), pages=3, calls=3),
    Seen(unit(DATABASE, IRELAND), resources=(database(IRELAND, "shop", "2026-11-22T11:55:00Z", {"Name": "shop"}),)),
    Seen(unit(VPC, VIRGINIA), resources=(vpc(VIRGINIA, 3, "172.31.0.0/16", {}, default=True),)),
    Seen(unit(SUBNET, VIRGINIA), resources=(subnet(VIRGINIA, 3, "172.31.0.0/20", "a", 4088, {}),)),
    Seen(unit(GROUP, VIRGINIA), resources=(group(VIRGINIA, 3, "default", "default VPC security group", {}, {}),)),
    Seen(unit(INSTANCE, VIRGINIA), resources=(EAST_ONE, EAST_TWO, EAST_THREE), seconds=0.7),
    Seen(unit(TABLE, VIRGINIA), resources=(table(VIRGINIA, "sessions", 12, {}),), pages=3, calls=3),
    Seen(unit(FUNCTION, VIRGINIA)),
    Seen(unit(QUEUE, VIRGINIA), resources=(queue(VIRGINIA, "mail", 3, {"team": "shop"}),), pages=3, calls=3),
    Seen(
        unit(DATABASE, VIRGINIA),
        State.UNAVAILABLE,
        Reason(ReasonCode.NOT_ENABLED, f"DescribeDBInstances: OptInRequired: {ESCAPES}{BIDI}{HTML}"),
        pages=0,
    ),
    Seen(unit(ROLE, GLOBAL), resources=ROLES, pages=3, calls=3),
    Seen(unit(BUCKET, GLOBAL), resources=(ASSETS, LOGS), pages=11, calls=11, seconds=0.9),
)

NO_TAGS = Gap("Tags", denied("ListTagsOfResource", "dynamodb:ListTagsOfResource"))
NO_POLICY_STATUS = Gap("PolicyStatus", denied("GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"))
NO_TAG_SET = Gap("TagSet", denied("GetBucketTagging", "s3:GetBucketTagging"))

# The catalogue has a type more in this run, volumes: what is not collected of them was never seen before.
SECOND = (
    Seen(unit(VPC, IRELAND), resources=(vpc(IRELAND, 1, "10.0.0.0/16", {"Name": "shop"}),)),
    Seen(
        unit(SUBNET, IRELAND),
        resources=(
            subnet(IRELAND, 1, "10.0.1.0/24", "a", 245, {"Name": "shop-public"}),
            subnet(IRELAND, 2, "10.0.2.0/24", "b", 251, {"Name": "shop-private"}),
        ),
    ),
    Seen(unit(GROUP, IRELAND), resources=GROUPS),
    Seen(
        unit(INSTANCE, IRELAND),
        resources=(WEB_LARGER, SCRIPT, REVERSED, NAMELESS, COMES),
        pages=2,
        calls=2,
        seconds=1.1,
    ),
    Seen(
        unit(VOLUME, IRELAND),
        resources=(
            volume(IRELAND, 1, 30, {"Name": "web-1"}),
            volume(IRELAND, 2, 16_384, {"Name": FORMULA}, attached=False),
        ),
    ),
    Seen(
        unit(TABLE, IRELAND),
        resources=(table(IRELAND, "orders", 1_000_003, None, gaps=(NO_TAGS,)),),
        pages=2,
        calls=3,
    ),
    Seen(unit(FUNCTION, IRELAND), resources=(function(IRELAND, "checkout", HTML, {"Name": NUL}),), pages=2, calls=2),
    Seen(unit(QUEUE, IRELAND), resources=(queue(IRELAND, "orders", 41, {}),), pages=3, calls=3),
    Seen(unit(DATABASE, IRELAND), resources=(database(IRELAND, "shop", "2026-11-22T12:55:00Z", {"Name": "shop"}),)),
    Seen(unit(VPC, VIRGINIA), resources=(vpc(VIRGINIA, 3, "172.31.0.0/16", {}, default=True),)),
    Seen(
        unit(SUBNET, VIRGINIA),
        State.DENIED,
        Reason(ReasonCode.SCP, "DescribeSubnets: UnauthorizedOperation: explicit deny in a service control policy"),
        pages=0,
    ),
    Seen(unit(GROUP, VIRGINIA), resources=(group(VIRGINIA, 3, "default", "default VPC security group", {}, {}),)),
    Seen(
        unit(INSTANCE, VIRGINIA),
        State.PARTIAL,
        Reason(ReasonCode.THROTTLED, "DescribeInstances: RequestLimitExceeded: Request limit exceeded."),
        (EAST_ONE, EAST_TWO),
        calls=5,
        retries=3,
        throttles=4,
        seconds=14.0625,
    ),
    Seen(
        unit(VOLUME, VIRGINIA),
        State.DENIED,
        Reason(ReasonCode.IAM, "DescribeVolumes: UnauthorizedOperation: not authorized"),
        pages=0,
    ),
    Seen(
        unit(TABLE, VIRGINIA),
        State.FAILED,
        Reason(ReasonCode.MALFORMED, "ListTables: the answer is no JSON (and 1 more)"),
        pages=0,
        calls=4,
        retries=3,
        seconds=9.5,
    ),
    Seen(unit(FUNCTION, VIRGINIA)),
    Seen(
        unit(QUEUE, VIRGINIA),
        State.NOT_REACHED,
        Reason(ReasonCode.DEADLINE, "the deadline came first"),
        pages=0,
        calls=0,
        seconds=0.0,
    ),
    Seen(
        unit(DATABASE, VIRGINIA),
        State.UNAVAILABLE,
        Reason(ReasonCode.NOT_ENABLED, "DescribeDBInstances: OptInRequired: The account needs a subscription"),
        pages=0,
    ),
    Seen(unit(ROLE, GLOBAL), resources=ROLES, pages=3, calls=3),
    Seen(
        unit(BUCKET, GLOBAL),
        resources=(
            ASSETS,
            bucket(VIRGINIA, "stocktake-example-logs", None, public=None, gaps=(NO_TAG_SET, NO_POLICY_STATUS)),
        ),
        pages=9,
        calls=11,
        seconds=0.9,
    ),
)
