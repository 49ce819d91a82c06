"""The import rules of the design, read from the source, and what importing the function's handler really loads."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import create_loader

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "lambda_src"
PACKAGE = "stocktake"

STAGE = {"model", "errors", "settings", "catalog.spec"}

# What of this package each module may import; "" is the package itself, which holds its version.
MAY_IMPORT: dict[str, set[str]] = {
    "": set(),
    "__main__": {"cli"},
    "handler": {"settings", "errors", "aws", "pipeline", "announce"},
    "settings": {"catalog", "errors", "model"},
    "model": {"catalog.spec"},
    "errors": {"model"},
    "discover": STAGE,
    "plan": STAGE | {"catalog"},
    "aws": STAGE | {"runtime"},
    "collect": STAGE | {"expressions"},
    "circuit": STAGE,
    "fanout": STAGE | {"circuit", "gate", "rates"},
    "gate": STAGE,
    "rates": STAGE | {"catalog.quotas"},
    "runtime": set(),
    "order": STAGE | {"catalog"},
    "earlier": STAGE | {"catalog", "gate", "snapshot", "store"},
    "expressions": set(),
    "normalise": STAGE | {"expressions"},
    "lease": STAGE | {"snapshot", "store"},
    "snapshot": STAGE,
    "store": STAGE | {"snapshot"},
    "changes": STAGE | {"snapshot"},
    "announce": STAGE | {"snapshot"},
    "pipeline": STAGE
    | {"", "announce", "aws", "catalog", "changes", "collect", "discover", "earlier", "fanout", "gate", "normalise"}
    | {"lease", "order", "plan", "rates", "runtime", "snapshot", "store"},
}
READING = {
    "",
    "store",
    "snapshot",
    "changes",
    "catalog",
    "catalog.policies",
    "catalog.spec",
    "model",
    "errors",
    "settings",
}
MAY_IMPORT_IN_CLI: dict[str, set[str]] = {
    "cli.run": {"pipeline", "aws", "fanout"},
    "cli.running": {"fanout"},
    "cli.show": {"announce"},
    "cli.stores": {"aws"},
}

# What of others each module may import; a module that is not named imports the standard library alone.
MAY_IMPORT_OF_OTHERS: dict[str, set[str]] = {
    "handler": {"aws_lambda_powertools"},
    "aws": {"botocore", "jmespath", "urllib3"},
    "errors": {"botocore"},
    "store": {"botocore"},
    "pipeline": {"botocore"},
    "expressions": {"jmespath"},
}
OF_OTHERS_IN_CLI = {"click", "rich"}

# Modules that know no service, and the words in them that are a service's name and something else besides.
KNOW_NO_SERVICE: dict[str, set[str]] = {
    "plan": {"account"},
    "collect": {"account", "batch"},
    "circuit": set(),
    "fanout": {"account", "deadline"},
    "order": {"account"},
    "rates": {"account"},
    "lease": set(),
    "normalise": {"account"},
    "snapshot": {"account"},
    "store": {"location", "s3"},  # of these, s3 is the service: where a bucket is
    "changes": {"account"},
}

# What importing the handler loads, beyond the standard library. boto3 is not among it: its core does.
LOADED_BY_THE_HANDLER = {
    "aws_lambda_powertools",
    "botocore",
    "certifi",  # where it is installed; the function's bundle does without
    "dateutil",
    "jmespath",
    "six",
    "typing_extensions",
    "urllib3",
}


# --- reading the source ---


def modules() -> dict[str, Path]:
    """Every module of the package by its name in it: "", "aws", "catalog.spec", "cli.run"."""
    found = {}
    for path in sorted((SOURCE / PACKAGE).rglob("*.py")):
        parts = path.relative_to(SOURCE / PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = modules()


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Absolute names of what is imported: modules where the imported name is one, else the module it comes from."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not read here"
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner.removeprefix(f"{PACKAGE}.") in MODULES else str(node.module)


@cache
def own(module: str) -> frozenset[str]:
    """What of this package a module imports."""
    names = {name for name in imports(ast.walk(tree(module))) if name.partition(".")[0] == PACKAGE}
    return frozenset(name.partition(".")[2] for name in names)


def of_others(module: str) -> set[str]:
    names = {name.partition(".")[0] for name in imports(ast.walk(tree(module)))}
    return names - set(sys.stdlib_module_names) - {PACKAGE}


def in_folder(folder: str) -> list[str]:
    return [module for module in MODULES if module == folder or module.startswith(f"{folder}.")]


CLI = in_folder("cli")
CATALOGUE = in_folder("catalog")
FLAT = [module for module in MODULES if module not in CLI + CATALOGUE]


# --- the rules ---


@pytest.mark.parametrize("module", FLAT, ids=lambda module: module or PACKAGE)
def test_a_module_imports_only_what_its_place_allows(module: str) -> None:
    assert module in MAY_IMPORT, "a new module needs its rule here"
    assert own(module) <= MAY_IMPORT[module]


@pytest.mark.parametrize("module", CATALOGUE)
def test_the_catalogue_imports_the_standard_library_and_itself(module: str) -> None:
    assert own(module) <= set(CATALOGUE)
    assert of_others(module) == set()


@pytest.mark.parametrize("module", CLI)
def test_the_command_line_reads_through_the_store_and_only_run_touches_the_pipeline(module: str) -> None:
    assert own(module) <= READING | set(CLI) | MAY_IMPORT_IN_CLI.get(module, set())


def test_the_reading_commands_load_the_sdk_only_where_a_bucket_is_read() -> None:
    at_the_top = set(imports(node for node in tree("cli.stores").body))
    assert f"{PACKAGE}.aws" not in at_the_top


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module or PACKAGE)
def test_a_module_imports_only_the_packages_that_its_place_allows(module: str) -> None:
    allowed = OF_OTHERS_IN_CLI if module in CLI else MAY_IMPORT_OF_OTHERS.get(module, set())
    assert of_others(module) <= allowed


@pytest.mark.parametrize("module", ["errors", "store"])
def test_of_botocore_these_know_the_exceptions_alone(module: str) -> None:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("botocore") for name in node.names)
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("botocore"):
            names = {f"{node.module}.{name.name}" for name in node.names}
            assert node.module == "botocore.exceptions" or names == {"botocore.exceptions"}


def test_of_botocore_the_pipeline_knows_the_version_alone() -> None:
    nodes = list(ast.walk(tree("pipeline")))
    assert {name for name in imports(iter(nodes)) if name.startswith("botocore")} == {"botocore"}
    uses = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    assert {node.attr for node in uses if isinstance(node.value, ast.Name) and node.value.id == "botocore"} == {
        "__version__"
    }


def test_nothing_is_imported_in_a_circle() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path, module))
        if module not in done:
            for inner in own(module):
                visit(inner, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


# --- services ---


@cache
def services() -> frozenset[str]:
    return frozenset(create_loader().list_available_services("service-2"))


def words(module: str) -> set[str]:
    """Identifiers, and the words of string constants, of a module; not of its docstrings."""
    nodes = list(ast.walk(tree(module)))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.update(re.findall(r"[a-z0-9-]+", node.value.lower()))
        for field in ("id", "attr", "arg", "name"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                found.add(name)
    return found


@pytest.mark.parametrize("module", [module for module in KNOW_NO_SERVICE if module in MODULES])
def test_the_engine_holds_no_services_name(module: str) -> None:
    assert words(module) & services() <= KNOW_NO_SERVICE[module]


def test_the_words_that_are_looked_for_would_be_found() -> None:
    assert {"sts", "ec2", "account"} <= words("discover") & services()


# --- what is really loaded ---

REPORT = """
import json, sys
before = set(sys.modules)
import stocktake.handler
loaded = {
    name.partition(".")[0]
    for name, module in sys.modules.items()
    if name not in before and "site-packages" in (getattr(module, "__file__", None) or "")
}
print(json.dumps({"packages": sorted(loaded), "modules": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """What a fresh interpreter has loaded once it has the handler."""
    environment = {"PYTHONPATH": str(SOURCE), "AWS_REGION": "eu-west-1", "PATH": ""}
    out = subprocess.run([sys.executable, "-c", REPORT], env=environment, stdout=subprocess.PIPE, check=True).stdout
    report: dict[str, list[str]] = json.loads(out)
    return report


def test_the_handler_loads_these_packages_and_no_other(loaded: dict[str, list[str]]) -> None:
    assert set(loaded["packages"]) == LOADED_BY_THE_HANDLER


@pytest.mark.parametrize("name", ["boto3", "click", "moto", "pydantic", "pytest", "rich", "stocktake.cli"])
def test_the_handler_does_not_load_what_it_does_not_use(name: str, loaded: dict[str, list[str]]) -> None:
    assert not [module for module in loaded["modules"] if module == name or module.startswith(f"{name}.")]


def test_the_handler_loads_every_stage(loaded: dict[str, list[str]]) -> None:
    ours = {module.removeprefix(f"{PACKAGE}.") for module in loaded["modules"] if module.startswith(f"{PACKAGE}.")}
    assert {*MAY_IMPORT} - {"", "__main__", "changes"} <= ours
