"""One run over an organization of four accounts: our own, one with a queue, one that refuses us, and a closed one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from demo.server import MotoServer
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer
from tests.end_to_end.conftest import Stocktake
from tests.loopback import Call, Loopback, Reply, forward, with_faults

OWN = "123456789012"
INVENTORY = {
    "accounts": ["*"],
    "regions": ["us-east-1", "eu-west-1", "global"],
    "types": ["AWS::SQS::Queue", "AWS::IAM::Role"],
}


class Organization(NamedTuple):
    """The server's URL, behind which one account refuses its role, and the accounts."""

    url: str
    open: str
    refusing: str
    closed: str


@pytest.fixture(scope="module")
def organization(server: MotoServer) -> Iterator[Organization]:
    def client(service: str, **keys: str) -> Any:
        given = {"aws_access_key_id": "x", "aws_secret_access_key": "x"} | keys
        return boto3.client(service, endpoint_url=server.url, region_name="eu-west-1", **given)  # type: ignore[call-overload]

    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    created = [
        organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in ("open", "refusing", "closed")
    ]
    organizations.close_account(AccountId=created[2])
    role = f"arn:aws:iam::{created[0]}:role/seeding"
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="seeding")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    client("sqs", **keys).create_queue(QueueName="theirs")
    client("sqs").create_queue(QueueName="ours")

    def refuse(call: Call) -> Reply | None:
        if call.operation != "AssumeRole" or created[1].encode() not in call.body:
            return None
        error = b"<Error><Code>AccessDenied</Code><Message>is not authorized to assume it</Message></Error>"
        return Reply(403, b"<ErrorResponse>" + error + b"</ErrorResponse>")

    with Loopback(with_faults(forward(server.url), refuse)) as proxy:
        yield Organization(proxy.url, *created)
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="ours")["QueueUrl"])


def test_every_account_is_in_the_snapshot_or_said_to_be_missing(
    stocktake: Stocktake, organization: Organization, tmp_path: Path
) -> None:
    environment = {
        "AWS_ENDPOINT_URL": organization.url,
        "STOCKTAKE_INVENTORIES": json.dumps({"default": INVENTORY}),
        "STOCKTAKE_STORE": str(tmp_path),
    }
    ran = stocktake("run", "--json", **environment)
    assert ran.code == 3, ran.err
    store = DirectoryStore(tmp_path)
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    manifest = read_manifest(store, pointer["manifest"])

    scope = manifest["scope"]
    entered = {OWN, organization.open}
    assert set(scope["accounts"]) == {*entered, organization.refusing}
    assert scope["accounts_from"] == "organizations:ListAccounts"
    assert scope["accounts_skipped"] == {organization.closed: "SUSPENDED"}
    assert {account for account, one in scope["by_account"].items() if one["problem"]} == {organization.refusing}
    assert scope["regions"] == ["eu-west-1", "global", "us-east-1"]

    units = list(read_lines(store, manifest, "units"))
    assert Counter((unit["account"], unit["state"]) for unit in units) == {
        **{(account, "collected"): 3 for account in entered},
        (organization.refusing, "denied"): 3,
    }
    assert {(unit["reason"]["code"], unit["calls"]) for unit in units if unit["reason"]} == {("iam", 0)}
    assert manifest["coverage"] == round(6 / 9, 6)

    found = list(read_lines(store, manifest, "snapshot"))
    queues = {(one["account"], one["name"]) for one in found if one["type"] == "AWS::SQS::Queue"}
    assert queues >= {(OWN, "ours"), (organization.open, "theirs")}
    assert all(name != "theirs" for account, name in queues if account == OWN)
    assert all(f":{one['account']}:" in one["arn"] for one in found)
    assert all("-all-" in one["key"] for one in manifest["objects"])

    (group,) = json.loads(ran.out)["unseen"]
    assert (group["account"], group["type"], group["regions"]) == (
        *(organization.refusing, "*"),
        ["eu-west-1", "global", "us-east-1"],
    )
    shown = stocktake("show", **environment).out
    not_active = f"\naccounts that are not active: {organization.closed} (SUSPENDED)"
    for said in (organization.open, not_active, "3 accounts", "3 denied", "AssumeRole"):
        assert said in shown
    assert organization.open in stocktake("find", "theirs", **environment).out


def test_a_run_can_be_narrowed_to_an_account(stocktake: Stocktake, organization: Organization, tmp_path: Path) -> None:
    environment = {
        "AWS_ENDPOINT_URL": organization.url,
        "STOCKTAKE_INVENTORIES": json.dumps({"default": INVENTORY}),
        "STOCKTAKE_STORE": str(tmp_path),
    }
    ran = stocktake("run", "--json", "--accounts", organization.open, **environment)
    assert ran.code == 0, ran.err
    (snapshot, _) = json.loads(ran.out)["objects"]
    assert f"-{organization.open}-" in snapshot
    planned = stocktake("run", "--plan", "--accounts", f"{OWN},{organization.refusing}", **environment)
    assert f"2 accounts {', '.join(sorted((OWN, organization.refusing)))}" in planned.out
    assert f"{organization.refusing} cannot be entered: AssumeRole: AccessDenied" in planned.out
    refused = stocktake("run", "--accounts", "000000000000", **environment)
    assert refused.code == 2
    assert "the inventory's accounts are" in refused.err
