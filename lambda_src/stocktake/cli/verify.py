"""`stocktake verify`: whether what is stored is what was written: all of it, and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

import click

from stocktake.cli.render import clean, console, print_json, table
from stocktake.cli.stores import inventory_option, json_option, load, open_for_reading, store_option
from stocktake.errors import Damaged, Missing
from stocktake.model import State
from stocktake.settings import Acceptance
from stocktake.snapshot import (
    BLOCK_BYTES,
    LINE_BYTES,
    deciding,
    is_resource,
    lines_of,
    member,
    pointer_key,
    verdict_from,
)
from stocktake.store import Store, lines_in, read_manifest, read_pointer, stored

UNIT = ("account", "region", "type")
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
NOTHING = member(b"")
BLOCK_MOST = 2 * (BLOCK_BYTES + LINE_BYTES)
"""Bytes of a block: its lines, of which the last may be a long one, and what compressing may add."""


@click.command()
@store_option
@inventory_option
@click.option("--run", "run_id", help="A run's id; the latest if none is given.")
@click.option("--line", is_flag=True, help="Every run before it too, back to the first.")
@json_option
def verify(store: str, inventory: str, run_id: str | None, line: bool, as_json: bool) -> int:
    """Check a run against its hashes: manifest, objects, units and blocks, what they count, and the verdict.

    Names every object that was changed, dropped, added to or put in another order. Ends with 1 where there is one.
    """
    opened = open_for_reading(store)
    checked: list[Checked] = []
    try:
        manifest, key = load(opened, inventory, run_id)
        checked += _line(opened, key) if line else [_run(opened, key, None)]
        if run_id is None:
            _pointer(opened, inventory, key, manifest, checked[0])
    except (Damaged, Missing) as error:
        checked.append(Checked())
        checked[0].wrong(pointer_key(inventory) if run_id is None else run_id, str(error))
    problems = [problem for one in checked for problem in one.problems]
    runs = len(checked)
    if as_json:
        print_json({"runs": runs, "problems": problems})
        return 1 if problems else 0
    out = console()
    if problems:
        out.print(table(("object", "what is wrong"), [(one["object"], one["problem"]) for one in problems]))
    else:
        out.print(f"{runs:,} {'run is' if runs == 1 else 'runs are'} as written")
    return 1 if problems else 0


def _pointer(store: Store, inventory: str, key: str, manifest: Mapping[str, Any], checked: Checked) -> None:
    """What the pointer says of the run that it leads to. It may have moved on meanwhile."""
    pointer, _ = read_pointer(store, inventory)
    if pointer is None or pointer["manifest"] != key:
        return
    for name, says in (("run", manifest["run"]["id"]), ("verdict", manifest["verdict"])):
        if pointer[name] != says:
            checked.wrong(pointer_key(inventory), f"its {name} is {pointer[name]}, and its manifest says {says}")


class Checked:
    """A run's manifest, where it can be read, and what is wrong with the run."""

    def __init__(self) -> None:
        self.manifest: dict[str, Any] | None = None
        self.problems: list[dict[str, str]] = []

    def wrong(self, where: str, problem: str) -> None:
        if problem.startswith(f"{where} "):
            problem = "it" + problem.removeprefix(where)
        self.problems.append({"object": where, "problem": clean(problem)})


def _line(store: Store, key: str) -> Iterator[Checked]:
    """From a manifest back to the first, each against the hash that its successor names."""
    digest: str | None = None
    after: tuple[str, int] | None = None
    while key:
        checked = _run(store, key, digest)
        try:
            before = checked.manifest and checked.manifest["previous"]
            run = checked.manifest and (checked.manifest["run"]["id"], checked.manifest["run"]["revision"])
            if after and run and run >= after:
                checked.wrong(key, f"the run {run[0]} comes before the run {after[0]}, and is not earlier")
            after = run or after
            key, digest = (before["manifest"], before["sha256"]) if before else ("", None)
        except UNREADABLE as error:
            checked.wrong(key, f"it is not made as a manifest is: {type(error).__name__} {error}")
            key = ""
        yield checked


def _run(store: Store, key: str, digest: str | None) -> Checked:
    checked = Checked()
    try:
        checked.manifest = read_manifest(store, key, digest, named_by="the run after it")
        _objects(store, checked, checked.manifest, key)
    except (Damaged, Missing) as error:
        checked.wrong(key, str(error))
    except UNREADABLE as error:
        checked.wrong(key, f"it is not made as a manifest is: {type(error).__name__} {error}")
    return checked


def _objects(store: Store, checked: Checked, manifest: Mapping[str, Any], key: str) -> None:
    """One object after the other: a manifest may name any number of them."""
    units: list[dict[str, Any]] = []
    those = [named for named in manifest["objects"] if named["kind"] == "units"]
    others = [named for named in manifest["objects"] if named["kind"] != "units"]
    whole = True
    for named in [*those, *others]:
        try:
            with stored(store, named) as file:
                if named["kind"] == "units":
                    units += _units(checked, named, file)
                elif whole:
                    _blocks(checked, named, file, units)
        except (Damaged, Missing) as error:
            checked.wrong(named["key"], str(error))
            whole = False
    if whole:
        _counts(checked, manifest, key, units)
        _accepted(checked, manifest, key, units)
        _verdict(checked, manifest, key, units)


def _units(checked: Checked, named: Mapping[str, Any], file: IO[bytes]) -> list[dict[str, Any]]:
    where = named["key"]
    units: list[dict[str, Any]] = []
    try:
        units.extend(lines_in(file, named))
    except Damaged as error:
        checked.wrong(where, str(error))
    keys = [tuple(unit[name] for name in UNIT) for unit in units]
    if keys != sorted(set(keys)):
        checked.wrong(where, "its units are not in order, each once")
    return units


def _blocks(checked: Checked, named: Mapping[str, Any], file: IO[bytes], units: Sequence[Mapping[str, Any]]) -> None:
    """An object is its units' blocks, one after the other, and nothing between them."""
    where = named["key"]
    state = State.PARTIAL if named["kind"] == "partial" else State.COLLECTED
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    offset = lines = 0
    for unit in units:
        mine = [block for block in unit["blocks"] if block["object"] == where]
        if mine and unit["state"] != state:
            checked.wrong(where, f"it holds blocks of {_name(unit)}, which is {unit['state']}")
        counted = 0
        last = ""
        for block in mine:
            if block["length"] > BLOCK_MOST:
                checked.wrong(where, f"the block at {block['offset']:,} of {_name(unit)} is larger than any can be")
                return
            piece = file.read(block["length"])
            if block["offset"] != offset or hashlib.sha256(piece).hexdigest() != block["sha256"]:
                checked.wrong(where, f"the block at {block['offset']:,} of {_name(unit)} is not what its unit names")
                return
            offset += block["length"]
            for number, resource in enumerate(lines_of(piece, where)):
                if not is_resource(resource):
                    checked.wrong(where, f"a line among those of {_name(unit)} is no resource")
                    return
                if resource["account"] != unit["account"] or resource["type"] != unit["type"]:
                    checked.wrong(where, f"a resource among those of {_name(unit)} is not of that unit")
                    return
                if resource["id"] < last or (number == 0 and resource["id"] != block["first"]):
                    checked.wrong(where, f"the resources of {_name(unit)} are not in order")
                    return
                last = resource["id"]
                counted += 1
                if counted > unit["count"]:
                    break
        if mine and counted != unit["count"]:
            more = "more than" if counted > unit["count"] else f"{counted:,} of"
            checked.wrong(where, f"{_name(unit)} has {more} the {unit['count']:,} resources that its unit says")
        lines += counted
    if offset != size and not (offset == 0 and size == len(NOTHING) and file.read(size) == NOTHING):
        checked.wrong(where, f"{size - offset:,} bytes at its end belong to no unit")
    if lines != named["count"]:
        checked.wrong(where, f"it has {lines:,} resources, and its manifest says {named['count']:,}")


def _counts(checked: Checked, manifest: Mapping[str, Any], key: str, units: Sequence[Mapping[str, Any]]) -> None:
    said = manifest["counts"]
    found = {
        "units": len(units),
        "resources": sum(unit["count"] for unit in units),
        "gaps": sum(unit["gaps"] for unit in units),
        "by_state": dict(Counter(unit["state"] for unit in units)),
    }
    for name, value in found.items():
        if said[name] != value:
            checked.wrong(key, f"its count of {name} is {said[name]}, and its units have {value}")
    accepted = sum("accepted" in unit for unit in units)
    if said.get("accepted", 0) != accepted:
        checked.wrong(key, f"its count of accepted is {said.get('accepted', 0)}, and its units have {accepted}")
    lost = sum(bool(unit.get("newly_lost")) for unit in units)
    if (said.get("newly_lost") or 0) != lost:
        checked.wrong(key, f"its count of newly lost is {said.get('newly_lost')}, and its units have {lost}")
    for unit in units:
        if unit.get("newly_lost") and (unit["state"] == State.COLLECTED or "accepted" in unit):
            checked.wrong(key, f"{_name(unit)} is newly lost, though it is collected, or accepted as unseen")
        if unit["state"] in (State.COLLECTED, State.PARTIAL) and unit["count"] and not unit["blocks"]:
            checked.wrong(key, f"{_name(unit)} has {unit['count']:,} resources and no block")


def _accepted(checked: Checked, manifest: Mapping[str, Any], key: str, units: Sequence[Mapping[str, Any]]) -> None:
    """What is accepted as unseen is what the manifest's rules accept, at the time of the run."""
    said = manifest.get("accepted", ())
    rules = [Acceptance.stored(rule) for rule in said]
    at = datetime.fromisoformat(manifest["run"]["started"])
    found: Counter[int | None] = Counter()
    for unit in units:
        account, region, of_type = (unit[name] for name in UNIT)
        reason = unit["reason"]["code"] if unit["reason"] else ""
        place = deciding(rules, at, (account, region, of_type), unit["state"], reason)
        found[place] += 1
        word = None if place is None or rules[place].expired(at) else rules[place].word()
        if unit.get("accepted") != word:
            is_not = "is" if word else "is not"
            checked.wrong(key, f"{_name(unit)} {is_not} accepted as unseen by its rules, and its unit says otherwise")
    for place, rule in enumerate(said):
        if (rule["units"], rule["expired"]) != (found[place], rules[place].expired(at)):
            checked.wrong(key, f"its rule {place + 1} accepts other units, or to another time, than it says")


def _verdict(checked: Checked, manifest: Mapping[str, Any], key: str, units: Sequence[Mapping[str, Any]]) -> None:
    accepted = sum("accepted" in unit for unit in units)
    verdict, coverage = verdict_from(Counter(unit["state"] for unit in units), accepted)
    if (manifest["verdict"], manifest["coverage"]) != (verdict, coverage):
        checked.wrong(
            key,
            f"it says {manifest['verdict']} with a coverage of {manifest['coverage']}, and its units make it {verdict} "
            f"with {coverage}",
        )


def _name(unit: Mapping[str, Any]) -> str:
    return " ".join(str(unit[name]) for name in UNIT)
