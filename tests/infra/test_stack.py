"""What the template says, read as CloudFormation would."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from infra.config import LOG_RETENTION_DAYS, StackConfig
from stocktake.catalog import every_action
from stocktake.settings import Acceptance, Inventory, Settings
from tests.infra.conftest import Synthesise, Synthesised, Template, synthesise

CHOSEN = StackConfig(
    stack_name="Other",
    schedule="rate(30 minutes)",
    flexible_minutes=0,
    memory_mb=3008,
    timeout_seconds=300,
    retries=0,
    log_retention_days=7,
    snapshot_retention_days=90,
    role="audit/reader",
    external_id="x-1",
    inventories=(
        Inventory(),
        Inventory("a-b", accounts=("1*",), types=("AWS::EC2::*",)),
        Inventory("ab", exclude_regions=("us-gov-*",)),
    ),
    accepted=(Acceptance(reasons=("iam",), by="Jo", until=datetime(2027, 1, 1, tzinfo=UTC), why="sold"),),
)
LONGEST_POLICY = 10_240  # of a role, inline, white space not counted (IAM quotas)


@pytest.fixture
def chosen(configured: Synthesise) -> Template:
    return configured(CHOSEN)


def only(template: Template, kind: str) -> dict[str, Any]:
    return template.one(kind)[1]


# --- the bucket ---


@pytest.fixture(scope="session")
def bucket(template: Template) -> dict[str, Any]:
    return only(template, "AWS::S3::Bucket")


def test_the_bucket_is_encrypted_and_versioned(bucket: dict[str, Any]) -> None:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_bucket_is_closed_to_the_public_and_owns_its_objects(bucket: dict[str, Any]) -> None:
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "AccessControl" not in bucket


def test_the_bucket_is_reached_over_tls_alone_and_nobody_else_is_let_in(template: Template) -> None:
    name, _ = template.one("AWS::S3::Bucket")
    policy = only(template, "AWS::S3::BucketPolicy")
    assert policy["Bucket"] == name
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": [f"arn:{name}", f"arn:{name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_the_bucket_outlives_the_stack_and_nothing_else_does(template: Template) -> None:
    kept = {resource["Type"] for resource in template.resources.values() if resource.get("DeletionPolicy") == "Retain"}
    replaced = {one["Type"] for one in template.resources.values() if one.get("UpdateReplacePolicy") == "Retain"}
    assert kept == replaced == {"AWS::S3::Bucket"}


def test_what_is_dated_expires_as_configured_and_the_pointers_never(template: Template, chosen: Template) -> None:
    for made, days in ((template, StackConfig().snapshot_retention_days), (chosen, CHOSEN.snapshot_retention_days)):
        rules = only(made, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        assert len({rule["Id"] for rule in rules}) == len(rules)
        expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
        assert expiring == {f"{dated}/": days for dated in ("snapshots", "units", "changes", "manifests")}
        others = [rule for rule in rules if "ExpirationInDays" not in rule]
        assert [rule.keys() - {"Id", "Status"} for rule in others] == [
            {"AbortIncompleteMultipartUpload"},
            {"NoncurrentVersionExpiration"},
        ]


def test_uploads_that_were_left_go_after_a_day_and_old_versions_in_a_month(bucket: dict[str, Any]) -> None:
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["abort-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


# --- the function ---


@pytest.fixture(scope="session")
def function(template: Template) -> dict[str, Any]:
    return only(template, "AWS::Lambda::Function")


def test_the_function_runs_as_configured(template: Template, chosen: Template) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        function = only(made, "AWS::Lambda::Function")
        assert function["FunctionName"] == "stocktake"
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert (function["MemorySize"], function["Timeout"]) == (config.memory_mb, config.timeout_seconds)


def test_the_handler_is_in_the_asset(function: dict[str, Any], synthesised: Synthesised) -> None:
    module, _, name = function["Handler"].rpartition(".")
    source = (synthesised.asset / module.replace(".", "/")).with_suffix(".py").read_text()
    assert name in {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def test_the_function_is_deployed_from_the_asset(function: dict[str, Any], synthesised: Synthesised) -> None:
    assert function["Code"]["S3Key"] == synthesised.asset.name.removeprefix("asset.") + ".zip"


def test_the_function_writes_to_its_own_log_which_is_kept_as_configured(template: Template, chosen: Template) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        name, log = made.one("AWS::Logs::LogGroup")
        assert only(made, "AWS::Lambda::Function")["LoggingConfig"] == {"LogGroup": name}
        assert log == {"RetentionInDays": config.log_retention_days}


@pytest.mark.parametrize("days", LOG_RETENTION_DAYS)
def test_every_time_that_a_log_can_be_kept_for_is_meant_literally(days: int, configured: Synthesise) -> None:
    made = configured(StackConfig(log_retention_days=days))
    assert only(made, "AWS::Logs::LogGroup")["RetentionInDays"] == days


def test_the_function_reads_from_its_environment_what_was_configured(template: Template, chosen: Template) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        name, _ = made.one("AWS::S3::Bucket")
        variables = only(made, "AWS::Lambda::Function")["Environment"]["Variables"]
        assert all(isinstance(value, str) for value in variables.values())
        assert Settings.from_environment(variables) == Settings(
            store=f"s3://{name}",
            role=config.role,
            external_id=config.external_id,
            inventories=config.inventories,
            accepted=config.accepted,
            inventory=config.inventories[0],
        )


# --- permissions ---


@pytest.fixture(scope="session")
def role(template: Template, function: dict[str, Any]) -> str:
    """The name of the function's role."""
    return str(function["Role"]).removeprefix("arn:")


@pytest.fixture(scope="session")
def granted(template: Template, role: str) -> dict[str, dict[str, Any]]:
    """What the function may do, by statement."""
    return {statement["Sid"]: statement for statement in template.statements(role)}


def known(action: str) -> str:
    """An action's access level."""
    service, _, name = action.partition(":")
    data = get_action_data(service, name)
    assert data, f"there is no action {action}"
    return str(data[service][0]["access_level"])


def test_the_function_and_it_alone_is_given_the_role(template: Template, role: str) -> None:
    trusted = template.all("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_the_function_may_list_what_the_catalogue_declares_and_no_more(granted: dict[str, dict[str, Any]]) -> None:
    assert granted["ListAndDescribe"] == {
        "Sid": "ListAndDescribe",
        "Effect": "Allow",
        "Action": list(every_action()),
        "Resource": ["*"],
    }


def test_what_the_function_may_do_everywhere_lists_or_reads(granted: dict[str, dict[str, Any]]) -> None:
    everywhere = [one for statement in granted.values() if "*" in statement["Resource"] for one in statement["Action"]]
    assert {action: known(action) for action in everywhere if known(action) not in ("List", "Read")} == {}


def test_besides_that_the_function_has_its_own_bucket_log_and_queue(
    template: Template, granted: dict[str, dict[str, Any]]
) -> None:
    bucket, log, queue = (
        f"arn:{template.one(kind)[0]}" for kind in ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SQS::Queue")
    )
    assert {sid: (one["Action"], one["Resource"]) for sid, one in granted.items() if sid != "ListAndDescribe"} == {
        "OwnObjects": (["s3:GetObject", "s3:PutObject"], [f"{bucket}/*"]),
        "OwnBucket": (["s3:ListBucket"], [bucket]),
        "OwnLog": (["logs:CreateLogStream", "logs:PutLogEvents"], [log]),
        "OwnFailures": (["sqs:SendMessage"], [queue]),
    }


def test_where_an_inventory_asks_for_accounts_the_function_may_find_and_enter_them_and_no_more(
    chosen: Template, granted: dict[str, dict[str, Any]]
) -> None:
    role = str(only(chosen, "AWS::Lambda::Function")["Role"]).removeprefix("arn:")
    more = {statement["Sid"]: statement for statement in chosen.statements(role) if statement["Sid"] not in granted}
    assert {sid: (one["Action"], one["Resource"]) for sid, one in more.items()} == {
        "OtherAccounts": (["organizations:ListAccounts"], ["*"]),
        "TheirRole": (["sts:AssumeRole"], ["arn:AWS::Partition:iam::*:role/audit/reader"]),
    }
    assert known("organizations:ListAccounts") == "List"


def test_nothing_that_was_written_can_be_deleted_by_who_wrote_it(granted: dict[str, dict[str, Any]]) -> None:
    actions = [action for statement in granted.values() for action in statement["Action"]]
    assert [action for action in actions if re.search("Delete|Remove|Put.*Lifecycle|PutBucket", action)] == []


def test_no_role_is_granted_an_action_by_wildcard_or_one_that_there_is_not(template: Template) -> None:
    for role in template.all("AWS::IAM::Role"):
        for statement in template.statements(role):
            assert statement["Effect"] == "Allow"
            assert not statement.keys() & {"NotAction", "NotResource"}
            for action in statement["Action"]:
                assert "*" not in action
                assert known(action)


def test_the_scheduler_may_invoke_the_function_and_put_what_failed_into_the_queue(
    template: Template, role: str
) -> None:
    function, queue = (f"arn:{template.one(kind)[0]}" for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue"))
    (other,) = template.all("AWS::IAM::Role").keys() - {role}
    assert [(one["Action"], one["Resource"]) for one in template.statements(other)] == [
        (["lambda:InvokeFunction"], [function, f"{function}:*"]),
        (["sqs:SendMessage"], [queue]),
    ]
    (trusted,) = template.all("AWS::IAM::Role")[other]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"]["StringEquals"]["aws:SourceAccount"] == "AWS::AccountId"


def test_the_roles_policy_is_shorter_than_iam_allows(granted: dict[str, dict[str, Any]]) -> None:
    arns = 8 * 100
    assert len(json.dumps(list(granted.values()), separators=(",", ":"))) + arns < LONGEST_POLICY


# --- what fails ---


def test_a_failed_invocation_is_retried_as_configured_and_then_kept_in_the_queue(
    template: Template, chosen: Template
) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        asynchronous = only(made, "AWS::Lambda::EventInvokeConfig")
        assert asynchronous["FunctionName"] == made.one("AWS::Lambda::Function")[0]
        assert asynchronous["Qualifier"] == "$LATEST"
        assert asynchronous["MaximumRetryAttempts"] == config.retries
        assert asynchronous["DestinationConfig"] == {
            "OnFailure": {"Destination": f"arn:{made.one('AWS::SQS::Queue')[0]}"}
        }


@pytest.mark.parametrize("minutes", [5, 10, 45, 60, 1440])
def test_no_event_waits_until_the_next_one_is_due(minutes: int, configured: Synthesise) -> None:
    made = configured(StackConfig(schedule=f"rate({minutes} minutes)"))
    ages = [
        only(made, "AWS::Lambda::EventInvokeConfig")["MaximumEventAgeInSeconds"],
        only(made, "AWS::Scheduler::Schedule")["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"],
    ]
    for seconds in ages:
        assert 60 <= seconds < minutes * 60  # 60 is the least that Lambda and the scheduler take


def test_the_queue_is_encrypted_keeps_for_two_weeks_and_is_reached_over_tls_alone(template: Template) -> None:
    name, queue = template.one("AWS::SQS::Queue")
    assert queue == {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 14 * 24 * 3600}
    policy = only(template, "AWS::SQS::QueuePolicy")
    assert policy["Queues"] == [name]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sqs:*",
            "Resource": f"arn:{name}",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


# --- the schedule ---


def test_each_inventory_is_invoked_on_the_schedule(template: Template, chosen: Template) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        schedules = made.all("AWS::Scheduler::Schedule").values()
        asked = [json.loads(schedule["Target"]["Input"])["inventory"] for schedule in schedules]
        assert sorted(asked) == sorted(inventory.name for inventory in config.inventories)
        for schedule in schedules:
            assert schedule["ScheduleExpression"] == config.schedule
            assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
            assert schedule["State"] == "ENABLED"
            assert schedule["Target"]["Arn"] == f"arn:{made.one('AWS::Lambda::Function')[0]}"


def test_a_run_may_start_later_by_the_window_that_is_configured(template: Template, chosen: Template) -> None:
    assert only(template, "AWS::Scheduler::Schedule")["FlexibleTimeWindow"] == {
        "Mode": "FLEXIBLE",
        "MaximumWindowInMinutes": StackConfig().flexible_minutes,
    }
    for schedule in chosen.all("AWS::Scheduler::Schedule").values():
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_function_takes_the_schedules_event(template: Template, chosen: Template) -> None:
    for made in (template, chosen):
        settings = Settings.from_environment(only(made, "AWS::Lambda::Function")["Environment"]["Variables"])
        for schedule in made.all("AWS::Scheduler::Schedule").values():
            event = json.loads(schedule["Target"]["Input"])
            assert event == {"inventory": event["inventory"], "scheduled": "<aws.scheduler.scheduled-time>"}
            delivered = schedule["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-22T13:00:00Z")
            taken = settings.for_event(json.loads(delivered))
            assert taken.inventory.name == event["inventory"]
            assert taken.scheduled is not None
            assert taken.scheduled.isoformat() == "2026-11-22T13:00:00+00:00"
            assert not taken.narrowed


def test_what_the_scheduler_cannot_deliver_is_tried_again_and_then_kept(template: Template) -> None:
    target = only(template, "AWS::Scheduler::Schedule")["Target"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3
    assert target["DeadLetterConfig"] == {"Arn": f"arn:{template.one('AWS::SQS::Queue')[0]}"}


# --- the whole ---


def test_the_outputs_say_where_snapshots_lie_what_to_invoke_and_whom_to_trust(template: Template, role: str) -> None:
    assert {name: output["Value"] for name, output in template.outputs.items()} == {
        "Store": f"s3://{template.one('AWS::S3::Bucket')[0]}",
        "FunctionName": template.one("AWS::Lambda::Function")[0],
        "RoleArn": f"arn:{role}",
    }
    assert all(output["Description"] for output in template.outputs.values())


def test_the_template_is_for_any_account_and_region(synthesised: Synthesised) -> None:
    text = synthesised.text.decode()
    assert re.findall(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", text) == []
    assert re.findall(r"\b[a-z]{2}(?:-[a-z]+)+-\d\b", text) == []
    assert re.findall(r"arn:aws[a-z-]*:", text) == []
    manifest = json.loads((synthesised.directory / "manifest.json").read_text())
    stacks = [one for one in manifest["artifacts"].values() if one["type"] == "aws:cloudformation:stack"]
    assert [stack["environment"] for stack in stacks] == ["aws://unknown-account/unknown-region"]


def test_the_template_holds_nothing_of_the_machine_that_made_it(synthesised: Synthesised) -> None:
    text = synthesised.text.decode()
    for path in (Path.home(), Path.cwd(), synthesised.directory):
        assert path == Path("/") or str(path) not in text


def test_names_are_given_by_cloudformation_except_the_functions(template: Template) -> None:
    def names(value: Any) -> Iterator[tuple[str, Any]]:
        for key, one in value.items() if isinstance(value, dict) else ():
            if re.fullmatch("(Bucket|Queue|Role|LogGroup|Function|)Name", key):
                yield key, one

    given = [
        name
        for kind, properties in ((one["Type"], one.get("Properties", {})) for one in template.resources.values())
        if kind not in ("AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig")
        for name in names(properties)
    ]
    assert given == [("FunctionName", "stocktake")]


def test_the_same_input_gives_the_same_template_and_the_same_code(synthesised: Synthesised, tmp_path: Path) -> None:
    again = synthesise(StackConfig(), tmp_path / "again")
    assert again.text == synthesised.text
    assert again.asset.name == synthesised.asset.name


def test_what_is_chosen_changes_what_it_is_about_and_nothing_else(template: Template, configured: Synthesise) -> None:
    made = configured(StackConfig(memory_mb=2048))
    differing = {
        name
        for name in template.resources.keys() | made.resources.keys()
        if template.resources.get(name) != made.resources.get(name)
    }
    assert differing == {template.one("AWS::Lambda::Function")[0]}
    assert made.outputs == template.outputs
