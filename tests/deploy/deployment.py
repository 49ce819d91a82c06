"""The stack on an AWS of its own, by the commands that people use: `cdk`, `aws`, `stocktake`."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from demo.server import HOST, REGION, SECONDS_TO_STOP, MotoServer
from infra.node import cdk, environment
from tests.deploy.tools import AWS

ROOT = Path(__file__).parent.parent.parent
ACCOUNT = "123456789012"
STACK = "Stocktake"


class ExtendedServer(MotoServer):
    """moto with all that the stack is made of, its function running; on that processor alone where one is given."""

    def __init__(self, cpu: int | None = None) -> None:
        self.program = ("-m", "tests.deploy.aws", "all" if cpu is None else str(cpu))

    def said(self) -> str:
        """The end of its log, without the requests."""
        return "\n".join(line for line in self._end_of_log(100_000).splitlines() if " - - [" not in line)

    def _stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()  # upon which it ends what it has started, and itself
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_STOP)
        super()._stop()


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Invoked:
    """What `aws lambda invoke` showed: `error` is the header FunctionError, `log` the end of what was logged."""

    answer: Any
    error: str | None
    log: str


@dataclass
class Deployment:
    """One AWS, one account, one region, and a home that no configuration of the machine's lies in."""

    server: ExtendedServer
    home: Path
    way_out: str
    """A proxy that everything that is not on this machine is asked of."""
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Other than the server's own, where calls need permission."""

    def environment(self) -> dict[str, str]:
        """For every command: nothing of the machine's AWS, CDK or Stocktake, and the way to this server."""
        kept = {name: value for name, value in environment().items() if not _ours(name)}
        return {
            **kept,
            **self.server.environment(),
            **self.credentials,
            # moto knows its own templates' addresses by this name.
            "AWS_ENDPOINT_URL": self.server.url.replace(HOST, "localhost"),
            "AWS_MAX_ATTEMPTS": "1",
            "CDK_HOME": str(self.home / "cdk"),
            "HOME": str(self.home),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.way_out),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def client(self, service: str) -> Any:
        keys = self.server.environment() | dict(self.credentials)
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name=REGION,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
        )

    def run(self, command: Sequence[str], directory: Path = ROOT, **more: str) -> Ran:
        done = subprocess.run(
            command, cwd=directory, env=self.environment() | more, capture_output=True, text=True, timeout=300
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def cdk(self, *arguments: str, tree: Path = ROOT) -> Ran:
        """The real one, in the repository or in a copy of it."""
        ran = self.run([*cdk(), *arguments, "--output", str(self.home / "cdk.out"), "--no-color"], tree)
        assert ran.code == 0, ran.out + ran.err + self.server.said()
        return ran

    def deploy(self, context: Mapping[str, str], tree: Path = ROOT, stack: str = STACK) -> dict[str, str]:
        """Answers the stack's outputs."""
        self.cdk("deploy", "--require-approval", "never", "--ci", *chosen(context), tree=tree)
        (made,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}

    def template(self) -> dict[str, Any]:
        """What was synthesised last."""
        template: dict[str, Any] = json.loads((self.home / "cdk.out" / f"{STACK}.template.json").read_text())
        return template

    def aws(self, *arguments: str) -> Ran:
        """The real one."""
        return self.run([str(AWS), *arguments])

    def invoke(self, function: str, event: Any) -> Invoked:
        sent, answer = self.home / "event.json", self.home / "out.json"
        sent.write_text(event if isinstance(event, str) else json.dumps(event))
        answer.unlink(missing_ok=True)
        shown = self.aws(
            *("lambda", "invoke", "--function-name", function, "--payload", f"fileb://{sent}"),
            *("--log-type", "Tail", "--cli-read-timeout", "900"),
            *("--query", "[FunctionError,LogResult]", "--output", "json", str(answer)),
        ).json()
        log = base64.b64decode(shown[1]).decode(errors="replace")
        return Invoked(json.loads(answer.read_text()), shown[0], log)

    def stocktake(self, *arguments: str) -> Ran:
        """The real one."""
        return self.run([sys.executable, "-m", "stocktake", *arguments])


def chosen(context: Mapping[str, str]) -> list[str]:
    """The command line's way to say it."""
    return [part for name, value in context.items() for part in ("-c", f"stocktake:{name}={value}")]


def _ours(name: str) -> bool:
    return name.startswith(("AWS_", "STOCKTAKE_", "MOTO_", "PYTEST"))
