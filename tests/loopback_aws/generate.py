"""Values of output shapes: plausible, within the model's bounds, and the same for the same seed.

A value is a Python value as botocore's parser gives it (times are aware datetimes, blobs bytes), in whose texts stand
marks (`marks.py`). Which members an item has varies with its variant; those by which it is known, those that the model
requires, its tags, its time of creation, its engine and what the catalogue's rows rely on are always there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.loopback_aws.marks import (
    ACCOUNT,
    ACCOUNTS,
    ADDRESS,
    DASHED,
    ECHO,
    FEW,
    OCTETS,
    OTHER,
    PARTITION,
    PLACE,
    REGION,
    SALT,
    SUFFIX,
    width,
)
from tests.loopback_aws.names import NOT_LISTED, identifying, kind_of, stem
from tests.loopback_aws.pages import known_by_rows, relied_on

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)

PREFIXES = {
    "allocation": "eipalloc",
    "association": "eipassoc",
    "attachment": "eni-attach",
    "carriergateway": "cagw",
    "customergateway": "cgw",
    "dhcpoptions": "dopt",
    "egressonlyinternetgateway": "eigw",
    "filesystem": "fs",
    "flowlog": "fl",
    "group": "sg",
    "image": "ami",
    "instance": "i",
    "internetgateway": "igw",
    "key": "key",
    "keypair": "key",
    "launchtemplate": "lt",
    "natgateway": "nat",
    "networkacl": "acl",
    "networkinterface": "eni",
    "prefixlist": "pl",
    "reservation": "r",
    "routetable": "rtb",
    "securitygroup": "sg",
    "securitygrouprule": "sgr",
    "snapshot": "snap",
    "subnet": "subnet",
    "transitgateway": "tgw",
    "transitgatewayattachment": "tgw-attach",
    "volume": "vol",
    "vpc": "vpc",
    "vpcendpoint": "vpce",
    "vpcpeeringconnection": "pcx",
    "vpnconnection": "vpn",
    "vpngateway": "vgw",
}
SHARED = {"vpc", "subnet", "image", "group", "securitygroup", "key", "kmskey"}
"""Things that many others share."""

ARN_FORMS = {
    "autoscaling": "{kind}:{name}",
    "cloudwatch": "{kind}:{name}",
    "elasticache": "{kind}:{name}",
    "kinesis": "stream/{kind}/{name}",
    "lambda": "{kind}:{name}",
    "logs": "log-group:{name}",
    "rds": "{kind}:{name}",
    "redshift": "{kind}:{name}",
    "s3": "{name}",
    "secretsmanager": "{kind}:{name}",
    "sns": "{name}",
    "sqs": "{name}",
    "states": "{kind}:{name}",
}
"""What stands at the end of a service's ARNs, where it is not kind/name (service authorization reference)."""

ELSEWHERE = {
    "role": "iam",
    "user": "iam",
    "policy": "iam",
    "instanceprofile": "iam",
    "iaminstanceprofile": "iam",
    "kmskey": "kms",
    "key": "kms",
    "topic": "sns",
    "queue": "sqs",
    "bucket": "s3",
    "function": "lambda",
    "lambda": "lambda",
    "certificate": "acm",
    "loggroup": "logs",
    "secret": "secretsmanager",
    "targetgroup": "elasticloadbalancing",
    "cluster": "ecs",
}
"""The service whose things these are when they are mentioned by another."""

WORDS = {
    "engineversion": ("8.0.39", "16.4"),
    "runtime": ("python3.13", "nodejs22.x"),
    "version": ("1", "2", "$LATEST"),
    "path": ("/",),
    "description": ("made by the estate", "a part of the web shop", "keeps what others forget"),
    "status": ("available", "active"),
    "state": ("available", "active"),
    "handler": ("app.handler",),
    "cidrblock": ("10.0.0.0/16",),
    "platform": ("Linux/UNIX",),
    "protocol": ("tcp",),
    "type": ("standard",),
}
ENGINES = ("mysql", "postgres", "neptune", "docdb")
"""One after the other, as rows of three services take their own out of one list."""

TAG_KEYS = ("Name", "env", "team", "cost-centre", "service", "owner", "data-class")
TAG_VALUES = ("prod", "staging", "platform", "web-shop", "4711", "payments", "internal")

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": "ec2.amazonaws.com"}}],
}
IS_POLICY = re.compile(r"(policydocument|^policy|accesspolic(y|ies)|resourcepolicy)$", re.IGNORECASE)
IS_TAGS = re.compile(r"^tag(s|list|set)?$", re.IGNORECASE)
IS_CREATED = re.compile(
    r"^(creat|launch|start)\w*(time|date|at|timestamp)|^(create|launch)d?(time|date|at)$", re.IGNORECASE
)
IS_TIME = re.compile(r"(time|date|timestamp|At)$")
IS_ACCOUNT = re.compile(r"(account(id)?|owner(id)?|ownerid|registryid|awsaccountid|catalogid)$", re.IGNORECASE)

FLAG = re.compile(r"^(is)?truncated$|^hasmore", re.IGNORECASE)
"""Whether there is more: there is not, but where a listing's frame says so."""

NESTED = ("structure", "list", "map")
DEPTH = 5
SIZE = 900
"""How much text the optional members of an item may be worth, about."""

WHOLE: dict[tuple[str, str], frozenset[str]] = {
    ("ec2", "Instance"): frozenset({
        "AmiLaunchIndex", "Architecture", "BlockDeviceMappings", "BootMode", "CapacityReservationSpecification",
        "ClientToken", "CpuOptions", "CurrentInstanceBootMode", "EbsOptimized", "EnaSupport", "EnclaveOptions",
        "HibernationOptions", "Hypervisor", "IamInstanceProfile", "ImageId", "InstanceId", "InstanceType", "KeyName",
        "LaunchTime", "MaintenanceOptions", "MetadataOptions", "Monitoring", "NetworkInterfaces", "Placement",
        "PlatformDetails", "PrivateDnsName", "PrivateDnsNameOptions", "PrivateIpAddress", "PublicDnsName",
        "RootDeviceName", "RootDeviceType", "SecurityGroups", "SourceDestCheck", "State", "StateTransitionReason",
        "SubnetId", "Tags", "UsageOperation", "UsageOperationUpdateTime", "VirtualizationType", "VpcId",
    }),
    ("sqs", "GetQueueAttributesResult"): frozenset({"Attributes"}),
    ("ec2", "Reservation"): frozenset({"Instances", "OwnerId", "RequesterId", "ReservationId"}),
    ("ec2", "InstanceBlockDeviceMapping"): frozenset({"DeviceName", "Ebs"}),
    ("ec2", "EbsInstanceBlockDevice"): frozenset({"AttachTime", "DeleteOnTermination", "Status", "VolumeId"}),
    ("ec2", "InstanceNetworkInterface"): frozenset({
        "Attachment", "Description", "Groups", "InterfaceType", "MacAddress", "NetworkInterfaceId", "OwnerId",
        "PrivateDnsName", "PrivateIpAddress", "PrivateIpAddresses", "SourceDestCheck", "Status", "SubnetId", "VpcId",
    }),
    ("ec2", "InstanceNetworkInterfaceAttachment"): frozenset({
        "AttachTime", "AttachmentId", "DeleteOnTermination", "DeviceIndex", "NetworkCardIndex", "Status",
    }),
    ("ec2", "InstancePrivateIpAddress"): frozenset({"Primary", "PrivateDnsName", "PrivateIpAddress"}),
    ("ec2", "InstanceState"): frozenset({"Code", "Name"}),
    ("ec2", "Placement"): frozenset({"AvailabilityZone", "GroupName", "Tenancy"}),
    ("ec2", "CpuOptions"): frozenset({"CoreCount", "ThreadsPerCore"}),
    ("ec2", "IamInstanceProfile"): frozenset({"Arn", "Id"}),
    ("ec2", "GroupIdentifier"): frozenset({"GroupId", "GroupName"}),
}  # fmt: skip
"""Structures that have exactly these members, as EC2's answers do (EC2 API reference, DescribeInstances, examples)."""


class Document(dict[str, Any]):
    """An object that travels as a text of JSON, percent-encoded, and that botocore reads back (IAM's policies)."""


@dataclass
class Maker:
    """Makes values for one operation and variant.

    service  whose names and ARNs they bear; `is_global`: without a region
    kind     what an item is; its own identity goes into the members that say which one it is
    echo     parameter → whether its value is an ARN; members of that name repeat it
    """

    service: str
    operation: str
    arn_service: str
    is_global: bool
    kind: str
    random: Random
    variant: int = 0
    echo: dict[str, bool] = field(default_factory=dict)
    status: int = 200
    budget: int = SIZE
    others: int = 0
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.echoes = {name.lower(): (chr(ECHO[place]), name) for place, name in enumerate(sorted(self.echo))}

    def item(self, shape: Any, name: str) -> Any:
        """One item of a listing, or the one thing that an answer is about."""
        self.budget = SIZE
        if shape.type_name == "structure":
            return self.structure(shape, self.kind)
        return self.value(shape, name, is_own=True)

    def structure(self, shape: Any, own: str = "", leave: frozenset[str] = frozenset()) -> dict[str, Any]:
        """`own` is the kind of thing that the structure is, where it is the item itself."""
        if shape.is_tagged_union:
            name = self.random.choice([name for name, member in shape.members.items() if not self._returns(member)])
            return {name: self.value(shape.members[name], name)}
        whole = WHOLE.get((self.service, shape.name))
        known_by = self._least(shape)
        if own:
            known_by = identifying(shape, own) | known_by_rows(self.service, self.operation, shape)
        found: dict[str, Any] = {}
        for name, member in sorted(shape.members.items(), key=lambda item: item[1].type_name in NESTED):
            if name in leave or self._unfit(member, name):
                continue
            needed = name in known_by or self._is_needed(shape, name, whole or (), bool(own))
            ends = self._returns(member) or (len(self.path) >= DEPTH and not needed)
            if not needed and (ends or whole is not None or not self._has_room(bool(own))):
                continue
            if own:
                self.path = (name,)
            found[name] = self._cut(member) if ends else self._member(member, name, bool(own) and name in known_by)
            if own:
                self.path = ()
        return {name: found[name] for name in shape.members if name in found}

    def _is_needed(self, shape: Any, name: str, whole: Collection[str], is_top: bool) -> bool:
        """Whether every structure of the shape has a member, besides those that say which one it is."""
        member = shape.members[name]
        if name in shape.required_members or name in whole or name == shape.serialization.get("payload"):
            return True
        if member.serialization.get("location") == "statusCode":
            return True
        is_told = member.type_name == "string" and self._echoed(name, False)
        is_relied_on = name in relied_on(self.service, self.operation)
        return is_top and bool(IS_TAGS.match(name) or IS_CREATED.match(name) or is_told or is_relied_on)

    def _cut(self, shape: Any) -> Any:
        """The least value of a shape: of a union, which must have one member, the first that ends there."""
        if shape.type_name == "list":
            return []
        if shape.type_name == "map" or not shape.is_tagged_union:
            return {}
        for name, member in shape.members.items():
            if member.type_name not in NESTED:
                return {name: self.value(member, name)}
        return {}

    def _least(self, shape: Any) -> frozenset[str]:
        """Two members that even a structure for which there is no room has."""
        if (self.service, shape.name) in WHOLE:
            return frozenset()
        fit = [name for name, member in shape.members.items() if not self._unfit(member, name)]
        flat = [name for name in fit if shape.members[name].type_name not in NESTED]
        return frozenset((flat or fit)[:2])

    def _member(self, member: Any, name: str, is_own: bool) -> Any:
        value = self.value(member, name, is_own=is_own)
        if not isinstance(value, dict | list):
            self.budget -= len(name) + len(str(value)) + 8
        return value

    def _has_room(self, is_top: bool) -> bool:
        return self.budget > 0 and self.random.random() < (0.8 if is_top else 0.6)

    def _unfit(self, member: Any, name: str) -> bool:
        """What is not made: event streams, what is said of failures, JSON in headers, the body's length."""
        return bool(
            member.serialization.get("name", name).lower() == "content-length"
            or member.serialization.get("eventstream")
            or member.serialization.get("jsonvalue")
            or (member.type_name in ("list", "map") and NOT_LISTED.search(name))
        )

    def _returns(self, shape: Any) -> bool:
        """Whether a shape is on the way to here already, itself or by its elements."""
        while shape.type_name in ("list", "map"):
            shape = shape.member if shape.type_name == "list" else shape.value
        return shape.type_name == "structure" and shape.name in self.path

    def value(self, shape: Any, name: str, is_own: bool = False) -> Any:
        metadata = shape.metadata
        match shape.type_name:
            case "structure" if shape.is_document_type:
                return {"Kind": "document", "Parts": ["one", "two"]}
            case "structure":
                before, self.path = self.path, (*self.path, shape.name)
                inner = self.structure(shape)
                self.path = before
                return inner
            case "list":
                return self._list(shape, name)
            case "map":
                return self._map(shape, name)
            case "timestamp":
                return BEGIN - timedelta(seconds=self.random.randrange(10**8))
            case "boolean":
                return self.random.random() < 0.5 and not FLAG.search(name)
            case "integer" if shape.serialization.get("location") == "statusCode":
                return self.status
            case "integer" | "long":
                low = int(metadata.get("min", 0))
                high = int(metadata.get("max", max(low, 1000)))
                return self.random.randint(low, min(high, low + 1000))
            case "float" | "double":
                least = float(metadata.get("min", 0))
                return min(least + self.random.randrange(8) / 8, float(metadata.get("max", least + 1)))
            case "blob":
                return self.random.randbytes(12)
        return self.text(shape, name, is_own)

    def _list(self, shape: Any, name: str) -> list[Any]:
        member = shape.member
        if self._returns(member):
            return []
        if member.type_name == "structure" and {one.lower() for one in member.members} >= {"key", "value"}:
            return self._tags(member)
        most = min(3, int(shape.metadata.get("max", 3)))
        least = max(1, min(most, int(shape.metadata.get("min", 1))))
        count = self.random.randint(least, most) if self.budget > 0 else least
        choices = member.metadata.get("enum")
        if choices:
            return self.random.sample(list(choices), min(count, len(choices)))
        return [self._member(member, name, False) for _ in range(count)]

    def _tags(self, member: Any) -> list[Any]:
        """Tags in all but name: keys and values, each key once."""
        tags = []
        for number, key in enumerate(TAG_KEYS[: self.random.randint(1, 3)]):
            value = f"{self.kind.lower()}-{SALT}{PLACE}" if key == "Name" else self.random.choice(TAG_VALUES)
            tag: dict[str, Any] = {}
            for name, inner in member.members.items():
                if name.lower() in ("key", "value") and inner.type_name == "string" and not inner.metadata.get("enum"):
                    tag[name] = key if name.lower() == "key" else value
                elif name.lower() in ("key", "value") or name in member.required_members:
                    tag[name] = self.value(inner, f"{name}{number}")
            tags.append(tag)
        return tags

    def _map(self, shape: Any, name: str) -> dict[str, Any]:
        if self._returns(shape.value):
            return {}
        if shape.key.metadata.get("enum"):
            keys = [key for key in shape.key.metadata.get("enum") if key.lower() != "all"][:20]
        elif shape.value.type_name == "string" and (IS_TAGS.match(name) or not shape.value.metadata.get("enum")):
            keys = list(TAG_KEYS[: self.random.randint(1, 3)])
            if IS_TAGS.match(name):
                return {key: self.random.choice(TAG_VALUES) for key in keys}
        else:
            keys = [f"{name.lower()}-{number}" for number in range(self.random.randint(1, 2))]
        return {key: self._member(shape.value, key, False) for key in keys}

    # Texts.

    def text(self, shape: Any, name: str, is_own: bool) -> Any:
        low = name.lower()
        echoed = self._echoed(name, is_own) if len(self.path) <= 1 else ""
        if echoed:
            return echoed
        if shape.metadata.get("enum"):
            return self.random.choice(list(shape.metadata.get("enum")))
        if IS_POLICY.search(name):
            if self.service == "iam" and shape.name == "policyDocumentType":
                return Document(POLICY)
            return json.dumps(POLICY)
        about, suffix = stem(name)
        about = about.lower()
        if suffix.lower() == "arn" or low == "arn" or shape.name == "serialNumberType":
            return self._arn(about, is_own)
        if IS_ACCOUNT.search(name):
            return chr(self._next(ACCOUNTS)) if is_own else ACCOUNT
        if low.endswith(("availabilityzone", "zone")) or low == "az":
            return REGION + self.random.choice("abc")
        if low.endswith("region") or low == "regionname":
            return REGION
        if suffix in ("Url", "URL", "Uri") or low.endswith(("endpoint", "url", "uri")):
            return f"https://{self.arn_service}.{REGION}.{SUFFIX}/{ACCOUNT}/{self._name(about, is_own)}"
        if "macaddress" in low:
            return "0a:00:" + chr(self._next(OCTETS)) + ":01"
        if low.endswith(("ipaddress", "ip", "publicip", "ipv4address")):
            return chr(self._next(ADDRESS))
        if "dnsname" in low or low.endswith("hostname"):
            return f"ip-{chr(self._next(DASHED))}.{REGION}.compute.internal"
        if self.service == "route53" and shape.name == "ResourceId" and is_own and self.kind == "HostedZone":
            return f"/hostedzone/{self._identity(about, is_own)}"  # zones alone are listed so, and asked for otherwise
        if suffix in ("Id", "ID", "Identifier") or is_own or suffix == "Name":
            return self._fit(shape, self._name(about, is_own, is_id=suffix != "Name"))
        if IS_TIME.search(name):
            return (BEGIN - timedelta(seconds=self.random.randrange(10**8))).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if low == "engine":
            return self._fit(shape, ENGINES[self.variant % len(ENGINES)])
        for word, choices in WORDS.items():
            if low.endswith(word):
                return self._fit(shape, self.random.choice(choices))
        unlike = PLACE if len(self.path) <= 1 else f"{self.random.randrange(16**6):06x}"
        return self._fit(shape, f"{low[:24]}-{unlike}")

    def _echoed(self, name: str, is_own: bool) -> str:
        """The mark of the parameter whose value a member repeats: one of its name, or of its name but for what kind of
        identifier it is."""
        about, suffix = (part.lower() for part in stem(name))
        for low, (mark, parameter) in self.echoes.items():
            is_arn = self.echo[parameter]
            of = stem(parameter)[0].lower()
            if (
                (low == name.lower() and is_arn >= (suffix == "arn") and not (is_arn and suffix == "name"))
                or (is_arn and suffix == "arn" and of == about)
                or (is_arn and suffix == "arn" and is_own and of in ("", "resource", self.kind.lower()))
                or (not is_arn and suffix in ("name", "id", "identifier") and low == about)
                or (not is_arn and is_own and suffix and low == f"{self.kind.lower()}{suffix}" and about == "")
            ):
                return mark
        return ""

    def _next(self, marks: range) -> int:
        self.others += 1
        return marks[self.others % len(marks)]

    def _identity(self, about: str, is_own: bool) -> str:
        if is_own:
            return SALT + PLACE
        return SALT + chr(self._next(FEW if about in SHARED else OTHER))

    def _kind(self, about: str, is_own: bool) -> str:
        """What a name is of: what it says itself, or the structure that it stands in."""
        return self.kind.lower() if is_own else about or kind_of(self.path[-1] if self.path else "", self.kind).lower()

    def _name(self, about: str, is_own: bool, is_id: bool = False) -> str:
        kind = self._kind(about, is_own)
        if is_id and self.service == "ec2":
            return f"{PREFIXES.get(kind, kind)}-{self._identity(about, is_own)}"
        return f"{kind}-{self._identity(about, is_own)}"

    def _arn(self, about: str, is_own: bool) -> str:
        kind = self._kind(about, is_own)
        service = self.arn_service if is_own else ELSEWHERE.get(kind, self.arn_service)
        name = self._name(about, is_own)
        form = ARN_FORMS.get(service, "{kind}/{name}").format(kind=kind, name=name)
        is_global = self.is_global if service == self.arn_service else service in ("iam", "s3")
        account = "" if service == "s3" else ACCOUNT
        return f"arn:{PARTITION}:{service}:{'' if is_global else REGION}:{account}:{form}"

    def _fit(self, shape: Any, text: str) -> str:
        """Text within the model's bounds; where there is no room for a name, the identity stays."""
        least = int(shape.metadata.get("min", 0))
        most = int(shape.metadata.get("max", 0)) or 10**6
        if width(text) > most:
            text = text[:most] if text.isascii() else text.rpartition("-")[2]
        return text + "x" * (least - width(text))


def made(service: str, operation: str, seed: int, variant: int, **facts: Any) -> Maker:
    """A maker whose choices follow from these alone."""
    return Maker(service, operation, variant=variant, random=Random(f"{seed}/{service}/{operation}/{variant}"), **facts)


def alone(maker: Maker, output: Any) -> dict[str, Any]:
    """An answer that is about one thing: its members, or those of the one structure in it."""
    structures = [name for name, member in output.members.items() if member.type_name == "structure"]
    if len(structures) != 1 or kind_of(structures[0], maker.operation) != maker.kind:
        return maker.structure(output, maker.kind)
    rest = maker.structure(output, leave=frozenset(structures))
    shape = output.members[structures[0]]
    if shape.is_document_type or maker._unfit(shape, structures[0]):
        return rest
    return {**rest, structures[0]: maker.structure(shape, maker.kind)}


def bare(shape: Any, value: Any, needed: frozenset[str]) -> Any:
    """A value of a shape with no member but those that the model requires or that are needed, wherever they stand."""
    if isinstance(value, dict) and shape.type_name == "structure" and not shape.is_document_type:
        if shape.is_tagged_union:
            kept = set(value)
        else:
            kept = {*shape.required_members, *needed, shape.serialization.get("payload")}
            kept |= {name for name in value if shape.members[name].serialization.get("location") == "statusCode"}
        return {name: bare(shape.members[name], inner, needed) for name, inner in value.items() if name in kept}
    if isinstance(value, dict) and shape.type_name == "map":
        return {key: bare(shape.value, inner, needed) for key, inner in value.items()}
    if isinstance(value, list):
        return [bare(shape.member, one, needed) for one in value]
    return value
