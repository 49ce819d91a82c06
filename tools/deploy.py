"""`make deploy` and `make destroy`: what will be there, what it may do and what it costs, before anybody says yes.

    python -m tools.deploy deploy  [-c stocktake:KEY=VALUE]… [--yes]
    python -m tools.deploy destroy [-c stocktake:KEY=VALUE]… [--yes]

The app is synthesised once, and what was shown is what is deployed: the assembly in out/cdk. Everything that is shown
is read from its template. AWS is asked with the credentials, the profile, the region and the endpoints of the
environment, as the CDK's CLI does. Ends with 0 when it is done, with the CDK's own code where that failed, and with 2
for what cannot be taken and where nobody said yes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from infra.cost import REGIONS, RESOURCES, Sweep, aligned, bill, echo, included, table
from infra.node import cdk, node, npm
from stocktake.settings import ACCOUNT, INVENTORY_NAME, Inventory
from tools.assembly import Assembly, Template

ROOT = Path(__file__).parents[1]
ASSEMBLY = Path("out", "cdk")
MANUAL = "docs/operations.md"
CONTEXT = re.compile(r"(?:^|\s+)(?=stocktake:[a-z-]+=)")
KEY_AND_VALUE = re.compile(r"stocktake:[a-z-]+=.*", re.DOTALL)
LEAST_UNRESERVED = 100
"""Concurrency that Lambda keeps for functions without a reservation (Lambda, Configuring reserved concurrency)."""
BUSY = re.compile(r"_IN_PROGRESS$")
SHORT = 3
"""Actions that are named; of more it is said how many there are."""
READS = re.compile(r"[a-z0-9-]+:(List|Describe|Get|BatchGet|Lookup)")
NOT_THERE = "does not exist"


class Refusal(Exception):
    """What cannot be gone on with. Its text is a sentence that says what to do."""


class Runner(Protocol):
    """Runs a command in the project's folder. Its output goes to the terminal, or, captured, into the result."""

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], *, capture: bool = False
    ) -> subprocess.CompletedProcess[str]: ...


def run_in(root: Path) -> Runner:
    def run(
        command: Sequence[str], environment: Mapping[str, str], *, capture: bool = False
    ) -> subprocess.CompletedProcess[str]:
        sys.stdout.flush()  # what was said before stands before what the command says, in a pipe too
        return subprocess.run(
            list(command), cwd=root, env=dict(environment), capture_output=capture, text=True, check=False
        )

    return run


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the machine has: the project's folder, its environment, and how a command is run there."""

    root: Path
    environment: Mapping[str, str]
    run: Runner
    node: str = field(default_factory=node)
    npm: Sequence[str] = field(default_factory=npm)
    cdk: Sequence[str] = field(default_factory=cdk)


# --- what the machine needs ---


def check_node(tools: Tools) -> str:
    """The version of Node.js. Raises Refusal."""
    what_to_do = "`make setup` installs one into .venv; or install Node.js 22 or newer"
    if not Path(tools.node).is_file() and shutil.which(tools.node) is None:
        raise Refusal(f"there is no Node.js, in which the CDK runs; {what_to_do}")
    told = tools.run([tools.node, "--version"], tools.environment, capture=True)
    if told.returncode:
        raise Refusal(f"{tools.node} does not run: {told.stderr.strip()}; {what_to_do}")
    return f"{told.stdout.strip()}, {tools.node}"


def check_cdk(tools: Tools) -> str:
    """The version of the CDK's CLI, which `npm ci` brings where it is not the pinned one. Raises Refusal."""
    pinned = _pinned(tools.root)
    if _installed(tools.root) != pinned:
        click.echo(f"        npm ci, for aws-cdk {pinned}")
        done = tools.run([*tools.npm, "ci", "--no-audit", "--no-fund"], tools.environment, capture=True)
        if done.returncode:
            end = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise Refusal(f"npm ci ended with {done.returncode}; it needs the npm registry or a mirror of it:\n{end}")
        if _installed(tools.root) != pinned:
            raise Refusal(f"npm ci did not bring aws-cdk {pinned}; package-lock.json is another's, git checkout it")
    return pinned


def _pinned(root: Path) -> str:
    described = json.loads((root / "package.json").read_text())
    everything = {**described.get("dependencies", {}), **described.get("devDependencies", {})}
    return str(everything["aws-cdk"])


def _installed(root: Path) -> str | None:
    described = root / "node_modules" / "aws-cdk" / "package.json"
    return str(json.loads(described.read_text())["version"]) if described.is_file() else None


# --- whom we are to AWS ---


@dataclass(frozen=True, kw_only=True)
class Caller:
    account: str
    arn: str
    region: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


Clients = Callable[[str], Any]
"""A service's name → a client of it."""


def check_region(session: Any, environment: Mapping[str, str]) -> str:
    """Where to deploy to. The CDK's CLI reads AWS_REGION first, boto3 does not: whoever sets it means it."""
    region = environment.get("AWS_REGION") or session.region_name
    if not region:
        raise Refusal(
            "no region is configured; export AWS_REGION=eu-west-1, say, or `aws configure set region eu-west-1`"
        )
    return str(region)


def check_credentials(clients: Clients, region: str) -> Caller:
    try:
        told = clients("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise Refusal(
            f"AWS does not know who you are: {error}; `aws sts get-caller-identity` must answer. Export AWS_PROFILE, "
            "or sign in again (`aws sso login`)"
        ) from None
    return Caller(account=told["Account"], arn=told["Arn"], region=region)


def check_bootstrap(clients: Clients, assembly: Assembly) -> int | None:
    """The version of the CDK's bootstrap stack, None where there is none. Raises Refusal where it is too old."""
    parameter, needed = assembly.bootstrap
    try:
        version = int(clients("ssm").get_parameter(Name=parameter)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    if version < needed:
        raise Refusal(f"the CDK's bootstrap stack has version {version}, {needed} is needed; run `cdk bootstrap` again")
    return version


def check_concurrency(clients: Clients, assembly: Assembly, deployed: Deployed | None) -> str:
    """What is reserved for the function, if anything. Raises Refusal where the account has not so much to give."""
    wanted = assembly.template.reserved
    if not wanted:
        return "none is reserved"
    unreserved = clients("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    left = unreserved + (deployed.template.reserved if deployed else 0) - wanted
    if left < LEAST_UNRESERVED:
        raise Refusal(
            f"reserving {wanted} would leave {left} of the account's concurrency to all other functions, and Lambda "
            f"keeps {LEAST_UNRESERVED}; ask for more (Service Quotas, Lambda, Concurrent executions), or leave out "
            "stocktake:reserved-concurrency: the lease keeps runs apart without it"
        )
    return f"{wanted} of it reserved, {left} left to others"


# --- a stack that is there ---


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack that is there."""

    status: str
    template: Template
    outputs: Mapping[str, str]


def find(clients: Clients, stack_name: str) -> Deployed | None:
    """The stack, if it is there. Raises Refusal where it is just being changed."""
    cloudformation = clients("cloudformation")
    try:
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if NOT_THERE in str(error):
            return None
        raise
    if BUSY.search(stack["StackStatus"]):
        raise Refusal(
            f"the stack {stack_name} is being changed ({stack['StackStatus']}); try again when that has ended"
        )
    body = cloudformation.get_template(StackName=stack_name, TemplateStage="Original")["TemplateBody"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
    written = json.loads(body) if isinstance(body, str) else body
    return Deployed(status=stack["StackStatus"], template=Template(written), outputs=outputs)


# --- what is shown ---


def by_type(resources: Mapping[str, Mapping[str, Any]], kept: Iterable[str] = ()) -> list[str]:
    """A table: how many of each type there are, and of how many it is said that they stay."""
    counts = Counter(one["Type"] for one in resources.values())
    staying = Counter(resources[name]["Type"] for name in kept if name in resources)
    rows = [(str(number), kind, "stays when the stack goes" * bool(staying[kind])) for kind, number in counts.items()]
    return aligned(sorted(rows, key=lambda row: row[1]), right=(0,))


def changes(before: Template, after: Template) -> list[str]:
    """What a deployment changes, a line a resource; what would be replaced only CloudFormation knows."""
    old, new = before.resources, after.resources
    rows = [("new", one["Type"], name) for name, one in new.items() if name not in old]
    rows += [("changed", one["Type"], name) for name, one in new.items() if name in old and one != old[name]]
    rows += [
        ("stays, no longer the stack's" if name in before.kept else "gone", one["Type"], name)
        for name, one in old.items()
        if name not in new
    ]
    return aligned(sorted(rows))


def permissions(template: Template) -> list[str]:
    """What the function's role may do, and what it never may, a line a statement."""
    rows = []
    for one in template.statements():
        actions = _listed(one.get("Action", one.get("NotAction")))
        denied = one["Effect"] == "Deny"
        reading = sum(bool(READS.match(action)) for action in actions)
        many = f"{len(actions)} actions" + ("" if denied else f", {reading} of which list, describe or get")
        said = ", ".join(actions) if len(actions) <= SHORT else many
        but = "NotResource" in one
        where = ", ".join(
            dict.fromkeys(template.named(place) for place in _listed(one["NotResource" if but else "Resource"]))
        )
        rows.append(
            ("never" if denied else "may", one.get("Sid", ""), said, f"everything but {where}" if but else where)
        )
    return aligned(rows)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def when(template: Template) -> list[str]:
    """A line an inventory: its schedule."""
    schedules = template.schedules
    return aligned([(one.name, schedules.get(one.name, "by hand only")) for one in template.settings.inventories])


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of what is swept: the names of an account's regions, or how many it has, or None for what it will say itself;
    accounts, where globs mean them; resources of an account."""

    regions: Sequence[str] | int | None = None
    accounts: int = 1
    resources: int = RESOURCES

    def regions_of(self, inventory: Inventory) -> int:
        if self.regions is None or isinstance(self.regions, int):
            return self.regions or REGIONS
        return sum(included(region, inventory) for region in self.regions)

    def accounts_of(self, inventory: Inventory) -> int:
        if all(ACCOUNT.match(glob) for glob in inventory.accounts):
            return len(inventory.accounts) or 1
        return self.accounts


def cost(template: Template, size: Size, manifests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What it costs a month: by an inventory's latest run where there is one, else by what a run is assumed to be."""
    schedules = template.schedules
    sweeps = []
    told = []
    for one in template.settings.inventories:
        schedule = schedules.get(one.name)
        regions, accounts = size.regions_of(one), size.accounts_of(one)
        if one.name in manifests:
            sweeps.append(Sweep.of_run(manifests[one.name], schedule))
            of_what = f"as its run {manifests[one.name]['run']['id']} was"
        else:
            sweeps.append(Sweep.estimated(one, schedule, regions=regions, accounts=accounts, resources=size.resources))
            of_what = f"estimated for {regions} regions, {accounts} × {size.resources:,} resources"
        last = sweeps[-1]
        told.append(
            (one.name, f"{last.runs:,.0f} runs of {last.calls:,.0f} calls and {last.seconds:,.1f} s, {of_what}")
        )
    return [
        *table(bill(template.stack, sweeps), "together"),
        "",
        "and in the accounts that are swept, only where somebody has switched it on:",
        *table(echo(sweeps)),
        "",
        *aligned(told),
        "List prices of us-east-1, no free tier taken off; queries by hand (Athena, $5 a TB) come on top.",
    ]


def latest_runs(s3: Any, store: str, inventories: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The manifests of the latest runs, of those inventories that have one that can be read; without it there is an
    estimate, so that nothing here is an error."""
    bucket, _, inside = store.removeprefix("s3://").partition("/")
    prefix = inside and inside.rstrip("/") + "/"
    found = {}
    for name in inventories:
        if not INVENTORY_NAME.match(name):
            continue
        try:
            pointer = _read(s3, bucket, f"{prefix}latest/{name}.json")
            manifest = _read(s3, bucket, prefix + pointer["manifest"])
            Sweep.of_run(manifest, None)
        except (BotoCoreError, ClientError, ValueError, KeyError, TypeError, AttributeError):
            continue
        found[name] = manifest
    return found


def _read(s3: Any, bucket: str, key: str) -> Any:
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def regions_of(clients: Clients) -> Sequence[str] | int:
    """The regions that the account has enabled, where we may ask; else as many as every account has."""
    try:
        return [one["RegionName"] for one in clients("ec2").describe_regions()["Regions"]]
    except (BotoCoreError, ClientError):
        return REGIONS


def next_steps(outputs: Mapping[str, str], region: str) -> Iterator[str]:
    """What one types next."""
    if "FunctionName" in outputs and "Store" in outputs:
        yield "Next: a run by hand, and what it saw"
        yield (
            f"  aws lambda invoke --region {region} --function-name {outputs['FunctionName']} "
            "--cli-read-timeout 900 out/run.json"
        )
        yield f"  AWS_REGION={region} .venv/bin/stocktake show --store {outputs['Store']}"
    if "AlarmTopicArn" in outputs:
        yield "and whom alarms are sent to, once they have confirmed it"
        yield f"  aws sns list-subscriptions-by-topic --region {region} --topic-arn {outputs['AlarmTopicArn']}"
    yield f"The first hour, alarms, upgrades, restoring: {MANUAL}"


# --- the two commands ---


def say(mark: str, what: str, told: str) -> None:
    click.echo(f"{mark:<6}  {what:<12}  {told}")


def checked(what: str, check: Callable[[], Any], told: Callable[[Any], str] = str) -> Any:
    """Says what a check found; None for one that failed, in the sentence of its refusal."""
    try:
        result = check()
    except Refusal as refusal:
        say("FAILED", what, str(refusal))
        return None
    except (BotoCoreError, ClientError) as error:
        say("FAILED", what, f"{error}; whoever deploys must be allowed that")
        return None
    say("ok", what, told(result))
    return result


def ask(question: str, *, yes: bool, terminal: bool) -> None:
    """Raises Refusal unless somebody says yes."""
    if yes:
        click.echo(f"{question} yes (--yes)")
        return
    if not terminal:
        raise Refusal("nothing was done: there is no terminal to ask on; YES=1 (--yes) says yes for a machine")
    if click.prompt(f"{question} Type yes to go on", default="no", show_default=False).strip().lower() != "yes":
        raise Refusal("nothing was done")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What both commands need, once it has been checked."""

    tools: Tools
    clients: Clients
    caller: Caller
    assembly: Assembly
    deployed: Deployed | None


def prepare(tools: Tools, session: Any, context: Sequence[str], *, found: str, missing: str) -> Job:
    """Checks, in a line each, the machine and the credentials; synthesises; looks for the stack. Raises Refusal."""
    environment = tools.environment
    region = checked("region", lambda: check_region(session, environment))

    def clients(service: str) -> Any:
        return session.client(service, region_name=region)

    there = [
        region and checked("credentials", lambda: check_credentials(clients, region), lambda one: f"{one.arn}"),
        checked("node", lambda: check_node(tools)),
        checked("cdk", lambda: check_cdk(tools)),
    ]
    if not all(there):
        raise Refusal("nothing was done")
    assembly = synthesise(tools, context)
    deployed: list[Deployed | None] = []
    checked(
        "stack",
        lambda: deployed.append(find(clients, assembly.stack_name)),
        lambda _: f"{assembly.stack_name}: {found if deployed[0] else missing}",
    )
    if not deployed:
        raise Refusal("nothing was done")
    return Job(tools=tools, clients=clients, caller=there[0], assembly=assembly, deployed=deployed[0])


def synthesise(tools: Tools, context: Sequence[str]) -> Assembly:
    """Raises Refusal where the app refuses its context, which it has said in a sentence."""
    folder = tools.root / ASSEMBLY
    shutil.rmtree(folder, ignore_errors=True)
    given = [word for one in context for word in ("--context", one)]
    app = f'"{sys.executable}" app.py'
    command = [*tools.cdk, "synth", "--quiet", "--app", app, "--output", str(ASSEMBLY), *given]
    done = tools.run(command, tools.environment, capture=True)
    if done.returncode:
        raise Refusal(f"the app could not be synthesised:\n{done.stderr.strip()}")
    assembly = Assembly(folder)
    say("ok", "synth", f"{len(assembly.template.resources)} resources, {ASSEMBLY}")
    return assembly


def deploy(
    tools: Tools,
    session: Any,
    context: Sequence[str],
    *,
    yes: bool,
    terminal: bool,
    size: Size,
    method: str = "change-set",
) -> int:
    """Checks, shows, asks, deploys, and says what comes next. Raises Refusal."""
    job = prepare(tools, session, context, found="is there: an upgrade", missing="is not there yet: a first deployment")
    version: list[int | None] = []
    checked(
        "bootstrap",
        lambda: version.append(check_bootstrap(job.clients, job.assembly)),
        lambda _: f"version {version[0]}" if version[0] is not None else "not yet; it will be asked for",
    )
    if not version or not checked("concurrency", lambda: check_concurrency(job.clients, job.assembly, job.deployed)):
        raise Refusal("nothing was done")
    if size.regions is None:
        size = replace(size, regions=regions_of(job.clients))
    for line in shown(job, size):
        click.echo(line)
    environment = for_cdk(job)
    where = f"aws://{job.caller.account}/{job.caller.region}"
    if version[0] is None:
        click.echo(
            f"The CDK's own stack, CDKToolkit, is not in {where} yet. `cdk bootstrap` creates it, once for all apps of "
            "the CDK: a bucket, a repository, and roles of which the one that CloudFormation uses is an administrator."
        )
        ask(f"Bootstrap {where}?", yes=yes, terminal=terminal)
        done = tools.run([*tools.cdk, "bootstrap", where, "--app", str(ASSEMBLY)], environment)
        if done.returncode:
            return done.returncode
    ask(f"Deploy {job.assembly.stack_name} to {where}?", yes=yes, terminal=terminal)
    command = [*tools.cdk, "deploy", job.assembly.id, "--app", str(ASSEMBLY), "--require-approval", "never"]
    done = tools.run([*command, "--method", method], environment)
    if done.returncode:
        click.echo(f"cdk deploy ended with {done.returncode}; CloudFormation has rolled back what it began", err=True)
        return done.returncode
    after = find(job.clients, job.assembly.stack_name)
    outputs = after.outputs if after else {}
    click.echo("")
    click.echo("")
    for line in next_steps(outputs, job.caller.region):
        click.echo(line)
    return 0


def shown(job: Job, size: Size) -> Iterator[str]:
    """All that one should know before saying yes."""
    template = job.assembly.template
    caller = job.caller
    yield ""
    yield f"Account {caller.account}, region {caller.region}, partition {caller.partition}"
    yield ""
    if job.deployed:
        changed = changes(job.deployed.template, template)
        yield "What changes in the stack" if changed else "Nothing changes in the stack"
        yield from (f"  {line}" for line in changed)
    else:
        yield "What will be created"
        yield from (f"  {line}" for line in by_type(template.resources, template.kept))
    yield ""
    yield "What the function's role may do"
    yield from (f"  {line}" for line in permissions(template))
    yield ""
    yield "When it runs (UTC)"
    yield from (f"  {line}" for line in when(template))
    yield ""
    yield "What it costs"
    store = job.deployed.outputs.get("Store", "") if job.deployed else ""
    names = [one.name for one in template.settings.inventories]
    manifests = latest_runs(job.clients("s3"), store, names) if store else {}
    yield from (f"  {line}".rstrip() for line in cost(template, size, manifests))
    yield ""


def for_cdk(job: Job) -> dict[str, str]:
    """The CDK's CLI must mean the same region as we do, whichever of the variables it reads."""
    region = job.caller.region
    return {**job.tools.environment, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def destroy(tools: Tools, session: Any, context: Sequence[str], *, yes: bool, terminal: bool) -> int:
    """Shows what goes and what stays, asks, destroys, and says how to delete the rest. Raises Refusal."""
    job = prepare(tools, session, context, found="is there", missing="is not there")
    if job.deployed is None:
        raise Refusal(f"there is nothing to destroy: {job.assembly.stack_name} is not in {job.caller.region}")
    template = job.deployed.template
    staying = kept(job)
    click.echo("\nWhat goes")
    for line in by_type({name: one for name, one in template.resources.items() if name not in template.kept}):
        click.echo(f"  {line}")
    click.echo("\nWhat stays, with all that is in it, until somebody deletes it by hand")
    for line in aligned(staying) or ["nothing"]:
        click.echo(f"  {line}")
    click.echo("")
    where = f"{job.caller.account}, {job.caller.region}"
    ask(f"Destroy {job.assembly.stack_name} in {where}?", yes=yes, terminal=terminal)
    command = [*tools.cdk, "destroy", job.assembly.id, "--app", str(ASSEMBLY), "--force"]
    done = tools.run(command, for_cdk(job))
    if done.returncode:
        click.echo(f"cdk destroy ended with {done.returncode}", err=True)
        return done.returncode
    for line in leftover(staying, job.caller.region):
        click.echo(line)
    return 0


def kept(job: Job) -> list[tuple[str, str]]:
    """Type and name of each resource that stays when the stack goes."""
    assert job.deployed is not None
    names: dict[str, str] = {}
    pages = job.clients("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=job.assembly.stack_name):
        names |= {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in page["StackResourceSummaries"]}
    return [(one["Type"], names.get(name, name)) for name, one in job.deployed.template.kept.items()]


def leftover(staying: Iterable[tuple[str, str]], region: str) -> Iterator[str]:
    """How what stays is deleted by hand."""
    for kind, name in staying:
        if kind == "AWS::S3::Bucket":
            yield ""
            yield f"The bucket {name} stays, at $0.023 a GB and month, and its lifecycle goes on deleting what is old."
            yield "To delete it now, with every run that was ever taken (there is no way back; what is under an Object"
            yield "Lock cannot be deleted before its day):"
            yield f"  .venv/bin/python -m tools.deploy empty-bucket {name} --region {region}"
            yield f"  aws s3api delete-bucket --region {region} --bucket {name}"
        elif kind == "AWS::KMS::Key":
            yield ""
            yield f"The key {name} stays, at $1 a month: without it nothing in the bucket can be read again."
            yield "To delete it:"
            yield f"  aws kms schedule-key-deletion --region {region} --key-id {name} --pending-window-in-days 30"
        else:
            yield ""
            yield f"{kind} {name} stays."


def empty(s3: Any, bucket: str) -> Counter[str]:
    """Deletes every version of every object, and says how many; those that S3 refuses to delete are counted too."""
    counts: Counter[str] = Counter()
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        objects = [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for kind in ("Versions", "DeleteMarkers")
            for one in page.get(kind, ())
        ]
        if objects:
            told = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            refused = told.get("Errors", [])
            counts["deleted"] += len(objects) - len(refused)
            counts.update(f"refused ({one['Code']})" for one in refused)
    return counts


# --- the command line ---


def parsed(context: Sequence[str], text: str) -> list[str]:
    """KEY=VALUE of the options and of CONTEXT, in which the next `stocktake:…=` begins the next. Raises Refusal."""
    words = [*context, *(word.strip() for word in CONTEXT.split(text) if word.strip())]
    for word in words:
        if not KEY_AND_VALUE.fullmatch(word):
            raise Refusal(
                f"context: {word!r} cannot be taken; it is stocktake:KEY=VALUE, such as stocktake:memory-mb=3008"
            )
    return words


def _session(profile: str | None, environment: Mapping[str, str]) -> Any:
    try:
        return boto3.Session(profile_name=profile, region_name=environment.get("AWS_REGION") or None)
    except BotoCoreError as error:
        raise Refusal(f"{error}; `aws configure list-profiles` names those that there are") from None


def _tools(profile: str | None) -> Tools:
    environment = dict(os.environ)
    if profile:
        environment["AWS_PROFILE"] = profile
    found = node()
    if Path(found).is_file():  # so that what the CDK's CLI starts finds it too
        environment["PATH"] = os.pathsep.join([str(Path(found).parent), environment.get("PATH", "")])
    return Tools(root=ROOT, environment=environment, run=run_in(ROOT))


_options = (
    click.option("-c", "--context", multiple=True, metavar="KEY=VALUE", help="As the CDK's; may be given often."),
    click.option("context_text", "--contexts", envvar="CONTEXT", default="", hidden=True),
    click.option("--profile", help="The AWS profile. [env: AWS_PROFILE]"),
    click.option("--yes", is_flag=True, help="Ask nothing: for machines."),
)


F = TypeVar("F", bound=Callable[..., Any])


def common(command: F) -> F:
    for option in reversed(_options):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Deploys Stocktake, or takes it away again; shows what that means before it asks."""


def _ended(work: Callable[[], int]) -> None:
    try:
        code = work()
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        code = 2
    except (BotoCoreError, ClientError) as error:
        click.echo(str(error), err=True)
        code = 2
    sys.exit(code)


@main.command("deploy")
@common
@click.option(
    "--regions", type=click.IntRange(1, 60), help="For the estimate; else those that the account has enabled."
)
@click.option("--accounts", type=click.IntRange(1), default=1, help="For the estimate, where globs name accounts.")
@click.option(
    "--resources", type=click.IntRange(0), default=RESOURCES, show_default=True, help="Of an account, for it."
)
@click.option(
    "--method",
    type=click.Choice(["change-set", "direct"]),
    default="change-set",
    show_default=True,
    help="How CloudFormation is told; as the CDK's.",
)
def deploy_command(
    context: tuple[str, ...],
    context_text: str,
    profile: str | None,
    yes: bool,
    regions: int | None,
    accounts: int,
    resources: int,
    method: str,
) -> None:
    """Creates the stack, or upgrades it."""

    def work() -> int:
        tools = _tools(profile)
        return deploy(
            tools,
            _session(profile, tools.environment),
            parsed(context, context_text),
            yes=yes,
            terminal=sys.stdin.isatty(),
            size=Size(regions=regions, accounts=accounts, resources=resources),
            method=method,
        )

    _ended(work)


@main.command("destroy")
@common
def destroy_command(context: tuple[str, ...], context_text: str, profile: str | None, yes: bool) -> None:
    """Deletes the stack; the snapshots stay."""

    def work() -> int:
        tools = _tools(profile)
        words = parsed(context, context_text)
        return destroy(tools, _session(profile, tools.environment), words, yes=yes, terminal=sys.stdin.isatty())

    _ended(work)


@main.command("empty-bucket")
@click.argument("bucket")
@click.option("--region", help="Where it is.")
@click.option("--profile", help="The AWS profile. [env: AWS_PROFILE]")
@click.option("--yes", is_flag=True, help="Ask nothing: for machines.")
def empty_command(bucket: str, region: str | None, profile: str | None, yes: bool) -> None:
    """Deletes every version of every object in a bucket."""

    def work() -> int:
        session = _session(profile, {**os.environ, **({"AWS_REGION": region} if region else {})})
        ask(f"Delete every version of every object in {bucket}?", yes=yes, terminal=sys.stdin.isatty())
        counts = empty(session.client("s3"), bucket)
        click.echo(", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())) or "there was nothing")
        return 1 if set(counts) - {"deleted"} else 0

    _ended(work)


if __name__ == "__main__":
    main()
