"""What is measured: the estate that the loopback AWS serves, the calls that every way makes, and what each must
find."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, ResourceType, Scope
from tests.loopback_aws import REGIONS, Estate

HOME = "us-east-1"
INSTANCES = "AWS::EC2::Instance"
BASIC = ("--detail", "basic")

SIDE_BY_SIDE = ("serial", "executor", "client-pool", "aioboto3", "stocktake", "floor")
CHILDREN = 2
"""Items in the listing of a parent's children, where a row's chain has one."""

HANDFUL = (0, 6)
"""Items of a listing. The limits that Stocktake keeps to by default do not bind here, so that ways compare."""

BUSY = (20, 60)
BUSY_REGIONS = (HOME, "eu-west-1")
"""Where they do: each item has calls of its own."""

# Members that only the newer botocore knows; the other ways leave them out, so that all of them can make the call.
NEWER = ("IncludeManagedResources",)

# Sixty types of services that have items in nearly any account. With basic detail each is one call, which no other
# row makes; the benchmark's figures are of one size while the catalogue grows.
SIXTY = (
    "AWS::AccessAnalyzer::Analyzer",
    "AWS::AmazonMQ::Configuration",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGatewayV2::Api",
    "AWS::AppConfig::Application",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::AutoScaling::LaunchConfiguration",
    "AWS::AutoScaling::ScalingPolicy",
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobQueue",
    "AWS::CloudFormation::Stack",
    "AWS::Cognito::UserPool",
    "AWS::Config::DeliveryChannel",
    "AWS::DLM::LifecyclePolicy",
    "AWS::DirectConnect::Connection",
    "AWS::DirectConnect::VirtualInterface",
    "AWS::DynamoDB::Backup",
    "AWS::EC2::CustomerGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::Image",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Snapshot",
    "AWS::EC2::Subnet",
    "AWS::EC2::TransitGateway",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::Volume",
    "AWS::ECS::TaskDefinition",
    "AWS::EFS::AccessPoint",
    "AWS::EMR::Cluster",
    "AWS::Events::Archive",
    "AWS::FSx::FileSystem",
    "AWS::FSx::Volume",
    "AWS::Glue::SecurityConfiguration",
    "AWS::ImageBuilder::ImagePipeline",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::MSK::Cluster",
    "AWS::MSK::Configuration",
    "AWS::RDS::ClusterSnapshot",
    "AWS::RDS::DBSnapshot",
    "AWS::Redshift::Cluster",
    "AWS::Redshift::Snapshot",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Document",
    "AWS::SSM::ResourceDataSync",
    "AWS::SecretsManager::Secret",
    "AWS::SecurityHub::Standard",
    "AWS::Transfer::Server",
)

# A large estate: shares of the resources by type, and by region.
MIX = {
    "AWS::EC2::Snapshot": 250,
    "AWS::EC2::Volume": 120,
    "AWS::EC2::NetworkInterface": 110,
    "AWS::Logs::LogGroup": 90,
    "AWS::EC2::Instance": 80,
    "AWS::EC2::SecurityGroup": 60,
    "AWS::CloudWatch::Alarm": 60,
    "AWS::Lambda::Function": 50,
    "AWS::EC2::Image": 40,
    "AWS::IAM::Role": 20,
    "AWS::SQS::Queue": 20,
    "AWS::EC2::Subnet": 20,
    "AWS::SNS::Topic": 15,
    "AWS::CloudFormation::Stack": 15,
    "AWS::EC2::RouteTable": 10,
    "AWS::IAM::ManagedPolicy": 20,  # of the same operation as roles, and so as many
    "AWS::S3::Bucket": 5,
    "AWS::DynamoDB::Table": 5,
    "AWS::RDS::DBSnapshot": 5,
    "AWS::SecretsManager::Secret": 5,
}
PLACES = {"us-east-1": 50, "eu-west-1": 25, "us-west-2": 15, "ap-southeast-1": 6, "eu-central-1": 4}


RIVAL = 0.6


NEAR = (HOME, "us-east-2", "eu-west-1", "ca-central-1")


def some_regions(number: int) -> tuple[str, ...]:
    """So many regions, the caller's own first."""
    return (*NEAR, *(region for region in REGIONS if region not in NEAR))[:number]


@dataclass(frozen=True)
class Case:
    """One size of one workload.

    amount     its place on the workload's axis: regions, accounts, resources
    calls      the first call of each row with its regions: what the other ways make
    items      what those list
    resources  what Stocktake finds, which follows its rows' chains to their ends; None: what it finds in `calm`
    arguments  of `stocktake run`; `settings` are its variables
    rounds     by way; of `one_cpu` ways one more round is run on one processor
    recorded   the estate to record for the floor, where this one would take too long
    calm       the estate where nothing holds a run up, for one that says what there is
    """

    workload: str
    amount: int
    estate: Estate
    calls: tuple[dict[str, Any], ...]
    items: int
    resources: int | None
    rounds: Mapping[str, int]
    arguments: tuple[str, ...] = BASIC
    settings: Mapping[str, str] = field(default_factory=dict)
    one_cpu: tuple[str, ...] = ()
    recorded: Estate | None = None
    calm: Estate | None = None

    def expected(self, way: str) -> int | None:
        return self.resources if way == "stocktake" else self.items


Sizes = dict[str, int]


def of_types(names: Iterable[str]) -> tuple[str, ...]:
    return ("--types", ",".join(names), *BASIC)


def key_of(row: ResourceType, call: Call) -> str:
    return f"{row.service_of(call)}:{call.operation}"


def planned(rows: Iterable[ResourceType], regions: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Each row's first call, as the other ways make it."""
    return tuple(
        {
            "service": row.service_of(row.calls[0]),
            "operation": row.calls[0].operation,
            "parameters": {name: value for name, value in row.calls[0].parameters.items() if name not in NEWER},
            "items": row.calls[0].items,
            "regions": [HOME] if row.scope is Scope.GLOBAL else list(regions),
        }
        for row in rows
    )


def scattered(
    rows: Iterable[ResourceType], regions: tuple[str, ...], *, even: bool = False, busy: tuple[str, ...] = ()
) -> Sizes:
    """A number of items for every listing; `even`: in every region the same."""
    sizes: Sizes = {}
    for row in rows:
        for region in (HOME,) if row.scope is Scope.GLOBAL else regions:
            key = f"{key_of(row, row.calls[0])}@{region}"
            seed = key_of(row, row.calls[0]) if even else key
            sizes[key] = random.Random(seed).randint(*(BUSY if region in busy else HANDFUL))
        for call in row.calls[1:]:
            if lists_children(call):
                sizes[key_of(row, call)] = CHILDREN
    return sizes


def lists_children(call: Call) -> bool:
    """Whether a further call of a chain lists: one that describes answers for a batch, or for one item."""
    return call.batch is None and not call.items.startswith("[")


def counted(rows: Iterable[ResourceType], regions: tuple[str, ...], sizes: Sizes) -> tuple[int, int]:
    """What the first calls list, and what the chains lead to."""
    items = resources = 0
    for row in rows:
        for region in (HOME,) if row.scope is Scope.GLOBAL else regions:
            listed = sizes[f"{key_of(row, row.calls[0])}@{region}"]
            items += listed
            for call in row.calls[1:]:
                listed *= CHILDREN if lists_children(call) else 1
            resources += listed
    return items, resources


def case(
    workload: str,
    rows: list[ResourceType],
    regions: tuple[str, ...],
    rounds: Mapping[str, int],
    *,
    amount: int = 0,
    sizes: Sizes | None = None,
    accounts: int = 1,
    **options: Any,
) -> Case:
    sizes = scattered(rows, regions) if sizes is None else sizes
    items, resources = counted(rows, regions, sizes)
    estate = Estate(
        accounts=tuple(f"{number:012d}" for number in range(111111111111, 111111111111 + accounts)),
        regions=regions,
        items=0,
        sizes=sizes,
    )
    calls = planned(rows, regions) if rounds.keys() - {"stocktake"} else ()
    return Case(workload, amount, estate, calls, items * accounts, resources * accounts, rounds, **options)


def sixty_types() -> list[ResourceType]:
    return [CATALOG[name] for name in SIXTY]


def the_articles(rounds: int, smoke: bool) -> list[Case]:
    """W1: describe_instances in every region."""
    regions = some_regions(4 if smoke else 34)
    return [
        case(
            "w1",
            [CATALOG[INSTANCES]],
            regions,
            dict.fromkeys(SIDE_BY_SIDE, rounds),
            arguments=of_types([INSTANCES]),
            one_cpu=() if smoke else SIDE_BY_SIDE,
        )
    ]


def the_catalogue(rounds: int, smoke: bool) -> list[Case]:
    """W2: sixty list calls in every region. One after the other they would take a quarter of an hour, so `serial`
    stays out."""
    rows = sixty_types()
    regions = some_regions(2 if smoke else 34)
    fewer = max(1, rounds - 1)
    ways = {"executor": 1, "client-pool": fewer, "aioboto3": fewer, "stocktake": rounds, "floor": rounds}
    one_cpu = () if smoke else ("stocktake",)
    return [case("w2", rows, regions, ways, arguments=of_types(SIXTY), one_cpu=one_cpu)]


def one_large_region(rounds: int, smoke: bool) -> list[Case]:
    """W3: pages of a thousand instances."""
    listing = f"ec2:DescribeInstances@{HOME}"
    small = Estate(regions=(HOME,), items=0, sizes={listing: 2_500})
    return [
        case(
            "w3",
            [CATALOG[INSTANCES]],
            (HOME,),
            {"stocktake": rounds, "floor": rounds, "parse": 1},
            amount=3_000 if smoke else 100_000,
            sizes={listing: 3_000 if smoke else 100_000},
            arguments=of_types([INSTANCES]),
            settings={"STOCKTAKE_QUOTA_SHARE": "0"},
            one_cpu=() if smoke else ("stocktake",),
            recorded=small,
        )
    ]


def more_regions(rounds: int, smoke: bool) -> list[Case]:
    """W4: the same sixty calls in more and more regions."""
    rows = sixty_types()
    return [
        case(
            "w4-regions",
            rows,
            regions,
            {"stocktake": rounds},
            amount=len(regions),
            sizes=scattered(rows, regions, even=True),
            arguments=of_types(SIXTY),
        )
        for regions in map(some_regions, (1, 2) if smoke else (1, 2, 4, 8, 17, 34))
    ]


def more_accounts(rounds: int, smoke: bool) -> list[Case]:
    """W4: four regions of more and more accounts."""
    rows = sixty_types()
    regions = (HOME, "eu-west-1") if smoke else (HOME, "eu-west-1", "ap-southeast-1", "sa-east-1")
    every = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {"accounts": ["*"]}})}
    return [
        case(
            "w4-accounts",
            rows,
            regions,
            {"stocktake": max(1, rounds - 1)},
            amount=number,
            accounts=number,
            sizes=scattered(rows, regions, even=True),
            arguments=of_types(SIXTY),
            settings=every if number > 1 else {},  # one account makes no organisation
        )
        for number in ((1, 2) if smoke else (1, 5, 20))
    ]


def more_resources(rounds: int, smoke: bool) -> list[Case]:
    """W4: a realistic mix in five regions."""
    rows = [CATALOG[name] for name in MIX]
    return [
        case(
            "w4-resources",
            rows,
            tuple(PLACES),
            {"stocktake": rounds if number < 100_000 else 1},
            amount=number,
            sizes=mixed(number),
            arguments=of_types(MIX),
            settings={"STOCKTAKE_QUOTA_SHARE": "0"},
        )
        for number in ((2_000,) if smoke else (10_000, 100_000, 1_000_000))
    ]


def mixed(number: int) -> Sizes:
    """So many resources, by MIX and PLACES; what rounding leaves over is of the first type in the first place. Types of
    one operation have one size, which counts for each."""
    sizes: Sizes = {}
    for name, share in MIX.items():
        row = CATALOG[name]
        places = {HOME: 100} if row.scope is Scope.GLOBAL else PLACES
        for region, part in places.items():
            sizes[f"{key_of(row, row.calls[0])}@{region}"] = number * share * part // (sum(MIX.values()) * 100)
    _, resources = counted((CATALOG[name] for name in MIX), tuple(PLACES), sizes)
    sizes[next(iter(sizes))] += number - resources
    return sizes


def polite(rounds: int, smoke: bool) -> list[Case]:
    """The whole catalogue with every detail, at default settings, while another client spends 60 % of every quota."""
    rows = list(CATALOG.values())
    regions = some_regions(2 if smoke else 34)
    sizes = scattered(rows, regions, busy=() if smoke else BUSY_REGIONS)
    one = case("polite", rows, regions, {"stocktake": rounds}, sizes=sizes, arguments=())
    return [replace(one, estate=replace(one.estate, quotas=True, rival=RIVAL), resources=None, calm=one.estate)]


WORKLOADS = {
    "w1": (the_articles,),
    "w2": (the_catalogue,),
    "w3": (one_large_region,),
    "w4": (more_regions, more_accounts, more_resources),
    "polite": (polite,),
}
ROUNDS = {"w1": 3, "w2": 3, "w3": 2, "w4": 3, "polite": 1}


def cases(workload: str, rounds: int | None, *, smoke: bool) -> list[Case]:
    number = rounds or (1 if smoke else ROUNDS[workload])
    return [one for make in WORKLOADS[workload] for one in make(number, smoke)]
