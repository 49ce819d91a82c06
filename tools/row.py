"""Drafts a row of the catalogue from botocore's model and AWS's service authorization reference.

    python -m tools.row SERVICE                what of a service can be listed, and the rows that there are
    python -m tools.row SERVICE OPERATION      a row that lists with the operation, and all that an item has

SERVICE is the SDK's name, `amp`; a word of its full name, `prometheus`, finds it. A draft keeps the laws of
tests/catalog/lint.py but for what people have to say: `doc`; `tags`, where the listing has none; a call's `iam`, where
the action has another name. What it guesses by name is to be looked at: the type, `id`, `arn`, `label`, `created`.
Where the catalogue has no file for the service yet, the draft is one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import SequenceMatcher
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.arns import get_raw_arns_for_service

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import REDACTED, Call, From, Item, ResourceType, Scope, item, target
from stocktake.errors import listed, nearest
from tests.catalog.lint import (
    PAGE_SIZE,
    RAW_PLACE,
    cloudformation_types,
    codes_on_the_wire,
    iam_prefix,
    page_size,
    paging_members,
)
from tests.catalog.models import is_regional, operation_model, paginator, service_model, services
from tests.catalog.samples import TIME
from tests.catalog.study import UNKNOWN, Asked, Study, is_secret, study

FOLDER = Path(__file__).parents[1] / "lambda_src/stocktake/catalog"
LISTS = re.compile(r"(?:List|Describe|Get|Search)(?=[A-Z])")
GONE = re.compile(r"NotFound|DoesNotExist|NoSuch")
TAGS = re.compile(r"tag(s|list|set|map)?", re.I)
TAG_LISTS = re.compile(r"(?:List|Get|Describe)\w*Tags(?:For\w+)?")
CREATED = re.compile(r"creat", re.I)
LAST_WORD = re.compile(r"[A-Z][a-z0-9]*$")
LARGEST = 100
"""Of a page, where the model has no largest size."""

DEPTH = 3
"""Of an item's members that are shown."""

SURE = 0.75
"""How alike names are that mean the same."""

KNOWN: dict[str, Any] = {"AccountId": target("account"), "IncludeManagedResources": True}
"""Parameters that are the same for every row."""

PLACES = {"${Partition}": "{partition}", "${Region}": "{region}", "${Account}": "{account}"}


class CannotDraft(Exception):
    """Its text is a sentence for a person, which says what would do."""


def main(arguments: Sequence[str]) -> int:
    if len(arguments) not in (1, 2):
        print("usage: python -m tools.row SERVICE [OPERATION]", file=sys.stderr)
        return 2
    try:
        print(page(*arguments) if len(arguments) == 2 else listings(*arguments), end="")
    except CannotDraft as error:
        print(error, file=sys.stderr)
        return 1
    return 0


# --- what there is ---


def listings(service: str) -> str:
    """A line for each operation that lists without being told anything, with the types that come from it already."""
    rows: dict[str, list[str]] = {}
    for row in CATALOG.values():
        if row.service_of(row.calls[0]) == service:
            rows.setdefault(row.calls[0].operation, []).append(row.name)
    names = [name for name in _service(service).operation_names if LISTS.match(name)]
    found = [name for name in names if not _required(service, name) and _items(service, name)]
    return "".join(f"{name:<40} {listed(rows.get(name, []))}".rstrip() + "\n" for name in found)


def _service(service: str) -> Any:
    model = service_model(service)
    if model is None:
        named = {name: service_model(name).metadata["serviceFullName"] for name in services()}
        alike = [f"{name} ({full})" for name, full in named.items() if service.lower() in full.lower()]
        raise CannotDraft(f"{service}: no service of the SDK's; {listed(alike) if alike else nearest(service, named)}")
    return model


def _required(service: str, operation: str) -> list[str]:
    """What an operation has to be told, beyond what is always known."""
    shape = operation_model(service, operation).input_shape
    return (
        [name for name in shape.required_members if name not in KNOWN and not PAGE_SIZE.fullmatch(name)]
        if shape
        else []
    )


def _items(service: str, operation: str) -> str:
    """Where an answer has its items: as botocore's paginator says, else the list that is named most like them."""
    results = (paginator(service, operation) or {}).get("result_key") or ()
    results = [results] if isinstance(results, str) else results
    shape = operation_model(service, operation).output_shape
    lists = list(_lists(shape)) if shape else []
    return str(max(results or lists, key=lambda name: _alike(name, _noun(operation)), default=""))


def _lists(shape: Any, path: str = "") -> Iterator[str]:
    """The lists of an answer, and those that stand in one object of it."""
    for name, member in shape.members.items():
        if member.type_name == "list":
            yield path + name
        elif member.type_name == "structure" and not path:
            yield from _lists(member, f"{name}.")


# --- a draft ---


def page(service: str, operation: str) -> str:
    """A row as it would stand in its file, or a file with it; below, as comments, what is known of an item."""
    row = draft(service, operation)
    text = _written(row)
    if not (FOLDER / f"{row.name.split('::')[1].lower()}.py").is_file():
        imported = [
            name
            for name in ("Call", "Paging", "ResourceType", "Scope", "item", "target")
            if re.search(rf"\b{name}\b[(.]", text)
        ]
        full = service_model(service).metadata["serviceFullName"]
        heading = f'"""{full}."""\n\nfrom stocktake.catalog.spec import {", ".join(imported)}\n\n'
        text = f"{heading}ROWS = ({text},)\n"
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--line-length", "120", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return formatted.stdout + "".join(f"# {remark}".rstrip() + "\n" for remark in ("", *_remarks(row)))


def draft(service: str, operation: str) -> ResourceType:
    """The row, without a `doc`. Raises CannotDraft where the operation lists nothing by itself."""
    known = _service(service)
    if operation_model(service, operation) is None:
        raise CannotDraft(f"{operation}: no operation of {service}; {nearest(operation, known.operation_names)}")
    needs = _required(service, operation)
    if needs:
        raise CannotDraft(f"{operation}: needs {listed(needs)}; draft what lists these, and add this as a further call")
    if not _items(service, operation):
        raise CannotDraft(f"{operation}: no list in its answer; python -m tools.row {service} says which have one")
    calls: tuple[Call, ...] = (_call(service, operation, _items(service, operation)),)
    noun = _noun(operation)
    if not isinstance(_item(service, calls), dict):
        calls += (_description(service, noun),)
    found = _item(service, calls)
    name, is_cloudformations = _type(service, noun)
    label = _named(found, noun, "name")
    identity = _named(found, noun, "id", "identifier", "arn", "name") or next(_texts(found), "")
    return ResourceType(
        name=name,
        service=service,
        scope=Scope.REGIONAL if is_regional(service) else Scope.GLOBAL,
        doc="",
        calls=calls,
        id=identity,
        arn=_named(found, noun, "arn") or _template(_studied(service, calls).calls[0], noun, identity, label),
        label=label,
        tags=next((name for name in found if TAGS.fullmatch(name) and found[name] != REDACTED), ""),
        created=next((name for name, value in found.items() if value == TIME and CREATED.search(name)), ""),
        cloudformation=is_cloudformations,
    )


def _call(
    service: str, operation: str, items: str, parameters: Mapping[str, Any] | None = None, absent: tuple[str, ...] = ()
) -> Call:
    """A call with its page size, its tokens and its IAM action, where they have to be said."""
    (asked,) = _studied(service, (Call(operation=operation, items=items),)).calls
    size = page_size(asked)
    known = {name: value for name, value in KNOWN.items() if name in asked.input_members}
    given = {**known, **(parameters or {})}
    if size:
        shape = asked.input_members[size]
        most = shape.metadata.get("max", LARGEST)
        given[size] = str(most) if shape.type_name == "string" else most
    prefixes = (service, iam_prefix(asked))
    *_, prefix = [one for one in prefixes if (get_action_data(one, operation) or {}).get(one)] or [service]
    return Call(
        operation=operation,
        items=items,
        parameters=given,
        absent=absent,
        paging=None if paginator(service, operation) else paging_members(asked.model),
        iam=() if prefix == service else (f"{prefix}:{operation}",),
    )


def _description(service: str, noun: str) -> Call:
    """The call that describes one thing whose name, or whatever a listing gives alone, is known."""
    for operation in _describes(service, noun):
        model = operation_model(service, operation)
        members = [name for name, shape in model.output_shape.members.items() if shape.type_name == "structure"]
        codes = {code for shape in model.error_shapes for code in codes_on_the_wire(shape, model)}
        absent = tuple(sorted(code for code in codes if GONE.search(code)))
        (parameter,) = _required(service, operation)
        items = f"[{members[0]}]" if len(members) == 1 else "[@]"
        return _call(service, operation, items, {parameter: item()}, absent)
    raise CannotDraft(
        f"the listing gives no more than names of a {noun}, and none describes one by it; look for one that takes many"
    )


def _describes(service: str, noun: str) -> Iterator[str]:
    for operation in (f"Describe{noun}", f"Get{noun}"):
        model = operation_model(service, operation)
        if model and model.output_shape and len(_required(service, operation)) == 1:
            yield operation


def _studied(service: str, calls: tuple[Call, ...]) -> Study:
    return study(ResourceType(name="", service=service, doc="", calls=calls, id=""))


def _item(service: str, calls: tuple[Call, ...]) -> Any:
    """A sample of what the last call brings, which has every member."""
    studied = _studied(service, calls)
    found = studied.calls[-1].value("items")
    if studied.described is not UNKNOWN:
        return studied.described
    return found[0] if isinstance(found, list) and found else ""


# --- guesses by name ---


def _noun(operation: str) -> str:
    """`ImagePipeline` of `ListImagePipelines`."""
    noun = LISTS.sub("", operation)
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return re.sub(r"(?<=[sx]|h)es$|(?<!s)s$", "", noun)


def _type(service: str, noun: str) -> tuple[str, bool]:
    """The most alike of CloudFormation's types, or a name of that form, and whether CloudFormation has it."""
    model = service_model(service)
    words = {service, model.signing_name, model.endpoint_prefix}
    there = {row.name.split("::")[1] for row in CATALOG.values() if row.service == service}

    def by_name(of: str) -> float:
        return max(_alike(of, word) for word in words)

    def likeness(name: str) -> tuple[float, float]:
        _, of, what = name.split("::")
        return 1.0 if of in there else by_name(of), _alike(what, noun)

    best = max(cloudformation_types(), key=lambda name: (sum(likeness(name)), by_name(name.split("::")[1])))
    of, what = likeness(best)
    if of >= SURE and what >= SURE:
        return best, True
    own = best.split("::")[1] if of >= SURE else re.sub(r"\W", "", service.title())
    return f"AWS::{own}::{noun}", False


def _named(found: Item, noun: str, *endings: str) -> str:
    """The member that is text and named for the noun, or for its last word, or for nothing, with one of the endings."""
    texts = {name.lower(): name for name in _texts(found)}
    last = LAST_WORD.search(noun)
    stems = (noun, last[0] if last else noun, "")
    return next((texts[key] for ending in endings for stem in stems if (key := (stem + ending).lower()) in texts), "")


def _texts(found: Item) -> Iterator[str]:
    return (name for name, value in found.items() if isinstance(value, str) and value not in (TIME, REDACTED))


def _template(asked: Asked, noun: str, identity: str, label: str) -> str:
    """The reference's form of an ARN of which only the last part is the resource's own."""
    if not identity:
        return ""
    last = LAST_WORD.search(noun)
    for raw in get_raw_arns_for_service(iam_prefix(asked)):
        *_, resource = raw.split(":", 5)
        kind, _, own = resource.replace(":", "/").partition("/")
        is_the_nouns = kind.replace("-", "").lower() in {noun.lower(), (last[0] if last else noun).lower()}
        if is_the_nouns and RAW_PLACE.fullmatch(own):
            filled = raw.replace(own, f"{{{label if label and own.endswith('Name}') else identity}}}")
            return RAW_PLACE.sub(lambda place: PLACES[place[0]], filled)
    return ""


@cache
def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


# --- on paper ---


def _written(value: Any) -> str:
    """A row, or what stands in one, as source: without what is so by itself."""
    if isinstance(value, From):
        return f"{value.source}({'' if value.path == '@' else repr(value.path)})"
    if isinstance(value, Enum):
        return str(f"{type(value).__name__}.{value.name}")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_written(inner)}, " for inner in value) + ")"
    if not is_dataclass(value):
        return repr(value)
    every = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    given = [f"{name}={_written(inner)}" for name, (inner, default) in every.items() if inner not in (default, {})]
    return f"{type(value).__name__}({', '.join(given)})"


def _remarks(row: ResourceType) -> Iterator[str]:
    """Every member of an item, and the calls that bring what it does not have."""
    found = _item(row.service, row.calls)
    yield "An item has:"
    yield from _members(found, "")
    made = {call.operation for call in row.calls}
    for operation in _describes(row.service, _noun(row.calls[0].operation)):
        inner = operation_model(row.service, operation).output_shape.members.values()
        more = {name for shape in inner if shape.type_name == "structure" for name in shape.members} - set(found)
        if more and operation not in made:
            yield f"{operation} ({listed(_required(row.service, operation))}) also brings {listed(sorted(more))}."
    many = re.compile(rf"Batch(Get|Describe){re.escape(_noun(row.calls[0].operation))}\w*")
    for operation in filter(many.fullmatch, _service(row.service).operation_names):
        takes = operation_model(row.service, operation).input_shape.members
        yield f"{operation} describes many at once, by {listed(takes)}."
    if not row.tags:
        asked = [name for name in _service(row.service).operation_names if TAG_LISTS.fullmatch(name)]
        yield f"It has no tags: {listed(asked) or 'no operation'} lists them, or tags_in_bulk (catalog/tagging.py)."


def _members(value: Any, path: str) -> Iterator[str]:
    """Record paths, as `secret` and `volatile` take them."""
    if isinstance(value, list) and value:
        yield from _members(value[0], f"{path}[]")
    elif isinstance(value, dict) and value and all(map(str.isidentifier, value)) and path.count(".") < DEPTH:
        for name, inner in value.items():
            yield from _members(inner, f"{path}.{name}" if path else name)
    else:
        kind = ", a time" if value == TIME else ", redacted as it is" if is_secret(value) else ""
        yield f"  {path}{'.*' if isinstance(value, dict) else ''}{kind}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
