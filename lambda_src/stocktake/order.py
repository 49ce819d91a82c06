"""Which unit begins first: the one that will take longest. Pure.

A run is as long as its last unit. The last run knows how long each unit took; what it does not know is guessed from the
distance. Units of one host stay together, so that its connections are used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import asin, cos, radians, sin, sqrt

from stocktake.catalog import CATALOG
from stocktake.model import Unit

# Latitude and longitude of the place that AWS names each region for ("AWS Regions", AWS documentation).
PLACES = {
    "af-south-1": (-33.9, 18.4),
    "ap-east-1": (22.3, 114.2),
    "ap-east-2": (25.0, 121.5),
    "ap-northeast-1": (35.7, 139.7),
    "ap-northeast-2": (37.6, 127.0),
    "ap-northeast-3": (34.7, 135.5),
    "ap-south-1": (19.1, 72.9),
    "ap-south-2": (17.4, 78.5),
    "ap-southeast-1": (1.3, 103.8),
    "ap-southeast-2": (-33.9, 151.2),
    "ap-southeast-3": (-6.2, 106.8),
    "ap-southeast-4": (-37.8, 145.0),
    "ap-southeast-5": (3.1, 101.7),
    "ap-southeast-6": (-36.8, 174.8),
    "ap-southeast-7": (13.8, 100.5),
    "ca-central-1": (45.5, -73.6),
    "ca-west-1": (51.0, -114.1),
    "cn-north-1": (39.9, 116.4),
    "cn-northwest-1": (38.5, 106.2),
    "eu-central-1": (50.1, 8.7),
    "eu-central-2": (47.4, 8.5),
    "eu-north-1": (59.3, 18.1),
    "eu-south-1": (45.5, 9.2),
    "eu-south-2": (41.7, -0.9),
    "eu-west-1": (53.3, -6.3),
    "eu-west-2": (51.5, -0.1),
    "eu-west-3": (48.9, 2.4),
    "eusc-de-east-1": (52.4, 13.1),
    "il-central-1": (32.1, 34.8),
    "me-central-1": (25.2, 55.3),
    "me-south-1": (26.1, 50.6),
    "me-west-1": (24.7, 46.7),
    "mx-central-1": (20.6, -100.4),
    "sa-east-1": (-23.6, -46.6),
    "sa-west-1": (-33.5, -70.7),
    "us-east-1": (38.9, -77.4),
    "us-east-2": (40.0, -83.0),
    "us-gov-east-1": (40.0, -83.0),
    "us-gov-west-1": (45.8, -119.7),
    "us-west-1": (37.4, -121.9),
    "us-west-2": (45.8, -119.7),
}

EARTH_KM = 6371.0
FARTHEST_KM = 20_000.0
FIBRE_KM_PER_SECOND = 130_000.0
"""Light in glass makes 200,000 km a second; cables go round."""

ROUND_TRIPS = 3
"""TCP, TLS 1.3 and the call."""


def longest_first(
    units: Iterable[Unit], seconds: Mapping[tuple[str, str, str], float], caller: str
) -> tuple[Unit, ...]:
    """The units, those of the slowest host first. `seconds` is what the last run's units took, by unit key; `caller` is
    the region that calls."""
    hosts: dict[tuple[str, str, str], list[tuple[float, Unit]]] = {}
    for unit in units:
        expected = seconds.get(unit.key) or ROUND_TRIPS * round_trip(caller, unit.target.home)
        host = (unit.target.account, unit.target.home, CATALOG[unit.type].service)
        hosts.setdefault(host, []).append((expected, unit))
    for group in hosts.values():
        group.sort(key=lambda one: (-one[0], one[1].key))
    slowest = sorted(hosts, key=lambda host: (-hosts[host][0][0], host))
    return tuple(unit for host in slowest for _, unit in hosts[host])


def round_trip(here: str, there: str) -> float:
    """A guess, in seconds; a region that is not known is taken to be far."""
    if here == there:
        return 0.0
    if here not in PLACES or there not in PLACES:
        return 2 * FARTHEST_KM / FIBRE_KM_PER_SECOND
    (north, east), (north_there, east_there) = ((radians(x), radians(y)) for x, y in (PLACES[here], PLACES[there]))
    half = sin((north - north_there) / 2) ** 2 + cos(north) * cos(north_there) * sin((east - east_there) / 2) ** 2
    return 2 * (2 * EARTH_KM * asin(sqrt(half))) / FIBRE_KM_PER_SECOND
