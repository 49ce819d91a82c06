"""The README's section on deploying, to the letter: its commands at a terminal, answered by somebody who types yes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.deploy.conftest import HERE, say
from tests.deploy.deployment import ROOT, STACK, Deployment, ExtendedServer
from tests.loopback import Loopback

pytestmark = pytest.mark.deploy

PROFILE = "operator"
SECONDS = 300.0
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
QUESTION = b"Type yes to go on"


def commands(heading: str) -> str:
    """The first commands under a heading of the README."""
    section = (ROOT / "README.md").read_text().split(f"\n{heading}\n")[1]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block
    return block[1]


@pytest.fixture(scope="module")
def fresh(_no_network: None, outside: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """An AWS in which nobody has ever deployed anything, and credentials in a profile."""
    with ExtendedServer() as server:
        made = Deployment(server, Path(tmp_path_factory.mktemp("readme")), way_out=outside.url)
        keys = {name.lower(): value for name, value in server.environment().items() if "KEY" in name}
        (made.home / ".aws").mkdir()
        (made.home / ".aws" / "credentials").write_text(
            f"[{PROFILE}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items())
        )
        yield made


def typed(deployment: Deployment, script: str, answer: bytes) -> tuple[int, str, int]:
    """Runs a script at a terminal and answers each question: its exit code, what was shown, how often it asked."""
    environment = {
        name: value for name, value in deployment.environment().items() if "KEY" not in name and "REGION" not in name
    }
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        ["bash", "-e", "-c", script], cwd=ROOT, env=environment, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    shown, asked = b"", 0
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            if not select.select([leader], [], [], 1)[0]:
                continue
            try:
                shown += os.read(leader, 65536)
            except OSError:  # the other end is closed: the script has ended
                break
            if shown.count(QUESTION) > asked:
                asked += 1
                os.write(leader, answer + b"\n")
        plain = COLOURS.sub("", shown.decode(errors="replace").replace("\r\n", "\n"))
        return running.wait(SECONDS), plain, asked
    finally:
        running.kill()
        os.close(leader)


def followed(deployment: Deployment, script: str, answer: bytes = b"yes") -> tuple[int, str, int]:
    return typed(deployment, script.replace("AWS_PROFILE=…", f"AWS_PROFILE={PROFILE}"), answer)


def test_nothing_is_made_unless_yes_is_typed(fresh: Deployment) -> None:
    say("make deploy, answered with no")
    code, shown, asked = followed(fresh, commands("## Deploy it"), b"no")
    assert (code != 0, asked) == (True, 1), shown
    assert "$" in shown
    assert "AWS::Lambda::Function" in shown
    assert [one["StackName"] for one in _stacks(fresh)] == []


def test_the_commands_of_the_readme_deploy_the_stack_and_its_outputs_are_those_of_the_readme(fresh: Deployment) -> None:
    say("make deploy, answered with yes")
    script = commands("## Deploy it")
    code, shown, asked = followed(fresh, script)
    assert code == 0, shown
    assert asked == 2, "the CDK's bootstrap, and the stack"
    assert {one["StackName"] for one in _stacks(fresh)} == {"CDKToolkit", STACK}
    section = (ROOT / "README.md").read_text().split("\n## Deploy it\n")[1].split("\n### ")[0]
    told = re.findall(rf"^({STACK}\.\w+) = ", section, re.MULTILINE)
    assert told
    assert [name for name in told if f"{name} = " not in shown] == [], shown


def test_a_run_by_hand_is_taken_and_read_as_the_deployment_says_at_its_end(fresh: Deployment) -> None:
    say("make deploy again, with other settings: an upgrade")
    exports = commands("## Deploy it").splitlines()[0]
    chosen = "stocktake:inventories=" + _json(HERE)
    code, shown, _ = followed(fresh, f"{exports}\nexport CONTEXT='{chosen}'\nmake deploy")
    assert code == 0, shown
    assert "What changes in the stack" in shown
    store = re.search(rf"{STACK}\.Store = (\S+)", shown)
    assert store
    aws = str(ROOT / ".venv-deploy" / "bin")
    by_hand = commands("## Take a run by hand").splitlines()[0]
    code, shown, _ = followed(fresh, f"{exports}\ncd '{fresh.home}'\nPATH={aws}:$PATH {by_hand}")
    assert code == 0, shown
    assert "FunctionError" not in shown, (fresh.home / "out.json").read_text()
    read = f"{ROOT}/.venv/bin/stocktake show --store {store[1]}"
    code, shown, _ = followed(fresh, f"{exports}\n{read}")
    assert code == 0, shown
    assert shown.startswith("COMPLETE  100 %"), shown


def test_make_destroy_asks_and_leaves_the_snapshots(fresh: Deployment) -> None:
    say("make destroy")
    exports = commands("## Deploy it").splitlines()[0]
    code, shown, asked = followed(fresh, f"{exports}\nmake destroy")
    assert (code, asked) == (0, 1), shown
    assert {one["StackName"] for one in _stacks(fresh)} == {"CDKToolkit"}
    buckets = [one["Name"] for one in fresh.client("s3").list_buckets()["Buckets"]]
    assert [name for name in buckets if name.startswith("stocktake-snapshots")]


def _stacks(deployment: Deployment) -> list[dict[str, str]]:
    client = boto3.client(
        "cloudformation",
        endpoint_url=deployment.server.url,
        region_name="eu-west-1",
        aws_access_key_id="the-test",
        aws_secret_access_key="the-test",
    )
    found: list[dict[str, str]] = client.describe_stacks()["Stacks"]
    return found


def _json(inventory: object) -> str:
    return json.dumps({"default": inventory})
