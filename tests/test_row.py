"""The tool that drafts rows, and the guide by which types are added with it."""

from __future__ import annotations

import re
import shlex
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Call, ResourceType
from tests.catalog.lint import lint
from tools import row as tool
from tools.docs import ROOT
from tools.row import draft, main, page

GUIDE = (ROOT / "docs/add-a-resource-type.md").read_text()
EXAMPLE = CATALOG["AWS::APS::Workspace"]

DRAFTED = {
    "amp ListWorkspaces": "AWS::APS::Workspace",
    "appconfig ListApplications": "AWS::AppConfig::Application",
    "bedrock-agent ListKnowledgeBases": "AWS::Bedrock::KnowledgeBase",  # botocore has pages of it
    "budgets DescribeBudgets": "AWS::Budgets::Budget",  # needs the account's id
    "cloudfront ListCachePolicies": "AWS::CloudFront::CachePolicy",  # global; its list lies in an object
    "cognito-idp ListUserPools": "AWS::Cognito::UserPool",  # needs a page size
    "dlm GetLifecyclePolicies": "AWS::DLM::LifecyclePolicy",  # has no pages
    "dynamodb ListTables": "AWS::DynamoDB::Table",  # gives names alone
    "ec2 DescribeVolumes": "AWS::EC2::Volume",
    "eks ListClusters": "AWS::EKS::Cluster",
    "elasticache DescribeCacheClusters": "AWS::ElastiCache::CacheCluster",
    "iam ListUsers": "AWS::IAM::User",  # its listing leaves tags out
    "imagebuilder ListImagePipelines": "AWS::ImageBuilder::ImagePipeline",
    "lambda ListFunctions": "AWS::Lambda::Function",
    "lightsail GetInstances": "AWS::Lightsail::Instance",
    "mwaa ListEnvironments": "AWS::MWAA::Environment",
    "opensearchserverless ListCollections": "AWS::OpenSearchServerless::Collection",  # has pages and no paginator
    "rds DescribeDBInstances": "AWS::RDS::DBInstance",
    "rolesanywhere ListTrustAnchors": "AWS::RolesAnywhere::TrustAnchor",
    "route53 ListHostedZones": "AWS::Route53::HostedZone",  # takes its page size as text
    "sso-admin ListInstances": "AWS::SSO::Instance",
    "stepfunctions ListStateMachines": "AWS::StepFunctions::StateMachine",
    "synthetics DescribeCanaries": "AWS::Synthetics::Canary",
}
"""Listings of every protocol and make, and the types that they are of."""

WITHOUT_TAGS = {
    "bedrock-agent ListKnowledgeBases",
    "budgets DescribeBudgets",
    "cognito-idp ListUserPools",
    "dynamodb ListTables",
    "elasticache DescribeCacheClusters",
    "iam ListUsers",
    "lambda ListFunctions",
    "opensearchserverless ListCollections",
    "route53 ListHostedZones",
    "sso-admin ListInstances",
    "stepfunctions ListStateMachines",
}
"""Those that say no tags, of types that can have them."""

BY_ANOTHER_ACTION = {"budgets DescribeBudgets"}
"""Those that IAM knows by another name."""


@pytest.mark.parametrize("arguments", DRAFTED)
def test_a_draft_keeps_every_law_but_for_what_people_have_to_say_and_guesses_the_type(arguments: str) -> None:
    drafted = draft(*arguments.split())
    assert drafted.name == DRAFTED[arguments]
    left = ["doc is ''"]
    left += ["tags is ''"] if arguments in WITHOUT_TAGS else []
    left += ["calls[0].iam is"] if arguments in BY_ANOTHER_ACTION else []
    found = lint(drafted)
    assert len(found) == len(left), found
    assert all(any(one.startswith(f"{drafted.name}: {start}") for one in found) for start in left), found


@pytest.mark.parametrize("arguments", sorted(WITHOUT_TAGS))
def test_where_the_listing_says_no_tags_the_draft_says_how_they_are_asked_for(arguments: str) -> None:
    assert re.search(r"^# It has no tags: .+, or tags_in_bulk", page(*arguments.split()), re.MULTILINE)


def test_what_people_have_to_say_the_lint_asks_for() -> None:
    *_, action = lint(draft("budgets", "DescribeBudgets"))
    assert action.startswith("AWS::Budgets::Budget: calls[0].iam is 'budgets:DescribeBudgets', no action of IAM's")


@pytest.mark.parametrize("service", ["amp", "budgets", "cloudfront", "mwaa", "route53", "synthetics"])
def test_a_draft_is_a_file_that_gives_its_row(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    (arguments,) = [one.split() for one in DRAFTED if one.split()[0] == service]
    assert same(*executed(page(*arguments)), draft(*arguments))


def test_where_there_is_a_file_the_draft_is_the_row_alone() -> None:
    assert page("amp", "ListWorkspaces").startswith("ResourceType(\n")


def test_a_draft_says_below_it_what_an_item_has_and_what_brings_more() -> None:
    said = page("opensearchserverless", "ListCollections")
    assert "#   collectionGroupName\n" in said
    assert "# BatchGetCollection describes many at once, by ids, names.\n" in said
    assert "# It has no tags: ListTagsForResource lists them, or tags_in_bulk (catalog/tagging.py).\n" in said
    said = page("dlm", "GetLifecyclePolicies")
    assert "# GetLifecyclePolicy (PolicyId) also brings DateCreated, DateModified, ExecutionRoleArn" in said
    said = page("mwaa", "ListEnvironments")
    assert "#   AirflowConfigurationOptions.*, redacted as it is\n" in said
    assert "#   CreatedAt, a time\n" in said


def test_a_listing_has_the_operations_that_need_no_parameter_and_their_types(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["amp"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["ListScrapers"], ["ListWorkspaces", "AWS::APS::Workspace"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("prometheus", "prometheus: no service of the SDK's; amp (Amazon Prometheus Service)"),
        ("app-config", "app-config: no service of the SDK's; nearest: appconfig"),
        ("amp ListWorkspace", "ListWorkspace: no operation of amp; nearest: ListWorkspaces"),
        ("sso-admin ListPermissionSets", "ListPermissionSets: needs InstanceArn; draft what lists these"),
        ("ecs ListContainerInstances", "the listing gives no more than names of a ContainerInstance"),
        ("wafv2 ListWebACLs", "ListWebACLs: needs Scope; draft what lists these"),
        ("sts GetCallerIdentity", "GetCallerIdentity: no list in its answer; python -m tools.row sts says"),
    ],
)
def test_what_cannot_be_drafted_is_said_with_what_can(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 1
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"]])
def test_other_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m tools.row SERVICE [OPERATION]\n"


# --- the guide ---


def block(language: str) -> str:
    (only,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return str(only)


def commands() -> list[list[str]]:
    found = re.findall(r"^```console\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for lines in found for line in lines.splitlines()]


def executed(source: str) -> tuple[ResourceType, ...]:
    names: dict[str, Any] = {}
    exec(source, names)
    rows: tuple[ResourceType, ...] = names["ROWS"]
    return rows


def same(one: ResourceType, other: ResourceType) -> bool:
    return repr(one) == repr(other)


def test_the_guides_example_is_the_file_that_the_catalogue_has() -> None:
    assert block("python") == (ROOT / "lambda_src/stocktake/catalog/aps.py").read_text()
    (row,) = executed(block("python"))
    assert same(row, EXAMPLE)
    assert lint(row) == []


def test_the_guides_example_is_the_draft_and_what_the_guide_says_is_to_be_written() -> None:
    drafted = draft("amp", "ListWorkspaces")
    written = {
        one.name for one in fields(EXAMPLE) if repr(getattr(drafted, one.name)) != repr(getattr(EXAMPLE, one.name))
    }
    assert written == {"doc", "label"}
    assert block("text").splitlines() == lint(drafted)


def test_every_command_of_the_guide_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    drafts = [command[3:] for command in commands() if command[1:3] == ["-m", "tools.row"]]
    assert len(drafts) == 4
    for arguments in drafts:
        given = [word for word in arguments if word != ">" and "/" not in word]
        assert main(given) < 2
        printed = capsys.readouterr()
        assert "amp" in printed.out + printed.err or "AWS::APS" in printed.out
    (tests,) = [command for command in commands() if "pytest" in command]
    paths, (name, *words) = tests[3 : tests.index("-k")], tests[-1].split(" or ")
    assert name in CATALOG
    code = "".join(path.read_text() for path in (ROOT / "tests/catalog").glob("test_*.py"))
    assert all(re.search(rf"def test_\w*{word}", code) for word in words)
    assert all((ROOT / path).exists() for path in paths)


def test_every_path_of_the_guide_is_there() -> None:
    paths = re.findall(r"`((?:tests|docs|lambda_src|catalog)/[\w/.-]+)`", GUIDE)
    assert len(paths) > 5
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "lambda_src/stocktake" / path).exists(), path


def test_every_row_that_the_guide_points_to_has_what_it_is_to_show() -> None:
    known = {one.name for kind in (ResourceType, Call) for one in fields(kind)}
    shown = 0
    for line in re.findall(r"^\| [A-Z].*\|$", GUIDE, re.MULTILINE):
        _, _, write, where, _ = line.split("|")
        wanted = known.intersection(word for code in re.findall(r"`(.+?)`", write) for word in re.findall(r"\w+", code))
        rows = [CATALOG[name] for name in re.findall(r"`(AWS::\w+::\w+)`", where)]
        assert not rows or wanted, line
        for row in rows:
            said = {name for part in (row, *row.every_call()) for name in given(part)}
            assert said & wanted, (row.name, wanted)
            shown += 1
    assert shown > 12


def given(part: Any) -> set[str]:
    """The fields of a row or a call that it says itself."""
    empty = (MISSING, (), {}, "", None)
    return {one.name for one in fields(part) if getattr(part, one.name) not in (one.default, *empty)}
