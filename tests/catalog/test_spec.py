"""The row's record paths, `A.B[].C.*`: what they lead to, and what is left where a secret stood."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.catalog.spec import REDACTED, Call, Enrich, ResourceType, holders, redact, steps
from tests.helpers import law


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("A", ("A",)),
        ("A.B", ("A", "B")),
        ("A[]", ("A", "[]")),
        ("A[].B", ("A", "[]", "B")),
        ("A[][]", ("A", "[]", "[]")),
        ("A.*", ("A", "*")),
        ("A.*.B[]", ("A", "*", "B", "[]")),
        ("*", ("*",)),
        ("[].A", ("[]", "A")),
        ("ContainerDefinitions[].Environment.*", ("ContainerDefinitions", "[]", "Environment", "*")),
    ],
)
def test_a_path_is_read_as_steps(path: str, expected: tuple[str, ...]) -> None:
    assert steps(path) == expected


def values(data: Any, path: str) -> list[Any]:
    return [holder[key] for holder, key in holders(data, steps(path))]


ESTATE = {
    "Name": "web",
    "Nothing": None,
    "Env": {"A": "1", "B": None},
    "Disks": [{"Id": "d1", "Keys": ["k1", "k2"]}, {"Id": "d2"}, "odd", None],
    "Grid": [[1, 2], [3]],
    "*": "a star",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Name", ["web"]),
        ("Nothing", [None]),
        ("Env.*", ["1", None]),
        ("Env.A", ["1"]),
        ("Disks[].Id", ["d2", "d1"]),
        ("Disks[].Keys[]", ["k2", "k1"]),
        ("Disks[]", [None, "odd", {"Id": "d2"}, {"Id": "d1", "Keys": ["k1", "k2"]}]),
        ("Grid[][]", [3, 2, 1]),
        ("*.A", ["1"]),
        # what is not there, or is of another kind, is passed over
        ("Missing", []),
        ("Missing.A", []),
        ("Name.A", []),
        ("Nothing.A", []),
        ("Name[]", []),
        ("Env[]", []),
        ("Disks.*", []),
        ("Disks.Id", []),
    ],
)
def test_a_path_leads_to_every_place_that_is_there(path: str, expected: list[Any]) -> None:
    assert values(ESTATE, path) == expected


def test_members_may_be_deleted_while_they_are_walked() -> None:
    data = copy.deepcopy(ESTATE)
    for holder, key in holders(data, steps("Env.*")):
        del holder[key]
    assert data == {**ESTATE, "Env": {}}


def test_elements_may_be_deleted_while_they_are_walked() -> None:
    data = {"A": ["a", "b", "c"]}
    for holder, key in holders(data, steps("A[]")):
        del holder[key]
    assert data == {"A": []}


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("hunter2", REDACTED),
        ("", REDACTED),
        (0, REDACTED),
        (False, REDACTED),
        (None, None),
        ({"PASSWORD": "hunter2", "EMPTY": None}, {"PASSWORD": REDACTED, "EMPTY": None}),
        ([1, None, {"A": [2]}], [REDACTED, None, {"A": [REDACTED]}]),
        ({}, {}),
        ([], []),
    ],
)
def test_of_a_secret_the_shape_stays_and_the_content_goes(value: Any, left: Any) -> None:
    data = {"Secret": value, "Other": "kept"}
    redact(data, ("Secret",))
    assert data == {"Secret": left, "Other": "kept"}


def test_every_place_that_a_path_leads_to_is_redacted() -> None:
    data = {"Containers": [{"Env": {"A": "1", "B": "2"}}, {"Env": {}}, {}], "Env": {"A": "kept"}}
    redact(data, steps("Containers[].Env.*"))
    assert data == {
        "Containers": [{"Env": {"A": REDACTED, "B": REDACTED}}, {"Env": {}}, {}],
        "Env": {"A": "kept"},
    }


def test_elements_of_a_list_are_redacted_in_place() -> None:
    data = {"Args": ["--password", "hunter2", ["nested"]]}
    redact(data, steps("Args[]"))
    assert data == {"Args": [REDACTED, REDACTED, [REDACTED]]}


# --- laws ---

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
members = st.sampled_from(["A", "B", "C"])
nested = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3), max_leaves=12
)
paths = st.lists(st.sampled_from(["A", "B", "C", "*", "[]"]), min_size=1, max_size=4).map(tuple)


def places(data: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place in `data` by its keys and indices; an independent reading of what a path could lead to."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield (key,), value
        for rest, deeper in places(value):
            yield (key, *rest), deeper


def fits(step: str, key: str | int) -> bool:
    return isinstance(key, int) if step == "[]" else isinstance(key, str) and step in ("*", key)


@law
@given(nested, paths)
def test_a_path_leads_to_exactly_the_places_that_fit_it(data: Any, path: tuple[str, ...]) -> None:
    fitting = [
        value
        for keys, value in places(data)
        if len(keys) == len(path) and all(fits(step, key) for step, key in zip(path, keys, strict=True))
    ]
    assert [holder[key] for holder, key in holders(data, path)] == fitting


@law
@given(nested, paths)
def test_redaction_keeps_every_key_and_every_length_and_can_be_done_twice(data: Any, path: tuple[str, ...]) -> None:
    before = copy.deepcopy(data)
    redact(data, path)
    assert [keys for keys, _ in places(data)] == [keys for keys, _ in places(before)]
    once = copy.deepcopy(data)
    redact(data, path)
    assert data == once


@law
@given(nested, paths)
def test_nothing_of_a_secret_is_left(data: Any, path: tuple[str, ...]) -> None:
    marked = json.loads(json.dumps(data))
    for holder, key in holders(marked, path):
        holder[key] = {"deep": ["hunter2"]}
    redact(marked, path)
    assert "hunter2" not in json.dumps(marked)


# --- rows ---

ROW = ResourceType(
    name="AWS::Test::Thing",
    service="test",
    doc="",
    calls=(Call(operation="ListThings"), Call(operation="DescribeThing", iam=("test:GetThing", "kms:Describe"))),
    enrich=(
        Enrich(call=Call(operation="ListTags", service="tagging"), into="Tags"),
        Enrich(call=Call(operation="GetThing"), into=("A", "B")),
    ),
    id="Id",
)


def test_a_rows_actions_are_those_of_its_calls_once_each() -> None:
    assert ROW.actions() == ("kms:Describe", "tagging:ListTags", "test:GetThing", "test:ListThings")


def test_without_enrichment_per_resource_its_actions_are_not_needed() -> None:
    assert ROW.actions(enriched=False) == ("kms:Describe", "test:GetThing", "test:ListThings")
    assert [call.operation for call in ROW.every_call(enriched=False)] == ["ListThings", "DescribeThing"]


def test_an_enrichment_knows_which_members_it_sets() -> None:
    assert [enrichment.members for enrichment in ROW.enrich] == [("Tags",), ("A", "B")]
