"""Writes what the documentation derives from the code, so that the two cannot disagree.

    python -m tools.docs             writes it
    python -m tools.docs --check     writes nothing; exits with 1 and names what is stale

* docs/types.md, docs/iam/*.json, docs/member-role.yaml    from the catalogue
* docs/schema/*.json                     from tools/schema.py
* blocks in README.md, SECURITY.md and docs/*.md      from the command line, or (cost) from infra/cost.py: what stands
  between the fences becomes the output

      <!-- stocktake show --store tests/golden/format-1 | head -12 -->
      ```text
      ```
      <!-- end -->
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from infra import cost
from infra.denials import EVERYWHERE, OBJECTS, ROLES
from stocktake.catalog import CATALOG, DISCOVERY, every_action
from stocktake.catalog.policies import policies
from stocktake.catalog.spec import ResourceType
from stocktake.cli import cli
from stocktake.settings import Settings
from tools.schema import SCHEMAS

ROOT = Path(__file__).parents[1]
WIDTH = 100

COMMAND = re.compile(r"<!-- (?P<command>(?:stocktake|cost) [^\n]*?)(?: \| head -(?P<lines>\d+))? -->\n")
FENCED = re.compile(r"(?P<fence>```\w*\n)(?:(?!```|<!-- ).*\n)*?(?P<end>```\n<!-- end -->)")


MEMBER_ROLE = """\
# Written by python -m tools.docs from lambda_src/stocktake/catalog; do not edit.
AWSTemplateFormatVersion: "2010-09-09"
Description: The role that Stocktake assumes in this account, which lists and describes what is there
Parameters:
  CollectorRoleArn:
    Type: String
    AllowedPattern: arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+
    Description: Who assumes the role; the output RoleArn of Stocktake's stack
  ExternalId:
    Type: String
    Default: ""
    Description: What has to be said when the role is assumed (stocktake:external-id); empty, nothing
  RoleName:
    Type: String
    Default: NAME
    Description: The role's name (stocktake:role)
Conditions:
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: Lists and describes what is in the account, and reads no data and no secrets, for Stocktake
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal:
              AWS: !Ref CollectorRoleArn
            Condition: !If
              - HasExternalId
              - StringEquals:
                  sts:ExternalId: !Ref ExternalId
              - !Ref AWS::NoValue
      ManagedPolicyArns:
ATTACHED
      Policies:
        - PolicyName: NoDataNoSecrets
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: NoDataNoSecrets
                Effect: Deny
                Resource: "*"
                Action:
DENIED
LISTING
Outputs:
  RoleArn:
    Value: !GetAtt Role.Arn
"""


MANAGED_POLICY = """\
  ListAndDescribeNUMBER:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: Lists and describes what is in the account, for Stocktake
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: SID
            Effect: Allow
            Resource: "*"
            Action:
ACTIONS
"""


class DocumentationError(Exception):
    """A page that cannot be written. Its text is a sentence for a person."""


def main(arguments: Sequence[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.docs [--check]", file=sys.stderr)
        return 2
    changed, problems = stale()
    for path, content in changed.items():
        if arguments:
            problems.append(f"{path.relative_to(ROOT)} is stale; python -m tools.docs writes it anew")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def stale() -> tuple[dict[Path, str], list[str]]:
    """What is not on disk as it should be, with what it should be; and what cannot be written."""
    wanted = {ROOT / name: content for name, content in generated().items()}
    problems: list[str] = []
    for page in pages():
        if page not in wanted:
            try:
                wanted[page] = filled(page.read_text(encoding="utf-8"))
            except DocumentationError as error:
                problems.append(f"{page.relative_to(ROOT)}: {error}")
    return {path: content for path, content in wanted.items() if not _holds(path, content)}, problems


def pages() -> list[Path]:
    """Whatever people read."""
    return [ROOT / "README.md", *ROOT.glob("SECURITY.md"), *sorted((ROOT / "docs").glob("*.md"))]


def _holds(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


def generated() -> dict[str, str]:
    """The files that are wholly generated, by name."""
    schemas = {f"docs/schema/{name}.json": pretty(schema) for name, schema in SCHEMAS.items()}
    return {
        "docs/types.md": types_page(),
        **{
            f"docs/iam/list-and-describe-{number}.json": pretty(document)
            for number, document in enumerate(policies(every_action()), 1)
        },
        "docs/member-role.yaml": member_role(),
        **schemas,
    }


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# --- from the catalogue ---


def member_role() -> str:
    """A CloudFormation template: the role that a run over several accounts assumes in each of them."""
    numbered = dict(enumerate(policies(every_action()), 1))
    parts = {
        "DENIED": _yaml_list(sorted(EVERYWHERE + OBJECTS + ROLES), 18),
        "ATTACHED": _yaml_list((f"!Ref ListAndDescribe{number}" for number in numbered), 8),
        "LISTING": "".join(_managed_policy(number, document) for number, document in numbered.items()),
    }
    written = MEMBER_ROLE.replace("NAME", Settings().role)
    for placeholder, text in parts.items():
        written = written.replace(f"{placeholder}\n", text)
    return written


def _managed_policy(number: int, document: Mapping[str, Any]) -> str:
    (statement,) = document["Statement"]
    written = MANAGED_POLICY.replace("SID", statement["Sid"]).replace("NUMBER", str(number))
    return written.replace("ACTIONS\n", _yaml_list(statement["Action"], 14))


def _yaml_list(words: Iterable[str], indent: int) -> str:
    return "".join(f"{' ' * indent}- {word}\n" for word in words)


def types_page() -> str:
    rows = list(CATALOG.values())
    services = {row.service for row in rows}
    discovery = " and ".join(f"`{action}`" for action in DISCOVERY)
    return "\n".join(
        [
            "# Resource types",
            "",
            "<!-- Written by python -m tools.docs from lambda_src/stocktake/catalog; do not edit. -->",
            "",
            f"Stocktake collects {len(rows)} resource types of {len(services)} services.",
            "The calls of a type are made from left to right, each only where the one before found something, and in "
            "every region unless the type is global.",
            f"A role that may do what is listed here, and {discovery} to find the regions, sees everything: "
            "[the policies](iam), in as many parts as IAM's limit asks for.",
            "",
            *_markdown_table(
                ("type", "scope", "tier", "service", "calls"),
                ((f"[{row.name}](#{anchor(row.name)})", row.scope, row.tier, row.service, chain(row)) for row in rows),
            ),
            "",
            *(line for row in rows for line in _type_section(row)),
        ]
    )


def chain(row: ResourceType) -> str:
    """Calls with arrows; those of another service than the row's with its name."""
    return " → ".join((f"{call.service}:" if call.service else "") + call.operation for call in row.every_call())


def anchor(heading: str) -> str:
    """What GitHub makes of a heading for links to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _type_section(row: ResourceType) -> list[str]:
    basic = row.actions(enriched=False)
    facts = [("Actions", _codes(row.actions()))]
    if basic != row.actions():
        facts.append(("Of these with `detail: basic`", _codes(basic)))
    if row.secret:
        facts.append(("Redacted, beyond what AWS marks sensitive", _codes(row.secret)))
    if row.volatile:
        facts.append(("Changes by itself", _codes(row.volatile)))
    if not row.cloudformation:
        facts.append(("Name", "Stocktake's own; CloudFormation has no such type"))
    return [f"## {row.name}", "", row.doc, "", *(f"- {name}: {value}" for name, value in facts), ""]


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


# --- from the command line ---


def filled(page: str) -> str:
    """The page with every block's output as it is now. Raises DocumentationError for a block that is not whole."""
    parts: list[str] = []
    end = 0
    for command in COMMAND.finditer(page):
        block = FENCED.match(page, command.end())
        if block is None:
            raise DocumentationError(f"no fence and <!-- end --> follow {command['command']!r}")
        output = shown(command["command"], int(command["lines"] or 0))
        parts += [page[end : command.end()], block["fence"], output, block["end"]]
        end = block.end()
    return "".join([*parts, page[end:]])


def shown(command: str, lines: int = 0) -> str:
    """What a command prints, or its first lines, without colour and as wide on every machine."""
    program, *arguments = shlex.split(command)
    if program == "cost":
        return _costs(*arguments)
    with chdir(ROOT):
        ran = CliRunner().invoke(cli, arguments, prog_name="stocktake", env=_environment())
    if ran.exit_code:
        why = ran.stderr.strip() or str(ran.exception)
        raise DocumentationError(f"{command!r} ended with {ran.exit_code}: {why}")
    output = [line.rstrip() for line in ran.stdout.splitlines()]
    if any(line.startswith(("```", "<!-- ")) for line in output):
        raise DocumentationError(f"{command!r} prints what cannot stand in a block")
    return "".join(line + "\n" for line in (output[:lines] if lines else output))


def _costs(page: str) -> str:
    if page not in cost.PAGES:
        raise DocumentationError(f"cost {page}: infra/cost.py has {', '.join(cost.PAGES)}")
    return cost.PAGES[page]() + "\n"


def _environment() -> dict[str, str | None]:
    """What a command's output may depend on: the width. The machine's own settings are taken away."""
    colours = {"CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "NO_COLOR"}
    machine = {
        name for name in os.environ if name in colours or name.startswith(("AWS_", "STOCKTAKE_", "TTY_", "JUPYTER_"))
    }
    return {**dict.fromkeys(machine), "COLUMNS": str(WIDTH)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
