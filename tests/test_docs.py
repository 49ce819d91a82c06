"""The documentation says what is so: what is generated is current, what is written fits its schema, what is named is
there."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator

from infra.denials import EVERYWHERE, OBJECTS, ROLES
from stocktake.catalog import CATALOG, every_action
from stocktake.catalog.policies import LONGEST, length
from stocktake.cli import cli
from stocktake.model import Page, ReasonCode, Request, ServiceCalls, State, Verdict
from stocktake.pipeline import take_snapshot
from stocktake.settings import Acceptance, Inventory, Settings
from stocktake.snapshot import lines_of
from stocktake.store import DirectoryStore, Store
from tools import docs
from tools.docs import ROOT, DocumentationError, filled, generated, main, pages, shown
from tools.schema import SCHEMAS, Schema

GOLDEN = Path(__file__).parent / "golden" / "format-1"
SHOW = "stocktake show --store tests/golden/format-1"
LONGEST_POLICY = 10_240  # of a role, inline, white space not counted (IAM quotas)
PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)

# --- what is generated is current ---


@pytest.mark.parametrize("name", generated())
def test_what_is_generated_is_current(name: str) -> None:
    assert (ROOT / name).read_text() == generated()[name], "make docs"


@PAGES
def test_what_the_pages_say_that_commands_print_is_what_they_print(page: Path) -> None:
    assert filled(page.read_text()) == page.read_text(), "make docs"


def test_no_schema_is_left_of_a_document_that_is_no_more() -> None:
    assert {path.stem for path in (ROOT / "docs/schema").iterdir()} == set(SCHEMAS)


def test_the_page_of_types_has_every_type_with_its_calls_and_its_actions() -> None:
    page = generated()["docs/types.md"]
    for row in CATALOG.values():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| [{row.name}](")]
        assert [call.operation in line for call in row.every_call()] == [True] * len(row.every_call())
        section = page.partition(f"\n## {row.name}\n")[2].partition("\n## ")[0]
        assert row.doc in section
        assert all(f"`{action}`" in section for action in row.actions())
    assert f"{len(CATALOG)} resource types of {len({row.service for row in CATALOG.values()})} services" in page


def test_the_policy_allows_what_the_rows_need_and_nothing_else() -> None:
    written = [json.loads(content) for name, content in generated().items() if name.startswith("docs/iam/")]
    statements = [statement for policy in written for statement in policy["Statement"]]
    assert [(one["Effect"], one["Resource"]) for one in statements] == [("Allow", "*")] * len(statements)
    assert sorted(action for one in statements for action in one["Action"]) == list(every_action())
    assert not [action for action in every_action() if "*" in action]
    assert {path.name for path in (ROOT / "docs/iam").iterdir()} == {
        Path(name).name for name in generated() if name.startswith("docs/iam/")
    }


def test_the_member_roles_template_allows_and_denies_the_same_and_trusts_whom_it_is_told() -> None:
    text = generated()["docs/member-role.yaml"]
    assert lint(text) == []
    template = cfn_yaml.loads(text)
    role = template["Resources"]["Role"]["Properties"]
    (policy,) = role["Policies"]
    (data,) = policy["PolicyDocument"]["Statement"]
    attached = [template["Resources"][one["Ref"]]["Properties"]["PolicyDocument"] for one in role["ManagedPolicyArns"]]
    listing = [statement for document in attached for statement in document["Statement"]]
    assert sorted(action for one in listing for action in one["Action"]) == list(every_action())
    assert [(one["Effect"], one["Resource"]) for one in listing] == [("Allow", "*")] * len(listing)
    assert all(length(json.loads(json.dumps(document))) <= LONGEST for document in attached)
    assert {data["Effect"], data["Resource"]} == {"Deny", "*"}
    assert data.keys() == {"Sid", "Effect", "Resource", "Action"}
    assert set(data["Action"]) == {*EVERYWHERE, *OBJECTS, *ROLES}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": {"Ref": "CollectorRoleArn"}}
    assert template["Parameters"]["RoleName"]["Default"] == Settings().role
    assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) < LONGEST_POLICY


# --- the generator ---


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a page and nothing generated."""
    (tmp_path / "README.md").write_text(f"before\n<!-- {SHOW} | head -1 -->\n```text\n```\n<!-- end -->\nafter\n")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    return tmp_path


def test_a_check_names_what_is_stale_and_writes_nothing(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (elsewhere / "README.md").read_text()
    assert main(["--check"]) == 1
    named = [line.partition(" is stale")[0] for line in capsys.readouterr().err.splitlines()]
    assert named == [*generated(), "README.md"]
    assert (elsewhere / "README.md").read_text() == before
    assert not (elsewhere / "docs").exists()


def test_what_was_written_is_current_until_it_is_edited(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert main(["--check"]) == 0
    (elsewhere / "docs/schema/unit.json").write_text("{}\n")
    (elsewhere / "docs/types.md").unlink()
    assert main(["--check"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in said] == ["docs/types.md", "docs/schema/unit.json"]


def test_a_page_that_cannot_be_written_is_named_and_the_others_are_written(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "README.md").write_text("<!-- stocktake unheard-of -->\n```\n```\n<!-- end -->\n")
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("README.md: 'stocktake unheard-of' ended with 2: ")
    assert (elsewhere / "docs/types.md").is_file()


def test_other_options_are_refused(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 2
    assert capsys.readouterr().err == "usage: python -m tools.docs [--check]\n"
    assert not (elsewhere / "docs").exists()


@pytest.mark.parametrize("language", ["", "text", "json", "console"])
@pytest.mark.parametrize("old", ["", "what it printed\n\nonce\n"])
def test_a_block_is_filled_and_what_is_around_it_stays(language: str, old: str) -> None:
    def page(text: str) -> str:
        block = f"<!-- {SHOW} | head -1 -->\n```{language}\n{text}```\n<!-- end -->\n"
        return f"# A page\n\n{block}\nbetween\n\n```text\nkept\n```\n\n{block}<!-- a remark -->\n"

    now = "PARTIAL  73.6 % of what there is to see, 24 resources, 2 with a part unread\n"
    assert filled(page(old)) == page(now)
    assert filled(page(now)) == page(now)


@pytest.mark.parametrize(
    "page",
    [
        f"<!-- {SHOW} -->\ntext\n",
        f"<!-- {SHOW} -->\n```text\n```\n",
        f"<!-- {SHOW} -->\n\n```text\n```\n<!-- end -->\n",
        f"<!-- {SHOW} -->\n```text\n<!-- {SHOW} -->\n```text\n```\n<!-- end -->\n",
    ],
)
def test_a_block_that_is_not_whole_is_refused(page: str) -> None:
    with pytest.raises(DocumentationError, match="no fence and <!-- end --> follow 'stocktake show"):
        filled(page)


@pytest.mark.parametrize(
    "command",
    ["stocktake show --store nowhere", "stocktake unheard-of", f"{SHOW} --unheard-of", f"{SHOW} | jq ."],
)
def test_a_command_that_fails_is_refused_with_what_it_said(command: str) -> None:
    with pytest.raises(DocumentationError, match=r"ended with \d: \S"):
        shown(command)


def test_what_a_command_prints_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(SHOW)
    assert max(map(len, plain.splitlines())) <= docs.WIDTH
    assert not [line for line in plain.splitlines() if line != line.rstrip()]
    for name, value in {"COLUMNS": "40", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "STOCKTAKE_STORE": "/"}.items():
        monkeypatch.setenv(name, value)
    assert shown(SHOW) == plain


def test_the_first_lines_are_the_first_lines() -> None:
    assert shown(SHOW, 3).splitlines() == shown(SHOW).splitlines()[:3]


# --- the schemas ---


def strict(schema: Schema) -> Schema:
    """The same schema, which allows no member that it does not name; in data and tags anything may stand."""
    copy = deepcopy(schema)

    def close(part: object) -> None:
        if isinstance(part, dict):
            if "properties" in part and "type" in part:
                part["additionalProperties"] = False
            for inner in part.values():
                close(inner)
        elif isinstance(part, list):
            for inner in part:
                close(inner)

    close(copy)
    return copy


@cache
def validator(name: str, *, closed: bool) -> Draft202012Validator:
    return Draft202012Validator(strict(SCHEMAS[name]) if closed else SCHEMAS[name])


def errors(name: str, document: object, *, closed: bool) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name, closed=closed).iter_errors(document)]


def members(schema: object, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every member that a schema describes, with its path."""
    if isinstance(schema, dict):
        if "type" in schema:
            yield from ((f"{path}.{name}", inner) for name, inner in schema.get("properties", {}).items())
        for name, inner in schema.items():
            if name not in ("if", "then", "else"):
                yield from members(inner, f"{path}.{name}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from members(inner, f"{path}[{number}]")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    Draft202012Validator.check_schema(strict(SCHEMAS[name]))
    assert SCHEMAS[name]["$id"] == f"urn:stocktake:format:1:{name}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_describes_every_member_in_one_sentence(name: str) -> None:
    described = dict(members(SCHEMAS[name]))
    assert len(described) > 4
    wrong = [path for path, schema in described.items() if not re.fullmatch(r"[^.]*(\.\S[^.]*)*\.", _said(schema))]
    assert not wrong


def _said(schema: Schema) -> str:
    return str(schema.get("description", ""))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_requires_only_what_it_describes(name: str) -> None:
    def check(schema: object) -> None:
        if isinstance(schema, dict):
            if "type" in schema and "required" in schema:
                assert set(schema["required"]) <= set(schema["properties"])
            for inner in schema.values():
                check(inner)

    check(SCHEMAS[name])


def test_the_words_of_the_schemas_are_the_words_of_the_model() -> None:
    assert SCHEMAS["unit"]["properties"]["state"]["enum"] == list(State)
    assert SCHEMAS["manifest"]["properties"]["verdict"]["enum"] == list(Verdict)
    assert SCHEMAS["unit"]["$defs"]["reason"]["properties"]["code"]["enum"] == list(ReasonCode)


# --- what is written fits ---

ACCOUNT = "111122223333"
INVENTORY = Inventory(
    regions=("eu-west-1", "us-east-1", "global"),
    types=("AWS::DynamoDB::Table", "AWS::EC2::VPC", "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::SQS::Queue"),
)

Answers = dict[str, list[dict[str, Any] | None]]
"""The pages of each operation, or of an operation and an account; None, and what is not there, is refused."""


class SmallAws:
    """What the pipeline uses of Aws."""

    home = "us-east-1"
    partition = "aws"

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.own_calls = ServiceCalls()
        self.put: list[dict[str, Any]] = []

    def s3(self) -> Any:
        raise AssertionError("the store is a directory")

    def events(self, bus: str) -> Any:
        return self

    def put_events(self, **asked: Any) -> dict[str, Any]:
        self.put += [json.loads(entry["Detail"]) for entry in asked["Entries"]]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def has_room(self) -> bool:
        return True

    def give_up(self, request: Request) -> None:
        raise AssertionError("no call takes long")

    def prepare(self, services: Iterable[str]) -> None:
        pass

    def connect(self, service: str, region: str) -> None:
        pass

    def known_regions(self) -> dict[str, tuple[str, ...]]:
        return {"aws": ("eu-west-1", "me-south-1", "us-east-1")}

    def call(self, request: Request, _: object) -> Page:
        pages = self._answers.get(f"{request.operation} {request.account}") or self._answers.get(
            request.operation, [None]
        )
        (number,) = request.token or (0,)
        page = pages[number]
        if page is None:
            refusal = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
            raise ClientError(refusal, request.operation)
        return Page(deepcopy(page), request.at((number + 1,)) if number + 1 < len(pages) else None)


BUCKET = {"Name": "logs", "BucketRegion": "eu-west-1", "CreationDate": "2026-01-05T10:00:00Z"}
TABLE = {"TableName": "orders", "TableArn": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"}
NOTHING: Answers = {
    "GetCallerIdentity": [{"Account": ACCOUNT}],
    "ListRegions": [
        {
            "Regions": [
                {"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
                {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
                {"RegionName": "me-south-1", "RegionOptStatus": "DISABLED"},
            ]
        }
    ],
}
EVERYTHING: Answers = {
    **NOTHING,
    "ListTables": [{"TableNames": ["orders"]}],
    "DescribeTable": [{"Table": TABLE}],
    "ListTagsOfResource": [{"Tags": [{"Key": "Name", "Value": "orders"}, {"Key": "name", "Value": ""}]}],
    "DescribeVpcs": [{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ACCOUNT}]}, {"Vpcs": []}],
    "GetAccountAuthorizationDetails": [{"RoleDetailList": []}],
    "ListBuckets": [{"Buckets": [BUCKET]}],
    "ListQueues": [{}],
}
IN_PART: Answers = {
    **EVERYTHING,
    "ListRegions": [None],  # so that botocore names the regions
    "ListTables": [None],
    "DescribeVpcs": [{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ACCOUNT}]}, None],
}


SEVERAL: Answers = {
    **EVERYTHING,
    "ListAccounts": [
        {
            "Accounts": [
                {"Id": ACCOUNT, "State": "ACTIVE"},
                {"Id": "222222222222", "State": "ACTIVE"},
                {"Id": "333333333333", "State": "ACTIVE"},
                {"Id": "444444444444", "State": "SUSPENDED"},
            ]
        }
    ],
    "GetCallerIdentity 222222222222": [{"Account": "222222222222"}],
    "ListRegions 222222222222": [None],
    "GetCallerIdentity 333333333333": [None],
}
ACCOUNTS = replace(INVENTORY, accounts=("*",))


RULE = Acceptance(reasons=("iam",), by="Jo", until=datetime(2999, 1, 1, tzinfo=UTC), why="not ours")
LAPSED = replace(RULE, until=datetime(2020, 1, 1, tzinfo=UTC))


def take(
    store: Path,
    answers: Answers,
    inventory: Inventory = INVENTORY,
    *,
    memory_mb: int | None = None,
    accepted: tuple[Acceptance, ...] = (),
    announced: list[dict[str, Any]] | None = None,
    invocation: str = "",
    **event: Any,
) -> str:
    """A run by the pipeline itself; its verdict. `announced` is what its event goes to, if it is announced."""
    settings = replace(
        Settings(), store=str(store), threads=4, inventories=(inventory,), inventory=inventory, accepted=accepted
    )
    settings = replace(settings, event_bus="" if announced is None else "default")
    aws: Any = SmallAws(answers)
    summary = asyncio.run(
        take_snapshot(settings.for_event(event), aws, trigger="invoke", memory_mb=memory_mb, invocation=invocation)
    )
    if announced is not None:
        announced += aws.put
    return str(summary["verdict"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    """The documents of runs of every verdict, and of the golden ones."""
    folder = tmp_path_factory.mktemp("runs")
    events: list[dict[str, Any]] = []
    verdicts = [
        take(folder, EVERYTHING, scheduled="2026-11-22T10:00:00Z", announced=events),
        take(folder, IN_PART, scheduled="2026-11-22T11:00:00Z", memory_mb=1769, announced=events, invocation="a-1"),
        take(folder, EVERYTHING, types=["AWS::SQS::*"], exclude_regions=["eu-*"], detail="basic"),
        take(folder, NOTHING),
        take(folder, SEVERAL, ACCOUNTS, scheduled="2026-11-22T09:00:00Z"),
        take(folder, SEVERAL, ACCOUNTS, accepted=(LAPSED, RULE), scheduled="2026-11-22T08:00:00Z"),
        take(folder, SEVERAL, ACCOUNTS, accepted=(LAPSED,), scheduled="2026-11-22T07:00:00Z"),
        take(folder, NOTHING, accepted=(RULE,), scheduled="2026-11-22T12:00:00Z", announced=events),
    ]
    assert verdicts == ["complete", "partial", "complete", "failed", "partial", "complete", "partial", "failed"]
    told = [("event", event) for event in events]
    return [*told, *documents(DirectoryStore(folder)), *documents(DirectoryStore(GOLDEN))]


def documents(store: Store) -> Iterator[tuple[str, Any]]:
    """All that is in a store, with the name of its schema."""
    kinds = {"snapshot": "resource", "partial": "resource", "units": "unit", "changes": "change"}
    for key in store.keys("latest/"):
        yield "pointer", json.loads(store.read(key)[0])
    for key in store.keys("leases/"):
        yield "lease", json.loads(store.read(key)[0])
    for key in store.keys("manifests/"):
        manifest = json.loads(store.read(key)[0])
        yield "manifest", manifest
        for named in manifest["objects"]:
            for line in lines_of(store.read(named["key"])[0], named["key"]):
                yield kinds[named["kind"]], line


def test_the_runs_hold_all_that_there_is_to_describe(runs: list[tuple[str, Any]]) -> None:
    units = [document for name, document in runs if name == "unit"]
    resources = [document for name, document in runs if name == "resource"]
    assert {name for name, _ in runs} == set(SCHEMAS) - {"change"}
    assert {unit["state"] for unit in units} == set(State)
    assert {bool(unit["last"]) for unit in units if "last" in unit} == {True, False}
    assert {bool(unit.get("newly_lost")) for unit in units} == {True, False}
    assert {bool(resource.get("gaps")) for resource in resources} == {True, False}
    assert {resource["tags"] is None for resource in resources} == {True, False}
    assert {document["verdict"] for name, document in runs if name == "event"} == set(Verdict)
    manifests = [document for name, document in runs if name == "manifest"]
    assert {document["previous"] is None for document in manifests} == {True, False}
    rules = [rule for document in manifests for rule in document.get("accepted", ())]
    assert {(rule["expired"], rule["units"] > 0) for rule in rules} == {(True, True), (True, False), (False, True)}
    assert {("accepted" in unit, unit["state"]) for unit in units} > {(True, "denied"), (False, "denied")}
    by_account = [one for document in manifests for one in document["scope"].get("by_account", {}).values()]
    assert {one["problem"] is None for one in by_account} == {True, False}


@pytest.mark.parametrize("closed", [False, True], ids=["as published", "without members that are not described"])
def test_what_runs_write_fits_the_schemas(runs: list[tuple[str, Any]], closed: bool) -> None:
    wrong = {f"{name} {error}" for name, document in runs for error in errors(name, document, closed=closed)}
    assert not wrong


def of(runs: list[tuple[str, Any]], kind: str, **wanted: Any) -> Any:
    """A copy of a document in which these members are so."""
    return deepcopy(
        next(one for name, one in runs if name == kind and all(one.get(key) == value for key, value in wanted.items()))
    )


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("pointer", []),
        ("manifest", []),
        ("manifest", ["run"]),
        ("manifest", ["scope"]),
        ("manifest", ["scope", "filters"]),
        ("manifest", ["scope", "by_account", ACCOUNT]),
        ("manifest", ["counts"]),
        ("manifest", ["accepted", 0]),
        ("manifest", ["objects", 0]),
        ("manifest", ["calls", "sqs"]),
        ("unit", []),
        ("unit", ["blocks", 0]),
        ("resource", []),
    ],
)
def test_a_member_that_is_not_described_is_found_and_yet_allowed(
    runs: list[tuple[str, Any]], kind: str, path: list[str | int]
) -> None:
    document = place = of(runs, kind, **({"state": "partial"} if kind == "unit" else {}))
    for step in path:
        place = place[step]
    place["undescribed"] = 1
    assert not errors(kind, document, closed=False)
    (error,) = errors(kind, document, closed=True)
    assert "'undescribed' was unexpected" in error


@pytest.mark.parametrize("kind", sorted(set(SCHEMAS) - {"change"}))
def test_a_document_without_a_member_that_is_required_does_not_fit(runs: list[tuple[str, Any]], kind: str) -> None:
    for name in SCHEMAS[kind]["required"]:
        document = of(runs, kind)
        del document[name]
        assert errors(kind, document, closed=False), name


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("pointer", {"format": 2}),
        ("pointer", {"run": "2026-11-22"}),
        ("pointer", {"manifest": "manifests/20261122T130000Z.r1.json"}),
        ("pointer", {"sha256": "0"}),
        ("manifest", {"verdict": "good"}),
        ("manifest", {"coverage": 1.1}),
        ("manifest", {"previous": {}}),
        ("unit", {"state": "lost"}),
        ("unit", {"reason": None}),
        ("unit", {"reason": {"code": "why", "message": ""}}),
        ("unit", {"fingerprint": "0" * 64}),
        ("unit", {"count": -1}),
        ("unit", {"blocks": None}),
        ("unit", {"region": "Ireland"}),
        ("resource", {"account": "1"}),
        ("resource", {"id": ""}),
        ("resource", {"tags": {"Name": 1}}),
        ("resource", {"gaps": []}),
    ],
)
def test_a_document_that_says_what_cannot_be_does_not_fit(
    runs: list[tuple[str, Any]], kind: str, wrong: dict[str, Any]
) -> None:
    document = of(runs, kind, **({"state": "denied"} if kind == "unit" else {}))
    assert not errors(kind, document, closed=False)
    assert errors(kind, {**document, **wrong}, closed=False)


def test_a_collected_unit_has_a_fingerprint_and_neither_reason_nor_last(runs: list[tuple[str, Any]]) -> None:
    unit = of(runs, "unit", state="collected")
    reason = of(runs, "unit", state="denied")["reason"]
    for wrong in ({"fingerprint": None}, {"reason": reason}, {"last": None}, {"accepted": RULE.word()}):
        assert errors("unit", {**unit, **wrong}, closed=False)


def test_a_change_as_it_is_reserved_fits() -> None:
    change = {
        "change": "modified",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "type": "AWS::EC2::Instance",
        "id": "i-0a1b2c3d4e5f60001",
        "arn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0a1b2c3d4e5f60001",
        "name": "web-1",
        "fields": [{"path": "data.InstanceType", "before": "m7g.large", "after": "m7g.xlarge"}],
    }
    assert not errors("change", change, closed=True)
    assert errors("change", {**change, "change": "moved"}, closed=False)


# --- what the pages name is there ---

FENCE = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MAKE = re.compile(r"(?:\$ )?make(?: [A-Z]+=\S+)* ([a-z][a-z-]*)")
STOCKTAKE = re.compile(r"(?:\$ )?(?:\S*/)?(?:python3? -m )?stocktake ([a-z][a-z-]*)([^#|]*)")


def code(page: Path) -> list[str]:
    """What stands as code in a page: the lines of its fences, and its spans."""
    text = page.read_text()
    lines = [line.strip() for fence in FENCE.findall(text) for line in fence.splitlines()]
    return lines + SPAN.findall(FENCE.sub("", text))


@PAGES
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (place and place not in anchors(target)):
            dead.append(link)
    assert not dead


@cache
def anchors(page: Path) -> set[str]:
    return {docs.anchor(heading) for heading in HEADING.findall(FENCE.sub("", page.read_text()))}


@PAGES
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {match[1] for line in code(page) if (match := MAKE.match(line))}
    assert named <= targets


@PAGES
def test_every_command_and_option_of_stocktake_that_is_named_exists(page: Path) -> None:
    unknown = []
    for line in code(page):
        if match := STOCKTAKE.match(line):
            command = cli.get_command(click.Context(cli), match[1])
            given = set(re.findall(r"(?<!\S)--[a-z-]+", match[2]))
            if command is None or not given <= options(command):
                unknown.append(line)
    assert not unknown


def options(command: click.Command) -> set[str]:
    return {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}


def test_the_names_that_are_looked_for_would_be_found() -> None:
    page = ROOT / "README.md"
    assert {"demo", "test"} <= {match[1] for line in code(page) if (match := MAKE.match(line))}
    assert {"run", "show"} <= {match[1] for line in code(page) if (match := STOCKTAKE.match(line))}
    assert LINK.search(page.read_text())


def test_every_test_that_is_said_to_prove_a_promise_is_there() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    files = {path.relative_to(ROOT / "tests").as_posix(): path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    named = re.findall(r"`(?:([\w/]+\.py|…)(?:::))?(test_\w+)(…?)`", text)
    assert len(named) > 15
    for _, name, cut in named:
        assert any(f"def {name}{'' if cut else '('}" in code for code in files.values()), name
    for name in re.findall(r"`([\w/]+\.py)\b", text):
        assert name in files, name
