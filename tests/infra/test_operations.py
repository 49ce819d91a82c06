"""docs/operations.md and SECURITY.md name commands that there are, and have a section for each alarm."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from tests.infra.conftest import Template
from tests.infra.test_alarms import SECTIONS
from tools import docs

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("docs/operations.md", "README.md", "SECURITY.md")]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
CALL = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)((?:[^|`\n])*)")
OF_THE_CLI = {"--output", "--query", "--region", "--profile", "--cli-read-timeout", "--endpoint-url", "--page-size"}
WITH_A_FILE = {("lambda", "invoke"), ("s3api", "get-object")}
"""Commands that take the name of a file besides their options."""
OF_ITS_OWN = {
    ("s3", "cp"): {"--recursive", "--quiet"},
    ("cloudformation", "deploy"): {"--template-file", "--stack-name", "--capabilities", "--parameter-overrides"},
    ("configure", "set"): set(),
    ("sso", "login"): set(),
}
"""Commands that the CLI makes itself, of which there is no model."""


def commands(page: Path) -> list[tuple[str, str, str]]:
    """Service, command and the rest of each call of the AWS CLI in a page's fences and spans."""
    text = page.read_text()
    code = [*re.findall(r"^ *```(?:console|bash)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)]
    code += re.findall(r"`([^`\n]+)`", text)
    return [match.groups() for one in code for match in CALL.finditer(one.replace("\\\n", " "))]  # type: ignore[misc]


@cache
def operations(service: str) -> dict[str, Any]:
    name = {"s3api": "s3"}.get(service, service)
    loader = create_loader()
    assert name in loader.list_available_services("service-2"), service
    model = ServiceModel(loader.load_service_model(name, "service-2"), name)
    return {xform_name(one, "-"): model.operation_model(one) for one in model.operation_names}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_aws_cli_exists_with_its_options(page: Path) -> None:
    wrong = []
    for service, command, rest in commands(page):
        given = set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - OF_THE_CLI
        if (service, command) in OF_ITS_OWN:
            known = OF_ITS_OWN[service, command]
        elif command in operations(service):
            members = (
                operations(service)[command].input_shape.members if operations(service)[command].input_shape else {}
            )
            known = {"--" + xform_name(name, "-") for name in members}
        else:
            known, given = set(), {command}
        wrong += [f"{service} {command} {option}" for option in given - known]
    assert not wrong


def test_required_parameters_of_the_aws_cli_are_given() -> None:
    lacking = []
    for service, command, rest in commands(ROOT / "docs/operations.md"):
        if (service, command) in OF_ITS_OWN or "--" not in rest:
            continue  # named in a sentence
        shape = operations(service)[command].input_shape
        required = {"--" + xform_name(name, "-") for name in (shape.required_members if shape else ())}
        lacking += [f"{service} {command} {option}" for option in required if option not in rest]
    assert not lacking


def test_the_commands_that_are_looked_for_would_be_found() -> None:
    found = {(service, command) for service, command, _ in commands(ROOT / "docs/operations.md")}
    assert {("sqs", "receive-message"), ("s3api", "put-object"), ("lambda", "invoke")} <= found
    assert "receive-message" in operations("sqs")
    assert "no-such-command" not in operations("sqs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_to_be_typed_is_what_a_shell_reads(page: Path) -> None:
    for block in re.findall(r"^ *```console\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stderr}\n{block}"


@pytest.mark.parametrize("alarm", sorted(SECTIONS))
def test_every_alarm_has_a_section_that_says_what_it_means_what_to_look_at_and_what_to_do(alarm: str) -> None:
    sections = {
        docs.anchor(heading): text
        for heading, text in re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", OPERATIONS, re.MULTILINE)
    }
    assert re.search(r"^\*Means:\* ", sections[alarm], re.MULTILINE)
    assert re.search(r"^\*Look at\* .*?```console", sections[alarm], re.MULTILINE | re.DOTALL)
    assert re.search(r"^\*Do(?:\*|:\*)", sections[alarm], re.MULTILINE)


def test_an_alarm_that_the_stack_has_leads_to_its_section(template: Template) -> None:
    texts = [one.get("AlarmDescription", "") for one in template.all("AWS::CloudWatch::Alarm").values()]
    places = {place for text in texts for place in re.findall(r"docs/operations\.md#([a-z-]+)", text)}
    assert places <= SECTIONS
    assert len(texts) == sum("docs/operations.md#" in text for text in texts)


def test_what_runs_write_to_the_log_is_what_the_page_filters_for() -> None:
    handler = (ROOT / "lambda_src/stocktake/handler.py").read_text()
    messages = re.findall(r'\$\.message = "([^"]+)"', OPERATIONS)
    assert messages
    assert all(f'"{message}"' in handler for message in messages)
