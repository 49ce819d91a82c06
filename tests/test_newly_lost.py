"""What a run does not see of what the run before had: which units those are, by the store alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from stocktake.earlier import Before, read_before
from stocktake.model import Outcome, Reason, ReasonCode, Run, State
from stocktake.snapshot import Content, Spool, UnitRecord, assemble, counts_of, verdict_of
from stocktake.store import DirectoryStore, Published, Store, publish, read_lines
from tests.helpers import few, law, manifest_of, record, run_at, unit
from tests.test_accepted import rule

REGIONS = ("eu-west-1", "eu-west-2", "eu-west-3", "us-east-1")
SEEN = (State.COLLECTED, State.UNAVAILABLE)

befores = st.dictionaries(st.sampled_from(REGIONS), st.tuples(st.sampled_from(State), st.integers(0, 2)), min_size=1)
nows = st.dictionaries(st.sampled_from(REGIONS), st.tuples(st.sampled_from(State), st.booleans()), min_size=1)


def publish_units(store: Store, run: Run, records: Iterable[UnitRecord], spool: Spool) -> Published:
    those = list(records)
    objects = assemble(run, those, spool, {})
    about = {"coverage": verdict_of(those)[1], "counts": counts_of(those), "calls": {}, "scope": {"narrowed": False}}
    about["scope"] |= {"accounts": [], "regions_from": "test"}
    manifest = manifest_of(run, verdict_of(those)[0], **about)
    manifest["objects"] = [one.as_json() for one in objects]
    return publish(store, run, objects, manifest, moves_pointer=True)


def with_units(store: Store, units: Mapping[str, tuple[State, int]], spool: Spool) -> Published:
    """A run whose units, by region, are in these states, with so many resources where the state allows any."""
    records = [
        record(spool, unit(region=region), [f"i-{number}" for number in range(count)], state=state)
        for region, (state, count) in units.items()
    ]
    return publish_units(store, run_at(12), records, spool)


def now_in(units: Mapping[str, tuple[State, bool]]) -> list[UnitRecord]:
    """Units, by region, in these states; those that are not seen are accepted as unseen if it says so."""
    reason = Reason(ReasonCode.IAM, "no")
    return [
        UnitRecord(
            Outcome(unit(region=region), state, None if state is State.COLLECTED else reason),
            accepted=rule() if accepted and state not in SEEN else None,
        )
        for region, (state, accepted) in units.items()
    ]


@law
@given(befores, nows)
def test_newly_lost_is_what_was_collected_and_is_unseen_or_had_resources_and_is_unavailable(
    before: dict[str, tuple[State, int]], now: dict[str, tuple[State, bool]]
) -> None:
    with TemporaryDirectory() as folder, Spool() as spool:
        store = DirectoryStore(Path(folder))
        with_units(store, before, spool)
        known = read_before(store, run_at(13))
        compared = known.compared(now_in(now))
    expected = set()
    for region, (state, accepted) in now.items():
        was, count = before.get(region, (State.NOT_REACHED, 0))
        had_resources = count > 0 and was in (State.COLLECTED, State.PARTIAL)
        unseen = state in (State.PARTIAL, State.DENIED, State.FAILED, State.NOT_REACHED)
        if (was is State.COLLECTED and unseen and not accepted) or (had_resources and state is State.UNAVAILABLE):
            expected.add(region)
    assert known.is_known
    assert {one.unit.target.region for one in compared if one.newly_lost} == expected
    assert [replace(one, newly_lost=False) for one in compared] == now_in(now)
    assert counts_of(compared)["newly_lost"] == len(expected)
    assert counts_of(compared, compared=False)["newly_lost"] is None


@few
@given(nows)
def test_what_is_not_known_of_the_run_before_loses_nothing(now: dict[str, tuple[State, bool]]) -> None:
    assert Before().compared(now_in(now)) == now_in(now)
    assert not Before().is_known


def test_before_the_first_run_nothing_can_be_lost_and_that_is_known(tmp_path: Path) -> None:
    assert read_before(DirectoryStore(tmp_path), run_at(13)) == Before(is_known=True)


def test_a_run_before_that_is_damaged_is_not_known(tmp_path: Path) -> None:
    with Spool() as spool:
        done = with_units(DirectoryStore(tmp_path), {"eu-west-1": (State.COLLECTED, 1)}, spool)
    (units,) = [one["key"] for one in done.manifest["objects"] if one["kind"] == "units"]
    (tmp_path / units).write_bytes(b"")
    assert read_before(DirectoryStore(tmp_path), run_at(13)) == Before()


def test_a_unit_that_is_lost_for_longer_is_lost_newly_once(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    lost = {"eu-west-1": (State.DENIED, False), "us-east-1": (State.COLLECTED, False)}
    with Spool() as spool:
        with_units(store, {"eu-west-1": (State.COLLECTED, 2), "us-east-1": (State.COLLECTED, 0)}, spool)
        found = []
        for hour in (13, 14):
            records = read_before(store, run_at(hour)).compared(now_in(lost))
            done = publish_units(store, run_at(hour), records, spool)
            lines = list(read_lines(store, done.manifest, "units"))
            assert sum("newly_lost" in line for line in lines) == done.manifest["counts"]["newly_lost"]
            found.append([line["region"] for line in lines if line.get("newly_lost")])
    assert found == [["eu-west-1"], []]


def test_a_unit_of_which_a_part_was_read_is_not_said_to_have_lost_what_was_not_collected() -> None:
    one = UnitRecord(Outcome(unit(), State.DENIED, Reason(ReasonCode.IAM, "no")), Content())
    before = Before(collected=set(), resources={one.unit.key}, is_known=True)
    assert before.compared([one]) == [one]
