"""The stack, deployed by the CDK's own command line and used by AWS's.

The tests are steps: each has what the ones before it left.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.implemented import answered
from stocktake.catalog import every_action
from tests.deploy.conftest import CONTEXT, HERE, REGIONS, say
from tests.deploy.deployment import ROOT, STACK, Deployment, chosen
from tests.loopback import Call, Loopback, Reply, forward, with_faults

pytestmark = pytest.mark.deploy

FUNCTION = "stocktake"
FIRST = "2026-11-22T13:00:00Z"


@pytest.fixture
def bucket(outputs: dict[str, str]) -> str:
    return outputs["Store"].removeprefix("s3://")


def keys(deployment: Deployment, bucket: str) -> list[str]:
    pages = deployment.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [listed["Key"] for page in pages for listed in page.get("Contents", [])]


# --- cdk deploy ---


def test_every_resource_of_the_template_is_made(deployment: Deployment, outputs: dict[str, str]) -> None:
    wanted = {name: resource["Type"] for name, resource in deployment.template()["Resources"].items()}
    made = deployment.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    assert {one["LogicalResourceId"]: one["ResourceType"] for one in made} == wanted
    assert all(one["PhysicalResourceId"] for one in made)
    assert outputs.keys() == deployment.template()["Outputs"].keys()


@pytest.mark.parametrize(
    ("kind", "service", "operation", "member"),
    [
        ("AWS::Scheduler::Schedule", "scheduler", "list_schedules", "Schedules"),
        ("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms"),
        ("AWS::CloudWatch::Dashboard", "cloudwatch", "list_dashboards", "DashboardEntries"),
        ("AWS::Glue::Database", "glue", "get_databases", "DatabaseList"),
        ("AWS::Athena::NamedQuery", "athena", "list_named_queries", "NamedQueryIds"),
        ("AWS::Lambda::Function", "lambda", "list_functions", "Functions"),
        ("AWS::SNS::Topic", "sns", "list_topics", "Topics"),
        ("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls"),
        ("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups"),
    ],
)
def test_each_service_has_what_the_stack_made_of_it(
    deployment: Deployment, outputs: dict[str, str], kind: str, service: str, operation: str, member: str
) -> None:
    made = deployment.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    names = {one["PhysicalResourceId"] for one in made if one["ResourceType"] == kind}
    options = {"WorkGroup": outputs["WorkGroup"]} if operation == "list_named_queries" else {}
    listed = json.dumps(getattr(deployment.client(service), operation)(**options)[member], default=str)
    assert names
    assert [name for name in names if name not in listed] == []


def test_the_function_is_the_file_that_was_uploaded(deployment: Deployment, outputs: dict[str, str]) -> None:
    s3 = deployment.client("s3")
    (function,) = [
        one["Properties"]
        for one in deployment.template()["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    ]
    (staging,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("cdk-")]
    uploaded = s3.get_object(Bucket=staging, Key=function["Code"]["S3Key"])["Body"].read()
    deployed = deployment.client("lambda").get_function(FunctionName=outputs["FunctionName"])["Configuration"]
    assert deployed["CodeSha256"] == base64.b64encode(hashlib.sha256(uploaded).digest()).decode()
    assert (deployed["Runtime"], deployed["Architectures"]) == ("python3.13", ["arm64"])


# --- the schedule's own payload ---


def scheduled(deployment: Deployment, at: str) -> tuple[str, str]:
    """What the deployed schedule would invoke at that time, and with what."""
    (listed,) = deployment.client("scheduler").list_schedules()["Schedules"]
    target = deployment.client("scheduler").get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])["Target"]
    return target["Arn"], target["Input"].replace("<aws.scheduler.scheduled-time>", at)


def test_the_schedules_own_payload_takes_a_run_of_the_whole_estate(
    deployment: Deployment, estate: Counter[str], bucket: str
) -> None:
    function, event = scheduled(deployment, FIRST)
    invoked = deployment.invoke(function, event)
    assert invoked.error is None, invoked.answer
    answer = invoked.answer
    assert (answer["run"], answer["verdict"], answer["latest"]) == ("20261122T130000Z", "complete", True)
    assert answer["by_type"] == Counter(answer["by_type"]) | estate, "of each type, at least as many as were seeded"
    assert set(answer["objects"]) < set(keys(deployment, bucket))


def test_a_second_delivery_finds_the_work_done(deployment: Deployment, bucket: str) -> None:
    before = keys(deployment, bucket)
    invoked = deployment.invoke(*scheduled(deployment, FIRST))
    assert (invoked.error, invoked.answer["repeated"]) == (None, True)
    assert keys(deployment, bucket) == before


def test_what_was_said_is_in_the_functions_own_log(deployment: Deployment) -> None:
    logs = deployment.client("logs")
    (group,) = [
        one["PhysicalResourceId"]
        for one in deployment.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        if one["ResourceType"] == "AWS::Logs::LogGroup"
    ]
    said = "\n".join(one["message"] for one in logs.filter_log_events(logGroupName=group)["events"])
    assert '"message":"run published"' in said
    assert '"CloudWatchMetrics":[{"Namespace":"Stocktake"' in said


# --- bad events ---


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"region": ["eu-west-1"]}, "event: 'region' cannot be taken; there is no such key; nearest: region"),
        ({"types": ["AWS::EC2::Instnace"]}, "types: 'AWS::EC2::Instnace' cannot be taken"),
        ({"types": "AWS::EC2::*"}, "it is a list of names or globs"),
        ({"inventory": "defualt"}, "inventory: 'defualt' cannot be taken"),
        ({"scheduled": "one o'clock"}, "it is a time with its zone"),
        (["default"], "it is an object"),
    ],
)
def test_an_event_that_cannot_be_taken_is_refused_in_a_sentence_and_leaves_nothing(
    deployment: Deployment, bucket: str, event: Any, sentence: str
) -> None:
    before = keys(deployment, bucket)
    invoked = deployment.invoke(FUNCTION, event)
    assert (invoked.error, invoked.answer["errorType"]) == ("Unhandled", "UsageError")
    assert sentence in invoked.answer["errorMessage"]
    assert keys(deployment, bucket) == before


def test_an_event_that_fails_again_and_again_is_put_into_the_queue_for_failures(deployment: Deployment) -> None:
    event = deployment.home / "event.json"
    event.write_text('{"inventory": "nobody"}')
    sent = deployment.aws(
        *("lambda", "invoke", "--function-name", FUNCTION, "--invocation-type", "Event"),
        *("--payload", f"fileb://{event}", str(deployment.home / "out.json")),
    )
    assert sent.json() == {"StatusCode": 202}
    sqs = deployment.client("sqs")
    (queue,) = [url for url in sqs.list_queues()["QueueUrls"] if STACK in url]
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    body = json.loads(message["Body"])
    assert body["requestPayload"] == {"inventory": "nobody"}
    assert body["requestContext"]["approximateInvokeCount"] == 2, "once more, as configured"
    assert body["responsePayload"]["errorType"] == "UsageError"


# --- reading ---


def test_the_bucket_is_read_with_stocktake(
    deployment: Deployment, estate: Counter[str], outputs: dict[str, str]
) -> None:
    store = ("--store", outputs["Store"])
    shown = deployment.stocktake("show", *store, "--json").json()
    assert (shown["run"]["id"], shown["verdict"]) == ("20261122T130000Z", "complete")
    found = deployment.stocktake("find", FUNCTION, *store, "--type", "AWS::Lambda::Function", "--json").json()
    assert FUNCTION in {one["id"] for one in found}
    verified = deployment.stocktake("verify", *store)
    assert verified.code == 0, verified.out + verified.err


def test_nobody_can_overwrite_a_snapshot(deployment: Deployment, bucket: str) -> None:
    """By the bucket's own policy, whoever it is."""
    written = next(key for key in keys(deployment, bucket) if key.startswith("snapshots/"))
    s3 = deployment.client("s3")
    for refused in ({"Key": written}, {"Key": "snapshots/new"}, {"Key": "latest/default.json"}):
        with pytest.raises(s3.exceptions.ClientError, match=r"403|AccessDenied|Forbidden"):
            s3.put_object(Bucket=bucket, Body=b"", **refused)
    with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=written, Body=b"", IfNoneMatch="*")


# --- with IAM enforced ---


def enforce(deployment: Deployment, after_calls: float) -> None:
    request = urllib.request.Request(
        f"{deployment.server.url}/moto-api/reset-auth",
        data=str(after_calls).encode(),
        headers={"Content-Type": "text/plain"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


@pytest.fixture
def operated(deployment: Deployment) -> Iterator[Deployment]:
    """The same, but from here on every call needs permission. Whoever runs the commands may do everything."""
    iam = deployment.client("iam")
    name = "operator"
    if name not in {user["UserName"] for user in iam.list_users()["Users"]}:
        iam.create_user(UserName=name)
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    enforce(deployment, 0)
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    yield replace(deployment, credentials=credentials)
    enforce(deployment, float("inf"))
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])


def units(deployment: Deployment, store: str) -> dict[tuple[str, str], str]:
    """What became of each unit of the latest run."""
    shown = deployment.stocktake("show", "--store", store, "--units", "--json").json()
    return {(unit["type"], unit["region"]): unit["state"] for unit in shown}


def test_the_deployed_role_is_enough_for_a_complete_run(operated: Deployment, estate: Counter[str]) -> None:
    invoked = operated.invoke(FUNCTION, {"scheduled": "2026-11-22T14:00:00Z"})
    assert invoked.error is None, invoked.answer
    answer = invoked.answer
    assert (answer["verdict"], answer["unseen"], answer["gaps"]) == ("complete", [], 0)
    assert answer["by_type"] == Counter(answer["by_type"]) | estate


def test_without_one_action_exactly_its_units_are_denied(
    operated: Deployment, outputs: dict[str, str], bucket: str
) -> None:
    before = units(operated, outputs["Store"])
    iam = operated.client("iam")
    role = outputs["RoleArn"].rpartition("/")[2]
    attached = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    documents = {
        arn: iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] for arn in attached
    }
    granted = [action for one in documents.values() for action in one["Statement"][0]["Action"]]
    assert sorted(granted) == list(every_action())
    (arn,) = [arn for arn, one in documents.items() if "dynamodb:ListTables" in one["Statement"][0]["Action"]]
    less = json.dumps(documents[arn]).replace('"dynamodb:ListTables", ', "")
    assert less != json.dumps(documents[arn])
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=less, SetAsDefault=True)["PolicyVersion"]
    try:
        invoked = operated.invoke(FUNCTION, {"scheduled": "2026-11-22T15:00:00Z"})
    finally:
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    assert invoked.error is None, invoked.answer
    assert invoked.answer["verdict"] == "partial"
    after = units(operated, outputs["Store"])
    denied = {("AWS::DynamoDB::Table", region) for region in REGIONS}
    assert {unit for unit in before if after[unit] != before[unit]} == denied
    assert {after[unit] for unit in denied} == {"denied"}
    (group,) = invoked.answer["unseen"]
    assert "dynamodb:ListTables" in json.dumps(group)


def test_the_deployed_role_and_memory_are_enough_for_every_type_that_the_emulator_has(operated: Deployment) -> None:
    client = operated.client("lambda")
    as_deployed = client.get_function_configuration(FunctionName=FUNCTION)["Environment"]
    broad = json.dumps({"default": {"regions": ["eu-west-1", "global"]}})
    variables = {**as_deployed["Variables"], "STOCKTAKE_INVENTORIES": broad}
    client.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": variables})
    say(f"a run of {len(answered())} types")
    try:
        invoked = operated.invoke(FUNCTION, {"scheduled": "2026-11-22T15:30:00Z", "types": answered()})
    finally:
        client.update_function_configuration(FunctionName=FUNCTION, Environment=as_deployed)
    assert invoked.error is None, invoked.answer
    answer = invoked.answer
    assert (answer["verdict"], answer["gaps"]) == ("complete", 0), answer
    assert {one["reason"] for one in answer["unseen"]} <= {"not_enabled"}, answer
    assert answer["by_state"]["collected"] > 200
    (used, had) = re.findall(r"(?:Max Memory Used|Memory Size): (\d+) MB", invoked.log)
    say(f"{answer['calls']} calls, memory {used} and {had} MB")


# --- too little time ---


def test_a_run_that_would_outlast_its_time_publishes_what_it_has_before_it(
    deployment: Deployment, outputs: dict[str, str]
) -> None:
    client = deployment.client("lambda")
    as_deployed = client.get_function_configuration(FunctionName=FUNCTION)
    slow = Loopback(with_faults(forward(deployment.server.url), _hang_in_one_region))
    hurried = {
        **as_deployed["Environment"]["Variables"],
        "STOCKTAKE_RESERVE_SECONDS": "5",
        "STOCKTAKE_CONNECT_TIMEOUT": "1",
        "STOCKTAKE_READ_TIMEOUT": "4",
        "STOCKTAKE_THREADS": "4",
        "AWS_ENDPOINT_URL": slow.url,
    }
    with slow:
        client.update_function_configuration(FunctionName=FUNCTION, Timeout=16, Environment={"Variables": hurried})
        try:
            invoked = deployment.invoke(FUNCTION, {"scheduled": "2026-11-22T16:00:00Z"})
        finally:
            client.update_function_configuration(
                FunctionName=FUNCTION, Timeout=as_deployed["Timeout"], Environment=as_deployed["Environment"]
            )
    assert invoked.error is None, invoked.answer
    assert (invoked.answer["verdict"], invoked.answer["latest"]) == ("partial", True)
    assert invoked.answer["by_state"]["not_reached"] > 0
    assert invoked.answer["by_state"]["collected"] > 0
    (duration,) = re.findall(r"\tDuration: ([\d.]+) ms", invoked.log)
    assert float(duration) < 16_000
    shown = deployment.stocktake("show", "--store", outputs["Store"], "--json").json()
    assert (shown["run"]["id"], shown["verdict"]) == ("20261122T160000Z", "partial")


def _hang_in_one_region(call: Call) -> Reply | None:
    return Reply(hang=True) if call.region == "eu-west-1" and call.service != "s3" else None


# --- cdk deploy again ---

ALL_CHANGED = {
    "inventories": json.dumps({"default": HERE, "queues": {**HERE, "types": ["AWS::SQS::Queue"]}}),
    "schedules": json.dumps({"queues": "rate(30 minutes)"}),
    "memory-mb": "2048",
    "timeout-seconds": "600",
    "log-retention-days": "7",
    "snapshot-retention-days": "90",
    "retries": "0",
}
NOT_COPIED = (".*", "node_modules", "out", "cdk.out", "tests", "__pycache__", "*.egg-info")


def test_changed_code_and_settings_are_deployed_over_the_old(
    deployment: Deployment, outputs: dict[str, str], bucket: str, tmp_path: Path
) -> None:
    tree = tmp_path / "changed"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    code = tree / "lambda_src/stocktake/__init__.py"
    changed, times = re.subn(r'__version__ = "[^"]*"', '__version__ = "99.0.0"', code.read_text())
    assert times == 1
    code.write_text(changed)
    before = keys(deployment, bucket)

    say("cdk deploy, of a changed copy")
    assert deployment.deploy(ALL_CHANGED, tree) == outputs, "the same store, function and role"

    deployed = deployment.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    assert (deployed["MemorySize"], deployed["Timeout"]) == (2048, 600)
    schedules = deployment.client("scheduler").list_schedules()["Schedules"]
    rates = {
        json.loads(one["Target"]["Input"])["inventory"]: one["ScheduleExpression"]
        for listed in schedules
        for one in [deployment.client("scheduler").get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])]
    }
    assert rates == {"default": "rate(1 hour)", "queues": "rate(30 minutes)"}
    assert keys(deployment, bucket) == before

    invoked = deployment.invoke(FUNCTION, {"inventory": "queues", "scheduled": "2026-11-22T17:00:00Z"})
    assert invoked.error is None, invoked.answer
    manifest = deployment.client("s3").get_object(Bucket=bucket, Key=invoked.answer["manifest"])["Body"].read()
    assert json.loads(manifest)["versions"]["stocktake"] == "99.0.0"
    verified = deployment.stocktake("verify", "--store", outputs["Store"], "--line")
    assert verified.code == 0, verified.out + verified.err


# --- cdk destroy ---


def test_destroy_takes_the_stack_away_and_leaves_the_snapshots(
    deployment: Deployment, outputs: dict[str, str], bucket: str
) -> None:
    before = keys(deployment, bucket)
    shown = deployment.stocktake("show", "--store", outputs["Store"], "--json").json()
    say("cdk destroy")
    deployment.cdk("destroy", "--force", *chosen(ALL_CHANGED))
    stacks = deployment.client("cloudformation").list_stacks()["StackSummaries"]
    assert {one["StackStatus"] for one in stacks if one["StackName"] == STACK} == {"DELETE_COMPLETE"}
    assert deployment.aws("lambda", "get-function", "--function-name", FUNCTION).code != 0
    assert deployment.client("scheduler").list_schedules()["Schedules"] == []
    assert deployment.client("iam").list_roles()["Roles"] == [
        role for role in deployment.client("iam").list_roles()["Roles"] if not role["RoleName"].startswith(STACK)
    ]
    assert keys(deployment, bucket) == before
    assert deployment.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert deployment.stocktake("show", "--store", outputs["Store"], "--json").json() == shown


# --- every choice ---

ALL_CHOSEN = {
    **CONTEXT,
    "stack-name": "Chosen",
    "function-name": "chosen",
    "kms-key": "create",
    "object-lock-days": "1",
    "alarm-emails": json.dumps(["operator@example.com"]),
    "reserved-concurrency": "2",
    "ephemeral-mb": "1024",
    "architecture": "x86_64",
    "quota-share": "0.5",
    "threads": "64",
}


def test_what_can_be_chosen_can_be_deployed_and_runs(deployment: Deployment) -> None:
    say("cdk deploy, with all that can be chosen")
    outputs = deployment.deploy(ALL_CHOSEN, stack="Chosen")
    invoked = deployment.invoke("chosen", {"types": ["AWS::SQS::Queue"]})
    assert (invoked.error, invoked.answer["verdict"]) == (None, "complete"), invoked.answer
    bucket = outputs["Store"].removeprefix("s3://")
    s3 = deployment.client("s3")
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert (lock["Rule"]["DefaultRetention"]["Mode"], lock["Rule"]["DefaultRetention"]["Days"]) == ("GOVERNANCE", 1)
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].rpartition("/")[2]
    deployment.cdk("destroy", "--force", *chosen(ALL_CHOSEN))
    kms = deployment.client("kms")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled", "without it the snapshots were lost"
    assert keys(deployment, bucket)


def test_nobody_asked_for_anything_that_is_not_on_this_machine(deployment: Deployment, outside: Loopback) -> None:
    assert outside.connections == 0, outside.calls
