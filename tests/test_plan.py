"""plan(): scope × inventory × catalogue → units, in the order in which they are to be called."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake import plan as planning
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.spec import Scope as RowScope
from stocktake.errors import UsageError
from stocktake.model import GLOBAL, AccountScope, Problem, Reason, ReasonCode, Scope, State, Unit
from stocktake.plan import one_of_each, plan, select, services_of
from stocktake.settings import Inventory
from tests.helpers import ACCOUNT, law

ENABLED = ("ap-southeast-2", "eu-west-1", "eu-west-2", "us-east-1")
DISABLED = ("ap-east-1", "me-south-1")
SCOPE = Scope(
    partition="aws",
    home="us-east-1",
    accounts=(AccountScope(ACCOUNT, ENABLED, DISABLED),),
    elsewhere=("cn-north-1", "us-gov-west-1"),
)

GLOBAL_TYPES = {row.name for row in CATALOG.values() if row.scope is RowScope.GLOBAL}
REGIONAL_TYPES = set(CATALOG) - GLOBAL_TYPES
INSTANCES = ("AWS::EC2::Instance",)


def asked(**filters: Any) -> Inventory:
    return Inventory(**filters)


def regions_of(units: tuple[Unit, ...]) -> set[str]:
    return {unit.target.region for unit in units}


def refusal(inventory: Inventory, scope: Scope = SCOPE) -> str:
    with pytest.raises(UsageError) as raised:
        plan(scope, inventory)
    return str(raised.value)


# --- what is planned ---


def test_the_default_is_every_regional_type_in_every_enabled_region_and_every_global_type_once() -> None:
    units = plan(SCOPE, Inventory())
    expected = {*product(REGIONAL_TYPES, ENABLED), *product(GLOBAL_TYPES, [GLOBAL])}
    assert {(unit.type, unit.target.region) for unit in units} == expected
    assert len(units) == len(expected)


def test_every_account_has_the_whole_product() -> None:
    one = plan(SCOPE, Inventory())
    accounts = tuple(AccountScope(account, ENABLED, DISABLED) for account in ("111111111111", "222222222222"))
    two = plan(replace(SCOPE, accounts=accounts), Inventory())
    assert len(two) == 2 * len(one)
    assert {unit.key[1:] for unit in two if unit.target.account == "222222222222"} == {unit.key[1:] for unit in one}


TWO = replace(
    SCOPE,
    accounts=(
        AccountScope("111111111111", ("eu-west-1", "us-east-1"), ("me-south-1",)),
        AccountScope("222222222222", ("me-south-1", "us-east-1"), ("eu-west-1",)),
    ),
)


def places(units: tuple[Unit, ...]) -> set[tuple[str, str]]:
    """Account and region of each, the account by its first digit."""
    return {(unit.target.account[0], unit.target.region) for unit in units}


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (("*",), {("1", "eu-west-1"), ("1", "us-east-1"), ("2", "me-south-1"), ("2", "us-east-1")}),
        (("us-*",), {("1", "us-east-1"), ("2", "us-east-1")}),
        # By name, also where it is not enabled: the unit then says so.
        (("me-south-1",), {("1", "me-south-1"), ("2", "me-south-1")}),
    ],
)
def test_every_account_has_regions_of_its_own(globs: tuple[str, ...], expected: set[tuple[str, str]]) -> None:
    assert places(plan(TWO, asked(regions=globs, types=INSTANCES))) == expected


def test_a_region_that_only_one_account_knows_can_be_asked_for() -> None:
    accounts = (AccountScope("111111111111", ("us-east-1",)), AccountScope("222222222222", ("eu-west-1",)))
    units = plan(replace(SCOPE, accounts=accounts), asked(regions=("eu-west-1",), types=INSTANCES))
    assert places(units) == {("2", "eu-west-1")}


def test_an_account_that_could_not_be_entered_is_planned_like_any_other() -> None:
    problem = Problem(State.DENIED, Reason(ReasonCode.IAM, "no"))
    barred = AccountScope("222222222222", ENABLED, problem=problem)
    units = plan(replace(SCOPE, accounts=(*SCOPE.accounts, barred)), Inventory())
    assert len(units) == 2 * len(plan(SCOPE, Inventory()))


def test_a_global_type_is_called_in_the_partitions_home_and_a_regional_one_where_it_is() -> None:
    china = Scope("aws-cn", "cn-north-1", (AccountScope(ACCOUNT, ("cn-north-1", "cn-northwest-1")),))
    for unit in plan(china, Inventory()):
        home = "cn-north-1" if unit.target.region == GLOBAL else unit.target.region
        assert (unit.target.home, unit.target.partition, unit.target.account) == (home, "aws-cn", ACCOUNT)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"regions": ("eu-*",)}, {"eu-west-1", "eu-west-2"}),
        ({"regions": ("eu-west-[1]", "us-east-1")}, {"eu-west-1", "us-east-1"}),
        ({"regions": ("*",), "exclude_regions": ("eu-*",)}, {"ap-southeast-2", "us-east-1", GLOBAL}),
        ({"regions": ("*",), "exclude_regions": (GLOBAL,)}, set(ENABLED)),
        ({"regions": (GLOBAL,)}, {GLOBAL}),
        ({"regions": ("eu-*", "eu-west-1")}, {"eu-west-1", "eu-west-2"}),
        ({"exclude_regions": ("me-*",)}, {*ENABLED, GLOBAL}),
    ],
)
def test_globs_choose_regions_and_take_some_out_again(filters: dict[str, Any], expected: set[str]) -> None:
    assert regions_of(plan(SCOPE, asked(**filters))) == expected


@pytest.mark.parametrize(
    ("globs", "beginnings"),
    [
        (("AWS::EC2::NatGateway",), ("AWS::EC2::NatGateway",)),
        (("AWS::EC2::V*",), ("AWS::EC2::V",)),
        (("AWS::IAM::*", "AWS::S3::*"), ("AWS::IAM::", "AWS::S3::")),
    ],
)
def test_globs_choose_types(globs: tuple[str, ...], beginnings: tuple[str, ...]) -> None:
    expected = {name for name in CATALOG if name.startswith(beginnings)}
    assert {unit.type for unit in plan(SCOPE, asked(types=globs))} == expected


# --- regions that are not enabled ---


def test_a_region_that_is_not_enabled_is_not_swept() -> None:
    assert not regions_of(plan(SCOPE, Inventory())) & set(DISABLED)


def test_a_region_that_is_not_enabled_is_planned_where_it_is_asked_for_by_name() -> None:
    units = plan(SCOPE, asked(regions=("me-south-1", "eu-west-1"), types=INSTANCES))
    assert regions_of(units) == {"me-south-1", "eu-west-1"}


def test_a_glob_that_finds_enabled_regions_leaves_the_others_out() -> None:
    assert regions_of(plan(SCOPE, asked(regions=("ap-*",), types=INSTANCES))) == {"ap-southeast-2"}


def test_a_glob_that_finds_only_regions_that_are_not_enabled_asks_for_them() -> None:
    assert regions_of(plan(SCOPE, asked(regions=("me-*",), types=INSTANCES))) == {"me-south-1"}


def test_a_region_that_is_not_enabled_can_be_excluded() -> None:
    inventory = asked(regions=("me-south-1", "eu-west-1"), exclude_regions=("me-*",), types=INSTANCES)
    assert regions_of(plan(SCOPE, inventory)) == {"eu-west-1"}


# --- refusals ---


def test_a_region_that_there_is_not_is_refused_with_the_nearest() -> None:
    sentence = refusal(asked(regions=("eu-west-9",)))
    assert sentence.startswith("regions: 'eu-west-9' cannot be taken; it matches no region; nearest: eu-west-")


def test_an_excluded_region_that_there_is_not_is_refused_too() -> None:
    sentence = refusal(asked(exclude_regions=("eu-wset-1",)))
    assert sentence.startswith("exclude_regions: 'eu-wset-1' cannot be taken; it matches no region; nearest: eu-west-1")


def test_a_region_of_another_partition_can_be_excluded_for_the_sake_of_other_accounts() -> None:
    assert plan(SCOPE, asked(exclude_regions=("cn-*", "us-gov-west-1"))) == plan(SCOPE, Inventory())


def test_a_region_of_another_partition_cannot_be_asked_for() -> None:
    assert "it matches no region" in refusal(asked(regions=("cn-north-1",)))


def test_a_region_that_is_like_none_is_refused_with_all_there_are() -> None:
    sentence = refusal(asked(regions=("zz",)))
    assert sentence.endswith("known: global, ap-southeast-2, eu-west-1, eu-west-2, us-east-1, ap-east-1, me-south-1")


@pytest.mark.parametrize(
    ("filters", "needed"),
    [
        ({"regions": ("eu-*",), "types": ("AWS::IAM::*",)}, "these types need global"),
        ({"regions": (GLOBAL,), "types": INSTANCES}, "these types need at least one region"),
        ({"regions": ("eu-*",), "exclude_regions": ("*",)}, "these types need at least one region"),
    ],
)
def test_filters_that_leave_nothing_are_refused_with_what_would_be_needed(filters: dict[str, Any], needed: str) -> None:
    sentence = refusal(asked(**filters))
    assert sentence.startswith("regions: ")
    assert "they leave nothing to collect" in sentence
    assert sentence.endswith(needed)


# --- tiers ---

RARE = ResourceType(
    name="AWS::Test::Rare", service="test", doc="", calls=(Call(operation="ListRare"),), id="Id", tier=Tier.FULL
)


@pytest.fixture
def with_a_rare_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "CATALOG", {**CATALOG, RARE.name: RARE})


@pytest.mark.usefixtures("with_a_rare_type")
def test_tier_core_leaves_out_what_is_of_tier_full() -> None:
    core = {row.name for row in select(asked(tier="core"))}
    full = {row.name for row in select(asked(tier="full"))}
    assert full - core == {RARE.name, *(name for name, row in CATALOG.items() if row.tier is Tier.FULL)}
    assert RARE.name not in {unit.type for unit in plan(SCOPE, asked(tier="core"))}
    assert RARE.name in {unit.type for unit in plan(SCOPE, asked(tier="full"))}


@pytest.mark.usefixtures("with_a_rare_type")
def test_an_inventory_of_types_that_its_tier_leaves_out_is_refused() -> None:
    assert "tier core) has none of them" in refusal(asked(tier="core", types=(RARE.name,)))


# --- order ---


def host(unit: Unit) -> tuple[str, str]:
    """Global types come first, apart from the regional ones of their service; `longest_first` brings them together."""
    return (unit.target.region, CATALOG[unit.type].service)


region_names = st.from_regex(r"(eu|us|ap)-(west|east|south)-[1-4]", fullmatch=True)
accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    def account(number: str) -> AccountScope:
        regions = draw(st.lists(region_names, min_size=1, max_size=8, unique=True))
        cut = draw(st.integers(1, len(regions)))
        return AccountScope(number, tuple(regions[:cut]), tuple(regions[cut:]))

    numbers = draw(st.lists(accounts, min_size=1, max_size=3, unique=True))
    return Scope(partition="aws", home="us-east-1", accounts=tuple(map(account, numbers)))


@law
@given(scopes())
def test_the_calls_of_one_host_follow_each_other(scope: Scope) -> None:
    visits = [at for at, _ in groupby(plan(scope, Inventory()), host)]
    assert len(visits) == len(set(visits))


@law
@given(scopes(), st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_the_scope_is_listed(scope: Scope, rng: Any) -> None:
    def shuffled(names: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(rng.sample(names, len(names)))

    accounts = [replace(one, enabled=shuffled(one.enabled)) for one in scope.accounts]
    other = replace(scope, accounts=shuffled(tuple(accounts)))
    assert plan(other, Inventory()) == plan(scope, Inventory())


@law
@given(scopes())
def test_no_unit_is_planned_twice(scope: Scope) -> None:
    units = plan(scope, Inventory())
    assert len({unit.key for unit in units}) == len(units)


@law
@given(scopes(), st.lists(region_names | st.sampled_from(["*", "eu-*", GLOBAL]), min_size=1, max_size=3))
def test_a_plan_is_within_what_was_asked_for_or_is_refused(scope: Scope, globs: list[str]) -> None:
    try:
        units = plan(scope, asked(regions=tuple(globs)))
    except UsageError:
        return
    assert units
    for account in scope.accounts:
        assert regions_of(tuple(unit for unit in units if unit.target.account == account.account)) <= {
            GLOBAL,
            *account.enabled,
            *(set(account.disabled) & set(globs)),
            *_only_disabled(account, globs),
        }


def _only_disabled(account: AccountScope, globs: list[str]) -> set[str]:
    """What `eu-*` asks for where no region of Europe is enabled."""
    if "eu-*" in globs and not any(region.startswith("eu-") for region in account.enabled):
        return {region for region in account.disabled if region.startswith("eu-")}
    return set()


# --- what is called ---


@pytest.mark.parametrize("enriched", [True, False])
def test_every_service_that_rows_call_is_named_once(enriched: bool) -> None:
    rows = select(Inventory())
    named = services_of(rows, enriched=enriched)
    assert len(named) == len(set(named))
    assert set(named) == {row.service_of(call) for row in rows for call in row.every_call(enriched=enriched)}


# --- one of each ---


@law
@given(
    st.lists(
        st.sampled_from(plan(SCOPE, Inventory())),
        unique=True,
    ),
    st.sampled_from([*ENABLED, "elsewhere"]),
)
def test_one_of_each_has_every_type_and_every_region_and_the_own_region_where_it_can(
    units: list[Unit], home: str
) -> None:
    chosen = one_of_each(units, home)
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(units)
    assert {unit.type for unit in chosen} == {unit.type for unit in units}
    assert regions_of(chosen) == regions_of(tuple(units))
    at_home = {unit for unit in units if unit.target.region == home}
    assert at_home <= set(chosen)
    assert len(chosen) <= len({unit.type for unit in units}) + len(regions_of(tuple(units)))


def test_one_of_each_is_of_each_account() -> None:
    units = plan(TWO, Inventory())
    chosen = one_of_each(units, "us-east-1")
    for account in TWO.ids:
        of_account = {unit.type for unit in units if unit.target.account == account}
        assert {unit.type for unit in chosen if unit.target.account == account} == of_account
