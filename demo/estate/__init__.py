"""An estate as companies have them: a large production region, smaller ones, and one that is almost empty.

One module for each area of it; `workloads` has the tables that say how many of what are where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from demo.estate.applications import make_functions, make_messages, make_services
from demo.estate.changes import change
from demo.estate.counting import GLOBAL, GLOBAL_LISTS, LISTS, THREADS, count_all
from demo.estate.data import make_buckets, make_databases, make_tables
from demo.estate.machines import make_machines, make_storage
from demo.estate.network import make_balancers, make_networks
from demo.estate.operations import make_alarms, make_stacks
from demo.estate.place import Place, account_at
from demo.estate.security import make_identities, make_keys, make_secrets
from demo.estate.workloads import REGIONS, SECRET, workloads

__all__ = ["GLOBAL", "REGIONS", "SECRET", "SEEDED", "change", "count", "seed"]

SEEDED = sorted({listing.type for listing in (*LISTS, *GLOBAL_LISTS)} | {"AWS::ECS::Service"})
"""The types that the estate has."""

# Of what every workload has, in this order.
MAKERS = (
    *(make_storage, make_buckets, make_functions, make_tables, make_services, make_messages),
    *(make_databases, make_keys, make_secrets, make_stacks, make_alarms),
)


def seed(url: str, regions: Sequence[str] = REGIONS, scale: int = 1) -> Counter[tuple[str, str]]:
    """Fills an empty moto server and returns how many resources of which type, in which region, it then has.

    They are what a client finds that reads every page: those that seeding made, and those that came with them
    (default networks, the instances' own volumes and network interfaces, the key that encrypts volumes). What is the
    account's and no region's, and buckets, is in "global".
    """
    account = account_at(url)
    make_identities(account, scale)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda region: _make(Place(account, region, scale)), regions))
    return count_all(account, regions)


def count(url: str, regions: Sequence[str] = REGIONS) -> Counter[tuple[str, str]]:
    """How many resources of each type lie in each of these regions; "global" is one of its own."""
    return count_all(account_at(url), regions)


def _make(place: Place) -> None:
    for workload in workloads():
        if workload.region != place.region:
            continue
        if workload.networked:
            network = make_networks(place, workload)
            make_machines(place, workload, network)
            make_balancers(place, workload, network)
        for make in MAKERS:
            make(place, workload)
