"""The catalogue keeps its laws: each row those of the lint, and all together those below."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from stocktake import catalog
from stocktake.catalog import CATALOG, SERVICES
from stocktake.catalog.spec import ResourceType
from tests.catalog.lint import LAWS, lint
from tests.catalog.study import study
from tests.catalog.tagging import TAGGABLE_WITHOUT_TAGS

FOLDER = Path(catalog.__file__).parent
NO_SERVICE = {"__init__", "spec", "policies", "quotas", "tagging"}


@pytest.mark.parametrize("row", CATALOG.values(), ids=CATALOG.keys())
def test_a_row_keeps_every_law(row: ResourceType) -> None:
    findings = lint(row)
    assert not findings, "\n".join(findings)


def test_types_are_sorted_by_name() -> None:
    assert list(CATALOG) == sorted(CATALOG)


def test_a_type_has_one_row() -> None:
    names = Counter(row.name for service in SERVICES for row in service.ROWS)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("name", sorted(TAGGABLE_WITHOUT_TAGS))
def test_an_exception_to_the_law_that_what_can_have_tags_has_them_is_needed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.catalog.lint.TAGGABLE_WITHOUT_TAGS", frozenset())
    assert "_what_can_have_tags_has_them" in [law.__name__ for law in LAWS if any(law(study(CATALOG[name])))]


def test_every_file_is_in_the_catalogue_in_alphabetical_order() -> None:
    files = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NO_SERVICE)
    assert [_file_name(service) for service in SERVICES] == files


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: _file_name(service))
def test_a_file_is_named_for_cloudformations_name_of_the_service_of_all_its_rows(service: ModuleType) -> None:
    assert {row.name.split("::")[1].lower() for row in service.ROWS} == {_file_name(service).rstrip("_")}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_catalogue_imports_the_standard_library_alone(path: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            imported.add(node.module or "")
    foreign = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert foreign <= {"stocktake.catalog", "stocktake.catalog.spec", "stocktake.catalog.tagging"}


def _file_name(service: ModuleType) -> str:
    return service.__name__.rpartition(".")[2]
