"""Which team runs what where: the tables that the estate is made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from demo.server import REGION

SECRET = "demo-secret-8f3b61c0d2e94a57"
"""A password: in every function's environment, every database, stack and secret. No inventory must show it."""

SECRET_NAME = "DATABASE_PASSWORD"
COMPANY = "northwind"
ACCOUNT = "123456789012"

REGIONS = (
    REGION,
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-central-1",
    "eu-north-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "ap-south-1",
)


@dataclass(frozen=True)
class Workload:
    """One team's application in one region: how many it has of each thing."""

    region: str
    app: str
    team: str
    env: str

    web: int
    workers: int
    volumes: int
    buckets: int
    functions: int
    tables: int
    services: int
    queues: int
    databases: int
    balancers: int
    graphs: int

    nats: int
    addresses: int
    images: int
    snapshots: int
    templates: int
    groups: int
    clusters: int
    topics: int
    stacks: int
    alarms: int
    keys: int
    secrets: int

    @property
    def networked(self) -> bool:
        return bool(self.web or self.workers or self.balancers)

    @property
    def in_production(self) -> bool:
        return self.env == "prod"

    def tags(self, name: str) -> dict[str, str]:
        return {"Name": name, "env": self.env, "team": self.team}


# services: 1 to 13 in a cluster, on both sides of the ten that one DescribeServices takes.
RUNNING = """
region         app       team       env     web workers volumes buckets functions tables services queues databases balancers graphs
us-east-1      shop      storefront prod    8   4       4       4       6         5      13       6      3         2         0
us-east-1      payments  payments   prod    4   4       2       3       6         5      11       6      2         2         0
us-east-1      search    discovery  prod    3   4       3       2       3         2      4        3      0         1         1
us-east-1      warehouse data       prod    0   5       5       6       5         2      1        3      1         0         0
us-east-1      intranet  platform   shared  2   1       2       2       3         1      0        1      1         1         0
us-west-2      shop      storefront standby 3   2       2       2       3         3      10       3      1         1         0
ca-central-1   intranet  platform   backup  0   0       2       3       1         1      0        0      0         0         0
sa-east-1      shop      storefront prod    2   0       1       1       2         1      2        2      0         1         0
eu-west-1      shop      storefront prod    6   4       2       3       5         4      12       6      2         2         0
eu-west-1      payments  payments   prod    3   2       1       2       4         3      5        4      1         1         0
eu-central-1   shop      storefront staging 2   2       2       2       3         3      7        3      1         1         0
eu-north-1     trial     platform   sandbox 0   0       1       0       0         0      0        0      0         0         0
ap-southeast-1 shop      storefront prod    3   1       1       1       2         2      3        2      1         1         0
ap-northeast-1 search    discovery  dev     1   2       1       1       2         1      1        1      0         0         0
ap-south-1     intranet  platform   dev     2   1       3       1       3         1      0        2      1         0         0
"""  # noqa: E501

# addresses: beyond those of the NAT gateways. groups: of the templates, how many have a group.
AROUND_IT = """
region         app       nats addresses images snapshots templates groups clusters topics stacks alarms keys secrets
us-east-1      shop      2    3         3      4         3         2      2        4      3      8      3    6
us-east-1      payments  1    1         1      2         1         1      1        3      2      6      1    5
us-east-1      search    1    1         1      2         1         1      0        2      1      2      0    2
us-east-1      warehouse 0    1         1      3         2         1      1        1      1      2      1    1
us-east-1      intranet  0    1         1      1         0         0      0        1      0      1      0    1
us-west-2      shop      1    0         1      2         1         1      1        1      1      2      1    2
ca-central-1   intranet  0    0         0      4         0         0      0        1      0      1      1    0
sa-east-1      shop      0    1         0      0         1         0      0        1      0      1      0    1
eu-west-1      shop      2    1         2      2         2         1      1        2      2      4      3    3
eu-west-1      payments  1    1         1      1         1         1      1        2      1      3      1    2
eu-central-1   shop      1    0         0      0         1         1      0        1      1      0      1    1
eu-north-1     trial     0    0         0      0         0         0      0        0      0      0      0    0
ap-southeast-1 shop      1    1         1      1         1         1      0        1      1      2      1    2
ap-northeast-1 search    0    0         0      0         0         0      0        0      1      0      0    0
ap-south-1     intranet  0    1         0      0         0         0      0        0      0      0      0    1
"""


def workloads() -> list[Workload]:
    """The estate's workloads, from the two tables above."""
    return [Workload(**row | more) for row, more in zip(_rows(RUNNING), _rows(AROUND_IT), strict=True)]


def _rows(table: str) -> Iterator[dict[str, Any]]:
    header, *rows = (line.split() for line in table.strip().splitlines())
    for row in rows:
        cells = (int(cell) if cell.isdigit() else cell for cell in row)
        yield dict(zip(header, cells, strict=True))


def names_of(app: str, parts: Sequence[str], number: int) -> Iterator[str]:
    """shop-orders, shop-mails, …, and when the parts are used up shop-orders-2, …"""
    rounds = range(number // len(parts) + 1)
    endless = (f"{app}-{part}{f'-{turn + 1}' if turn else ''}" for turn in rounds for part in parts)
    return islice(endless, number)
