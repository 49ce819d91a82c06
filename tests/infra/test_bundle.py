"""The function's code: what is in it, that it is always the same, and that it needs nothing besides."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.bundle import SOURCE, BundleError, LocalBundling, contents, pinned, write
from infra.storage import DATED
from stocktake.catalog import CATALOG
from tests.infra.conftest import BUCKET, REGION, Estate, Synthesised, Template

ROOT = SOURCE.parent
ALONE = Path(__file__).with_name("alone.py")
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
    """The tests have left bytecode beside them."""
    assert list(SOURCE.rglob("*.pyc"))
    assert [name for name in bundle if name.endswith(".pyc") or "__pycache__" in name] == []


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


def test_it_carries_the_model_of_every_service_in_the_catalogue(synthesised: Synthesised) -> None:
    data = synthesised.asset / "botocore" / "data"
    for service in {row.service for row in CATALOG.values()} | {"account", "sts", "organizations"}:
        assert list(data.glob(f"{service}/*/service-2.json*")), service


def test_it_is_no_larger_than_lambda_takes(bundle: dict[str, str], synthesised: Synthesised) -> None:
    assert sum((synthesised.asset / name).stat().st_size for name in bundle) < MOST_BYTES


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
    """Makes s3transfer look otherwise than it is installed; with nothing, as if it were not."""

    def change(**differences: Any) -> None:
        def changed(name: str) -> Distribution:
            if name != "s3transfer":
                return distribution(name)
            if not differences:
                raise PackageNotFoundError(name)
            return Changed(distribution(name), **differences)

        monkeypatch.setattr("infra.bundle.distribution", changed)

    return change


def located(name: str) -> PackagePath:
    path = PackagePath(name)
    path.dist = distribution("s3transfer")
    return path


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ({}, "s3transfer=={version} is not installed; pip install -r requirements.txt"),
        (
            {"version": "0.0.1"},
            "s3transfer 0.0.1 is installed, lambda_src/requirements.txt asks for {version}; "
            "pip install -r requirements.txt",
        ),
        ({"without": "files"}, "s3transfer does not say what its files are; pip install -r requirements.txt"),
        ({"files": [located("s3transfer/_crt.so")]}, "s3transfer is not pure Python: s3transfer/_crt.so"),
        ({"files": [located("s3transfer/_crt.pyd")]}, "s3transfer is not pure Python: s3transfer/_crt.pyd"),
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
    assert str(refused.value) == said.format(version=dict(pinned())["s3transfer"])


def test_it_is_refused_before_the_cdk_would_wrap_the_sentence_up(change: Change) -> None:
    change()
    with pytest.raises(BundleError):
        LocalBundling()


def test_scripts_and_bytecode_that_a_package_brings_are_left_out(change: Change, bundle: dict[str, str]) -> None:
    change(files=[located("../../../bin/s3"), located("s3transfer/__pycache__/manager.cpython-313.pyc")])
    assert contents().keys() == bundle.keys()


# --- that it runs ---


@dataclass(frozen=True)
class Ran:
    """What the function answered, and what it had loaded by then."""

    answer: dict[str, Any]
    files: dict[str, str | None]
    path: list[str]
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
        timeout=60,
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
    assert {key for key in keys if not key.startswith((*DATED, "latest/"))} == set()

    standard = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    for module, file in ran.files.items():
        if file is not None:
            path = Path(file).resolve()
            assert "site-packages" not in path.parts, module
            assert any(path.is_relative_to(place) for place in (synthesised.asset.resolve(), *standard)), module
    assert [entry for entry in ran.path if "site-packages" in entry or Path(entry) == ROOT] == []
    assert {f"stocktake.{name}" for name in ("handler", "pipeline", "catalog.ec2")} <= ran.files.keys()
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
