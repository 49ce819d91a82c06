"""What goes wrong while accounts and regions are looked for: a run plans all of them, or says who did not name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from stocktake.aws import Aws
from stocktake.errors import UsageError
from stocktake.settings import Inventory
from stocktake.store import DirectoryStore
from tests.faults.cases import ACCOUNTS, REGIONS, SETTINGS, calling, run
from tests.faults.kinds import KINDS, Effect, Kind, of
from tests.loopback_aws import Estate, Fault, LoopbackAWS

ESTATE = Estate(
    accounts=(*ACCOUNTS, "333333333333"), regions=REGIONS, items=1, page_size=2, latency=0, service_seconds=0
)
OWN = Inventory(types=("AWS::EC2::VPC",))
EVERYONE = replace(OWN, accounts=("*",))
NO_LIST = Kind("nothing in it", Effect.PASSES, of("bare"))
EVERY_FEW = 12
"""Of all kinds, one in so many is tried in the quick run."""

every_kind = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[] if number % EVERY_FEW == 0 else [pytest.mark.slow])
        for number, kind in enumerate(KINDS)
    ],
    ids=lambda kind: kind.name,
)
every_page = pytest.mark.parametrize("page", [0, 1])
once_or_always = pytest.mark.parametrize("times", [1, None], ids=["once", "always"])


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as running, running.patched():
        yield running


@pytest.fixture(scope="module")
def calls(server: LoopbackAWS) -> Iterator[Aws]:
    with calling(server, replace(SETTINGS, inventory=EVERYONE, read_timeout=1)) as made:
        yield made


def spoilt(kind: Kind, operation: str, page: int, times: int | None) -> Fault:
    members = kind.fault(Random(page))
    return Fault(operation=operation, page=page, times=times, **members)


def all_regions_are_planned(
    server: LoopbackAWS, calls: Aws, folder: Path, kind: Kind, page: int, times: int | None
) -> None:
    settings = replace(SETTINGS, inventory=OWN, inventories=(OWN,))
    fault = spoilt(kind, "account:ListRegions", page, times)
    ran = run(server, calls, folder, [fault], estate=ESTATE, settings=settings)
    scope = ran.manifest["scope"]
    assert ran.befell().total() > 0
    assert {region for _, region, _ in ran.units} == set(REGIONS) == set(scope["regions"])
    named = scope["regions_from"] == "account:ListRegions"
    assert named == (scope["regions_refused"] == []), "another named them, and nobody says why"
    assert named or scope["regions_from"] == "ec2:DescribeRegions"
    if kind.effect is Effect.NOTHING or (kind.effect is Effect.PASSES and times):
        assert named


@every_kind
@every_page
@once_or_always
def test_every_region_is_planned_and_who_named_them_is_said(
    kind: Kind, page: int, times: int | None, server: LoopbackAWS, calls: Aws, tmp_path: Path
) -> None:
    all_regions_are_planned(server, calls, tmp_path, kind, page, times)


def test_a_page_of_regions_with_nothing_in_it_is_not_the_end(server: LoopbackAWS, calls: Aws, tmp_path: Path) -> None:
    all_regions_are_planned(server, calls, tmp_path, NO_LIST, 1, 1)


def all_accounts_are_planned_or_none(
    server: LoopbackAWS, calls: Aws, folder: Path, kind: Kind, page: int, times: int | None
) -> None:
    settings = replace(SETTINGS, inventory=EVERYONE, inventories=(EVERYONE,))
    fault = spoilt(kind, "organizations:ListAccounts", page, times)
    passes = kind.effect is Effect.NOTHING or (kind.effect is Effect.PASSES and times)
    if kind.effect is Effect.LOOP and page == 0:
        passes = True
    if not passes:
        with pytest.raises(UsageError, match="organizations:ListAccounts"):
            run(server, calls, folder, [fault], estate=ESTATE, settings=settings)
        assert DirectoryStore(folder).keys("") == []
        return
    ran = run(server, calls, folder, [fault], estate=ESTATE, settings=settings)
    assert ran.befell().total() > 0
    assert {account for account, _, _ in ran.units} == set(ESTATE.accounts)
    assert ran.manifest["scope"]["accounts_refused"] == []
    assert ran.manifest["verdict"] == "complete"


@every_kind
@every_page
@once_or_always
def test_every_account_is_planned_or_there_is_no_run(
    kind: Kind, page: int, times: int | None, server: LoopbackAWS, calls: Aws, tmp_path: Path
) -> None:
    all_accounts_are_planned_or_none(server, calls, tmp_path, kind, page, times)


def test_a_page_of_accounts_with_nothing_in_it_is_not_the_end(server: LoopbackAWS, calls: Aws, tmp_path: Path) -> None:
    all_accounts_are_planned_or_none(server, calls, tmp_path, NO_LIST, 1, 1)
