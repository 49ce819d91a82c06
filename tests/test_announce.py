"""What a run says of itself: the summary that answers an invocation, and its measures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from stocktake.announce import GROUPS, MESSAGE, REGIONS, by_service, measures, summary
from stocktake.model import ReasonCode, Verdict
from stocktake.settings import BY_CHARACTERS, WHY_CHARACTERS
from stocktake.snapshot import unseen
from tests.helpers import ACCOUNT, manifest_of, run_at

ASYNCHRONOUS_RESULT_LIMIT = 256 * 1024
"""Bytes of an event or a result that Lambda passes on (AWS Lambda quotas, "Invocation payload")."""

TYPES, REGIONS_THERE_ARE = 600, 34


def lines(message: str, types: int = TYPES, regions: int = REGIONS_THERE_ARE) -> list[dict[str, Any]]:
    """Every unit of an estate, failed for as many reasons as there are."""
    codes = list(ReasonCode)
    return [
        {
            "account": ACCOUNT,
            "region": f"ap-southeast-{region}",
            "type": f"AWS::SomeRatherLongServiceName::SomeRatherLongResourceType{number}",
            "state": "failed",
            "reason": {"code": codes[(number + region) % len(codes)], "message": message},
        }
        for number in range(types)
        for region in range(regions)
    ]


def summarised(units: Sequence[dict[str, Any]], **members: Any) -> dict[str, Any]:
    by_type = dict.fromkeys({unit["type"] for unit in units}, 123_456)
    manifest = manifest_of(
        run_at(13),
        "partial",
        counts={
            "resources": 7,
            "gaps": 2,
            "newly_lost": 4,
            "units": len(units),
            "by_state": {"failed": len(units)},
            "by_type": by_type,
        },
        scope={"accounts": [ACCOUNT], "regions_from": "account:ListRegions"},
        calls={
            "ec2": {"calls": 10, "retries": 1, "throttles": 2},
            "s3": {"calls": 5, "retries": 0, "throttles": 1},
        },
        **members,
    )
    manifest["run"]["revision"] = 2
    manifest["objects"] = [{"key": f"{kind}/key", "kind": kind} for kind in ("snapshots", "units")]
    return summary(manifest, unseen(units), "manifests/key", latest=True)


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\U0001f600", '"', "\x00"])
def test_the_summary_of_an_estate_in_which_everything_failed_fits_into_an_asynchronous_result(letter: str) -> None:
    answer = summarised(lines(letter * 400))
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < ASYNCHRONOUS_RESULT_LIMIT


def test_the_summary_fits_though_everything_is_accepted_in_the_longest_words() -> None:
    letter = "\U0001f600"
    word = {"by": letter * BY_CHARACTERS, "until": "2027-01-01T00:00:00Z", "why": letter * WHY_CHARACTERS}
    units = [{**unit, "accepted": word} for unit in lines(letter * 400)]
    answer = summarised(units, accepted=[{**word, "units": len(units), "expired": False, "reasons": ["iam"]}])
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < ASYNCHRONOUS_RESULT_LIMIT
    assert answer["accepted_rules"] == [{**word, "units": len(units), "expired": False}]


def test_what_does_not_fit_into_the_summary_is_counted() -> None:
    answer = summarised(lines("x" * 400, types=GROUPS + 7, regions=1))
    assert len(answer["unseen"]) == GROUPS
    assert answer["unseen_more"] == 7


def test_a_group_is_cut_to_its_first_regions_and_says_how_many_more_there_are() -> None:
    everywhere = [{**unit, "reason": {"code": "iam", "message": "x" * 400}} for unit in lines("", 1, REGIONS + 3)]
    (group,) = summarised(everywhere)["unseen"]
    assert len(group["message"]) == MESSAGE
    assert len(group["regions"]) == REGIONS
    assert group["regions_more"] == 3


def test_what_fits_is_told_whole() -> None:
    (group,) = summarised(lines("no", types=1, regions=1))["unseen"]
    assert group == {
        "account": ACCOUNT,
        "type": "AWS::SomeRatherLongServiceName::SomeRatherLongResourceType0",
        "state": "failed",
        "reason": next(iter(ReasonCode)),
        "message": "no",
        "regions": ["ap-southeast-0"],
        "regions_more": 0,
    }


def test_the_summary_says_what_a_caller_wants_to_know() -> None:
    answer = summarised([])
    del answer["by_type"]
    assert answer == {
        "run": "20261122T130000Z",
        "revision": 2,
        "inventory": "default",
        "verdict": "partial",
        "coverage": 1.0,
        "resources": 7,
        "gaps": 2,
        "accepted": 0,
        "newly_lost": 4,
        "accepted_rules": [],
        "by_state": {"failed": 0},
        "narrowed": False,
        "accounts": 1,
        "unseen": [],
        "unseen_more": 0,
        "regions_from": "account:ListRegions",
        "manifest": "manifests/key",
        "objects": ["snapshots/key", "units/key"],
        "latest": True,
        "seconds": 1.0,
        "calls": 15,
        "throttles": 3,
    }


def test_a_summary_can_be_written_as_json_and_comes_back() -> None:
    answer = summarised(lines("no", 3, 3))
    assert json.loads(json.dumps(answer)) == answer


# --- measures ---


def test_every_measure_has_a_unit_that_cloudwatch_knows_and_a_number() -> None:
    for name, unit, value in measures(summarised([])):
        assert isinstance(MetricUnit(unit), MetricUnit), name
        assert isinstance(value, int | float)


def test_every_measure_has_a_name_of_its_own_that_cloudwatch_can_hold() -> None:
    names = [name for name, _, _ in measures(summarised([]))]
    assert len(names) == len(set(names))
    assert all(name.isascii() and 0 < len(name) <= 255 for name in names)


def test_one_emf_document_holds_all_measures() -> None:
    assert len(measures(summarised([]))) <= 100  # CloudWatch embedded metric format, "Metrics"


def test_the_metrics_of_one_inventory_cost_nothing() -> None:
    assert len(measures(summarised([]))) <= 10  # Amazon CloudWatch pricing, "Free tier"


@pytest.mark.parametrize(("known", "told"), [(4, [4]), (0, [0]), (None, [])])
def test_what_is_newly_lost_is_measured_where_it_is_known(known: int | None, told: list[int]) -> None:
    values = measures({**summarised([]), "newly_lost": known})
    assert [value for name, _, value in values if name == "NewlyLost"] == told


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("narrowed", [False, True])
@pytest.mark.parametrize("latest", [False, True])
def test_published_says_that_the_snapshot_stands_for_its_inventory(verdict: str, narrowed: bool, latest: bool) -> None:
    answer = {**summarised([]), "verdict": verdict, "narrowed": narrowed, "latest": latest}
    (value,) = [value for name, _, value in measures(answer) if name == "Published"]
    assert value == (1 if (verdict in ("complete", "partial"), narrowed, latest) == (True, False, True) else 0)


def test_resources_are_told_by_service_all_of_them_and_services_without_any() -> None:
    answer = {**summarised([]), "by_type": {"AWS::EC2::VPC": 2, "AWS::S3::Bucket": 0, "AWS::EC2::Subnet": 3, "Odd": 1}}
    assert by_service(answer) == {"AWS::EC2": 5, "AWS::S3": 0, "Odd": 1}


def test_coverage_is_measured_in_percent() -> None:
    assert ("Coverage", "Percent", 99.9999) in measures(summarised([], coverage=0.999999))
    assert ("Coverage", "Percent", 100.0) in measures(summarised([]))
