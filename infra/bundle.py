"""The function's code: the package without the command line, and what it carries, copied from this environment.

Nothing is downloaded and no Docker is needed: what the function carries is pure Python, pinned, and installed here
already. What is not installed as pinned is refused, so that what is deployed is what was tested.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Any

import aws_cdk as cdk
import jsii

SOURCE = Path(__file__).parent.parent / "lambda_src"
NATIVE = (".so", ".pyd", ".dylib")


class BundleError(Exception):
    pass


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Lets CDK bundle with `write` instead of a container."""

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        write(Path(output_dir))
        return True


def write(target: Path) -> None:
    """Writes the function's code to a directory. The same input gives the same files.

    Raises BundleError where a package is not installed as pinned, or is not pure Python.
    """
    for name, version in pinned():
        for inside, path in files_of(installed(name, version)):
            copy(path, target / inside)
    for path in sorted((SOURCE / "stocktake").rglob("*.py")):
        relative = path.relative_to(SOURCE)
        if relative.parts[1] not in ("cli", "__main__.py"):
            copy(path, target / relative)


def pinned() -> list[tuple[str, str]]:
    lines = (SOURCE / "requirements.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return [(name, version) for name, version in pairs]


def installed(name: str, version: str) -> Distribution:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise BundleError(f"{name}=={version} is not installed; pip install -r requirements.txt") from None
    if found.version != version:
        raise BundleError(
            f"{name} {found.version} is installed, lambda_src/requirements.txt asks for {version}; "
            "pip install -r requirements.txt"
        )
    return found


def files_of(package: Distribution) -> Iterator[tuple[PurePosixPath, Path]]:
    """A package's own files: no scripts, no bytecode, no record of how it came here."""
    for path in sorted(package.files or (), key=str):
        if ".." in path.parts or path.suffix == ".pyc":
            continue
        if path.suffix in NATIVE:
            raise BundleError(f"{package.name} is not pure Python: {path}")
        if path.parent.suffix == ".dist-info" and path.name != "METADATA":
            continue
        yield path, Path(str(path.locate()))


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
