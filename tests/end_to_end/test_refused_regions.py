"""Regions and accounts that refuse: by a policy, while they are being enabled, and with credentials that went bad."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stocktake.errors import CredentialsError
from tests.end_to_end.sweeps import Sweeps
from tests.loopback_aws import Estate, Fault, LoopbackAWS

HOME, OPEN, SHUT = "us-east-1", "eu-west-1", "eu-south-1"
ESTATE = Estate(regions=(HOME, OPEN, SHUT), items=3, latency=0, service_seconds=0)
SCP = Fault(
    "error",
    region=SHUT,
    code="AccessDeniedException",
    message="User: x is not authorized to perform: y with an explicit deny in a service control policy",
)
KNOWN_BAD = {"code": "UnrecognizedClientException", "message": "The security token included in the request is invalid."}


@pytest.fixture(scope="module")
def running(_no_network: None) -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as server:
        yield server


@pytest.fixture
def sweeps(running: LoopbackAWS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sweeps:
    return Sweeps(running, tmp_path, monkeypatch)


def calls_to(running: LoopbackAWS, region: str) -> int:
    """Of the region's own units: buckets are asked in their regions by a unit of no region."""
    return sum(call["region"] == region and call["service"] != "s3" for call in running.log())


def test_a_region_that_a_policy_denies_is_probed_and_not_swept(sweeps: Sweeps, running: LoopbackAWS) -> None:
    denied = replace(ESTATE, faults=(SCP,))
    first = sweeps.take(denied)
    assert set(first.states(SHUT)) == {("denied", "scp")}
    assert set(first.states(OPEN)) == {("collected", None)}
    assert calls_to(running, SHUT) == 3
    assert len({one.split("::")[1] for one in first.asked(SHUT)}) == 3

    probes = [sweeps.take(denied) for _ in range(2)]
    assert calls_to(running, SHUT) == 1
    assert all(set(one.states(SHUT)) == {("denied", "scp")} for one in probes)
    assert probes[0].asked(SHUT) != probes[1].asked(SHUT), "another one in each run"

    opened = sweeps.take(ESTATE)
    assert set(opened.states(SHUT)) == {("collected", None)}
    assert opened.manifest["verdict"] == "complete"


def test_what_a_policy_leaves_open_is_found_in_time_and_asked_from_then_on(sweeps: Sweeps) -> None:
    types = ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::KMS::Key", "AWS::Lambda::Function", "AWS::SQS::Queue"]
    few = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {"types": types}})}
    estate = replace(ESTATE, faults=(Fault("delay", operation="kms:*", region=SHUT), SCP))
    runs = [sweeps.take(estate, **few) for _ in range(len(types) + 2)]
    found = [("collected", None) in run.states(SHUT) for run in runs]
    assert found.index(True) <= len(types)
    after = runs[-1]
    assert after.states(SHUT)["collected", None] == 1
    assert len(after.asked(SHUT)) == 2, "that type, and one to see whether there is more"


@pytest.mark.parametrize("good", [True, False], ids=["good credentials", "credentials gone bad"])
@pytest.mark.parametrize("changing", [True, False], ids=["being enabled", "enabled"])
def test_a_region_that_is_being_enabled_is_told_from_broken_credentials(
    sweeps: Sweeps, running: LoopbackAWS, changing: bool, good: bool
) -> None:
    refused = [Fault("error", operation=f"{name}:*", region=SHUT, **KNOWN_BAD) for name in ("[!s]*", "s[!t]*")]
    estate = replace(ESTATE, changing=(SHUT,)) if changing else replace(ESTATE, faults=tuple(refused))
    if not good:  # from the second time on that STS is asked
        gone = Fault("error", operation="sts:*", **{**KNOWN_BAD, "code": "InvalidClientTokenId"}, status=403)
        first = Fault("delay", operation="sts:*", times=1)
        estate = replace(estate, faults=(first, gone, *estate.faults))
    run = sweeps.take(estate)
    (said,) = run.states(SHUT)
    assert said == (("unavailable", "region_disabled") if changing and good else ("failed", "auth"))
    if good:
        assert set(run.states(OPEN)) == {("collected", None)}
        assert calls_to(running, SHUT) == 3
        assert run.manifest["verdict"] == ("complete" if changing else "partial")
    else:
        assert run.manifest["verdict"] != "complete"


def test_an_account_whose_credentials_go_bad_is_given_up_at_once(sweeps: Sweeps, running: LoopbackAWS) -> None:
    faults = [Fault("delay", operation="sts:*", times=1), Fault("delay", operation="account:*")]
    run = sweeps.take(replace(ESTATE, faults=(*faults, Fault("error", **KNOWN_BAD))))
    assert {state for region in (HOME, OPEN, SHUT) for state in run.states(region)} == {("failed", "auth")}
    assert run.manifest["verdict"] == "failed"
    log = Counter(call["service"] for call in running.log())
    assert log["sts"] <= 1 + 3, "once to begin with, and once for each region that refused"
    assert sum(log.values()) < 30
    said = [unit["reason"]["message"] for unit in run.units if not unit["calls"]]
    assert said
    assert all("not asked, as credentials were refused" in message for message in said)


def test_what_was_called_is_what_the_manifest_says(sweeps: Sweeps, running: LoopbackAWS) -> None:
    for estate in (ESTATE, replace(ESTATE, faults=(SCP,)), replace(ESTATE, changing=(SHUT,))):
        run = sweeps.take(estate)
        seen = Counter(call["service"] for call in running.log())
        assert {name: made["calls"] for name, made in run.manifest["calls"].items() if made["calls"]} == seen


def test_credentials_that_are_bad_from_the_start_publish_nothing(
    sweeps: Sweeps, running: LoopbackAWS, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError, match="InvalidClientTokenId"):
        sweeps.take(replace(ESTATE, faults=(Fault("error", code="InvalidClientTokenId", message="no", status=403),)))
    assert not list(tmp_path.rglob("*.json"))
