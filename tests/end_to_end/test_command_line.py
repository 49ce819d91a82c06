"""`stocktake run` and `stocktake show`, as a person would use them, on an estate."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from demo.estate import SECRET, count
from demo.server import MotoServer
from stocktake.settings import Settings
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer, read_resources
from tests.end_to_end.conftest import REGIONS, Stocktake
from tests.loopback import Call, Loopback, Reply, forward, with_faults

HERE = "--regions=" + ",".join((*REGIONS, "global"))


def resources(store: Path) -> list[dict[str, Any]]:
    """Every resource of the latest run."""
    opened = DirectoryStore(store)
    pointer, _ = read_pointer(opened, "default")
    assert pointer is not None
    manifest = read_manifest(opened, pointer["manifest"], pointer["sha256"])
    return list(read_resources(opened, manifest))


def test_every_resource_is_found_once(stocktake: Stocktake, server: MotoServer, tmp_path: Path) -> None:
    ran = stocktake("run", "--types", "AWS::EC2::*", "--store", str(tmp_path))
    assert (ran.code, ran.err.count("Traceback")) == (0, 0), ran.err
    found = Counter((one["type"], one["region"]) for one in resources(tmp_path) if one["region"] in REGIONS)
    there = count(server.url, REGIONS)
    assert found == {key: number for key, number in there.items() if key[0].startswith("AWS::EC2::")}
    assert len({(one["type"], one["region"], one["id"]) for one in resources(tmp_path)}) == len(resources(tmp_path))


def test_every_type_is_found_as_an_ordinary_client_sees_it(
    stocktake: Stocktake, server: MotoServer, tmp_path: Path
) -> None:
    assert stocktake("run", HERE, "--store", str(tmp_path)).code == 0
    by_type = Counter(one["type"] for one in resources(tmp_path))
    expected: Counter[str] = Counter()
    for (name, _), number in count(server.url, REGIONS).items():
        expected[name] += number
    assert by_type == expected
    (tagged,) = [one for one in resources(tmp_path) if one["type"] == "AWS::EC2::Instance" and "name" in one["tags"]][
        :1
    ]
    assert tagged["name"] == tagged["tags"]["Name"]
    assert all(one["account"] == "123456789012" and one["arn"] for one in resources(tmp_path))


def test_an_unchanged_estate_gives_the_same_bytes(stocktake: Stocktake, tmp_path: Path) -> None:
    # Databases are left out: moto, like AWS, moves LatestRestorableTime on by itself.
    chosen = ("--types", "AWS::[!R]*", HERE)
    for name in ("one", "two"):
        assert stocktake("run", *chosen, "--store", str(tmp_path / name)).code == 0
    one, two = ([path.read_bytes() for path in (tmp_path / name).glob("snapshots/**/*.gz")] for name in ("one", "two"))
    assert len(one) == 1
    assert one == two


def fault(call: Call) -> Reply | None:
    """One region refuses, one is silent, one cuts its answer short."""
    if (call.service, call.region, call.operation) == ("ec2", "eu-west-1", "DescribeInstances"):
        error = b"<Error><Code>UnauthorizedOperation</Code><Message>not authorized</Message></Error>"
        return Reply(403, b"<Response><Errors>" + error + b"</Errors></Response>")
    if (call.service, call.region) == ("rds", "ca-central-1"):
        return Reply(hang=True)
    if (call.region, call.operation) == ("us-east-1", "ListTables"):
        return Reply(body=b'{"TableNames": ["orders", "pay')
    return None


def test_a_failure_is_never_an_empty_list(stocktake: Stocktake, server: MotoServer, tmp_path: Path) -> None:
    with Loopback(with_faults(forward(server.url), fault)) as proxy:
        ran = stocktake(
            *("run", HERE, "--store", str(tmp_path)),
            AWS_ENDPOINT_URL=proxy.url,
            # Few at once: the server answers one after the other, and only the silent ones are to time out.
            STOCKTAKE_THREADS="16",
            STOCKTAKE_READ_TIMEOUT="3",
            STOCKTAKE_ATTEMPTS="2",
            STOCKTAKE_BACKOFF_SECONDS="0.01",
        )
    assert ran.code == 3, ran.err
    assert "PARTIAL" in ran.out
    units = json.loads(stocktake("show", "--store", str(tmp_path), "--units", "--json").out)
    troubled = {
        (unit["region"], unit["type"]): (unit["state"], unit["reason"]["code"])
        for unit in units
        if unit["state"] != "collected"
    }
    assert troubled == {
        ("eu-west-1", "AWS::EC2::Instance"): ("denied", "iam"),
        ("ca-central-1", "AWS::RDS::DBCluster"): ("failed", "timeout"),
        ("ca-central-1", "AWS::RDS::DBInstance"): ("failed", "timeout"),
        ("us-east-1", "AWS::DynamoDB::Table"): ("failed", "malformed"),
    }
    shown = stocktake("show", "--store", str(tmp_path)).out
    for word in ("denied", "failed", "timeout", "malformed", "UnauthorizedOperation"):
        assert word in shown


def test_a_denied_unit_that_somebody_accepts_leaves_the_run_complete_until_the_rule_expires(
    stocktake: Stocktake, server: MotoServer, tmp_path: Path
) -> None:
    def take(store: Path, until: str) -> tuple[int, str, dict[str, Any]]:
        rule = {"regions": ["eu-*"], "reasons": ["iam"], "by": "Jo Doe", "until": until, "why": "not ours"}
        environment = {"STOCKTAKE_STORE": str(store), "STOCKTAKE_ACCEPTED": json.dumps([rule])}
        ran = stocktake("run", HERE, "--types", "AWS::EC2::Instance", AWS_ENDPOINT_URL=proxy.url, **environment)
        assert stocktake("verify", **environment).out == "1 run is as written\n"
        assert "by Jo Doe until" in stocktake("show", **environment).out
        return ran.code, ran.out, json.loads(stocktake("show", "--json", **environment).out)

    with Loopback(with_faults(forward(server.url), fault)) as proxy:
        code, said, manifest = take(tmp_path / "held", "2999-01-01")
        lapsed, said_then, lapsed_manifest = take(tmp_path / "lapsed", "2020-01-01")

    assert (code, manifest["verdict"], manifest["coverage"]) == (0, "complete", 0.666667)
    assert said.startswith("COMPLETE  66.6 % of what there is to see, ")
    assert "1 unit accepted as unseen by Jo Doe" in said
    assert "accepted by Jo Doe until 2999-01-01: DescribeInstances: UnauthorizedOperation" in " ".join(said.split())
    assert manifest["counts"]["by_state"] == {"collected": 2, "denied": 1}
    assert [(rule["units"], rule["expired"]) for rule in manifest["accepted"]] == [(1, False)]

    assert (lapsed, lapsed_manifest["verdict"], lapsed_manifest["coverage"]) == (3, "partial", 0.666667)
    assert "EXPIRED: no longer accepted" in said_then
    assert [(rule["units"], rule["expired"]) for rule in lapsed_manifest["accepted"]] == [(1, True)]
    assert lapsed_manifest["counts"] == {**manifest["counts"], "accepted": 0}


def test_no_secret_leaves_the_estate(stocktake: Stocktake, tmp_path: Path) -> None:
    ran = stocktake("run", HERE, "--store", str(tmp_path), "--json")
    shown = stocktake("show", "--store", str(tmp_path), "--json")
    assert (ran.code, shown.code) == (0, 0)
    everything = [ran.out, ran.err, shown.out]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            everything.append((gzip.decompress(data) if path.suffix == ".gz" else data).decode())
    assert not any(SECRET in text for text in everything)
    data: dict[str, list[Any]] = {}
    for one in resources(tmp_path):
        data.setdefault(one["type"], []).append(one["data"])
    functions, stacks = data["AWS::Lambda::Function"], data["AWS::CloudFormation::Stack"]
    assert {function["Environment"]["Variables"]["DATABASE_PASSWORD"] for function in functions} == {"[redacted]"}
    assert {parameter["ParameterValue"] for stack in stacks for parameter in stack["Parameters"]} == {"[redacted]"}
    assert {output["OutputValue"] for stack in stacks for output in stack["Outputs"]} == {"[redacted]"}


def verify(store: Path) -> str | None:
    """Reads all that the pointer leads to, every hash checked; the run's id, None before the first."""
    opened = DirectoryStore(store)
    pointer, _ = read_pointer(opened, "default")
    if pointer is None:
        return None
    manifest = read_manifest(opened, pointer["manifest"], pointer["sha256"])
    for unit in read_lines(opened, manifest, "units"):
        for block in unit["blocks"]:
            data = opened.read_range(block["object"], block["offset"], block["length"])
            assert hashlib.sha256(data).hexdigest() == block["sha256"]
    assert sum(1 for _ in read_resources(opened, manifest)) == manifest["counts"]["resources"]
    return str(pointer["run"])


def test_a_run_killed_at_any_moment_leaves_what_was_published_whole(
    stocktake: Stocktake, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "stocktake", "run", HERE, "--store", str(tmp_path)]
    assert stocktake(*command[3:]).code == 0
    seen = {verify(tmp_path)}
    for moment in range(8):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 0.3 + moment * 0.25
        while child.poll() is None and time.monotonic() < until:
            seen.add(verify(tmp_path))
        child.send_signal(signal.SIGKILL)
        child.wait()
        seen.add(verify(tmp_path))
    assert None not in seen


def test_a_hung_service_does_not_keep_the_run_or_the_process(
    stocktake: Stocktake, server: MotoServer, tmp_path: Path
) -> None:
    hang = with_faults(forward(server.url), lambda call: Reply(hang=True) if call.service == "lambda" else None)
    with Loopback(hang) as proxy:
        begun = time.monotonic()
        ran = stocktake("run", HERE, "--store", str(tmp_path), "--deadline", "4", AWS_ENDPOINT_URL=proxy.url)
        assert time.monotonic() - begun < 20  # the read time-out alone is 25 s, four times over
    assert ran.code == 3
    units = json.loads(stocktake("show", "--store", str(tmp_path), "--units", "--json").out)
    assert {(unit["type"], unit["reason"]["code"]) for unit in units if unit["state"] == "not_reached"} >= {
        ("AWS::Lambda::Function", "deadline")
    }
    assert verify(tmp_path)


def test_the_plan_calls_nothing_but_what_finds_the_regions(
    stocktake: Stocktake, server: MotoServer, tmp_path: Path
) -> None:
    with Loopback(forward(server.url)) as proxy:
        ran = stocktake("run", "--plan", HERE, "--store", str(tmp_path), AWS_ENDPOINT_URL=proxy.url)
        assert {call.service for call in proxy.calls} <= {"sts", "account", "ec2"}
        assert len(proxy.calls) == 3
    assert ran.code == 0
    assert "DescribeInstances" in ran.out
    assert not list(tmp_path.iterdir())


def test_preflight_says_what_cannot_be_listed_and_collects_nothing(
    stocktake: Stocktake, server: MotoServer, tmp_path: Path
) -> None:
    body = b'{"__type": "AccessDeniedException", "message": "not authorized to perform: sqs:ListQueues"}'

    def denied(call: Call) -> Reply | None:
        return Reply(403, body) if call.service == "sqs" or call.region == "ca-central-1" else None

    with Loopback(with_faults(forward(server.url), denied)) as proxy:
        ran = stocktake("run", "--preflight", HERE, "--json", "--store", str(tmp_path), AWS_ENDPOINT_URL=proxy.url)
        asked = Counter((call.service, call.operation) for call in proxy.calls)
        shown = stocktake("run", "--preflight", HERE, "--store", str(tmp_path), AWS_ENDPOINT_URL=proxy.url)
    said = json.loads(ran.out)
    assert ran.code == shown.code == 3
    assert [(group["type"], group["regions"]) for group in said["not_listed"] if "sqs" in group["message"]] == [
        ("AWS::SQS::Queue", ["us-east-1"])
    ]
    assert [group["regions"] for group in said["not_listed"] if group["regions"] != ["us-east-1"]] == [["ca-central-1"]]
    assert said["asked"] - said["answered"] == 2
    assert asked["ec2", "DescribeInstances"] == 1
    assert ("sqs", "GetQueueAttributes") not in asked
    assert "AWS::SQS::Queue" in shown.out
    assert "a run would miss what is said below" in shown.out
    assert not list(tmp_path.iterdir())


def test_preflight_ends_well_where_everything_can_be_listed(stocktake: Stocktake, tmp_path: Path) -> None:
    ran = stocktake("run", "--preflight", HERE, "--store", str(tmp_path))
    assert ran.code == 0
    assert ran.out.splitlines()[0].endswith("answered: everything planned can be listed")


def test_a_narrower_run_is_published_but_is_not_the_latest(stocktake: Stocktake, tmp_path: Path) -> None:
    assert stocktake("run", "--types", "AWS::SQS::Queue", "--store", str(tmp_path), HERE).code == 0
    first = verify(tmp_path)
    ran = stocktake("run", "--types", "AWS::EC2::VPC", "--store", str(tmp_path), HERE, "--json")
    assert verify(tmp_path) == first
    narrower = json.loads(ran.out)
    assert narrower["latest"] is False
    assert narrower["run"] in stocktake("show", narrower["run"], "--store", str(tmp_path)).out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--types", "AWS::EC2::Instances"), "AWS::EC2::Instance"),
        (("--regions", "eu-wset-1"), "eu-west-1"),
        (("--regions", "eu-west-1", "--types", "AWS::IAM::Role"), "global"),
        (("--inventory", "nightly"), "default"),
    ],
)
def test_what_matches_nothing_is_refused_with_what_would(
    stocktake: Stocktake, arguments: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    ran = stocktake("run", *arguments, "--store", str(tmp_path))
    assert ran.code == 2
    assert named in ran.err
    assert "Traceback" not in ran.err
    assert not list(tmp_path.iterdir())


def test_refused_credentials_are_said_and_nothing_is_published(stocktake: Stocktake, tmp_path: Path) -> None:
    error = b"<Error><Code>InvalidClientTokenId</Code><Message>invalid token</Message></Error>"
    with Loopback(lambda _: Reply(403, b"<ErrorResponse>" + error + b"</ErrorResponse>")) as refusing:
        ran = stocktake("run", "--store", str(tmp_path), AWS_ENDPOINT_URL=refusing.url)
    assert ran.code == 1
    assert "InvalidClientTokenId" in ran.err
    assert not list(tmp_path.iterdir())


def test_show_says_what_is_missing(stocktake: Stocktake, tmp_path: Path) -> None:
    for arguments in ((), ("20261122T130000Z",)):
        ran = stocktake("show", *arguments, "--store", str(tmp_path))
        assert ran.code == 1
        assert "no run" in ran.err
    assert stocktake("show", "yesterday", "--store", str(tmp_path)).code == 2


def test_settings_of_the_environment_are_heard(stocktake: Stocktake, tmp_path: Path) -> None:
    assert Settings().threads == 256
    ran = stocktake("run", "--store", str(tmp_path), STOCKTAKE_THREADS="many")
    assert ran.code == 2
    assert "STOCKTAKE_THREADS" in ran.err
