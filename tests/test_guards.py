"""The list of guards names what is there: `make guards` takes each of them away."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tools import guards
from tools.guards import CODE, GUARDS, ROOT, TABLE, Change, Guard, chosen, table, taken_away

TESTS = Path(__file__).parent
every_guard = pytest.mark.parametrize("one", GUARDS, ids=lambda one: one.against)


@cache
def names_in(file: str) -> set[str]:
    """The tests of a file, those in a class with its name before theirs."""
    found = set()
    for node in ast.parse((TESTS / file).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@every_guard
def test_a_guards_code_stands_once_and_can_be_taken_away(one: Guard) -> None:
    (file,) = {change.file for change in one.changes}
    text = (ROOT / CODE / file).read_text()
    without = taken_away(text, one.changes)
    assert without != text
    compile(without, file, "exec")


@every_guard
def test_a_guards_tests_are_there(one: Guard) -> None:
    assert one.tests
    for test in one.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in names_in(file)


def test_the_table_has_every_guard_once_and_is_current() -> None:
    assert len({one.against for one in GUARDS}) == len(GUARDS)
    assert (ROOT / TABLE).read_text() == table(GUARDS)


def test_what_does_not_stand_there_once_is_not_taken_away() -> None:
    for text in ("nothing of it", "a guard and a guard"):
        with pytest.raises(ValueError, match="times"):
            taken_away(text, [Change("x.py", "guard", "")])


def test_words_choose_guards() -> None:
    assert chosen([]) == list(GUARDS)
    assert {one.changes[0].file for one in chosen(["store.py"])} >= {"store.py"}
    assert chosen(["no guard has this in it"]) == []


def test_a_guard_that_no_test_notices_is_said_to_be_unnoticed(tmp_path: Path) -> None:
    """A tree of one module, whose guard one test notices, one does not, and one does not get to."""
    (tmp_path / CODE).mkdir(parents=True)
    (tmp_path / CODE / "sums.py").write_text("def half(n):\n    return 0 if n < 0 else n // 2\n")
    (tmp_path / CODE / "__init__.py").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sums.py").write_text(
        "from stocktake.sums import half\n"
        "def test_less_than_nothing():\n    assert half(-4) == 0\n"
        "def test_more():\n    assert half(4) == 2\n"
    )
    (tmp_path / "tests" / "test_broken.py").write_text("import nothing_of_the_kind\n")

    def left(test: str) -> list[str]:
        return guards.unnoticed(tmp_path, guards.guard("less", "sums.py", "0 if n < 0 else ", "", test))

    whole = (tmp_path / CODE / "sums.py").read_text()
    assert left("test_sums.py::test_less_than_nothing") == []
    assert len(left("test_sums.py::test_more")) == len(left("test_broken.py")) == 1
    assert (tmp_path / CODE / "sums.py").read_text() == whole
