"""What the template says, read as CloudFormation would."""

from __future__ import annotations

import ast
import fnmatch
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service

from infra.config import LOCK_MODES, LOG_RETENTION_DAYS, StackConfig
from infra.denials import EVERYWHERE, OBJECTS, ROLES
from stocktake.catalog import every_action
from stocktake.catalog.policies import LONGEST, length
from stocktake.settings import Acceptance, Inventory, Settings
from tests.infra.conftest import Synthesise, Synthesised, Template, synthesise

CHOSEN = StackConfig(
    stack_name="Other",
    schedule="rate(30 minutes)",
    flexible_minutes=0,
    function_name="other-stocktake",
    memory_mb=3008,
    ephemeral_mb=1024,
    architecture="x86_64",
    timeout_seconds=300,
    retries=0,
    reserved_concurrency=1,
    threads=64,
    quota_share=0.1,
    log_retention_days=7,
    snapshot_retention_days=90,
    schedules={"a-b": "rate(10 minutes)", "ab": None},
    event_bus="",
    dashboard=False,
    query=False,
    role="audit/reader",
    external_id="x-1",
    inventories=(
        Inventory(),
        Inventory("a-b", accounts=("1*",), types=("AWS::EC2::*",)),
        Inventory("ab", exclude_regions=("us-gov-*",)),
    ),
    accepted=(Acceptance(reasons=("iam",), by="Jo", until=datetime(2027, 1, 1, tzinfo=UTC), why="sold"),),
)
GOLDEN = Path(__file__).parents[1] / "golden/format-1"
THEIR_KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
EVENTS = "arn:AWS::Partition:events:AWS::Region:AWS::AccountId"
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
    assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}
    assert policy["PolicyDocument"]["Statement"][:1] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": [f"arn:{name}", f"arn:{name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def refused(template: Template, key: str, *headers: str) -> bool:
    """Whether the bucket's policy refuses a PutObject of a key with those conditional headers."""
    name, _ = template.one("AWS::S3::Bucket")
    context = {f"s3:{header}" for header in headers}
    for statement in only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]:
        if statement["Action"] != "s3:PutObject":
            continue
        assert statement["Principal"] == {"AWS": "*"}
        assert statement["Condition"].keys() == {"Null", "Bool"}
        assert statement["Condition"]["Bool"] == {"s3:ObjectCreationOperation": "true"}
        absent = {condition for condition, value in statement["Condition"]["Null"].items() if value == "true"}
        assert absent == statement["Condition"]["Null"].keys()
        if absent & context == set() and any(
            fnmatchcase(f"arn:{name}/{key}", resource) for resource in statement["Resource"]
        ):
            return True
    return False


@pytest.mark.parametrize("prefix", ["snapshots", "units", "changes", "manifests"])
def test_what_is_created_once_can_only_be_written_where_nothing_is(prefix: str, template: Template) -> None:
    key = f"{prefix}/inventory=default/date=2026-11-22/hour=13/x"
    assert refused(template, key)
    assert refused(template, key, "if-match")
    assert not refused(template, key, "if-none-match")


@pytest.mark.parametrize("prefix", ["latest", "leases"])
def test_what_is_replaced_is_compared_and_swapped(prefix: str, template: Template) -> None:
    key = f"{prefix}/default.json"
    assert refused(template, key)
    assert not refused(template, key, "if-match")
    assert not refused(template, key, "if-none-match")


def test_every_key_that_the_store_writes_is_guarded_and_athenas_results_are_not(template: Template) -> None:
    written = [path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()]
    assert written
    assert [key for key in written if not refused(template, key)] == []
    assert not refused(template, "query-results/0a1b2c3d.csv")


def test_the_bucket_outlives_the_stack_and_so_does_its_own_key_and_nothing_else(
    template: Template, configured: Synthesise
) -> None:
    for made, lasting in (
        (template, {"AWS::S3::Bucket"}),
        (configured(StackConfig(kms_key="create")), {"AWS::S3::Bucket", "AWS::KMS::Key"}),
    ):
        kept = {one["Type"] for one in made.resources.values() if one.get("DeletionPolicy") == "Retain"}
        replaced = {one["Type"] for one in made.resources.values() if one.get("UpdateReplacePolicy") == "Retain"}
        assert kept == replaced == lasting


def test_a_key_of_its_own_is_rotated_and_the_bucket_asks_it_seldom(configured: Synthesise) -> None:
    made = configured(StackConfig(kms_key="create"))
    name, key = made.one("AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    (statement,) = key["KeyPolicy"]["Statement"]  # the account's IAM policies decide who may use it
    assert statement["Principal"] == {"AWS": "arn:AWS::Partition:iam::AWS::AccountId:root"}
    (rule,) = only(made, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"arn:{name}"},
    }


def test_a_key_of_yours_is_used_and_none_is_made(configured: Synthesise) -> None:
    made = configured(StackConfig(kms_key=THEIR_KEY))
    assert made.all("AWS::KMS::Key") == {}
    (rule,) = only(made, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": THEIR_KEY}
    assert rule["BucketKeyEnabled"] is True


@pytest.mark.parametrize("mode", LOCK_MODES)
def test_what_is_written_is_locked_for_as_long_as_is_said(
    mode: str, template: Template, configured: Synthesise
) -> None:
    assert not {"ObjectLockEnabled", "ObjectLockConfiguration"} & only(template, "AWS::S3::Bucket").keys()
    bucket = only(configured(StackConfig(object_lock_days=30, object_lock_mode=mode)), "AWS::S3::Bucket")
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Days": 30, "Mode": mode.upper()}},
    }
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_access_log_goes_where_it_is_said(template: Template, configured: Synthesise) -> None:
    assert "LoggingConfiguration" not in only(template, "AWS::S3::Bucket")
    made = configured(StackConfig(access_log_bucket="the-logs"))
    logging = {"DestinationBucketName": "the-logs", "LogFilePrefix": "stocktake/"}
    assert only(made, "AWS::S3::Bucket")["LoggingConfiguration"] == logging


def test_what_is_dated_expires_as_configured_and_the_pointers_never(template: Template, chosen: Template) -> None:
    for made, days in ((template, StackConfig().snapshot_retention_days), (chosen, CHOSEN.snapshot_retention_days)):
        rules = only(made, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        assert len({rule["Id"] for rule in rules}) == len(rules)
        expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
        assert expiring == {f"{dated}/": days for dated in ("snapshots", "units", "changes", "manifests")} | {
            "query-results/": 7
        }
        others = [rule for rule in rules if "ExpirationInDays" not in rule]
        assert [rule.keys() - {"Id", "Status"} for rule in others] == [
            {"AbortIncompleteMultipartUpload"},
            {"NoncurrentVersionExpiration"},
        ]


def test_uploads_that_were_left_go_after_a_day_and_old_versions_in_a_month(bucket: dict[str, Any]) -> None:
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["abort-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["expire-query-results"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


# --- the function ---


@pytest.fixture(scope="session")
def function(template: Template) -> dict[str, Any]:
    return only(template, "AWS::Lambda::Function")


def test_the_function_runs_as_configured(template: Template, chosen: Template) -> None:
    for made, config in ((template, StackConfig()), (chosen, CHOSEN)):
        function = only(made, "AWS::Lambda::Function")
        assert function["FunctionName"] == config.function_name
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", [config.architecture])
        assert function["EphemeralStorage"] == {"Size": config.ephemeral_mb}
        assert function.get("ReservedConcurrentExecutions", 0) == config.reserved_concurrency
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
            threads=config.threads,
            quota_share=config.quota_share,
            event_bus=config.event_bus,
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
    return allowed(template.statements(role))


def allowed(statements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in statements if statement["Effect"] == "Allow"}


def denied(statements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in statements if statement["Effect"] == "Deny"}


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


LISTING = re.compile(r"ListAndDescribe\d")


def test_the_function_may_list_what_the_catalogue_declares_and_no_more(granted: dict[str, dict[str, Any]]) -> None:
    listing = [one for sid, one in granted.items() if LISTING.fullmatch(sid)]
    assert sorted(action for one in listing for action in one["Action"]) == list(every_action())
    assert [one["Resource"] for one in listing] == [["*"]] * len(listing)


def test_the_policies_that_list_are_the_roles_alone_and_no_longer_than_iam_allows(
    template: Template, role: str
) -> None:
    managed = template.all("AWS::IAM::ManagedPolicy").values()
    assert [one["Roles"] for one in managed] == [[role]] * len(managed)
    assert 1 <= len(managed) <= 10  # attached to a role (IAM quotas)
    assert all(length(one["PolicyDocument"]) <= LONGEST for one in managed)


def test_what_the_function_may_do_everywhere_lists_or_reads(granted: dict[str, dict[str, Any]]) -> None:
    everywhere = [one for statement in granted.values() if "*" in statement["Resource"] for one in statement["Action"]]
    assert {action: known(action) for action in everywhere if known(action) not in ("List", "Read")} == {}


def test_besides_that_the_function_has_its_own_bucket_log_and_queue(
    template: Template, granted: dict[str, dict[str, Any]]
) -> None:
    bucket, log, queue = (
        f"arn:{template.one(kind)[0]}" for kind in ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SQS::Queue")
    )
    assert {sid: (one["Action"], one["Resource"]) for sid, one in granted.items() if not LISTING.fullmatch(sid)} == {
        "OwnObjects": (["s3:GetObject", "s3:PutObject"], [f"{bucket}/*"]),
        "OwnBucket": (["s3:ListBucket"], [bucket]),
        "OwnLog": (["logs:CreateLogStream", "logs:PutLogEvents"], [log]),
        "OwnFailures": (["sqs:SendMessage"], [queue]),
        "Announce": (["events:PutEvents"], [f"{EVENTS}:event-bus/default"]),
    }
    assert {sid for sid, one in granted.items() if "Condition" in one} == {"Announce"}
    assert granted["Announce"]["Condition"] == {"StringEquals": {"events:source": "stocktake"}}


@pytest.mark.parametrize(
    ("bus", "arn"),
    [
        ("the-bus", "arn:AWS::Partition:events:AWS::Region:AWS::AccountId:event-bus/the-bus"),
        ("arn:aws:events:eu-west-1:111122223333:event-bus/b", "arn:aws:events:eu-west-1:111122223333:event-bus/b"),
    ],
)
def test_runs_are_announced_on_the_bus_that_is_said_alone(bus: str, arn: str, configured: Synthesise) -> None:
    made = configured(StackConfig(event_bus=bus))
    function = only(made, "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["STOCKTAKE_EVENT_BUS"] == bus
    statements = made.statements(str(function["Role"]).removeprefix("arn:"))
    assert allowed(statements)["Announce"]["Resource"] == [arn]


def test_where_nothing_is_announced_nothing_can_be(configured: Synthesise) -> None:
    made = configured(StackConfig(event_bus=""))
    statements = made.statements(str(only(made, "AWS::Lambda::Function")["Role"]).removeprefix("arn:"))
    assert "Announce" not in allowed(statements)


@pytest.mark.parametrize("key", ["create", "THEIRS"])
def test_the_function_may_use_the_buckets_key_and_no_other(key: str, configured: Synthesise) -> None:
    made = configured(StackConfig(kms_key=key.replace("THEIRS", THEIR_KEY)))
    arn = THEIR_KEY if key == "THEIRS" else f"arn:{made.one('AWS::KMS::Key')[0]}"
    statements = made.statements(str(only(made, "AWS::Lambda::Function")["Role"]).removeprefix("arn:"))
    using = allowed(statements)["OwnKey"]
    assert (using["Action"], using["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], [arn])
    actions = [action for sid, one in allowed(statements).items() if sid != "OwnKey" for action in one["Action"]]
    reading = {"kms:DescribeKey", "kms:ListKeys", "kms:ListResourceTags"}
    assert {action for action in actions if action.startswith("kms:")} <= reading | set(every_action())


# --- what it may never do ---


@pytest.fixture(scope="session")
def never(template: Template, role: str) -> dict[str, dict[str, Any]]:
    return denied(template.statements(role))


def test_data_and_secrets_are_denied_everywhere_and_objects_and_roles_but_its_own(
    template: Template, never: dict[str, dict[str, Any]]
) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    assert never["NoDataNoSecrets"]["Action"] == list(EVERYWHERE)
    assert never["NoDataNoSecrets"]["Resource"] == ["*"]
    assert (never["NoOtherObjects"]["Action"], never["NoOtherObjects"]["NotResource"]) == (
        ["s3:GetObject*"],
        f"arn:{bucket}/*",
    )
    assert (never["NoOtherRoles"]["Action"], never["NoOtherRoles"]["Resource"]) == (["sts:AssumeRole"], ["*"])
    assert never.keys() == {"NoDataNoSecrets", "NoOtherObjects", "NoOtherRoles"}


def test_where_an_inventory_asks_for_accounts_the_member_role_alone_may_be_assumed(chosen: Template) -> None:
    statements = chosen.statements(str(only(chosen, "AWS::Lambda::Function")["Role"]).removeprefix("arn:"))
    member = "arn:AWS::Partition:iam::*:role/audit/reader"
    assert denied(statements)["NoOtherRoles"]["NotResource"] == member
    assert allowed(statements)["TheirRole"]["Resource"] == [member]


def test_nothing_is_denied_that_lambda_does_as_the_role_before_it_starts_a_function(
    never: dict[str, dict[str, Any]],
) -> None:
    """It decrypts the environment ("Securing Lambda environment variables"): no key may be denied to the role."""
    patterns = [pattern for one in never.values() for pattern in one["Action"]]
    assert [pattern for pattern in patterns if fnmatchcase("kms:Decrypt", pattern)] == []


def test_nothing_that_is_granted_is_denied_everywhere(template: Template, chosen: Template) -> None:
    for made in (template, chosen):
        statements = made.statements(str(only(made, "AWS::Lambda::Function")["Role"]).removeprefix("arn:"))
        actions = {action for one in allowed(statements).values() for action in one["Action"]}
        assert actions >= set(every_action())
        for pattern in denied(statements)["NoDataNoSecrets"]["Action"]:
            assert fnmatch.filter(actions, pattern) == []


@pytest.mark.parametrize("pattern", [*EVERYWHERE, *OBJECTS, *ROLES])
def test_what_is_denied_exists_and_the_catalogue_needs_none_of_it(pattern: str) -> None:
    service = pattern.partition(":")[0]
    assert fnmatch.filter(map(str.lower, get_actions_for_service(service)), pattern.lower())
    assert fnmatch.filter(map(str.lower, every_action()), pattern.lower()) == []


def test_every_read_of_data_or_secrets_that_is_well_known_is_denied() -> None:
    """A list made apart from the denials, of what is asked for in reviews."""
    wanted = [
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:GetParameterHistory",
        "ssm:GetCommandInvocation",
        "ssm:ListCommandInvocations",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:PartiQLSelect",
        "dynamodb:GetRecords",
        "sqs:ReceiveMessage",
        "kinesis:GetRecords",
        "kinesis:SubscribeToShard",
        "lambda:GetFunction",
        "lambda:GetLayerVersion",
        "lambda:InvokeFunction",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetAuthorizationToken",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "logs:StartQuery",
        "logs:GetQueryResults",
        "logs:StartLiveTail",
        "logs:Unmask",
        "ec2:GetPasswordData",
        "ec2:GetConsoleOutput",
        "ec2:GetConsoleScreenshot",
        "ec2:DescribeInstanceAttribute",
        "rds:DownloadDBLogFilePortion",
        "rds:DownloadCompleteDBLogFile",
        "rds-data:ExecuteStatement",
        "rds-data:BatchExecuteStatement",
        "redshift-data:ExecuteStatement",
        "redshift-data:GetStatementResult",
        "redshift:GetClusterCredentials",
        "redshift:GetClusterCredentialsWithIAM",
        "athena:GetQueryResults",
        "athena:GetQueryResultsStream",
        "athena:StartQueryExecution",
        "lakeformation:GetDataAccess",
        "codecommit:GitPull",
        "codecommit:GetFile",
        "ebs:GetSnapshotBlock",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3tables:GetTableData",
        "sts:AssumeRole",
        "acm:ExportCertificate",
        "states:GetExecutionHistory",
        "cloudtrail:LookupEvents",
    ]
    patterns = (*EVERYWHERE, *OBJECTS, *ROLES)
    assert [action for action in wanted if not any(fnmatchcase(action, pattern) for pattern in patterns)] == []
    assert [action for action in wanted if not known(action)] == []


def test_where_an_inventory_asks_for_accounts_the_function_may_find_and_enter_them_and_no_more(
    chosen: Template, granted: dict[str, dict[str, Any]]
) -> None:
    role = str(only(chosen, "AWS::Lambda::Function")["Role"]).removeprefix("arn:")
    mine = allowed(chosen.statements(role))
    more = {sid: statement for sid, statement in mine.items() if sid not in granted}
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
            assert statement["Effect"] in ("Allow", "Deny")
            assert "NotAction" not in statement
            if statement["Effect"] == "Deny":
                continue
            assert "NotResource" not in statement
            for action in statement["Action"]:
                assert "*" not in action
                assert known(action)


def test_the_scheduler_may_invoke_the_function_and_put_what_failed_into_the_queue(
    template: Template, role: str
) -> None:
    function, queue = (f"arn:{template.one(kind)[0]}" for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue"))
    (other,) = template.all("AWS::IAM::Role").keys() - {role}
    assert [(one["Action"], one["Resource"]) for one in template.statements(other)] == [
        (["lambda:InvokeFunction"], [function]),
        (["sqs:SendMessage"], [queue]),
    ]
    (trusted,) = template.all("AWS::IAM::Role")[other]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "AWS::AccountId",
        "aws:SourceArn": "arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule-group/default",
    }


def test_where_all_are_taken_by_hand_there_is_no_schedule_and_no_role_for_one(configured: Synthesise) -> None:
    made = configured(StackConfig(schedules={"default": None}))
    assert made.all("AWS::Scheduler::Schedule") == {}
    assert len(made.all("AWS::IAM::Role")) == 1


def test_the_roles_own_policy_is_shorter_than_iam_allows(configured: Synthesise) -> None:
    """With everything that adds to it."""
    everything = replace(CHOSEN, kms_key="create", event_bus="b" * 200, role="r" * 60, function_name="f" * 64)
    made = configured(everything)
    role = str(only(made, "AWS::Lambda::Function")["Role"]).removeprefix("arn:")
    own = [one for one in made.statements(role) if not LISTING.fullmatch(one["Sid"])]
    references = 12 * 100
    assert len(json.dumps(own, separators=(",", ":"))) + references < LONGEST_POLICY


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
        asked = {json.loads(one["Target"]["Input"])["inventory"]: one["ScheduleExpression"] for one in schedules}
        assert len(asked) == len(schedules)
        assert asked == config.scheduled
        for schedule in schedules:
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
    made = {name: output["Value"] for name, output in template.outputs.items()}
    assert made.pop("AlarmTopicArn") == template.one("AWS::SNS::Topic")[0]
    assert made.pop("Database") == template.one("AWS::Glue::Database")[0]
    assert made.pop("WorkGroup") == template.one("AWS::Athena::WorkGroup")[0]
    assert made.pop("Dashboard") == template.one("AWS::CloudWatch::Dashboard")[0]
    assert made == {
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

    named = [
        (kind, *name)
        for kind, properties in ((one["Type"], one.get("Properties", {})) for one in template.resources.values())
        if kind not in ("AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig")
        for name in names(properties)
    ]
    of_their_own = {"AWS::Glue::Database", "AWS::Glue::Table", "AWS::Athena::WorkGroup", "AWS::Athena::NamedQuery"}
    given = [(key, name) for kind, key, name in named if kind not in of_their_own]
    assert given == [("FunctionName", "stocktake")]
    assert {kind for kind, _, _ in named} - {"AWS::Lambda::Function"} <= of_their_own


def test_the_same_input_gives_the_same_template_and_the_same_code(synthesised: Synthesised, tmp_path: Path) -> None:
    again = synthesise(StackConfig(), tmp_path / "again")
    assert again.text == synthesised.text
    assert again.asset.name == synthesised.asset.name
