"""The function's code: what is in it, that it is always the same, and that it needs nothing besides."""

from __future__ import annotations

import ast
import compileall
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointVariantError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.regions import EndpointResolver
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.bundle import (
    ANY_OPERATION,
    DATA,
    READ,
    SOURCE,
    BundleError,
    LocalBundling,
    calls,
    contents,
    data_of,
    pinned,
    undocumented,
    write,
)
from infra.storage import DATED, REPLACED
from stocktake.aws import FIRST
from stocktake.catalog import CATALOG
from tests.catalog.lint import IAM_PREFIXES
from tests.infra.conftest import BUCKET, REGION, Estate, Synthesised, Template
from tools import bundle as tool
from tools.bundle import Cold, digest, packed

ROOT = SOURCE.parent
ALONE = Path(__file__).with_name("alone.py")
WITH_BUNDLE = Path(__file__).with_name("with_bundle.py")
COMMAND_LINE = {"click", "rich"}
# What pip, for one, chooses by when it installs for the function.
LAMBDA = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "implementation_name": "cpython",
    "implementation_version": "3.13.0",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "platform_machine": "aarch64",
    "sys_platform": "linux",
    "os_name": "posix",
    "extra": "",
}
SCHEDULED = "2026-11-22T13:00:00Z"
ENFORCED = ["AWS::DynamoDB::Table", "AWS::EC2::Instance", "AWS::EC2::VPC", "AWS::SQS::Queue"]
MOST_BYTES = 250 * 1024**2  # of a function's code, unzipped (Lambda quotas)
MOST_BYTES_ZIPPED = 8 * 10**6
CALLED = calls()


def files(directory: Path) -> dict[str, str]:
    """Each file and its hash."""
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="session")
def bundle(synthesised: Synthesised) -> dict[str, str]:
    return files(synthesised.asset)


# --- what is in it ---


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_what_is_written_is_the_same_every_time(umask: int, bundle: dict[str, str], tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write(contents(), tmp_path / "again")
    finally:
        os.umask(before)
    assert files(tmp_path / "again") == bundle
    # The CDK's CLI takes the modes over into the zip file, and the function's user owns none of its files.
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_it_does_not_matter_whether_the_sources_have_been_run(bundle: dict[str, str]) -> None:
    assert compileall.compile_file(SOURCE / "stocktake" / "model.py", quiet=1)
    assert list(SOURCE.rglob("*.pyc"))
    assert [name for name in (*bundle, *contents()) if name.endswith(".pyc") or "__pycache__" in name] == []


def test_it_carries_the_package_as_it_is_without_the_command_line(bundle: dict[str, str]) -> None:
    ours = {name: digest for name, digest in bundle.items() if name.startswith("stocktake/")}
    source = {name: digest for name, digest in files(SOURCE).items() if name.startswith("stocktake/")}
    assert ours.items() <= source.items()
    left_out = {name.split("/")[1] for name in source.keys() - ours.keys() if name.endswith(".py")}
    assert left_out == {"cli", "__main__.py"}


def test_it_carries_nothing_native(bundle: dict[str, str], synthesised: Synthesised) -> None:
    assert [name for name in bundle if Path(name).suffix in (".so", ".pyd", ".dylib", ".dll", ".exe", ".a")] == []
    for name in bundle:
        with (synthesised.asset / name).open("rb") as opened:
            assert opened.read(4) not in (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"), name


def test_it_carries_no_links(synthesised: Synthesised) -> None:
    assert [path for path in synthesised.asset.rglob("*") if path.is_symlink()] == []


def test_it_carries_no_tests_scripts_or_records_of_how_it_came_here(bundle: dict[str, str]) -> None:
    folders = {part for name in bundle for part in Path(name).parts[:-1]}
    assert folders & {"test", "tests", "bin", "infra", "demo", *COMMAND_LINE} == set()
    names = {Path(name).name for name in bundle}
    assert names & {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "entry_points.txt"} == set()
    assert [name for name in names if name.startswith("test_") or name.endswith((".pth", ".egg-link"))] == []


def test_it_carries_what_is_pinned_and_says_so(bundle: dict[str, str]) -> None:
    described = {name.split("/")[0] for name in bundle if ".dist-info/" in name}
    versions = {tuple(folder.removesuffix(".dist-info").split("-")) for folder in described}
    assert {(canonicalize_name(name), version) for name, version in versions} == set(pinned())
    for folder in described:
        assert f"{folder}/METADATA" in bundle


def test_besides_python_it_carries_what_is_read_and_no_more(bundle: dict[str, str]) -> None:
    others = {name for name in bundle if not name.endswith((".py", "/METADATA", "/py.typed"))}
    others -= {name for name in others if "/licenses/" in name}
    assert {name for name in others if not name.startswith(f"{DATA}/")} == {
        "botocore/cacert.pem",
        "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
    }


def test_it_is_no_larger_than_lambda_takes(bundle: dict[str, str], synthesised: Synthesised) -> None:
    assert sum((synthesised.asset / name).stat().st_size for name in bundle) < MOST_BYTES


def test_zipped_it_stays_under_8_mb(zipped: bytes) -> None:
    assert len(zipped) < MOST_BYTES_ZIPPED


@pytest.fixture(scope="session")
def zipped() -> bytes:
    return packed(contents())


def test_the_zip_is_the_same_every_time(zipped: bytes, bundle: dict[str, str]) -> None:
    files = contents()
    assert packed(dict(reversed(files.items()))) == zipped
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        entries = archive.infolist()
        read = {entry.filename: hashlib.sha256(archive.read(entry)).hexdigest() for entry in entries}
    assert read == bundle
    assert [entry.filename for entry in entries] == sorted(bundle)
    assert {(entry.date_time, entry.create_system, entry.external_attr) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 3, 0o100644 << 16)
    }


def test_another_process_puts_the_same_together() -> None:
    """In whatever order its sets are."""
    code = "from tools.bundle import *; print(digest(contents()))"
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest(contents())


# --- what is left of botocore's data ---


@pytest.fixture(scope="session")
def carried(synthesised: Synthesised) -> Loader:
    """Reads the data that the function carries, and no other."""
    return Loader(extra_search_paths=[str(synthesised.asset / DATA)], include_default_search_paths=False)


@pytest.fixture(scope="session")
def whole() -> Loader:
    """Reads the data that is installed."""
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def removed(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Where something was and is not any more, and what. Everything else has to be as it was, and in the same order."""
    if isinstance(before, dict):
        assert list(after) == [key for key in before if key in after], path
        for key, value in before.items():
            if key in after:
                yield from removed(value, after[key], (*path, key))
            else:
                yield (*path, key), value
    elif isinstance(before, list):
        assert len(after) == len(before), path
        for one, other in zip(before, after, strict=True):
            yield from removed(one, other, (*path, "[]"))
    else:
        assert (type(after), after) == (type(before), before), path


every_service = pytest.mark.parametrize("service", CALLED)


def test_it_carries_the_services_that_are_called_and_no_others(carried: Loader) -> None:
    assert carried.list_available_services("service-2") == sorted(CALLED)
    assert {row.service_of(call) for row in CATALOG.values() for call in row.every_call()} <= set(CALLED)


@every_service
def test_of_a_model_only_documentation_and_what_is_not_called_is_missing(
    service: str, carried: Loader, whole: Loader
) -> None:
    before, after = (loader.load_service_model(service, "service-2") for loader in (whole, carried))
    assert carried.list_api_versions(service, "service-2") == [whole.determine_latest_version(service, "service-2")]
    operations = CALLED[service]
    assert set(after["operations"]) == (set(before["operations"]) if operations is None else operations)
    gone = dict(removed(before, after))
    words = {
        path: value for path, value in gone.items() if not (len(path) == 2 and path[0] in ("operations", "shapes"))
    }
    assert {path[-1] for path in words} <= {"documentation", "documentationUrl"}
    assert all(isinstance(value, str) for value in words.values())
    assert words


@every_service
def test_every_shape_of_a_call_is_there(service: str, carried: Loader, whole: Loader) -> None:
    """The models as botocore reads them, member by member."""
    models = [ServiceModel(loader.load_service_model(service, "service-2"), service) for loader in (whole, carried)]
    assert models[0].client_context_parameters == models[1].client_context_parameters
    seen: set[str] = set()

    def same(before: Any, after: Any) -> None:
        if before is None or after is None:
            assert before is after
            return
        told = [(shape.name, shape.type_name, shape.metadata, shape.serialization) for shape in (before, after)]
        assert told[0] == told[1]
        if before.name in seen:
            return
        seen.add(before.name)
        if before.type_name == "structure":
            assert list(before.members) == list(after.members)
            for name, member in before.members.items():
                same(member, after.members[name])
        elif before.type_name == "list":
            same(before.member, after.member)
        elif before.type_name == "map":
            same(before.key, after.key)
            same(before.value, after.value)
        else:
            assert before.type_name != "string" or before.enum == after.enum

    for name in models[1].operation_names:
        before, after = (model.operation_model(name) for model in models)
        same(before.input_shape, after.input_shape)
        same(before.output_shape, after.output_shape)
        assert len(before.error_shapes) == len(after.error_shapes)
        for one, other in zip(before.error_shapes, after.error_shapes, strict=True):
            same(one, other)
        assert (before.auth_type, before.http, before.endpoint) == (after.auth_type, after.http, after.endpoint)
    assert seen


@every_service
def test_pages_and_endpoint_rules_are_botocores(service: str, carried: Loader, whole: Loader) -> None:
    for kind in READ[1:]:
        gone = dict(removed(*(loader.load_service_model(service, kind) for loader in (whole, carried))))
        assert {path[-1] for path in gone} <= {"documentation"}, kind


def test_what_is_of_no_service_is_botocores(carried: Loader, whole: Loader) -> None:
    names = {path.stem for path in Path(Loader.BUILTIN_DATA_PATH).glob("*.json")}
    assert {"endpoints", "partitions", "_retry", "sdk-default-configuration"} <= names
    for name in names - {"endpoints"}:
        gone = dict(removed(whole.load_data(name), carried.load_data(name)))
        assert {path[-1] for path in gone} <= {"documentation"}, name


@every_service
def test_endpoints_are_found_as_ever_in_every_region(service: str, carried: Loader, whole: Loader) -> None:
    lists = [EndpointResolver(loader.load_data("endpoints"), uses_builtin_data=True) for loader in (whole, carried)]
    rules = [
        EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions"))
        for loader in (whole, carried)
    ]
    model = carried.load_service_model(service, "service-2")
    asked = contexts(model)
    prefix = model["metadata"]["endpointPrefix"]
    regions = 0
    for partition in whole.load_data("endpoints")["partitions"]:
        for name in {service, prefix}:
            for global_ones in (False, True):
                before, after = (
                    one.get_available_endpoints(name, partition["partition"], allow_non_regional=global_ones)
                    for one in lists
                )
                assert before == after
        for region in partition["regions"]:
            for name in {service, prefix}:
                for tags in ([], ["fips"], ["dualstack"]):
                    before, after = (found(one.construct_endpoint, name, region, tags) for one in lists)
                    assert before == after
            regions += 1
        # Rules and partitions are held to botocore's above: a region of each partition shows that they are enough.
        for context in asked:
            before, after = (one.resolve_endpoint(Region=region, **context).url for one in rules)
            assert before == after
    assert regions > 30


def contexts(model: Any) -> list[dict[str, Any]]:
    """What a service's rules are asked with besides the region, once for all operations that ask with the same."""
    found: list[dict[str, Any]] = []
    for operation in model["operations"].values():
        said = operation.get("staticContextParams", {})
        context = {"AccountId": "111111111111"} | {name: one["value"] for name, one in said.items()}
        found += [context] if context not in found else []
    return found


def found(construct: Callable[..., Any], service: str, region: str, tags: list[str]) -> Any:
    try:
        return construct(service, region, use_fips_endpoint="fips" in tags, use_dualstack_endpoint="dualstack" in tags)
    except EndpointVariantError as error:
        return str(error)


def test_a_name_of_the_models_own_may_be_documentation() -> None:
    model = {
        "documentation": "words",
        "operations": {"documentation": {"name": "documentation", "documentation": "words", "errors": []}},
        "shapes": {
            "documentationUrl": {"type": "string", "documentation": "words"},
            "members": {
                "type": "structure",
                "required": ["documentation"],
                "members": {
                    "documentation": {"shape": "documentationUrl", "documentation": "words"},
                    "documentationUrl": {"shape": "documentationUrl", "documentationUrl": "words"},
                    "members": {"shape": "members", "documentation": "words"},
                },
                "documentation": "words",
            },
        },
    }
    assert undocumented(model) == {
        "operations": {"documentation": {"name": "documentation", "errors": []}},
        "shapes": {
            "documentationUrl": {"type": "string"},
            "members": {
                "type": "structure",
                "required": ["documentation"],
                "members": {
                    "documentation": {"shape": "documentationUrl"},
                    "documentationUrl": {"shape": "documentationUrl"},
                    "members": {"shape": "members"},
                },
            },
        },
    }


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ({"nonsense": None}, "botocore has no service nonsense, which the function calls"),
        ({"ec2": {"DescribeNonsense"}}, "botocore's ec2 has no DescribeNonsense, which the function calls"),
    ],
)
def test_a_call_that_botocore_does_not_know_is_refused_in_a_sentence(
    called: dict[str, set[str] | None], said: str
) -> None:
    with pytest.raises(BundleError) as refused:
        data_of(Path(Loader.BUILTIN_DATA_PATH), called)
    assert str(refused.value) == said


def test_every_call_that_the_source_names_can_be_made() -> None:
    """Rows are data; what is called besides stands in the source by its name."""
    named = set(literals())
    assert {("sts", "AssumeRole"), ("organizations", "ListAccounts"), ("ec2", "DescribeRegions"), ("s3", "")} <= named
    assert set(FIRST) <= set(CALLED)
    for service, operation in named:
        assert service in CALLED, service
        operations = CALLED[service]
        assert operation in ("", *(operations or (operation,))), (service, operation)
        assert operation or service in ANY_OPERATION, f"{service}: which of its operations are called, nothing says"


def literals() -> Iterator[tuple[str, str]]:
    """The services, and their operations, of requests that are written out, and services that a client is made of."""
    for path in sorted((SOURCE / "stocktake").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            match name, [one.value if isinstance(one, ast.Constant) else None for one in node.args]:
                case "Request", [str(service), str(operation), *_]:
                    yield service, operation
                case "create_client" | "_client" | "client", [str(service), *_]:
                    yield service, ""


def test_every_service_that_the_role_may_call_is_there(template: Template, carried: Loader) -> None:
    names = set()
    for service in CALLED:
        metadata = carried.load_service_model(service, "service-2")["metadata"]
        names |= {service, metadata["endpointPrefix"], metadata.get("signingName", service)}
        names |= {IAM_PREFIXES.get(service, service)}
    role = template.one("AWS::Lambda::Function")[1]["Role"].removeprefix("arn:")
    allowed = {action for one in template.statements(role) if one["Effect"] == "Allow" for action in one["Action"]}
    assert allowed
    assert {action.split(":")[0] for action in allowed} <= names


# --- what make bundle says ---


def test_it_says_what_it_wrote_and_what_the_trimming_gives(
    zipped: bytes,
    bundle: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    starts: list[Path] = []

    def start(code: Path) -> Cold:
        starts.append(code)
        assert len(list((code / DATA).iterdir())) > len(CALLED)
        slow = 1.0 if code.name == "code" else 2.0
        return Cold(slow * len(starts), slow * 3, slow * 50)

    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "OUT", tmp_path / "out")
    monkeypatch.setattr(tool, "start", start)
    (tmp_path / "out" / "code" / "stale").mkdir(parents=True)
    tool.main(["--rounds", "3"])
    assert files(tmp_path / "out" / "code") == bundle
    assert (tmp_path / "out" / "stocktake.zip").read_bytes() == zipped
    assert not (tmp_path / "out" / "code" / "stale").exists()
    assert (len(starts), starts[::2], len(set(starts))) == (8, [tmp_path / "out" / "code"] * 4, 2)
    said = capsys.readouterr().out
    assert hashlib.sha256(zipped).hexdigest() in said
    assert digest(contents()) in said
    lines = {line[:34].strip(): line[34:].replace(",", "").split() for line in said.splitlines()[1:7]}
    assert int(lines["files"][0]) == len(bundle) < int(lines["files"][1])
    assert float(lines["zip, MB"][0]) == round(len(zipped) / 1e6, 2)
    # The first round, of starts 1 and 2, is not counted: carried 3, 5, 7 s and whole 8, 12, 16 s.
    assert lines["import of the handler, CPU s"] == ["5.000", "12.000", "0.42"]
    assert lines["making every client, CPU s"] == ["3.000", "6.000", "0.50"]
    assert lines["most memory by then, MB"] == ["50.0", "100.0", "0.50"]


def test_a_start_makes_every_client_and_leaves_nothing_behind(
    synthesised: Synthesised, bundle: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = tool.start(synthesised.asset)
    assert cold.importing > 0
    assert cold.clients > 0
    assert cold.memory > 10
    assert files(synthesised.asset) == bundle
    monkeypatch.setattr(tool, "calls", lambda: ["nonsense"])
    with pytest.raises(subprocess.CalledProcessError):
        tool.start(synthesised.asset)


def test_as_many_starts_as_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tool.main(["--rounds", "0"])
    assert "--rounds 0: it has to be started at least once" in capsys.readouterr().err


# --- what is pinned ---


def requirements(package: str) -> Iterator[Requirement]:
    for line in distribution(package).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(LAMBDA):
            yield requirement


def test_what_is_pinned_is_all_that_the_function_needs_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(line) for line in project["dependencies"]]
    versions = dict(pinned())
    needed: set[str] = set()
    while asked:
        requirement = asked.pop()
        name = canonicalize_name(requirement.name)
        if name in COMMAND_LINE:
            continue
        assert name in versions, f"{requirement} is not pinned"
        assert requirement.specifier.contains(versions[name]), f"{requirement}, but {versions[name]} is pinned"
        assert not requirement.extras
        if name not in needed:
            needed.add(name)
            asked += requirements(name)
    assert needed == set(versions)


def test_what_is_pinned_is_what_the_lock_installs() -> None:
    lock = {line.split(" ")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    assert {f"{name}=={version}" for name, version in pinned()} <= lock


# --- what is refused ---


class Changed(Distribution):
    """An installed package that is not quite as it was."""

    def __init__(self, package: Distribution, **differences: Any) -> None:
        self._package, self._differences = package, differences

    def read_text(self, filename: str) -> str | None:
        return self._package.read_text(filename)

    def locate_file(self, path: str | os.PathLike[str]) -> Any:
        return self._package.locate_file(path)

    @property
    def version(self) -> str:
        return str(self._differences.get("version", self._package.version))

    @property
    def files(self) -> list[PackagePath] | None:
        if "without" in self._differences:
            return None
        return [*(self._package.files or ()), *self._differences.get("files", ())]


Change = Callable[..., None]


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Makes jmespath look otherwise than it is installed; with nothing, as if it were not."""

    def change(**differences: Any) -> None:
        def changed(name: str) -> Distribution:
            if name != "jmespath":
                return distribution(name)
            if not differences:
                raise PackageNotFoundError(name)
            return Changed(distribution(name), **differences)

        monkeypatch.setattr("infra.bundle.distribution", changed)

    return change


def located(name: str) -> PackagePath:
    path = PackagePath(name)
    path.dist = distribution("jmespath")
    return path


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ({}, "jmespath=={version} is not installed; pip install -r requirements.txt"),
        (
            {"version": "0.0.1"},
            "jmespath 0.0.1 is installed, lambda_src/requirements.txt asks for {version}; "
            "pip install -r requirements.txt",
        ),
        ({"without": "files"}, "jmespath does not say what its files are; pip install -r requirements.txt"),
        ({"files": [located("jmespath/_crt.so")]}, "jmespath is not pure Python: jmespath/_crt.so"),
        ({"files": [located("jmespath/_crt.pyd")]}, "jmespath is not pure Python: jmespath/_crt.pyd"),
    ],
    ids=["not installed", "another version", "no record", "native", "native on Windows"],
)
def test_what_is_not_installed_as_pinned_is_refused_in_a_sentence(
    differences: dict[str, Any], said: str, change: Change
) -> None:
    contents()
    change(**differences)
    with pytest.raises(BundleError) as refused:
        contents()
    assert str(refused.value) == said.format(version=dict(pinned())["jmespath"])


def test_it_is_refused_before_the_cdk_would_wrap_the_sentence_up(change: Change) -> None:
    change()
    with pytest.raises(BundleError):
        LocalBundling()


def test_scripts_and_bytecode_that_a_package_brings_are_left_out(change: Change, bundle: dict[str, str]) -> None:
    change(files=[located("../../../bin/jp.py"), located("jmespath/__pycache__/manager.cpython-313.pyc")])
    assert contents().keys() == bundle.keys()


# --- that it runs ---


@dataclass(frozen=True)
class Ran:
    """What the function answered, and what it had loaded by then."""

    answer: dict[str, Any]
    files: dict[str, str | None]
    path: list[str]
    calls: list[list[str]]
    logged: str


def run(synthesised: Synthesised, estate: Estate, types: list[str], report: Path, **credentials: str) -> Ran:
    """The deployed handler and its code, in an environment of nothing but the way to AWS and the store."""
    event = {"inventory": "default", "scheduled": SCHEDULED, "regions": [REGION, "global"], "types": types}
    function = synthesised.template.one("AWS::Lambda::Function")[1]
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-B", str(ALONE)),
            *(str(synthesised.asset), function["Handler"], json.dumps(event), str(report)),
        ],
        env=estate.server.environment() | {"STOCKTAKE_STORE": f"s3://{BUCKET}/{report.stem}"} | credentials,
        cwd=report.parent,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return Ran(**json.loads(report.read_text()), logged=done.stdout)


def test_the_asset_alone_takes_a_whole_inventory(
    synthesised: Synthesised, bundle: dict[str, str], estate: Estate, tmp_path: Path
) -> None:
    ran = run(synthesised, estate, sorted(estate.resources), tmp_path / "alone.json")

    assert (ran.answer["verdict"], ran.answer["coverage"], ran.answer["unseen"]) == ("complete", 1.0, [])
    assert ran.answer["by_type"] == estate.resources
    assert estate.resources.total() > 50
    assert any("_aws" in json.loads(line) for line in ran.logged.splitlines())

    listed = estate.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="alone/")["Contents"]
    keys = {one["Key"].removeprefix("alone/") for one in listed}
    assert ran.answer["manifest"] in keys
    assert {key for key in keys if not key.startswith((*DATED, *REPLACED))} == set()

    standard = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    for module, file in ran.files.items():
        if file is not None:
            path = Path(file).resolve()
            assert "site-packages" not in path.parts, module
            assert any(path.is_relative_to(place) for place in (synthesised.asset.resolve(), *standard)), module
    assert [entry for entry in ran.path if "site-packages" in entry or Path(entry) == ROOT] == []
    assert {(service, operation) for service, operation in ran.calls} == {
        (row.service_of(call), call.operation) for row in CATALOG.values() for call in row.every_call()
    }
    assert {f"stocktake.{name}" for name in ("handler", "pipeline", "catalog.ec2")} <= ran.files.keys()
    assert files(synthesised.asset) == bundle, "running leaves nothing behind"


def test_the_catalogues_suite_passes_with_what_the_function_carries(
    synthesised: Synthesised, bundle: dict[str, str], tmp_path: Path
) -> None:
    """Every row from its first request to its last line. Left out are the lint, as the tests above hold what it reads
    to be botocore's, and what is of no row."""
    suite = ["tests/catalog/test_rows_end_to_end.py", "tests/catalog/test_spec.py"]
    of_no_row = f"{suite[0]}::test_a_secret_inside_a_recursive_shape_is_redacted"
    asset = synthesised.asset.resolve()
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-B", str(WITH_BUNDLE), str(report)),
            *("-p", "no:cacheprovider", "-p", "no:xdist", "--deselect", of_no_row, *suite),
        ],
        env={"PYTHONPATH": os.pathsep.join([str(asset), str(ROOT)])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text())
    assert all(told["outcomes"].get(f"passed {name}", 0) > 10 for name in suite)
    assert all(outcome.startswith("passed ") for outcome in told["outcomes"])
    assert told["outcomes"][f"passed {suite[0]}"] >= 5 * len(CATALOG)
    ours = Counter(name.partition(".")[0] for name in told["files"])
    for package in ("botocore", "jmespath", "stocktake", "urllib3"):
        assert ours[package] > 1
    for name, file in told["files"].items():
        if file is not None and name.partition(".")[0] in {Path(inside.split("/")[0]).stem for inside in bundle}:
            assert Path(file).resolve().is_relative_to(asset), name
    assert files(synthesised.asset) == bundle, "running leaves nothing behind"


@pytest.fixture
def assume(template: Template, estate: Estate) -> Iterator[Callable[..., dict[str, str]]]:
    """Gives the credentials of a role with the function's policy, some of its statements left out; from then on, calls
    need permission. moto checks actions, though not resources; it takes a denial that excepts some for a permission,
    and asks for no condition."""
    bucket, _ = template.one("AWS::S3::Bucket")
    role = template.one("AWS::Lambda::Function")[1]["Role"].removeprefix("arn:")
    trust = json.dumps(template.all("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"])
    iam = estate.client("iam")

    def assume(name: str, *without: str) -> dict[str, str]:
        understood = [one for one in template.statements(role) if "Resource" in one and "Condition" not in one]
        granted = [statement for statement in understood if statement["Sid"] not in without]
        policy = json.dumps({"Version": "2012-10-17", "Statement": granted})
        policy = policy.replace(f"arn:{bucket}", f"arn:aws:s3:::{BUCKET}")
        policy = re.sub(r'"arn:(\w+)"', r'"arn:aws:another:us-east-1:123456789012:\1"', policy)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)
        given = estate.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
        estate.enforce(0)
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    yield assume
    estate.enforce(float("inf"))


def test_the_roles_policy_is_enough_to_list_and_to_publish(
    synthesised: Synthesised, estate: Estate, assume: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    """Of the types, those for which moto's permissions have the names that AWS's have."""
    ran = run(synthesised, estate, ENFORCED, tmp_path / "granted.json", **assume("granted"))
    assert (ran.answer["verdict"], ran.answer["unseen"], ran.answer["gaps"]) == ("complete", [], 0)
    assert ran.answer["latest"] is True


@pytest.mark.parametrize("statement", ["OwnObjects", "OwnBucket"])
def test_the_role_needs_what_it_may_do_in_its_bucket(
    statement: str, synthesised: Synthesised, estate: Estate, assume: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    credentials = assume(f"without-{statement}", statement)
    with pytest.raises(AssertionError, match=r"StoreError.*AccessDenied"):
        run(synthesised, estate, ENFORCED, tmp_path / f"{statement}.json", **credentials)
