"""Which units go first into a region, and what becomes of the others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stocktake.gate import PROBES, REFUSED, gates, refused_in
from stocktake.model import Page, Problem, Reason, ReasonCode, State, Target, Unit

PLACE = ("111111111111", "eu-west-1")


def unit(service: str, number: int = 0, region: str = PLACE[1]) -> Unit:
    return Unit(f"AWS::{service}::{number}", Target(PLACE[0], region, region))


def service_of(one: Unit) -> str:
    return one.type.split("::")[1]


def refusal(code: ReasonCode = ReasonCode.SCP, *, account: bool = False) -> Problem:
    return Problem(State.DENIED, Reason(code, "no"), account=account)


units = st.lists(
    st.builds(unit, st.sampled_from("ABCD"), st.integers(0, 3), st.sampled_from(["eu-west-1", "us-east-1"])),
    unique=True,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(units, st.sets(st.sampled_from([f"AWS::{one}::{n}" for one in "ABCD" for n in range(4)])), st.integers(0, 99))
def test_a_unit_goes_first_or_waits_or_was_never_refused(there: list[Unit], known: set[str], turn: int) -> None:
    made = gates(there, {PLACE: frozenset(known)}, service_of, turn)
    named = [one for gate in made for one in (*gate.probes, *gate.behind)]
    assert len(named) == len(set(named))
    assert set(named) <= set(there)
    for gate in made:
        (place,) = {(one.target.account, one.target.region) for one in (*gate.probes, *gate.behind)}
        assert gate.probes
        assert gate.behind
        refused_here = [one for one in there if one.target.region == place[1] and place == PLACE and one.type in known]
        if refused_here:
            assert len(gate.probes) == 1
            assert sorted([*gate.probes, *gate.behind], key=str) == sorted(refused_here, key=str)
        else:
            services = {service_of(one) for one in there if one.target.region == place[1]}
            assert len(gate.probes) == PROBES
            assert len(set(map(service_of, gate.probes))) == min(PROBES, len(services))


def test_a_region_of_few_units_has_no_gate() -> None:
    assert gates([unit("A"), unit("B"), unit("C")], {}, service_of, 0) == ()


def test_each_unit_that_was_refused_is_the_probe_in_its_turn() -> None:
    there = [unit("A", number) for number in range(5)]
    known = {PLACE: frozenset(one.type for one in there)}
    probes = {probe for turn in range(5) for gate in gates(there, known, service_of, turn) for probe in gate.probes}
    assert probes == set(there)


def test_a_gate_shuts_once_every_probe_was_refused_for_the_regions_sake() -> None:
    (gate,) = gates([unit(name) for name in "ABCDE"], {}, service_of, 0)
    for probe in gate.probes:
        assert gate.refusal is None
        gate.heard(probe, refusal())
    assert gate.refusal is not None
    assert gate.refusal.state is State.DENIED
    assert gate.refusal.reason == Reason(ReasonCode.SCP, "not asked, as others were refused in this region: no")


def test_any_other_answer_of_a_probe_opens_the_gate() -> None:
    others = [Page({}), refusal(ReasonCode.AUTH, account=True)]
    others += [refusal(code) for code in ReasonCode if code not in REFUSED]
    for answer in others:
        (gate,) = gates([unit(name) for name in "ABCDE"], {}, service_of, 0)
        for probe in gate.probes[1:]:
            gate.heard(probe, refusal())
        gate.heard(gate.probes[0], answer)
        assert gate.is_open
        assert gate.refusal is None


def test_only_a_probes_first_answer_counts() -> None:
    (gate,) = gates([unit(name) for name in "ABCDE"], {}, service_of, 0)
    gate.heard(gate.probes[0], refusal())
    gate.heard(gate.probes[0], Page({}))
    gate.ended(gate.probes[0])
    assert not gate.is_open
    gate.ended(gate.probes[1])
    assert gate.is_open


def test_what_a_run_was_refused_is_read_from_its_units() -> None:
    lines = [
        {"account": "1", "region": "a", "type": "T", "reason": {"code": "scp", "message": ""}},
        {"account": "1", "region": "a", "type": "U", "reason": {"code": "auth", "message": ""}},
        {"account": "1", "region": "b", "type": "T", "reason": {"code": "iam", "message": ""}},
        {"account": "1", "region": "b", "type": "U", "reason": None},
    ]
    assert refused_in(lines) == {("1", "a"): frozenset({"T", "U"})}
