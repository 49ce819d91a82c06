"""The function's code: the package without the command line, and what it carries, copied from this environment.

Nothing is downloaded and no Docker is needed: what the function carries is pure Python, pinned, and installed here
already. What is not installed as pinned is refused, so that what is deployed is what was tested.

Of botocore's data, nine tenths of what is installed, the function carries what its calls need: the services that it
calls, their operations that it calls, and no documentation. Every cold start reads it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from botocore.loaders import Loader

from stocktake.catalog import CATALOG, DISCOVERY
from stocktake.errors import StocktakeError, listed

SOURCE = Path(__file__).parent.parent / "lambda_src"
NATIVE = (".so", ".pyd", ".dylib")
PAGES = (".css", ".js")
"""Of web pages and browsers: Powertools' viewer of OpenAPI alone would be a fifth of what is carried."""

ANY_OPERATION = ("events", "organizations", "s3", "sts")
"""Services that are called for no row, and so of whose operations no table says which are called: which accounts, as
whom, what is stored, and telling others of it."""

DATA = "botocore/data"
MODEL = "service-2"
READ = (MODEL, "endpoint-rule-set-1", "paginators-1")
"""What botocore reads of a service that neither waits nor documents itself."""

DOCUMENTATION = {"documentation", "documentationUrl"}
NAMED = {"members", "operations", "parameters", "shapes"}
"""Where a model's own names stand as keys: one of them may be `documentation`."""
AS_IT_IS = {"clientContextParams"}
"""Of these botocore asks for the documentation."""

File = Path | bytes
"""A file to copy, or what stands in one."""


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


def contents() -> dict[str, File]:
    """Each file of the function's code: what it is called there, and what it is. The same input gives the same files.

    Raises BundleError where a package is not installed as pinned or is not pure Python, and where botocore does not
    know a call.
    """
    files: dict[str, File] = {}
    for name, version in pinned():
        package = dict(files_of(installed(name, version)))
        files |= {inside: path for inside, path in package.items() if not inside.startswith(f"{DATA}/")}
        if f"{DATA}/endpoints.json" in package:
            files |= _data(package[f"{DATA}/endpoints.json"].parent)
    for path in sorted((SOURCE / "stocktake").rglob("*.py")):
        relative = path.relative_to(SOURCE)
        if relative.parts[1] not in ("cli", "__main__.py"):
            files[relative.as_posix()] = path
    return files


def write(files: Mapping[str, File], target: Path) -> None:
    for inside, file in files.items():
        copy = target / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file if isinstance(file, bytes) else file.read_bytes())
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
        if ".." in path.parts or path.suffix in (".pyc", *PAGES):
            continue
        if path.suffix in NATIVE:
            raise BundleError(f"{package.name} is not pure Python: {path}")
        if path.parent.suffix == ".dist-info" and path.name != "METADATA":
            continue
        yield path.as_posix(), Path(str(path.locate()))


def calls() -> dict[str, set[str] | None]:
    """The services that the function calls, by botocore's names, and their operations; None where any may be called."""
    called: dict[str, set[str] | None] = dict.fromkeys(ANY_OPERATION)
    for service, operation in (*in_rows(), *(action.split(":") for action in DISCOVERY)):
        operations = called.setdefault(service, set())
        if operations is not None:
            operations.add(operation)
    return dict(sorted(called.items()))


def in_rows() -> Iterator[tuple[str, str]]:
    """Each call of each row: a service and an operation."""
    for row in CATALOG.values():
        for call in row.every_call():
            yield row.service_of(call), call.operation


@cache
def _data(directory: Path) -> dict[str, bytes]:
    """What the catalogue's calls need, put together once."""
    return data_of(directory, calls())


def data_of(directory: Path, called: Mapping[str, set[str] | None]) -> dict[str, bytes]:
    """What botocore reads of its own data, which is in `directory`, to make these calls. Chosen and put together by its
    own loader; as JSON that is not compressed, which is read no slower, is no larger in the function's zip, and does
    not depend on the machine's zlib.

    Raises BundleError for a service or an operation that botocore has not.
    """
    loader = Loader(extra_search_paths=[str(directory)], include_default_search_paths=False)
    read = {path.name: loader.load_data(path.stem) for path in sorted(directory.glob("*.json"))}
    names = set(called)
    for service, operations in called.items():
        for kind in READ:
            if service not in loader.list_available_services(kind):
                if kind == MODEL:
                    raise BundleError(f"botocore has no service {service}, which the function calls")
                continue
            document = loader.load_service_model(service, kind)
            if kind == MODEL:
                names.add(document["metadata"]["endpointPrefix"])
            if kind == MODEL and operations is not None:
                _keep(document, service, operations)
            read[f"{service}/{loader.determine_latest_version(service, kind)}/{kind}.json"] = undocumented(document)
    for partition in read["endpoints.json"]["partitions"]:
        partition["services"] = {name: one for name, one in partition["services"].items() if name in names}
    return {f"{DATA}/{name}": json.dumps(document, separators=(",", ":")).encode() for name, document in read.items()}


def undocumented(model: Any, *, named: bool = False) -> Any:
    """A model without its documentation. `named`: the keys of this object are names of the model's own."""
    if isinstance(model, list):
        return [undocumented(one) for one in model]
    if not isinstance(model, dict):
        return model
    return {
        key: value if key in AS_IT_IS and not named else undocumented(value, named=key in NAMED and not named)
        for key, value in model.items()
        if named or key not in DOCUMENTATION
    }


def _keep(model: dict[str, Any], service: str, operations: set[str]) -> None:
    """Takes the other operations out of a service's model, and the shapes that only they have."""
    unknown = operations - model["operations"].keys()
    if unknown:
        raise BundleError(f"botocore's {service} has no {listed(sorted(unknown))}, which the function calls")
    model["operations"] = {name: one for name, one in model["operations"].items() if name in operations}
    kept: set[str] = set()
    found = set(_shapes(model["operations"]))
    while found - kept:
        name = (found - kept).pop()
        kept.add(name)
        found.update(_shapes(model["shapes"][name]))
    model["shapes"] = {name: one for name, one in model["shapes"].items() if name in kept}


def _shapes(of: Any) -> Iterator[str]:
    """The names of the shapes that are referred to."""
    if isinstance(of, dict):
        if isinstance(of.get("shape"), str):
            yield of["shape"]
        for inner in of.values():
            yield from _shapes(inner)
    elif isinstance(of, list):
        for inner in of:
            yield from _shapes(inner)
