"""Accepted gaps: what a rule changes, what it never changes, and who is said to accept what, until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocktake.announce import measures, summary
from stocktake.cli.render import console, headline, print_accepted, print_unseen
from stocktake.model import Outcome, Reason, ReasonCode, State, Verdict
from stocktake.settings import ACCEPTABLE, Acceptance, Settings
from stocktake.snapshot import (
    Content,
    Spool,
    UnitRecord,
    accept,
    assemble,
    counts_of,
    lines_of,
    unseen,
    verdict_from,
    verdict_of,
)
from tests.helpers import law, manifest_of, record, run_at, unit

RUN = run_at(13)
NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
SEEN = (State.COLLECTED, State.UNAVAILABLE)
often = settings(law, max_examples=300)

# --- generated units and rules ---

ACCOUNTS, REGIONS = ("111111111111", "222222222222"), ("eu-west-1", "us-east-1", "global")
TYPES = ("AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::S3::Bucket")
KEYS = [(account, region, name) for account in ACCOUNTS for region in REGIONS for name in TYPES]


@st.composite
def estates(draw: st.DrawFn) -> list[UnitRecord]:
    made = []
    for account, region, name in draw(st.lists(st.sampled_from(KEYS), max_size=6, unique=True)):
        state = draw(st.sampled_from([State.COLLECTED, State.COLLECTED, State.DENIED, *State]))
        code = draw(st.sampled_from([ReasonCode.IAM] * 9 + list(ReasonCode)))
        reason = None if state is State.COLLECTED else Reason(code, "no")
        made.append(UnitRecord(Outcome(unit(name, region, account), state, reason)))
    return made


def globs(*choices: str) -> st.SearchStrategy[tuple[str, ...]]:
    everything = st.just(("*",))
    return everything | everything | st.lists(st.sampled_from(choices), min_size=1, max_size=2).map(tuple)


rule_sets = st.lists(
    st.builds(
        Acceptance,
        accounts=globs("1*", "222222222222", "3*"),
        regions=globs("eu-*", "us-east-1", "global"),
        types=globs("AWS::EC2::*", "*::Bucket"),
        reasons=st.lists(st.sampled_from([ReasonCode.IAM] * 9 + list(ACCEPTABLE)), min_size=1, max_size=3).map(
            lambda codes: tuple(str(code) for code in codes)
        ),
        by=st.sampled_from(["Jo", "Mia"]),
        until=st.sampled_from(
            [NOW - timedelta(days=1), NOW] + [NOW + timedelta(seconds=1), NOW + timedelta(days=9)] * 2
        ),
        why=st.sampled_from(["sold", "not in use"]),
    ),
    min_size=1,
    max_size=4,
) | st.just([])


def rule(**members: Any) -> Acceptance:
    given: dict[str, Any] = {"reasons": ("iam",), "by": "Jo", "until": NOW + timedelta(days=9), "why": "sold"}
    return Acceptance(**given | members)


def covered(one: UnitRecord, rules: Sequence[Acceptance]) -> bool:
    """By a rule that holds, worked out another way: names that each glob used here stands for, written out."""
    stands_for = {
        "*": {*ACCOUNTS, *REGIONS, *TYPES},
        "1*": {"111111111111"},
        "3*": set(),
        "eu-*": {"eu-west-1"},
        "AWS::EC2::*": {"AWS::EC2::VPC", "AWS::EC2::Subnet"},
        "*::Bucket": {"AWS::S3::Bucket"},
    }

    def reaches(patterns: Sequence[str], name: str) -> bool:
        return any(name in stands_for.get(pattern, {pattern}) for pattern in patterns)

    reason = one.outcome.reason
    return any(
        each.until > NOW
        and reason is not None
        and reason.code.value in each.reasons
        and reaches(each.accounts, one.unit.target.account)
        and reaches(each.regions, one.unit.target.region)
        and reaches(each.types, one.unit.type)
        for each in rules
    )


# --- the laws ---


def test_the_cases_reach_every_verdict_with_and_without_rules() -> None:
    reached: Counter[tuple[Verdict, bool]] = Counter()

    @often
    @given(estates(), rule_sets)
    def look(records: list[UnitRecord], rules: list[Acceptance]) -> None:
        marked, _ = accept(records, rules, RUN.started)
        reached[verdict_of(marked)[0], any(one.accepted for one in marked)] += 1

    look()
    assert set(reached) == {(verdict, by_rule) for verdict in Verdict for by_rule in (True, False)}
    assert min(reached.values()) >= 3, reached


@often
@given(estates(), rule_sets)
def test_a_run_is_complete_where_all_is_collected_unavailable_or_covered_and_something_was_collected(
    records: list[UnitRecord], rules: list[Acceptance]
) -> None:
    marked, _ = accept(records, rules, RUN.started)
    missing = [one for one in records if one.outcome.state not in SEEN]
    collected = any(one.outcome.state is State.COLLECTED for one in records)
    complete = not missing or (collected and all(covered(one, rules) for one in missing))
    assert (verdict_of(marked)[0] is Verdict.COMPLETE) == complete


@often
@given(estates(), rule_sets)
def test_a_rule_changes_no_state_no_reason_no_coverage_and_no_run_that_failed(
    records: list[UnitRecord], rules: list[Acceptance]
) -> None:
    marked, _ = accept(records, rules, RUN.started)
    assert [replace(one, accepted=None) for one in marked] == records
    assert {**counts_of(marked), "accepted": 0} == counts_of(records)
    (verdict, coverage), (before, as_before) = verdict_of(marked), verdict_of(records)
    assert coverage == as_before
    assert (verdict is Verdict.FAILED) == (before is Verdict.FAILED)
    assert verdict is before or (before, verdict) == (Verdict.PARTIAL, Verdict.COMPLETE)


@often
@given(estates(), rule_sets)
def test_an_expired_rule_is_as_good_as_none(records: list[UnitRecord], rules: list[Acceptance]) -> None:
    holding = [each for each in rules if not each.expired(NOW)]
    marked, listed = accept(records, rules, RUN.started)
    assert marked == accept(records, holding, RUN.started)[0]
    assert [each["expired"] for each in listed] == [each.until <= NOW for each in rules]


@often
@given(estates(), rule_sets)
def test_a_unit_has_the_word_of_the_first_rule_that_covers_it_and_what_is_seen_has_none(
    records: list[UnitRecord], rules: list[Acceptance]
) -> None:
    for one in accept(records, rules, RUN.started)[0]:
        covering = [each for each in rules if covered(one, [each])] if one.outcome.state not in SEEN else []
        assert one.accepted == (covering[0] if covering else None)


@often
@given(estates(), rule_sets)
def test_the_manifests_rules_say_how_many_units_each_covers_or_no_longer_covers(
    records: list[UnitRecord], rules: list[Acceptance]
) -> None:
    marked, listed = accept(records, rules, RUN.started)
    assert [Acceptance.stored(each) for each in listed] == rules
    holding = sum(each["units"] for each in listed if not each["expired"])
    assert holding == counts_of(marked)["accepted"] == sum(one.accepted is not None for one in marked)
    renewed = [replace(each, until=NOW + timedelta(days=1)) for each in rules]
    assert sum(each["units"] for each in listed) == counts_of(accept(records, renewed, RUN.started)[0])["accepted"]


@often
@given(estates(), rule_sets)
def test_lines_differ_in_who_accepts_alone(records: list[UnitRecord], rules: list[Acceptance]) -> None:
    marked, _ = accept(records, rules, RUN.started)
    with Spool() as spool:
        (snapshot, before), (same, after) = (assemble(RUN, these, spool, {}) for these in (records, marked))
        assert snapshot.sha256 == same.sha256
        old, new = (list(read(one.file)) for one in (before, after))
    assert [{name: value for name, value in line.items() if name != "accepted"} for line in new] == old
    words = {one.unit.key: one.accepted.word() for one in marked if one.accepted is not None}
    assert {key_of(line): line["accepted"] for line in new if "accepted" in line} == words


def read(file: Any) -> Any:
    file.seek(0)
    return lines_of(file.read(), "units")


def key_of(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return (line["account"], line["region"], line["type"])


@often
@given(st.dictionaries(st.sampled_from(list(State)), st.integers(0, 3)), st.integers(0, 12))
def test_complete_with_less_than_all_seen_is_never_said_to_be_all(states: dict[State, int], accepted: int) -> None:
    verdict, coverage = verdict_from(Counter(states), accepted)
    missing = sum(number for state, number in states.items() if state not in SEEN)
    assert (coverage == 1.0) == (not missing)
    assert verdict is Verdict.COMPLETE or missing


def test_coverage_of_a_complete_run_that_misses_one_of_very_many_is_not_rounded_up() -> None:
    assert verdict_from({State.COLLECTED: 3_000_000, State.DENIED: 1}, 1) == (Verdict.COMPLETE, 0.999999)


@pytest.mark.parametrize("states", [{State.DENIED: 2}, {State.FAILED: 1, State.UNAVAILABLE: 3}])
def test_a_run_that_collected_nothing_stays_failed_though_all_of_it_is_accepted(states: dict[State, int]) -> None:
    assert verdict_from(states, 2) == (Verdict.FAILED, 0.0)


def test_a_run_that_only_read_pieces_stays_partial_though_all_of_it_is_accepted() -> None:
    assert verdict_from({State.PARTIAL: 2}, 2) == (Verdict.PARTIAL, 0.0)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_rule_holds_until_its_time_and_not_at_it(seconds: int) -> None:
    marked, _ = accept([denied()], [rule(until=NOW + timedelta(seconds=seconds))], RUN.started)
    assert [one.accepted is not None for one in marked] == [seconds > 0]


def test_no_rule_of_the_settings_accepts_broken_credentials() -> None:
    everything = '[{"reasons": ["*", %s], "by": "Jo", "until": "2099-01-01", "why": "all"}]'
    rules = Settings.from_environment(
        {"STOCKTAKE_ACCEPTED": everything % ", ".join(f'"{code}"' for code in ACCEPTABLE)}
    ).accepted
    broken = [denied(code) for code in ReasonCode]
    accepted = {one.outcome.reason.code for one in accept(broken, rules, RUN.started)[0] if one.accepted}  # type: ignore[union-attr]
    assert set(ReasonCode) - accepted == {ReasonCode.AUTH, ReasonCode.CLOCK_SKEW}


def denied(code: ReasonCode = ReasonCode.IAM, region: str = "eu-west-1") -> UnitRecord:
    return UnitRecord(Outcome(unit(region=region), State.DENIED, Reason(code, "not authorized")), Content())


# --- what is said of it ---


def told(rules: Sequence[Acceptance], *, width: int = 140) -> tuple[dict[str, Any], str]:
    """The summary of a run with one collected and two denied units, and what people are shown of it."""
    with Spool() as spool:
        records = [record(spool, unit(region="us-east-1"), ["i-1"]), denied(), denied(region="eu-west-2")]
        marked, listed = accept(records, rules, RUN.started)
        lines = list(read(assemble(RUN, marked, spool, {})[-1].file))
    verdict, coverage = verdict_of(marked)
    manifest = manifest_of(
        RUN,
        verdict,
        coverage=coverage,
        counts=counts_of(marked),
        accepted=listed,
        scope={"accounts": ["1"], "regions_from": "account:ListRegions"},
        calls={},
    )
    manifest["run"]["revision"] = 1
    brief = summary(manifest, unseen(lines), "manifests/key", latest=True)
    out = console()
    out.width = width
    with out.capture() as said:
        headline(out, brief)
        print_unseen(out, brief["unseen"], accounts=1)
        print_accepted(out, brief["accepted_rules"])
    return brief, said.get()


def test_a_complete_run_with_units_unseen_says_so_in_its_first_line() -> None:
    brief, said = told([rule(by="Mia Roe")])
    assert (brief["verdict"], brief["coverage"], brief["accepted"]) == ("complete", 0.333333, 2)
    assert said.startswith(
        "COMPLETE  33.3 % of what there is to see, 1 resources, 2 units accepted as unseen by Mia Roe\n"
    )


def test_what_is_accepted_is_marked_with_who_and_until_when_and_comes_last() -> None:
    brief, said = told([rule(regions=("eu-west-1",), until=datetime(2027, 1, 1, tzinfo=UTC))])
    assert [(group["regions"], group.get("accepted")) for group in brief["unseen"]] == [
        (["eu-west-2"], None),
        (["eu-west-1"], {"by": "Jo", "until": "2027-01-01T00:00:00Z"}),
    ]
    assert "  accepted by Jo until 2027-01-01: not authorized\n" in said
    assert brief["verdict"] == "partial"


@pytest.mark.parametrize(
    ("members", "row"),
    [
        ({}, "by Jo until 2026-12-01T13:00:00Z 2 accepted sold"),
        ({"regions": ("us-*",)}, "by Jo until 2026-12-01T13:00:00Z 0 covers nothing sold"),
        ({"until": NOW}, "by Jo until 2026-11-22T13:00:00Z 2 EXPIRED: no longer accepted sold"),
        ({"until": NOW, "reasons": ("scp",)}, "by Jo until 2026-11-22T13:00:00Z 0 EXPIRED sold"),
    ],
)
def test_every_rule_is_a_line_that_says_what_it_does(members: dict[str, Any], row: str) -> None:
    brief, said = told([rule(**members)])
    assert row in [" ".join(line.split()) for line in said.splitlines()]
    assert brief["verdict"] == ("complete" if row.split()[5] == "accepted" else "partial")


def test_text_in_a_rule_is_inert() -> None:
    brief, _ = told([rule()])
    brief["accepted_rules"][0] |= {"by": "\x1b[2JJo", "why": "\u202eplos"}
    brief["unseen"][0]["accepted"]["by"] = "\x1b[2JJo"
    out = console()
    out.width = 200
    with out.capture() as said:
        headline(out, brief)
        print_unseen(out, brief["unseen"], accounts=1)
        print_accepted(out, brief["accepted_rules"])
    assert "\x1b[2J" not in said.get()
    assert "\u202e" not in said.get()
    assert said.get().count("\\x1b[2JJo") == 3


def test_groups_of_one_kind_that_different_people_accept_stay_apart() -> None:
    brief, _ = told([rule(regions=("eu-west-1",)), rule(regions=("eu-west-2",), by="Mia")])
    assert {group["accepted"]["by"]: group["regions"] for group in brief["unseen"]} == {
        "Jo": ["eu-west-1"],
        "Mia": ["eu-west-2"],
    }
    assert "by Jo, Mia\n" in told([rule(regions=("eu-west-1",)), rule(regions=("eu-west-2",), by="Mia")])[1]


@pytest.mark.parametrize(("rules", "number"), [([], 2), ([rule(regions=("eu-west-1",))], 1), ([rule()], 0)])
def test_what_nobody_has_seen_or_accepted_is_measured(rules: list[Acceptance], number: int) -> None:
    assert ("Unseen", "Count", number) in measures(told(rules)[0])


def test_without_rules_nothing_is_said_of_any() -> None:
    brief, said = told([])
    assert (brief["accepted"], brief["accepted_rules"]) == (0, [])
    assert "ccept" not in said
