"""The function's code: the package without the command line, and what it carries, copied from this environment.

Nothing is downloaded and no Docker is needed: what the function carries is pure Python, pinned, and installed here
already. What is not installed as pinned is refused, so that what is deployed is what was tested.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii

from stocktake.errors import StocktakeError

SOURCE = Path(__file__).parent.parent / "lambda_src"
NATIVE = (".so", ".pyd", ".dylib")


class BundleError(StocktakeError):
    """The function's code cannot be put together from what is installed here."""


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Lets CDK bundle by copying instead of in a container. Raises BundleError when made: later, when CDK calls back,
    an error would come out as JavaScript's."""

    def __init__(self) -> None:
        self._contents = contents()

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        write(self._contents, Path(output_dir))
        return True


def contents() -> dict[str, Path]:
    """Each file of the function's code, and where it is now. The same input gives the same files.

    Raises BundleError where a package is not installed as pinned, or is not pure Python.
    """
    files: dict[str, Path] = {}
    for name, version in pinned():
        files.update(files_of(installed(name, version)))
    for path in sorted((SOURCE / "stocktake").rglob("*.py")):
        relative = path.relative_to(SOURCE)
        if relative.parts[1] not in ("cli", "__main__.py"):
            files[relative.as_posix()] = path
    return files


def write(files: dict[str, Path], target: Path) -> None:
    for inside, path in files.items():
        copy = target / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)  # whatever the umask: the function's user owns none of them and must read them all


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


def files_of(package: Distribution) -> Iterator[tuple[str, Path]]:
    """A package's own files: no scripts, no bytecode, no record of how it came here."""
    if not package.files:  # some systems' packages keep no record
        raise BundleError(f"{package.name} does not say what its files are; pip install -r requirements.txt")
    for path in sorted(package.files, key=str):
        if ".." in path.parts or path.suffix == ".pyc":
            continue
        if path.suffix in NATIVE:
            raise BundleError(f"{package.name} is not pure Python: {path}")
        if path.parent.suffix == ".dist-info" and path.name != "METADATA":
            continue
        yield path.as_posix(), Path(str(path.locate()))
