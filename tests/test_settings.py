"""Settings: read from the environment and from an event, written to the environment, and refused in whole sentences."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.catalog import CATALOG
from stocktake.errors import UsageError
from stocktake.model import ReasonCode
from stocktake.settings import (
    ACCEPTABLE,
    BY_CHARACTERS,
    DETAILS,
    FORESEEN,
    NEVER_ACCEPTED,
    TIERS,
    WHY_CHARACTERS,
    Acceptance,
    Filters,
    Inventory,
    Settings,
)
from tests.helpers import law

# --- generated settings ---

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
accounts = st.sampled_from(["*", "111122223333", "1*", "????2222[13]*"])
roles = st.from_regex(r"([a-z]{1,5}/){0,2}[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True)
external_ids = st.just("") | st.from_regex(r"[A-Za-z0-9_+=,.@:/-]{2,40}", fullmatch=True)
buses = st.sampled_from(
    ["", "default", "my/bus_1.x-y", "arn:aws-cn:events:cn-north-1:111122223333:event-bus/inventory"]
)
regions = st.sampled_from(["*", "eu-*", "us-east-1", "global", "??-west-[12]", "ap-\u00fc*"])
types = st.sampled_from(["*", "AWS::EC2::*", "AWS::S3::Bucket", "*::Instance", *CATALOG])


@st.composite
def inventories(draw: st.DrawFn) -> tuple[Inventory, ...]:
    def one(name: str) -> Inventory:
        return Inventory(
            name=name,
            accounts=tuple(draw(st.lists(accounts, max_size=3))),
            regions=tuple(draw(st.lists(regions, min_size=1, max_size=3))),
            exclude_regions=tuple(draw(st.lists(regions, max_size=3))),
            types=tuple(draw(st.lists(types, min_size=1, max_size=3))),
            tier=draw(st.sampled_from(TIERS)),
            detail=draw(st.sampled_from(DETAILS)),
        )

    return tuple(one(name) for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)))


def words(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters().filter(str.isprintable), min_size=1, max_size=most).filter(str.strip)


acceptances = st.builds(
    Acceptance,
    accounts=st.lists(accounts, min_size=1, max_size=2).map(tuple),
    regions=st.lists(regions, min_size=1, max_size=2).map(tuple),
    types=st.lists(types, min_size=1, max_size=2).map(tuple),
    reasons=st.sets(st.sampled_from(ACCEPTABLE), min_size=1).map(
        lambda chosen: tuple(str(code) for code in ReasonCode if code in chosen)
    ),
    by=words(BY_CHARACTERS),
    until=st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0)),
    why=words(WHY_CHARACTERS),
)


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    configured = draw(inventories())
    connect, read = draw(st.floats(0.05, 60)), draw(st.floats(0.05, 300))
    return Settings(
        store=draw(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)),
        threads=draw(st.integers(1, 900)),
        unit_requests=draw(st.integers(1, 900)),
        attempts=draw(st.integers(1, 10)),
        backoff_seconds=draw(st.floats(0, 60)),
        backoff_limit_seconds=draw(st.floats(0, 300)),
        connect_timeout=connect,
        read_timeout=read,
        quota_share=draw(st.floats(0, 1)),
        unpublished_rate=draw(st.floats(0.1, 1000)),
        reserve_seconds=draw(st.floats(max(1, connect + read), 600)),
        role=draw(roles),
        external_id=draw(external_ids),
        event_bus=draw(buses),
        inventories=configured,
        accepted=tuple(draw(st.lists(acceptances, max_size=3))),
        inventory=configured[0],
    )


@law
@given(all_settings())
def test_settings_come_back_from_the_environment_as_they_were_written(settings: Settings) -> None:
    assert Settings.from_environment(settings.to_environment()) == settings


def test_the_first_inventory_of_the_environment_is_the_one_that_is_taken() -> None:
    settings = Settings.from_environment({"STOCKTAKE_INVENTORIES": '{"core": {"tier": "core"}, "default": {}}'})
    assert settings.inventory == Inventory("core", tier="core")
    assert settings.inventories == (Inventory("core", tier="core"), Inventory("default"))


def test_defaults_are_not_written() -> None:
    assert Settings().to_environment() == {}


def test_an_environment_that_says_nothing_gives_the_defaults() -> None:
    assert Settings.from_environment({"PATH": "/bin", "AWS_REGION": "eu-west-1"}) == Settings()


def test_what_is_written_is_text_that_an_environment_can_hold() -> None:
    written = Settings(threads=8, inventories=(Inventory("core", types=("AWS::S3::*",)),)).to_environment()
    assert written == {
        "STOCKTAKE_THREADS": "8",
        "STOCKTAKE_INVENTORIES": '{"core": {"types": ["AWS::S3::*"]}}',
    }


def test_a_member_of_inventories_that_is_not_given_keeps_its_default() -> None:
    settings = Settings.from_environment({"STOCKTAKE_INVENTORIES": '{"network": {"types": ["AWS::EC2::*"]}}'})
    assert settings.inventory == Inventory("network", types=("AWS::EC2::*",))


# --- refusals ---


def refusal(environment: Mapping[str, str]) -> str:
    with pytest.raises(UsageError) as raised:
        Settings.from_environment(environment)
    return str(raised.value)


def event_refusal(event: object, settings: Settings | None = None) -> str:
    with pytest.raises(UsageError) as raised:
        (settings or Settings()).for_event(event)
    return str(raised.value)


NUMBERS = [field.name for field in fields(Settings) if field.type in ("int", "float")]


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-1", "1e9", "0x10", "1,5"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_or_out_of_bounds_is_refused_with_its_bounds(name: str, text: str) -> None:
    variable = f"STOCKTAKE_{name.upper()}"
    sentence = refusal({variable: text})
    assert sentence.startswith(f"{variable}: {text!r} cannot be taken; it is a number from ")


@pytest.mark.parametrize("name", ["threads", "unit_requests", "attempts"])
def test_a_count_is_a_whole_number(name: str) -> None:
    assert "cannot be taken" in refusal({f"STOCKTAKE_{name.upper()}": "1.5"})


@pytest.mark.parametrize("name", NUMBERS)
def test_the_bounds_themselves_are_accepted(name: str) -> None:
    variable = f"STOCKTAKE_{name.upper()}"
    low, high = refusal({variable: "x"}).rpartition("from ")[2].split(" to ")
    for bound in (low, high):
        value = getattr(Settings.from_environment({**ROOM_FOR_TIME_OUTS, variable: bound}), name)
        assert math.isclose(value, float(bound))


ROOM_FOR_TIME_OUTS = {
    "STOCKTAKE_CONNECT_TIMEOUT": "0.05",
    "STOCKTAKE_READ_TIMEOUT": "0.05",
    "STOCKTAKE_RESERVE_SECONDS": "600",
}


def test_time_outs_that_do_not_fit_into_the_reserve_are_refused() -> None:
    sentence = refusal({"STOCKTAKE_READ_TIMEOUT": "200", "STOCKTAKE_RESERVE_SECONDS": "10"})
    assert sentence == (
        "STOCKTAKE_RESERVE_SECONDS: 10.0 cannot be taken; it is at least the two time-outs together, 204"
    )
    Settings.from_environment({"STOCKTAKE_CONNECT_TIMEOUT": "40", "STOCKTAKE_READ_TIMEOUT": "20"})


def test_a_misspelt_variable_is_refused_with_the_nearest() -> None:
    sentence = refusal({"STOCKTAKE_THREAD": "8"})
    assert sentence.startswith("STOCKTAKE_THREAD: '8' cannot be taken; there is no such setting; nearest: ")
    assert "STOCKTAKE_THREADS" in sentence


@pytest.mark.parametrize(
    "bus",
    [
        *(" ", "a bus", "b\u00fcs", "default\n", "x" * 257, "https://example.org"),
        "arn:aws:events:eu-west-1:111122223333:rule/inventory",
        "arn:aws:events:eu-west-1:1111:event-bus/inventory",
        "arn:aws:sns:eu-west-1:111122223333:event-bus/inventory",
        "arn:aws:events:eu-west-1:111122223333:event-bus/",
    ],
)
def test_what_is_no_event_bus_is_refused(bus: str) -> None:
    with pytest.raises(UsageError, match=r"STOCKTAKE_EVENT_BUS: .* it is the name of an EventBridge bus, .* its ARN"):
        Settings.from_environment({"STOCKTAKE_EVENT_BUS": bus})


@pytest.mark.parametrize(
    ("variable", "text", "accepted"),
    [
        ("STOCKTAKE_ROLE", "", "it is the name of a role"),
        ("STOCKTAKE_ROLE", "arn:aws:iam::111122223333:role/reader", "it is the name of a role"),
        ("STOCKTAKE_ROLE", "/reader", "it is the name of a role"),
        ("STOCKTAKE_ROLE", "audit/", "it is the name of a role"),
        ("STOCKTAKE_ROLE", "r" * 65, "it is the name of a role"),
        ("STOCKTAKE_ROLE", "reader\n", "it is the name of a role"),
        ("STOCKTAKE_EXTERNAL_ID", "x", "it is 2 to 1224 letters"),
        ("STOCKTAKE_EXTERNAL_ID", "an id", "it is 2 to 1224 letters"),
        ("STOCKTAKE_EXTERNAL_ID", "x" * 1225, "it is 2 to 1224 letters"),
    ],
)
def test_a_role_or_external_id_that_iam_would_not_take_is_refused(variable: str, text: str, accepted: str) -> None:
    assert refusal({variable: text}).startswith(f"{variable}: {text!r} cannot be taken; {accepted}")


def test_a_role_may_have_a_path() -> None:
    settings = Settings.from_environment({"STOCKTAKE_ROLE": "audit/stock/reader", "STOCKTAKE_EXTERNAL_ID": ""})
    assert (settings.role, settings.external_id) == ("audit/stock/reader", "")


@pytest.mark.parametrize("name", ["inventory", "narrowed", "scheduled"])
def test_what_an_event_says_cannot_be_said_by_the_environment(name: str) -> None:
    assert "there is no such setting" in refusal({f"STOCKTAKE_{name.upper()}": "x"})


@pytest.mark.parametrize("text", ["", "core", "[]", "{}", "null", '"core"', "{'core': {}}", "{"])
def test_inventories_that_are_no_json_object_are_refused_with_an_example(text: str) -> None:
    sentence = refusal({"STOCKTAKE_INVENTORIES": text})
    assert sentence.startswith(f"STOCKTAKE_INVENTORIES: {text!r} cannot be taken; it is JSON, such as ")


@pytest.mark.parametrize(
    ("scope", "value", "accepted"),
    [
        ([], "[]", "it is an object with the keys accounts, regions, exclude_regions, types, tier, detail"),
        ({"account": ["1*"]}, "'account'", "there is no such key; nearest: accounts"),
        ({"accounts": "*"}, "'*'", "it is a list of names or globs"),
        ({"accounts": []}, "[]", "it is a list of names or globs"),
        ({"accounts": [111122223333]}, "[111122223333]", "it is a list of names or globs"),
        ({"accounts": ["*", "prod-*"]}, "'prod-*'", "it is an account's id or a glob over ids, such as "),
        ({"accounts": ["1111 2222"]}, "'1111 2222'", "it is an account's id or a glob over ids, such as "),
        ({"region": ["eu-*"]}, "'region'", "there is no such key; nearest: regions"),
        ({"name": "x"}, "'name'", "there is no such key"),
        ({"tier": "gold"}, "'gold'", "it is one of core, full"),
        ({"tier": None}, "None", "it is one of core, full"),
        ({"detail": ["full"]}, "['full']", "it is one of basic, full"),
        ({"regions": "eu-*"}, "'eu-*'", "it is a list of names or globs"),
        ({"regions": []}, "[]", "it is a list of names or globs"),
        ({"regions": [7]}, "[7]", "it is a list of names or globs"),
        ({"exclude_regions": [""]}, "['']", "it is a list of names or globs"),
        ({"types": None}, "None", "it is a list of names or globs"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_refused_by_variable_name_key_and_value(
    scope: object, value: str, accepted: str
) -> None:
    sentence = refusal({"STOCKTAKE_INVENTORIES": json.dumps({"network": scope})})
    assert sentence.startswith("STOCKTAKE_INVENTORIES: network")
    assert f": {value} cannot be taken; {accepted}" in sentence


@pytest.mark.parametrize("name", ["", "-core", "a b", "../up", "a/b", "x" * 64, "caf\u00e9"])
def test_an_inventory_is_named_with_what_a_key_of_the_store_can_hold(name: str) -> None:
    sentence = refusal({"STOCKTAKE_INVENTORIES": json.dumps({name: {}})})
    assert sentence.startswith(f"STOCKTAKE_INVENTORIES: {name}: {name!r} cannot be taken; a name has letters, digits")


def test_an_inventorys_name_does_not_end_in_a_line_feed() -> None:
    refusal({"STOCKTAKE_INVENTORIES": json.dumps({"core\n": {}})})


def test_types_of_a_configured_inventory_that_match_nothing_are_refused_with_the_nearest() -> None:
    sentence = refusal({"STOCKTAKE_INVENTORIES": '{"network": {"types": ["AWS::EC2::Instances"]}}'})
    assert "'AWS::EC2::Instances' cannot be taken; it matches no resource type; " in sentence
    assert "AWS::EC2::Instance" in sentence


def test_types_that_match_nothing_are_refused_by_the_name_of_their_variable() -> None:
    sentence = refusal({"STOCKTAKE_INVENTORIES": '{"network": {"types": ["AWS::EC2::Instances"]}}'})
    assert sentence.startswith("STOCKTAKE_INVENTORIES: network: types: ")


# --- accepted gaps ---

RULE = {"reasons": ["iam"], "by": "Jo", "until": "2027-01-01", "why": "sold"}


def accepted(**members: object) -> Acceptance:
    (rule,) = Settings.from_environment({"STOCKTAKE_ACCEPTED": json.dumps([RULE | members])}).accepted
    return rule


def test_a_rule_covers_every_account_region_and_type_unless_it_says_which() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    everywhere = Acceptance(reasons=("iam",), by="Jo", until=until, why="sold")
    assert accepted() == everywhere
    assert accepted(types=["AWS::EC2::*"], regions=["eu-*"], accounts=["1*"]) == replace(
        everywhere, types=("AWS::EC2::*",), regions=("eu-*",), accounts=("1*",)
    )
    assert everywhere.fits("111122223333", "global", "AWS::IAM::Role", "iam")


@pytest.mark.parametrize("member", ["accounts", "regions", "types", "reasons"])
def test_a_rule_does_not_fit_where_one_of_its_members_does_not(member: str) -> None:
    unit = {"account": "111122223333", "region": "eu-west-1", "of_type": "AWS::EC2::VPC", "reason": "iam"}
    narrow = accepted(accounts=["2*", "1*"], regions=["us-*", "eu-*"], types=["AWS::S3::*", "AWS::EC2::*"])
    assert narrow.fits(**unit)
    assert not replace(narrow, **{member: ("elsewhere",)}).fits(**unit)


@pytest.mark.parametrize(
    ("globs", "codes"),
    [
        (["*"], FORESEEN),
        (["iam", "scp"], (ReasonCode.IAM, ReasonCode.SCP)),
        (["scp", "iam", "scp"], (ReasonCode.IAM, ReasonCode.SCP)),
        (["not_*"], (ReasonCode.NOT_OFFERED, ReasonCode.NOT_ENABLED)),
        (["t*"], (ReasonCode.THROTTLED, ReasonCode.TIMEOUT)),
        (["n*", "malformed"], (*FORESEEN[3:5], ReasonCode.NETWORK, ReasonCode.MALFORMED)),
        (["deadline"], (ReasonCode.DEADLINE,)),
        (["unexpected", "*"], (*FORESEEN, ReasonCode.UNEXPECTED)),
    ],
)
def test_a_glob_stands_for_the_reasons_that_can_be_foreseen_and_others_are_taken_by_name(
    globs: list[str], codes: tuple[ReasonCode, ...]
) -> None:
    assert accepted(reasons=globs).reasons == codes


def test_every_reason_is_foreseen_or_taken_by_name_or_never_accepted() -> None:
    assert {*ACCEPTABLE, *NEVER_ACCEPTED} == set(ReasonCode)
    assert set(FORESEEN) < set(ACCEPTABLE)
    for code in set(ACCEPTABLE) - set(FORESEEN):
        assert accepted(reasons=[code]).reasons == (code,)
        assert "cannot be taken" in refusal({"STOCKTAKE_ACCEPTED": json.dumps([RULE | {"reasons": [f"{code[:-1]}?"]}])})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2027-01-01", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T09:30:00+01:00", datetime(2027, 1, 1, 8, 30, tzinfo=UTC)),
        ("2027-01-01T09:30:00.9-05:30", datetime(2027, 1, 1, 15, tzinfo=UTC)),
    ],
)
def test_until_is_a_day_of_utc_or_a_time_with_its_zone(text: str, time: datetime) -> None:
    rule = accepted(until=text)
    assert rule.until == time
    assert not rule.expired(time - timedelta(seconds=1))
    assert rule.expired(time)
    assert datetime.fromisoformat(rule.word()["until"]) == time


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("by", None, "it is a text of 1 to 60 printable characters"),
        ("by", "", "it is a text of 1 to 60 printable characters"),
        ("by", " ", "it is a text of 1 to 60 printable characters"),
        ("by", "x" * 61, "it is a text of 1 to 60 printable characters"),
        ("by", "Jo\u202e", "it is a text of 1 to 60 printable characters"),
        ("by", "Jo\ud800", "it is a text of 1 to 60 printable characters"),
        ("by", ["Jo"], "it is a text of 1 to 60 printable characters"),
        ("why", None, "it is a text of 1 to 200 printable characters"),
        ("why", "x" * 201, "it is a text of 1 to 200 printable characters"),
        ("why", "two\nlines", "it is a text of 1 to 200 printable characters"),
        ("until", None, "it is a day or a time with its zone, such as "),
        ("until", "", "it is a day or a time with its zone, such as "),
        ("until", "next year", "it is a day or a time with its zone, such as "),
        ("until", "2027-13-01", "it is a day or a time with its zone, such as "),
        ("until", "2027-01-01T00:00:00", "it is a day or a time with its zone, such as "),
        ("until", 1798761600, "it is a day or a time with its zone, such as "),
        ("reasons", None, 'it is a list of names or globs, such as ["scp"]'),
        ("reasons", [], 'it is a list of names or globs, such as ["scp"]'),
        ("reasons", "iam", 'it is a list of names or globs, such as ["scp"]'),
        ("reasons", [{}], 'it is a list of names or globs, such as ["scp"]'),
        ("accounts", [], "it is a list of names or globs, such as "),
        ("regions", "eu-*", "it is a list of names or globs, such as "),
        ("types", None, "it is a list of names or globs, such as "),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_place_the_value_and_what_is_accepted(
    member: str, value: object, said: str
) -> None:
    sentence = refusal({"STOCKTAKE_ACCEPTED": json.dumps([RULE, RULE | {member: value}])})
    assert sentence.startswith(f"STOCKTAKE_ACCEPTED: rule 2: {member}: {value!r} cannot be taken; {said}")


@pytest.mark.parametrize("member", RULE)
def test_what_a_rule_must_say_cannot_be_left_out(member: str) -> None:
    rule = {name: value for name, value in RULE.items() if name != member}
    sentence = refusal({"STOCKTAKE_ACCEPTED": json.dumps([rule])})
    assert sentence.startswith(f"STOCKTAKE_ACCEPTED: rule 1: {member}: None cannot be taken; it is ")


@pytest.mark.parametrize(
    ("member", "glob", "said"),
    [
        ("types", "AWS::EC2::Instances", "it matches no resource type; nearest: AWS::EC2::Instance"),
        ("accounts", "prod-*", "it is an account's id or a glob over ids"),
        ("reasons", "throtled", "it is a reason's code, nearest: throttled"),
        ("reasons", "IAM", "it is a reason's code, nearest: iam"),
        ("reasons", "mal*", "a glob stands for iam, scp, region_disabled, not_offered, not_enabled, throttled, "),
        ("reasons", "auth", "what is wrong with a run's own credentials or clock cannot be accepted"),
        ("reasons", "clock_skew", "what is wrong with a run's own credentials or clock cannot be accepted"),
        ("reasons", "auth*", "it is a reason's code"),
    ],
)
def test_a_glob_of_a_rule_that_matches_nothing_is_refused_by_its_place(member: str, glob: str, said: str) -> None:
    sentence = refusal({"STOCKTAKE_ACCEPTED": json.dumps([RULE, RULE, RULE | {member: [glob]}])})
    assert sentence.startswith(f"STOCKTAKE_ACCEPTED: rule 3: {member}: {glob!r} cannot be taken; ")
    assert said in sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "STOCKTAKE_ACCEPTED: '' cannot be taken; it is a JSON list of rules, such as ["),
        ("{}", "STOCKTAKE_ACCEPTED: '{}' cannot be taken; it is a JSON list of rules, such as ["),
        ("null", "STOCKTAKE_ACCEPTED: 'null' cannot be taken; it is a JSON list of rules, such as ["),
        ('["iam"]', "STOCKTAKE_ACCEPTED: rule 1: 'iam' cannot be taken; it is an object with the keys accounts, "),
        ('[{"reason": []}]', "STOCKTAKE_ACCEPTED: rule 1: 'reason' cannot be taken; there is no such key; nearest: re"),
    ],
)
def test_rules_that_are_no_list_of_objects_with_known_keys_are_refused(text: str, said: str) -> None:
    assert refusal({"STOCKTAKE_ACCEPTED": text}).startswith(said)


def test_the_example_in_the_refusal_of_what_is_no_list_is_taken() -> None:
    example = refusal({"STOCKTAKE_ACCEPTED": ""}).partition("such as ")[2]
    assert len(Settings.from_environment({"STOCKTAKE_ACCEPTED": example}).accepted) == 1


def test_no_rules_are_the_default_and_are_not_written() -> None:
    assert Settings.from_environment({"STOCKTAKE_ACCEPTED": "[]"}) == Settings()


def test_a_rule_is_written_without_what_it_does_not_say() -> None:
    written = Settings(accepted=(accepted(),)).to_environment()["STOCKTAKE_ACCEPTED"]
    assert written == '[{"reasons":["iam"],"by":"Jo","until":"2027-01-01T00:00:00Z","why":"sold"}]'


@law
@given(acceptances)
def test_a_rule_comes_back_from_the_manifest_as_it_was_written(rule: Acceptance) -> None:
    assert Acceptance.stored(json.loads(json.dumps(rule.as_json()))) == rule


json_members = st.sampled_from([*RULE, "accounts", "regions", "types", "other"])


def test_an_event_cannot_bring_rules() -> None:
    assert "there is no such key" in event_refusal({"accepted": [RULE]})


# --- events ---

TWO = Settings.from_environment(
    {"STOCKTAKE_INVENTORIES": '{"core": {"tier": "core", "regions": ["eu-*"]}, "deep": {"exclude_regions": ["me-*"]}}'}
)


@pytest.mark.parametrize("event", [None, {}])
def test_an_empty_event_asks_for_the_first_inventory_as_it_is(event: object) -> None:
    settings = TWO.for_event(event)
    assert settings == TWO
    assert settings.inventory.name == "core"
    assert not settings.narrowed


@pytest.mark.parametrize("event", [[], "core", 7, True, [{}], ("inventory",)])
def test_an_event_that_is_no_object_is_refused(event: object) -> None:
    sentence = event_refusal(event)
    assert sentence.startswith(f"event: {event!r} cannot be taken; it is an object with the keys inventory, accounts")


@pytest.mark.parametrize(
    ("key", "near"), [("region", "regions"), ("Types", "types"), ("exclude-regions", "exclude_regions")]
)
def test_a_misspelt_key_is_refused_with_the_nearest(key: str, near: str) -> None:
    sentence = event_refusal({key: ["x"]})
    assert sentence.startswith(f"event: {key!r} cannot be taken; there is no such key; nearest: {near}")


def test_a_key_that_is_like_none_is_refused_with_all_there_are() -> None:
    sentence = event_refusal({"zzzzzzzz": 1})
    assert sentence.endswith("known: inventory, accounts, regions, exclude_regions, types, detail, scheduled, resume")


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("inventory", "corr", "the configured inventories are core, deep"),
        ("inventory", 7, "the configured inventories are core, deep"),
        ("inventory", None, "the configured inventories are core, deep"),
        ("accounts", [], "it is a list of names or globs"),
        ("accounts", "*", "it is a list of names or globs"),
        ("regions", "eu-*", "it is a list of names or globs"),
        ("regions", [], "it is a list of names or globs"),
        ("regions", [""], "it is a list of names or globs"),
        ("regions", {"a": 1}, "it is a list of names or globs"),
        ("exclude_regions", [1], "it is a list of names or globs"),
        ("types", [], "it is a list of names or globs"),
        ("types", [None], "it is a list of names or globs"),
        ("detail", "deep", "it is one of basic, full"),
        ("detail", ["full"], "it is one of basic, full"),
        ("detail", None, "it is one of basic, full"),
        ("scheduled", "yesterday", "it is a time with its zone"),
        ("scheduled", "", "it is a time with its zone"),
        ("scheduled", 1795348800, "it is a time with its zone"),
        ("scheduled", "2026-11-22", "it is a time with its zone"),
        ("scheduled", "2026-11-22T13:00:00", "it is a time with its zone"),
        ("scheduled", "2026-11-22T25:00:00Z", "it is a time with its zone"),
        ("scheduled", "<aws.scheduler.scheduled-time>", "it is a time with its zone"),
    ],
)
def test_a_value_that_cannot_be_taken_is_refused_by_key_value_and_what_is_accepted(
    key: str, value: object, accepted: str
) -> None:
    sentence = event_refusal({key: value}, TWO)
    assert sentence.startswith(f"{key}: {value!r} cannot be taken; {accepted}")


def test_types_that_match_nothing_are_refused_with_the_nearest() -> None:
    sentence = event_refusal({"types": ["AWS::S3::*", "AWS::EC2::Instanse"]})
    assert sentence.startswith("types: 'AWS::EC2::Instanse' cannot be taken; it matches no resource type; nearest: ")
    assert "AWS::EC2::Instance" in sentence


def test_type_globs_are_as_exact_in_case_as_the_types() -> None:
    assert not any(fnmatchcase(name, "aws::ec2::*") for name in CATALOG)
    assert "matches no resource type" in event_refusal({"types": ["aws::ec2::*"]})


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"accounts": ["111122223333"]}, {"accounts": ("111122223333",)}),
        ({"regions": ["us-*"]}, {"regions": ("us-*",)}),
        ({"exclude_regions": ["eu-west-1"]}, {"exclude_regions": ("eu-west-1",)}),
        ({"types": ["AWS::S3::*"]}, {"types": ("AWS::S3::*",)}),
    ],
)
def test_a_filter_of_an_event_makes_the_run_a_narrower_one(event: dict[str, Any], expected: dict[str, Any]) -> None:
    settings = TWO.for_event(event)
    assert settings.inventory == TWO.inventory
    assert settings.filters == Filters(**expected)
    assert settings.narrowed


def test_less_detail_makes_the_run_a_narrower_one() -> None:
    settings = TWO.for_event({"detail": "basic"})
    assert settings.inventory == replace(TWO.inventory, detail="basic")
    assert settings.narrowed


@pytest.mark.parametrize(
    "event",
    [
        {"inventory": "core"},
        {"inventory": "deep"},
        {"accounts": ["*"]},
        {"regions": ["eu-*"]},
        {"accounts": None, "regions": None, "types": None, "exclude_regions": None},
        {"types": ["*"], "detail": "full", "exclude_regions": []},
        {"inventory": "deep", "exclude_regions": ["me-*"]},
        {"scheduled": "2026-11-22T13:00:00Z"},
    ],
)
def test_an_event_that_asks_for_the_whole_inventory_is_not_narrower(event: dict[str, Any]) -> None:
    settings = TWO.for_event(event)
    assert not settings.narrowed
    assert settings.inventory in TWO.inventories


def test_an_event_chooses_among_the_configured_inventories() -> None:
    assert TWO.for_event({"inventory": "deep"}).inventory == TWO.inventories[1]


def test_an_event_leaves_the_other_settings_alone() -> None:
    settings = replace(TWO, threads=7, store="s3://b")
    asked = settings.for_event({"regions": ["us-*"], "scheduled": "2026-11-22T13:00:00Z"})
    assert (asked.threads, asked.store, asked.inventories) == (7, "s3://b", TWO.inventories)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T13:00:00Z",
        "2026-11-22T13:00:00.999Z",
        "2026-11-22T13:00:00+00:00",
        "2026-11-22T14:00:00+01:00",
        "2026-11-22T07:30:00-05:30",
        "20261122T130000Z",
    ],
)
def test_a_scheduled_time_is_one_whole_second_of_utc_however_it_is_written(text: str) -> None:
    assert Settings().for_event({"scheduled": text}).scheduled == datetime(2026, 11, 22, 13, tzinfo=UTC)


@law
@given(
    st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)),
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_time_with_a_zone_is_taken_and_every_one_without_is_refused(time: datetime, zone: timezone) -> None:
    here = time.replace(tzinfo=zone)
    scheduled = Settings().for_event({"scheduled": here.isoformat()}).scheduled
    assert scheduled == here.astimezone(UTC).replace(microsecond=0)
    assert "with its zone" in event_refusal({"scheduled": time.isoformat()})


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_beyond_the_calendar_is_refused_like_any_other(text: str) -> None:
    assert "with its zone" in event_refusal({"scheduled": text})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@law
@given(st.lists(st.dictionaries(json_members, json_values, max_size=4) | json_values, max_size=3) | json_values)
def test_any_rules_are_taken_or_refused_in_a_sentence(rules: object) -> None:
    def sentence() -> str:
        try:
            read = Settings.from_environment({"STOCKTAKE_ACCEPTED": json.dumps(rules)}).accepted
        except UsageError as error:
            return str(error)
        assert all(rule.reasons and rule.by and rule.why for rule in read)
        return ""

    assert not sentence() or " cannot be taken; " in sentence()


keys = st.sampled_from(["inventory", "accounts", "regions", "exclude_regions", "types", "detail", "scheduled", "other"])


@law
@given(st.dictionaries(keys, json_values, max_size=4) | json_values)
def test_any_event_is_taken_or_refused_in_a_sentence(event: object) -> None:
    def sentence() -> str:
        try:
            asked = TWO.for_event(event)
        except UsageError as error:
            return str(error)
        assert asked.inventory.regions
        return ""

    assert not sentence() or " cannot be taken; " in sentence()
