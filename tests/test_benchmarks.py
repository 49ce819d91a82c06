"""The benchmark's arithmetic: medians, ratios, price, numbers to reach, tables; what its workloads ask for is there."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from benchmarks.check import Verdict, call_costs, verdicts
from benchmarks.profile import PHASES, Ledger, place_of
from benchmarks.record import PLACE, pattern_of, raw_request, with_place
from benchmarks.results import (
    Measured,
    Spread,
    beyond_first,
    fitted,
    load,
    measured,
    off_line,
    price,
    ratio,
    save,
    spread,
)
from benchmarks.runner import hold_floor_to_stocktake, without_paths
from benchmarks.table import filled, number, table
from benchmarks.workloads import MIX, PLACES, SIXTY, WORKLOADS, Case, cases, key_of
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Scope
from tests.loopback_aws import REGIONS


def a_run(way: str, wall: float, cpu: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "way": way,
        "place": 0,
        "one_cpu": False,
        "wall": wall,
        "cpu": cpu,
        "memory_mb": 100.0,
        "threads": 8,
        "files": 1024,
        "calls": 100,
        "connections": 50,
        "most_open_sockets": 40,
        "throttles": 0,
        "rival_throttles": 0,
        "resources": 10,
        "expected": 10,
        "parse_seconds": None,
        "correct": True,
        "error": None,
        **more,
    }


def results_of(**workloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Results with one case a workload; a run's `amount` makes a case of its own."""
    cases: dict[tuple[str, int], dict[str, Any]] = {}
    for name, runs in workloads.items():
        for run in runs:
            amount = run.pop("amount", 0)
            workload = name.replace("_", "-")
            case = cases.setdefault((workload, amount), {"workload": workload, "amount": amount, "runs": []})
            case["runs"].append(run)
    machine = {"processor": "A processor", "cores": 2, "memory_gb": 8, "system": "Linux 6"}
    return {
        "format": 1,
        "made": "2026-11-22",
        "smoke": False,
        "machine": machine,
        "versions": {"python": "3.11.7"},
        "cases": list(cases.values()),
    }


def verdict(results: dict[str, Any], what: str) -> Verdict:
    (found,) = [one for one in verdicts(results) if what in f"{one.workload}: {one.what}"]
    return found


# --- arithmetic ---


def test_a_spread_is_the_median_and_the_ends() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0)
    assert spread([]) is None


def test_rounds_on_one_processor_and_failed_ones_are_kept_apart() -> None:
    runs = (a_run("x", 1), a_run("x", 3), a_run("x", 9, one_cpu=True), a_run("x", 99, error="broke", correct=False))
    one = Measured("x", 0, runs)
    assert one.of("wall") == Spread(2, 1, 3)
    assert one.middle("wall", one_cpu=True) == 9
    assert one.most("wall") == 99
    assert one.middle("parse_seconds") is None
    assert [run["error"] for run in one.wrong] == ["broke"]


def test_a_price_is_gigabyte_seconds() -> None:
    assert price(1) == pytest.approx(1769 / 1024 * 0.0000133334)
    assert price(10, "x86_64") == pytest.approx(10 * 1769 / 1024 * 0.0000166667)


def test_a_ratio_of_what_was_not_measured_is_not_known() -> None:
    assert ratio(3, 2) == 1.5
    assert ratio(None, 2) is None
    assert ratio(3, None) is None
    assert ratio(3, 0) is None


def test_what_a_run_spends_once_is_taken_out_of_a_calls_cost() -> None:
    points = [(100, 1.2), (200, 1.4), (400, 1.8)]
    assert beyond_first(points) == pytest.approx([0.002, 0.002])
    line = fitted(points)
    assert (line.fixed, line.slope) == (pytest.approx(1.0), pytest.approx(0.002))
    assert line.at(300) == pytest.approx(1.6)
    assert off_line(points) == pytest.approx(0)
    assert off_line([*points, (800, 5.2)]) > 0.15


def test_results_are_read_as_they_were_written_and_no_other_format(tmp_path: Any) -> None:
    path = tmp_path / "deep" / "results.json"
    results = results_of(w1=[a_run("serial", 2.0)])
    save(path, results)
    assert load(path) == results
    save(path, {**results, "format": 2})
    with pytest.raises(ValueError, match="format 2"):
        load(path)


def test_ways_come_in_the_order_of_their_places_whatever_ran_first() -> None:
    results = results_of(w1=[a_run("floor", 1, place=2), a_run("serial", 9, place=0), a_run("floor", 2, place=2)])
    assert [(one.way, len(one.runs)) for one in measured(results, "w1")] == [("serial", 1), ("floor", 2)]


# --- the numbers to reach ---


def test_a_verdict_has_a_margin() -> None:
    assert Verdict("w", "x", 20, 15, at_least=True).reached is True
    assert Verdict("w", "x", 20, 15, at_least=True).margin == pytest.approx(1 / 3)
    assert Verdict("w", "x", 1.2, 1.4).margin == pytest.approx(1 / 7)
    assert Verdict("w", "x", 1.5, 1.4).reached is False
    assert Verdict("w", "x", 0, 0).reached is True
    assert Verdict("w", "x", None, 1).reached is None


def test_w1_is_held_to_serial_aioboto3_and_the_floor() -> None:
    runs = [a_run("serial", 20), a_run("aioboto3", 3), a_run("stocktake", 1), a_run("floor", 0.8)]
    results = results_of(w1=runs)
    assert verdict(results, "w1: times faster than serial").value == 20
    assert verdict(results, "w1: times faster than aioboto3").value == 3
    assert verdict(results, "w1: wall, of the floor's").value == pytest.approx(1.25)
    assert verdict(results_of(w1=runs[2:]), "w1: times faster than serial").reached is None


def test_w2_compares_a_calls_cost_as_the_ways_make_different_numbers_of_calls() -> None:
    pool = a_run("client-pool", 50, cpu=40, calls=2000, memory_mb=1600)
    ours = a_run("stocktake", 6, cpu=6, calls=3000, memory_mb=300, most_open_sockets=700)
    results = results_of(w2=[pool, a_run("aioboto3", 30), ours, a_run("stocktake", 6, most_open_sockets=901)])
    assert verdict(results_of(w2=[pool, ours]), "CPU a call").value == pytest.approx(0.1)
    assert verdict(results_of(w2=[pool, ours]), "memory").value == pytest.approx(300 / 1600)
    assert verdict(results, "wall, of aioboto3's").value == pytest.approx(0.2)
    assert verdict(results, "sockets").reached is False


def test_w3_is_held_to_the_slower_of_network_and_processor() -> None:
    ours = a_run("stocktake", 50, cpu=45, memory_mb=400)
    parse = a_run("parse", 60, parse_seconds=40.0)
    assert verdict(results_of(w3=[ours, a_run("floor", 5), parse]), "larger").value == pytest.approx(50 / 45)
    assert verdict(results_of(w3=[ours, a_run("floor", 48), parse]), "larger").value == pytest.approx(50 / 48)
    assert verdict(results_of(w3=[ours, parse]), "parsing").value == pytest.approx(45 / 40)
    assert verdict(results_of(w3=[ours, parse]), "memory").reached is True


def test_growth_is_flat_where_every_size_lies_on_the_line() -> None:
    def sizes(*cpu: float) -> dict[str, Any]:
        counts = (1, 2, 4)
        runs = [a_run("stocktake", 1, cpu=c, calls=100 * n, amount=n) for n, c in zip(counts, cpu, strict=True)]
        return results_of(w4_regions=runs)

    assert call_costs(sizes(1.2, 1.4, 1.8), "w4-regions") == [(100, 1.2), (200, 1.4), (400, 1.8)]
    assert verdict(sizes(1.2, 1.4, 1.8), "1 to 4 regions").value == pytest.approx(0)
    assert verdict(sizes(1.2, 1.5, 1.8), "1 to 4 regions").reached is True
    assert verdict(sizes(1.2, 2.6, 1.8), "1 to 4 regions").reached is False


def test_a_million_resources_and_the_other_client_are_held_to_their_bounds() -> None:
    results = results_of(
        w4_resources=[a_run("stocktake", 9, memory_mb=500, amount=1_000_000), a_run("stocktake", 1, amount=10_000)],
        polite=[a_run("stocktake", 9, rival_throttles=2)],
    )
    assert verdict(results, "million").value == 500
    assert verdict(results, "polite").reached is False


def test_a_wrong_count_anywhere_is_missed() -> None:
    results = results_of(w1=[a_run("serial", 1), a_run("serial", 1, resources=3, correct=False)])
    assert verdict(results, "wrong count").value == 1
    assert verdict(results, "wrong count").reached is False


def test_the_floor_is_right_where_it_made_the_calls_that_stocktake_made() -> None:
    ours = a_run("stocktake", 1, operations={"ec2:DescribeVpcs": 3})
    same = a_run("floor", 1, operations={"ec2:DescribeVpcs": 3})
    fewer = a_run("floor", 1, operations={"ec2:DescribeVpcs": 2})
    hold_floor_to_stocktake([fewer, ours, same])
    assert (fewer["correct"], ours["correct"], same["correct"]) == (False, True, True)


# --- tables ---


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (56.35, "56.4"), (123.4, "123"), (12345.6, "12,346")],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_blocks_are_filled_and_what_was_not_measured_stays() -> None:
    page = "# P\n<!-- bench:w1 -->\nold\n<!-- /bench -->\ntext\n<!-- bench:w2 -->\nkept\n<!-- /bench -->\n"
    runs = [a_run("serial", 2.0), a_run("serial", 4.0), a_run("serial", 8, one_cpu=True), a_run("floor", 1, place=1)]
    written = filled(page, results_of(w1=runs))
    assert "old" not in written
    assert "\nkept\n" in written
    (row,) = [line for line in written.splitlines() if line.startswith("| `serial`")]
    assert "| 3 (2–4) |" in row
    assert row.endswith(f"| {number(price(8) * 1000)} |")
    assert filled(written, results_of(w1=runs)) == written


def test_a_short_answer_stands_in_the_table() -> None:
    page = "<!-- bench:w1 -->\n<!-- /bench -->\n"
    short = a_run("serial", 2, resources=3, correct=False)
    assert "**wrong in 1 of 1 runs**: found 3 of 10" in filled(page, results_of(w1=[short]))


def test_every_block_of_the_page_can_be_written() -> None:
    runs: dict[str, Any] = {
        "w2": [a_run("stocktake", 1)],
        "w3": [a_run("stocktake", 1), a_run("parse", 2, parse_seconds=1.5)],
        "w4_accounts": [a_run("stocktake", 1, calls=100 * n, cpu=n, amount=n) for n in (1, 5, 20)],
        "w4_resources": [a_run("stocktake", 1, amount=10_000)],
        "polite": [a_run("stocktake", 1, rival_throttles=0)],
    }
    results = results_of(**runs)
    results["profile"] = {"phases": [{"phase": "TLS", "cpu": 1.0, "times": 2}], "cpu": 2.0, "wall": 3.0, "waiting": 9.0}
    names = ("machine", "w2", "w3", "w4-accounts", "w4-resources", "polite", "profile", "check")
    written = filled("".join(f"<!-- bench:{name} -->\n<!-- /bench -->\n" for name in names), results)
    assert "Made on 2026-11-22: A processor" in written
    assert "alone takes 1.5 s of CPU" in written
    assert "ms a call: no size is further than" in written
    assert "| TLS | 1 | 50% | 2 |" in written
    assert "| polite: times the other client was throttled | 0 | ≤ 0 | reached |  |" in written


def test_no_path_gets_into_the_results() -> None:
    assert without_paths("cannot open /home/somebody/x.json now") == "cannot open … now"


# --- what the workloads ask for ---


def test_the_sixty_types_are_one_call_each_that_no_other_row_makes() -> None:
    made = Counter(key_of(row, row.calls[0]) for row in CATALOG.values())
    assert len(set(SIXTY)) == 60
    for row in map(CATALOG.__getitem__, SIXTY):
        assert row.scope is Scope.REGIONAL
        assert len(row.calls) == 1
        assert made[key_of(row, row.calls[0])] == 1
        assert all(enrich.call.batch is None for enrich in row.enrich), f"{row.name}: basic detail makes further calls"


@pytest.mark.parametrize("smoke", [False, True])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload_knows_what_it_must_find(workload: str, smoke: bool) -> None:
    made = cases(workload, None, smoke=smoke)
    assert made
    for case in made:
        assert isinstance(case, Case)
        assert case.items > 0
        assert case.calm is not None if case.resources is None else case.resources > 0
        assert set(case.estate.regions) <= set(REGIONS)


def test_the_large_estates_are_of_the_size_that_they_say() -> None:
    for case in cases("w4", 1, smoke=False):
        if case.workload == "w4-resources":
            assert case.resources == case.amount
    assert sum(PLACES.values()) == 100
    assert set(MIX) <= set(CATALOG)


@pytest.mark.parametrize("name", [name for names in PHASES.values() for name in names])
def test_what_the_profile_counts_is_there(name: str) -> None:
    holder, attribute = place_of(name)
    assert callable(getattr(holder, attribute))


def test_a_phase_is_charged_for_itself_only() -> None:
    ledger = Ledger()
    inner = ledger.counted("parsing", lambda: sum(range(200_000)))
    ledger.counted("collecting", lambda: [inner(), inner()])()
    totals = ledger.totals()
    assert totals["parsing"][2] == 2
    assert totals["collecting"][2] == 1
    assert 0 <= totals["collecting"][0] < totals["parsing"][0]


# --- the floor's recording ---


def test_a_request_is_written_as_it_is_sent_without_its_signature() -> None:
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=A/B, Signature=0123abcd", "Content-Length": "3"}
    raw = raw_request("POST", "https://ec2.eu-west-1.amazonaws.com/?x=1", headers, b"a=b")
    head, _, body = raw.partition("\r\n\r\n")
    assert head.splitlines()[:2] == ["POST /?x=1 HTTP/1.1", "Host: ec2.eu-west-1.amazonaws.com"]
    assert "Signature=0" in head
    assert "0123abcd" not in raw
    assert head.splitlines()[-1] == "Content-Length: 3"
    assert body == "a=b"


FORM = "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nAction=X&NextToken=a%2Fb%3D"
JSON = 'POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n{"NextToken": "a/b="}'


@pytest.mark.parametrize("request_text", [FORM, JSON, "GET /apis?nextToken=a%2Fb%3D HTTP/1.1\r\n\r\n"])
def test_the_token_of_a_further_page_is_found_in_its_request(request_text: str) -> None:
    assert with_place(request_text, "a/b=").count(PLACE) == 1


@pytest.mark.parametrize(
    "answer",
    ["<R><nextToken>a/b=</nextToken></R>", '{"Items": [], "NextToken": "a/b="}', '{"nextToken":"a/b=","items":[]}'],
)
def test_the_token_of_the_next_page_is_found_in_an_answer_like_the_recorded_one(answer: str) -> None:
    pattern = pattern_of(answer, "a/b=")
    other = answer.replace("a/b=", "c+d")
    found = re.search(pattern, other)
    assert found
    assert found[1] == "c+d"
