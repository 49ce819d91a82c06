"""Objects whose every hash is right, but that are not made as they should be: a sentence and exit code 1, or what can
be shown, and never a traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stocktake.cli import cli
from stocktake.earlier import read_before
from stocktake.errors import StocktakeError, StoreError
from stocktake.model import Run
from stocktake.store import DirectoryStore, read_manifest, read_pointer, read_resources
from tests.stored import OBJECTS, Stored

GONE = object()
OTHERS: tuple[Any, ...] = (GONE, None, True, -1, 2**70, "\ud800\x1b[31m", [None], {}, {"a": {"a": []}})
COMMANDS = (("show",), ("show", "--units"), ("show", "--json"), ("find", "10.0.0.1"), ("verify", "--line"))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value; of lists, and of members with names of their own, the first."""
    if path:
        yield path
    if isinstance(value, dict):
        named = path and path[-1] in (
            "by_type",
            "by_region",
            "by_state",
            "calls",
            "tags",
            "data",
            "filters",
            "inventory",
        )
        for name in list(value)[: 1 if named else None]:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def with_other(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    changed = copy.deepcopy(value)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if other is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = other
    return changed


def first(stored: Stored, kind: str) -> Any:
    """A document, or the line of an object that has most in it."""
    if kind in ("pointer", "manifest"):
        return json.loads((stored.folder / stored.key(kind)).read_bytes())
    return max(stored.lines(kind), key=lambda line: len(json.dumps(line)))


def changed(stored: Stored, kind: str, value: Any) -> None:
    if kind in ("pointer", "manifest"):
        stored.put(kind, json.dumps(value).encode())
    else:
        whole = first(stored, kind)
        stored.edit(kind, lambda lines: [value if line == whole else line for line in lines])


@pytest.mark.parametrize("kind", OBJECTS)
def test_whatever_stands_at_any_place_every_reader_takes_it_or_says_so_in_a_sentence(kind: str, tmp_path: Path) -> None:
    """All places, and at each every other value in turn; the commands take turns too."""
    stored = Stored(tmp_path / "store")
    right = first(stored, kind)
    touched = {stored.folder / stored.key(one): b"" for one in (kind, "manifest", "pointer")}
    plain = {path: path.read_bytes() for path in touched}
    opened = DirectoryStore(stored.folder)
    cases = [(path, other) for path in places(right) for other in OTHERS]
    assert len(cases) > 40
    refused = 0
    for number, (path, other) in enumerate(cases):
        changed(stored, kind, with_other(right, path, other))
        arguments = COMMANDS[(number + number // len(OTHERS)) % len(COMMANDS)]
        done = CliRunner().invoke(cli, [*arguments, "--store", str(stored.folder)], standalone_mode=False)
        assert done.exception is None or isinstance(done.exception, StocktakeError), (path, other, arguments)
        refused += done.exception is not None or done.return_value == 1
        by_program(opened)
        read_before(opened, Run("20261122T140000Z", "default", "test", None, ""))
        for one, data in plain.items():
            one.write_bytes(data)
    assert refused > len(cases) // 4


def by_program(store: DirectoryStore) -> None:
    """What a program reads is well made, or it is told that the store is not."""
    with suppress(StoreError):
        pointer, _ = read_pointer(store, "default")
        assert pointer is not None
        for one in read_resources(store, read_manifest(store, pointer["manifest"], pointer["sha256"])):
            assert all(isinstance(one[name], str) for name in ("account", "region", "type", "id"))
            assert isinstance(one["data"], dict)
            assert all(isinstance(value, str) for value in (one["tags"] or {}).values())
