"""`make deploy` and `make destroy`: what is checked and shown first, that nothing happens unless somebody says yes, and
that what was shown is what is deployed. The CDK's command line and AWS are played here."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from click.testing import CliRunner
from moto import mock_aws

from infra.config import StackConfig
from infra.cost import REGIONS
from stocktake.settings import Inventory
from tests.infra.conftest import synthesise
from tools import deploy as tool
from tools.assembly import Assembly, Template
from tools.deploy import Refusal, Size, Tools, parsed

ROOT = Path(__file__).parents[1]
ACCOUNT = "111122223333"
REGION = "eu-west-1"
STORE = "s3://the-bucket/kept"
OUTPUTS = {"FunctionName": "stocktake", "RoleArn": "arn:…", "Store": STORE}
MANIFEST = {
    "run": {"id": "20261122T130000Z", "inventory": "default", "seconds": 41.2},
    "calls": {"ec2": {"calls": 900, "throttles": 0}, "iam": {"calls": 100, "throttles": 0}},
    "objects": [{"bytes": 1000}, {"bytes": 200}],
}
INVENTORIES = (Inventory("default"), Inventory("network", types=("AWS::EC2::*",)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cdk synth` writes."""
    config = StackConfig(inventories=INVENTORIES)
    return synthesise(config, tmp_path_factory.mktemp("assembly") / "out", bundle=False).directory


@pytest.fixture
def template(folder: Path) -> Template:
    return Assembly(folder).template


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Missing:
    """A service of which nothing may be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


@dataclass
class Account:
    """An AWS account, as far as the tool asks it, and a session of it. `stack` is a template that is deployed."""

    stack: Mapping[str, Any] | None = None
    status: str = "UPDATE_COMPLETE"
    bootstrap: int | None = 21
    unreserved: int = 1000
    known: bool = True
    region_name: str | None = REGION
    objects: dict[str, Any] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)

    def client(self, service: str, **_: Any) -> Any:
        return self if service in ("sts", "ssm", "cloudformation", "lambda", "ec2", "s3") else Missing()

    def _check(self, name: str) -> None:
        if name in self.refuses:
            raise refused("AccessDenied", f"not authorized to perform {name}")

    def get_caller_identity(self) -> dict[str, str]:
        if not self.known:
            raise NoCredentialsError
        return {"Account": ACCOUNT, "Arn": f"arn:aws-us-gov:iam::{ACCOUNT}:user/jo"}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        self._check("ssm:GetParameter")
        assert Name == "/cdk-bootstrap/hnb659fds/version"
        if self.bootstrap is None:
            raise refused("ParameterNotFound")
        return {"Parameter": {"Value": str(self.bootstrap)}}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        self._check("cloudformation:DescribeStacks")
        if self.stack is None:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self.stack}

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self.unreserved}}

    def describe_regions(self) -> dict[str, Any]:
        self._check("ec2:DescribeRegions")
        return {"Regions": [{"RegionName": name} for name in ("eu-west-1", "eu-north-1", "us-east-1")]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "the-bucket"
        if Key not in self.objects:
            raise refused("NoSuchKey")
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}

    def get_paginator(self, name: str) -> Any:
        assert name == "list_stack_resources"
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        assert self.stack is not None
        for name in self.stack["Resources"]:
            yield {"StackResourceSummaries": [{"LogicalResourceId": name, "PhysicalResourceId": f"the-{name}"}]}


@dataclass
class Machine:
    """Runs what the tool wants to run: remembers it, and answers with the code that is set for the CDK's command."""

    folder: Path
    root: Path
    account: Account
    codes: dict[str, int] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "package.json").write_text(json.dumps({"devDependencies": {"aws-cdk": "2.1148.1"}}))
        self.install("2.1148.1")

    def install(self, version: str) -> None:
        described = self.root / "node_modules/aws-cdk/package.json"
        described.parent.mkdir(parents=True, exist_ok=True)
        described.write_text(json.dumps({"version": version}))

    @property
    def tools(self) -> Tools:
        there = shutil.which("true") or "true"
        return Tools(
            root=self.root,
            environment=self.environment,
            run=self.run,
            node=there,
            npm=[there, "npm"],
            cdk=[there, "cdk"],
        )

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], *, capture: bool = False
    ) -> subprocess.CompletedProcess[str]:
        words = [word for word in command if word != self.tools.node]
        words = words[1:] if words[0] in ("cdk", "npm") else words
        self.commands.append(words)
        self.environments.append(dict(environment))
        if words[0] == "synth" and not self.codes.get("synth"):
            shutil.copytree(self.folder, self.root / "out/cdk")
        if words[0] == "ci":
            self.install("2.1148.1")
        if words[0] == "deploy" and not self.codes.get("deploy"):
            self.account.stack = Assembly(self.root / "out/cdk").template.written
        if words[0] == "destroy":
            self.account.stack = None
        code = self.codes.get(words[0], 0)
        return subprocess.CompletedProcess(command, code, "v24.0.0\n", "what it said" if code else "")

    @property
    def did(self) -> list[str]:
        """What was run that changes something in AWS."""
        return [words[0] for words in self.commands if words[0] in ("bootstrap", "deploy", "destroy")]

    def deploy(self, *context: str, yes: bool = True, terminal: bool = False) -> int:
        return tool.deploy(self.tools, self.account, context, yes=yes, terminal=terminal, size=Size())

    def destroy(self, *, yes: bool = True, terminal: bool = False) -> int:
        return tool.destroy(self.tools, self.account, (), yes=yes, terminal=terminal)


@pytest.fixture
def machine(folder: Path, tmp_path: Path) -> Machine:
    return Machine(folder, tmp_path, Account())


def written(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "Stocktake.template.json").read_text()))


# --- nothing happens unless somebody says yes ---


@pytest.mark.parametrize("answer", ["no", "y", "", "yes please"])
@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_nothing_is_done_unless_somebody_types_yes(
    command: str, answer: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.account.stack = written(machine.folder)
    monkeypatch.setattr("click.prompt", lambda *_, **__: answer)
    with pytest.raises(Refusal, match="nothing was done"):
        getattr(machine, command)(yes=False, terminal=True)
    assert machine.did == []


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_yes_is_enough(command: str, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.account.stack = written(machine.folder)
    monkeypatch.setattr("click.prompt", lambda *_, **__: " Yes ")
    assert getattr(machine, command)(yes=False, terminal=True) == 0
    assert machine.did == [command]


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_terminal_and_without_yes_it_is_refused_in_a_sentence(command: str, machine: Machine) -> None:
    machine.account.stack = written(machine.folder)
    with pytest.raises(Refusal, match=r"there is no terminal to ask on; YES=1"):
        getattr(machine, command)(yes=False)
    assert machine.did == []


def test_bootstrapping_is_asked_for_by_itself_and_comes_first(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.account.bootstrap = None
    asked: list[str] = []

    def prompt(question: str, **_: Any) -> str:
        asked.append(question)
        return "yes" if "Bootstrap" in question else "no"

    monkeypatch.setattr("click.prompt", prompt)
    with pytest.raises(Refusal):
        machine.deploy(yes=False, terminal=True)
    assert [f"aws://{ACCOUNT}/{REGION}" in question for question in asked] == [True, True]
    assert machine.did == ["bootstrap"]
    assert "administrator" in capsys.readouterr().out
    assert machine.deploy() == 0
    assert machine.did == ["bootstrap", "bootstrap", "deploy"]


# --- what was shown is what is deployed ---


def test_the_app_is_synthesised_once_and_that_is_deployed(machine: Machine) -> None:
    context = ("stocktake:memory-mb=3008", 'stocktake:inventories={"default": {"accounts": ["*"]}}')
    assert machine.deploy(*context) == 0
    (synth,) = [words for words in machine.commands if words[0] == "synth"]
    (done,) = [words for words in machine.commands if words[0] == "deploy"]
    assert [synth[place + 1] for place, word in enumerate(synth) if word == "--context"] == list(context)
    assert done[done.index("--app") + 1] == synth[synth.index("--output") + 1] == "out/cdk"
    assert done[1] == "Stocktake"


def test_an_assembly_of_before_is_not_taken_for_this_one(machine: Machine) -> None:
    (machine.root / "out/cdk").mkdir(parents=True)
    (machine.root / "out/cdk/Other.template.json").touch()
    machine.deploy()
    assert not (machine.root / "out/cdk/Other.template.json").exists()


def test_the_cdk_means_the_same_region_whichever_variable_it_reads(machine: Machine) -> None:
    machine.environment = {"AWS_REGION": "sa-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PROFILE": "ops"}
    machine.deploy()
    used = machine.environments[-1]
    assert (used["AWS_REGION"], used["AWS_DEFAULT_REGION"], used["AWS_PROFILE"]) == ("sa-east-1", "sa-east-1", "ops")


@pytest.mark.parametrize("command", ["deploy", "destroy", "bootstrap"])
def test_a_command_of_the_cdk_that_fails_ends_it_with_its_own_code(command: str, machine: Machine) -> None:
    machine.codes = {command: 7}
    machine.account.bootstrap = None
    if command == "destroy":
        machine.account.stack = written(machine.folder)
        assert machine.destroy() == 7
    else:
        assert machine.deploy() == 7
    assert machine.did[-1] == command


# --- what is checked ---


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region_name": None}, "no region is configured; export AWS_REGION="),
        (
            {"known": False},
            "AWS does not know who you are: Unable to locate credentials; `aws sts get-caller-identity`",
        ),
        ({"bootstrap": 3}, "the CDK's bootstrap stack has version 3, 6 is needed; run `cdk bootstrap` again"),
        ({"status": "UPDATE_IN_PROGRESS", "stack": {}}, "the stack Stocktake is being changed (UPDATE_IN_PROGRESS)"),
        (
            {"refuses": {"ssm:GetParameter"}},
            "not authorized to perform ssm:GetParameter; whoever deploys must be allowed",
        ),
        ({"refuses": {"cloudformation:DescribeStacks"}}, "not authorized to perform cloudformation:DescribeStacks"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do_and_nothing_is_deployed(
    change: dict[str, Any], said: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.account = replace(machine.account, **change)
    with pytest.raises(Refusal, match="nothing was done"):
        machine.deploy()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]
    assert said in line
    assert machine.did == []


def test_all_that_is_missing_is_said_at_once(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.account.known = False
    machine.codes = {"--version": 1}
    with pytest.raises(Refusal):
        machine.deploy()
    failed = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]
    assert failed == ["credentials", "node"]


def test_what_the_app_refuses_is_passed_on(machine: Machine) -> None:
    machine.codes = {"synth": 2}
    with pytest.raises(Refusal, match="what it said"):
        machine.deploy()
    assert machine.did == []


@pytest.mark.parametrize("there", [None, "2.1147.0"])
def test_the_cdk_is_installed_where_it_is_not_the_pinned_one(there: str | None, machine: Machine) -> None:
    shutil.rmtree(machine.root / "node_modules")
    if there:
        machine.install(there)
    assert machine.deploy() == 0
    assert [words[0] for words in machine.commands].count("ci") == 1


def test_an_installation_that_fails_or_brings_another_version_is_said(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install("2.1147.0")
    machine.codes = {"ci": 1}
    machine.run = _installing_another(machine)  # type: ignore[method-assign]
    for said in ("npm ci ended with 1; it needs the npm registry", "npm ci did not bring aws-cdk 2.1148.1"):
        with pytest.raises(Refusal, match="nothing was done"):
            machine.deploy()
        assert said in capsys.readouterr().out
        machine.codes = {}


def _installing_another(machine: Machine) -> Callable[..., subprocess.CompletedProcess[str]]:
    run = machine.run

    def other(command: Sequence[str], *given: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        done = run(command, *given, **options)
        if "ci" in command:
            machine.install("2.1147.0")
        return done

    return other


@pytest.mark.parametrize(
    ("wanted", "before", "unreserved", "taken"),
    [(1, 0, 101, True), (1, 0, 100, False), (10, 10, 100, True), (20, 10, 109, False), (0, 0, 0, True)],
)
def test_concurrency_is_reserved_only_where_the_account_has_it_to_give(
    wanted: int, before: int, unreserved: int, taken: bool, folder: Path
) -> None:
    def reserving(number: int) -> Template:
        template = written(folder)
        (function,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
        function["Properties"]["ReservedConcurrentExecutions"] = number
        return Template(template)

    assembly = Assembly(folder)
    assembly.__dict__["template"] = reserving(wanted)
    deployed = tool.Deployed(status="", template=reserving(before), outputs={}) if before else None
    clients = Account(unreserved=unreserved).client
    if taken:
        assert tool.check_concurrency(clients, assembly, deployed)
    else:
        with pytest.raises(Refusal, match="Lambda keeps 100; ask for more"):
            tool.check_concurrency(clients, assembly, deployed)


SAYING = """
from pathlib import Path
from tools.deploy import run_in
print("before")
run_in(Path(SOMEWHERE))(["pwd"], {"PATH": "/usr/bin:/bin"})
print("after")
"""


def test_what_a_command_says_stands_where_it_was_run_in_a_pipe_too(tmp_path: Path) -> None:
    code = SAYING.replace("SOMEWHERE", repr(str(tmp_path)))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["before", str(tmp_path), "after"]


def test_what_is_captured_is_not_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = tool.run_in(tmp_path)(["sh", "-c", "echo said; echo wrong >&2; exit 3"], {"PATH": "/bin"}, capture=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "said\n", "wrong\n")
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def aws(_no_network: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """A session of an AWS in which there is nothing."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.Session("a-key", "a-secret", region_name=REGION)


def test_what_aws_answers_is_understood(aws: boto3.Session, machine: Machine) -> None:
    assembly = Assembly(machine.folder)
    caller = tool.check_credentials(aws.client, REGION)
    assert (len(caller.account), caller.partition, caller.region) == (12, "aws", REGION)
    assert tool.check_bootstrap(aws.client, assembly) is None
    assert tool.find(aws.client, "Stocktake") is None
    aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
    assert tool.check_bootstrap(aws.client, assembly) == 21
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "the-bucket"}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
    template = {"Resources": resources, "Outputs": {"Store": {"Value": {"Ref": "Bucket"}}}}
    aws.client("cloudformation").create_stack(StackName="Stocktake", TemplateBody=json.dumps(template))
    deployed = tool.find(aws.client, "Stocktake")
    assert deployed is not None
    assert deployed.template.resources == resources
    assert deployed.outputs == {"Store": "the-bucket"}
    job = tool.Job(tools=machine.tools, clients=aws.client, caller=caller, assembly=assembly, deployed=deployed)
    assert tool.kept(job) == [("AWS::S3::Bucket", "the-bucket")]
    found = tool.regions_of(aws.client)
    assert isinstance(found, list)
    assert REGION in found


def test_what_is_in_a_bucket_of_aws_is_read_and_deleted(aws: boto3.Session) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="the-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="the-bucket", VersioningConfiguration={"Status": "Enabled"})
    for key, body in (("kept/latest/default.json", {"manifest": "m.json"}), ("kept/m.json", MANIFEST)):
        s3.put_object(Bucket="the-bucket", Key=key, Body=b"{}")
        s3.put_object(Bucket="the-bucket", Key=key, Body=json.dumps(body).encode())
    assert tool.latest_runs(s3, STORE, ["default", "network"]) == {"default": MANIFEST}
    s3.delete_object(Bucket="the-bucket", Key="kept/m.json")
    assert tool.latest_runs(s3, STORE, ["default"]) == {}
    assert tool.empty(s3, "the-bucket") == {"deleted": 5}
    s3.delete_bucket(Bucket="the-bucket")


# --- what is shown ---


def test_every_resource_of_the_template_is_counted_and_what_stays_is_marked(template: Template) -> None:
    lines = tool.by_type(template.resources, template.kept)
    assert sum(int(line.split()[0]) for line in lines) == len(template.resources)
    marked = {line.split()[1] for line in lines if line.endswith("stays when the stack goes")}
    assert marked == {one["Type"] for one in template.kept.values()} >= {"AWS::S3::Bucket"}


def test_every_statement_of_the_role_is_shown_and_no_action_is_passed_over(template: Template) -> None:
    statements = list(template.statements())
    lines = tool.permissions(template)
    assert len(lines) == len(statements)
    for statement, line in zip(statements, lines, strict=True):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert f" {len(actions)} actions" in line or all(action in line for action in actions)
        assert line.startswith("never " if statement["Effect"] == "Deny" else "may ")
    everything = json.dumps([one for one in statements if one["Effect"] == "Allow"])
    assert all(action in everything for action in ("ec2:DescribeInstances", "s3:PutObject", "logs:PutLogEvents"))


def saying(*statements: dict[str, Any]) -> Template:
    """A template whose function may do what the statements say."""
    policy = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": list(statements)}}
    function = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"STOCKTAKE_STORE": "s3://x"}}}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    return Template({"Resources": resources})


FOUR = ["a:GetB", "a:ListC", "a:D", "a:E"]
OBJECTS = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}
ROLES = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::*:role/stocktake-reader"]]}


@pytest.mark.parametrize(
    ("effect", "action", "where", "shown"),
    [
        ("Allow", "s3:PutObject", {"Resource": OBJECTS}, "may Sid s3:PutObject its AWS::S3::Bucket"),
        ("Allow", "sts:AssumeRole", {"Resource": ROLES}, "may Sid sts:AssumeRole role/stocktake-reader"),
        ("Allow", FOUR, {"Resource": "*"}, "may Sid 4 actions, 2 of which list, describe or get everything"),
        ("Deny", FOUR, {"Resource": "*"}, "never Sid 4 actions everything"),
        ("Deny", "s3:Get*", {"NotResource": [OBJECTS]}, "never Sid s3:Get* everything but its AWS::S3::Bucket"),
    ],
)
def test_a_statement_is_shown_with_what_it_is_about(
    effect: str, action: str | list[str], where: dict[str, Any], shown: str
) -> None:
    (line,) = tool.permissions(saying({"Effect": effect, "Sid": "Sid", "Action": action, **where}))
    assert " ".join(line.split()) == shown


def test_every_inventory_has_its_schedule(template: Template, folder: Path) -> None:
    assert tool.when(template) == ["default  rate(1 hour)", "network  rate(1 hour)"]
    without = written(folder)
    schedules = [name for name, one in without["Resources"].items() if one["Type"] == "AWS::Scheduler::Schedule"]
    (by_hand,) = [name for name in schedules if "network" in json.dumps(without["Resources"][name])]
    del without["Resources"][by_hand]
    assert tool.when(Template(without))[1] == "network  by hand only"


def test_what_an_upgrade_changes_is_shown_a_line_a_resource(template: Template) -> None:
    before = json.loads(json.dumps(template.written))
    assert tool.changes(Template(before), template) == []
    names = {one["Type"]: name for name, one in before["Resources"].items()}
    before["Resources"][names["AWS::Lambda::Function"]]["Properties"]["MemorySize"] = 512
    del before["Resources"][names["AWS::SQS::Queue"]]
    before["Resources"]["Old"] = {"Type": "AWS::SNS::Topic"}
    before["Resources"]["OldBucket"] = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}
    shown = [line.split("  ")[0] for line in tool.changes(Template(before), template)]
    assert shown == ["changed", "gone", "new", "stays, no longer the stack's"]


def test_an_upgrade_is_said_to_be_one(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.account.stack = written(machine.folder)
    assert machine.deploy() == 0
    told = capsys.readouterr().out
    assert "is there: an upgrade" in told
    assert "Nothing changes in the stack" in told
    assert "What will be created" not in told


def test_before_it_asks_it_shows_account_resources_role_schedule_and_cost(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.deploy()
    before, question, after = capsys.readouterr().out.partition(f"Deploy Stocktake to aws://{ACCOUNT}/{REGION}?")
    assert question
    for shown in (
        f"Account {ACCOUNT}, region {REGION}, partition aws-us-gov",
        "AWS::S3::Bucket",
        "ListAndDescribe",
        "rate(1 hour)",
        "together",
        "Each further trail",
        "GuardDuty",
        "estimated for 3 regions",
    ):
        assert shown in before
    assert f"aws lambda invoke --region {REGION} --function-name stocktake --cli-read-timeout 900" in after
    assert f"stocktake show --store {STORE}" in after


def test_the_cost_is_that_of_the_latest_run_where_there_is_one(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.account.stack = written(machine.folder)
    machine.account.objects = {"kept/latest/default.json": {"manifest": "m.json"}, "kept/m.json": MANIFEST}
    machine.deploy()
    told = capsys.readouterr().out
    assert "730 runs of 1,000 calls and 41.2 s, as its run 20261122T130000Z was" in told
    assert told.count("estimated for 3 regions") == 1


@pytest.mark.parametrize("pointer", [{}, [], {"manifest": 3}, {"manifest": "m.json"}, None])
def test_a_latest_run_that_cannot_be_read_is_estimated(pointer: Any) -> None:
    account = Account(objects={"kept/latest/default.json": pointer, "kept/m.json": {"run": {}}})
    assert tool.latest_runs(account, STORE, ["default", "network", "../x"]) == {}


def test_regions_that_may_not_be_asked_for_are_as_many_as_every_account_has() -> None:
    assert tool.regions_of(Account().client) == ["eu-west-1", "eu-north-1", "us-east-1"]
    assert tool.regions_of(Account(refuses={"ec2:DescribeRegions"}).client) == REGIONS


def test_the_estimate_is_of_the_regions_and_accounts_that_the_inventory_has() -> None:
    size = Size(regions=("eu-west-1", "eu-north-1", "us-east-1"), accounts=40)
    assert size.regions_of(Inventory(regions=("eu-*",))) == 2
    assert size.regions_of(Inventory(exclude_regions=("eu-*",))) == 1
    assert Size(regions=9).regions_of(Inventory(regions=("eu-*",))) == 9
    assert size.accounts_of(Inventory(accounts=("111122223333", "444455556666"))) == 2
    assert size.accounts_of(Inventory(accounts=("111122223333", "4*"))) == 40
    assert size.accounts_of(Inventory()) == 1


def test_what_costs_something_is_read_from_the_template(folder: Path) -> None:
    changed = written(folder)
    for one in changed["Resources"].values():
        if one["Type"] == "AWS::Lambda::Function":
            one["Properties"] |= {"MemorySize": 3008, "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 2048}}
            one["Properties"]["Environment"]["Variables"]["STOCKTAKE_EVENT_BUS"] = "default"
        if one["Type"] == "AWS::S3::Bucket":
            rules = [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            one["Properties"]["BucketEncryption"] = {"ServerSideEncryptionConfiguration": rules}
    before = Template(changed).stack
    changed["Resources"] |= {
        "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Published"}},
        "Two": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a/b"}]},
        },
        "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
    }
    stack = Template(changed).stack
    assert (stack.memory_mb, stack.architecture, stack.ephemeral_mb) == (3008, "x86_64", 2048)
    assert stack.retention_days == StackConfig().snapshot_retention_days
    assert stack.alarms - before.alarms == 3
    assert stack.dashboards - before.dashboards == 1
    assert stack.keys - before.keys == 1
    assert stack.encrypted
    assert stack.announces


# --- destroying ---


def test_what_goes_and_what_stays_is_shown_and_how_to_delete_the_rest(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.account.stack = stack = written(machine.folder)
    stack["Resources"]["Key"] = {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain"}
    assert machine.destroy() == 0
    before, question, after = capsys.readouterr().out.partition("Destroy Stocktake in ")
    goes, _, stays = before.partition("What stays")
    (bucket,) = [name for name, one in stack["Resources"].items() if one["Type"] == "AWS::S3::Bucket"]
    assert question
    assert "AWS::Lambda::Function" in goes
    assert "AWS::S3::Bucket " not in goes
    assert stays.split() == [*stays.split()[:-4], "AWS::S3::Bucket", f"the-{bucket}", "AWS::KMS::Key", "the-Key"]
    assert f"empty-bucket the-{bucket} --region {REGION}" in after
    assert f"aws kms schedule-key-deletion --region {REGION} --key-id the-Key" in after
    assert machine.did == ["destroy"]


def test_where_nothing_is_there_is_nothing_to_destroy(machine: Machine) -> None:
    with pytest.raises(Refusal, match="there is nothing to destroy: Stocktake is not in eu-west-1"):
        machine.destroy()
    assert machine.did == []


class Versions:
    """A bucket with versions, in pages, of which some are locked."""

    def __init__(self) -> None:
        self.there = {("a", "1"), ("a", "2"), ("b", "3"), ("c", "locked")}

    def get_paginator(self, name: str) -> Versions:
        assert name == "list_object_versions"
        return self

    def paginate(self, Bucket: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        everything = [{"Key": key, "VersionId": version} for key, version in sorted(self.there)]
        yield {"Versions": everything[:2]}
        yield {"Versions": everything[2:3], "DeleteMarkers": everything[3:]}
        yield {}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        given = {(one["Key"], one["VersionId"]) for one in Delete["Objects"]}
        locked = {one for one in given if one[1] == "locked"}
        self.there -= given - locked
        return {"Errors": [{"Code": "AccessDenied"} for _ in locked]} if locked else {}


def test_a_bucket_is_emptied_of_every_version_that_is_not_locked() -> None:
    bucket = Versions()
    assert tool.empty(bucket, "the-bucket") == {"deleted": 3, "refused (AccessDenied)": 1}
    assert bucket.there == {("c", "locked")}


# --- the command line ---


def test_a_profile_that_there_is_not_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(Refusal, match=r"config profile \(nobody\) could not be found; `aws configure list-profiles`"):
        tool._session("nobody", {})


def test_the_cdk_finds_node_and_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    tools = tool._tools("ops")
    assert tools.environment["AWS_PROFILE"] == "ops"
    first, *others = tools.environment["PATH"].split(os.pathsep)
    assert others == ["/usr/bin"]
    assert (Path(first) / "node").is_file()
    assert tools.cdk == [tools.node, str(ROOT / "node_modules/aws-cdk/bin/cdk")]
    assert Path(tools.npm[-1]).is_file()


def test_without_any_node_it_says_how_to_get_one(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    tools = replace(machine.tools, node="/no/such/node")
    with pytest.raises(Refusal, match="nothing was done"):
        tool.deploy(tools, machine.account, (), yes=True, terminal=False, size=Size())
    assert "there is no Node.js, in which the CDK runs; `make setup` installs one" in capsys.readouterr().out


def test_context_is_taken_from_options_and_from_the_environment() -> None:
    text = 'stocktake:memory-mb=3008  stocktake:inventories={"a": {"types": ["AWS::EC2::*"]}} stocktake:kms-key='
    assert parsed(["stocktake:role=x"], text) == [
        "stocktake:role=x",
        "stocktake:memory-mb=3008",
        'stocktake:inventories={"a": {"types": ["AWS::EC2::*"]}}',
        "stocktake:kms-key=",
    ]
    assert parsed([], "  ") == []


@pytest.mark.parametrize("text", ["memory-mb=3008", "stocktake:memory-mb", "3008 stocktake:memory-mb=1"])
def test_a_context_that_is_none_is_refused_in_a_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "_session", lambda *_: Account())
    done = CliRunner().invoke(tool.main, ["deploy"], env={"CONTEXT": text})
    assert done.exit_code == 2
    assert "cannot be taken; it is stocktake:KEY=VALUE" in done.stderr


def test_the_command_line_ends_with_the_code_of_what_it_did(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "_session", lambda *_: machine.account)
    monkeypatch.setattr(tool, "_tools", lambda *_: machine.tools)
    run = CliRunner().invoke
    assert run(tool.main, ["deploy"]).exit_code == 2
    assert run(tool.main, ["deploy", "--yes", "--regions", "5", "--resources", "10"]).exit_code == 0
    assert run(tool.main, ["destroy"]).exit_code == 2
    assert run(tool.main, ["destroy", "--yes"]).exit_code == 0
    assert run(tool.main, ["destroy", "--yes"]).exit_code == 2
    machine.codes = {"deploy": 1}
    assert run(tool.main, ["deploy", "--yes"]).exit_code == 1
