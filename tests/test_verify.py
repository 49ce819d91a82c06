"""`stocktake verify`: whatever is done to a stored run is found, and the object named."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stocktake.cli import cli

GOLDEN = Path(__file__).parent / "golden" / "format-1"
OBJECTS = sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.*") if path.suffix in (".gz", ".json"))
LATEST = "20261122T130000Z"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "store")
    return tmp_path / "store"


def verify(store: Path, *arguments: str) -> tuple[int, list[dict[str, str]]]:
    done = CliRunner().invoke(cli, ["verify", "--json", "--store", str(store), *arguments], standalone_mode=False)
    assert done.exception is None, done.exception
    report = json.loads(done.output)
    return done.return_value, report["problems"]


def in_line(store: Path) -> tuple[int, list[dict[str, str]]]:
    return verify(store, "--line")


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text())), sort_keys=True, separators=(",", ":")))


def manifest_of(store: Path, run: str = LATEST) -> Path:
    (path,) = store.glob(f"manifests/**/{run}.r1.json")
    return path


def resealed(store: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The last run's manifest changed by somebody who has the pointer name its new hash."""
    path = manifest_of(store)
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    said = {"sha256": digest, "run": manifest["run"]["id"]} if "run" in manifest else {"sha256": digest}
    said |= {"verdict": manifest["verdict"]} if "verdict" in manifest else {}
    rewrite(store / "latest/default.json", lambda pointer: {**pointer, **said})


def replaced(store: Path, manifest: dict[str, Any], kind: str, data: bytes, **more: Any) -> None:
    """An object of a kind with other content, named by its new hash."""
    (named,) = [one for one in manifest["objects"] if one["kind"] == kind]
    (store / named["key"]).write_bytes(data)
    named.update({"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **more})


def test_what_was_written_is_as_it_was_written(store: Path) -> None:
    assert verify(store) == (0, [])
    assert in_line(store) == (0, [])


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_changed_byte_anywhere_is_found_and_its_object_named(name: str, place: float, store: Path) -> None:
    path = store / name
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 0x20
    path.write_bytes(data)
    code, problems = in_line(store)
    assert code == 1
    # A pointer and the manifest that it names vouch for each other: either may be the one that was changed.
    assert any(name in problem["object"] + problem["problem"] or name.startswith("latest/") for problem in problems)


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"\n", lambda data: b""])
def test_a_cut_or_lengthened_object_is_found(name: str, change: Callable[[bytes], bytes], store: Path) -> None:
    path = store / name
    if name.startswith("latest/") and change(b"") == b"\n":
        return  # a pointer with a line's end says what it said
    path.write_bytes(change(path.read_bytes()))
    assert in_line(store)[0] == 1


@pytest.mark.parametrize("name", [name for name in OBJECTS if not name.startswith("latest/")])
def test_a_dropped_object_is_found_and_named(name: str, store: Path) -> None:
    (store / name).unlink()
    code, problems = in_line(store)
    assert code == 1
    assert any(name in problem["object"] + problem["problem"] for problem in problems)


def test_runs_in_another_order_are_found(store: Path) -> None:
    first, second = manifest_of(store, "20261122T120000Z"), manifest_of(store)
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert in_line(store)[0] == 1


def test_a_run_that_does_not_come_before_its_successor_is_found(store: Path) -> None:
    resealed(store, lambda manifest: manifest["run"].update(id="20261122T110000Z"))
    _, problems = in_line(store)
    assert "is not earlier" in problems[-1]["problem"]


def units_of(store: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    (named,) = [one for one in manifest["objects"] if one["kind"] == "units"]
    return [json.loads(line) for line in gzip.decompress((store / named["key"]).read_bytes()).splitlines()]


def packed(units: list[dict[str, Any]]) -> bytes:
    return gzip.compress("".join(json.dumps(unit) + "\n" for unit in units).encode())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda units: units[1:], "its manifest says"),
        (lambda units: [units[1], units[0], *units[2:]], "not in order"),
        (lambda units: [*units, units[-1]], "more lines than its manifest says"),
        (lambda units: [units[0], *units[:-1]], "not in order, each once"),
        (lambda units: [{**one, "count": one["count"] + 1} for one in units], "its unit says"),
        (lambda units: [{**one, "blocks": []} for one in units], "belong to no unit"),
        (
            lambda units: [{**one, "type": "AWS::Other::Thing"} if one["blocks"] else one for one in units],
            "not of that unit",
        ),
        (lambda units: [{**one, "state": "failed"} for one in units], "which is failed"),
        (lambda units: [{**one, "gaps": 9} for one in units], "its count of gaps"),
    ],
)
def test_units_that_do_not_fit_are_found_though_every_hash_is_right(
    change: Callable[[Any], Any], found: str, store: Path
) -> None:
    def tamper(manifest: dict[str, Any]) -> None:
        replaced(store, manifest, "units", packed(change(units_of(store, manifest))))

    resealed(store, tamper)
    code, problems = verify(store)
    assert code == 1
    assert any(found in problem["problem"] for problem in problems), problems


def test_a_resource_slipped_in_is_found_though_every_hash_is_right(store: Path) -> None:
    def tamper(manifest: dict[str, Any]) -> None:
        (named,) = [one for one in manifest["objects"] if one["kind"] == "snapshot"]
        data = (store / named["key"]).read_bytes()
        extra = gzip.compress(gzip.decompress(data).splitlines(keepends=True)[0])
        replaced(store, manifest, "snapshot", data + extra, count=named["count"] + 1)

    resealed(store, tamper)
    assert any("belong to no unit" in problem["problem"] for problem in verify(store)[1])


@pytest.mark.parametrize("change", [{"resources": 1}, {"units": 1}, {"by_state": {}}, {"gaps": 7}])
def test_counts_that_its_units_do_not_bear_out_are_found(change: dict[str, Any], store: Path) -> None:
    resealed(store, lambda manifest: manifest["counts"].update(change))
    assert verify(store)[0] == 1


@pytest.mark.parametrize(
    "change", [{"verdict": "complete"}, {"verdict": "failed"}, {"coverage": 1.0}, {"coverage": 0.736841}]
)
def test_a_verdict_or_coverage_that_its_units_do_not_bear_out_is_found(change: dict[str, Any], store: Path) -> None:
    resealed(store, lambda manifest: manifest.update(change))
    code, problems = verify(store)
    assert code == 1
    assert "and its units make it partial with 0.736842" in problems[-1]["problem"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"verdict": "complete"}, "its verdict is complete, and its manifest says partial"),
        ({"verdict": "failed"}, "its verdict is failed, and its manifest says partial"),
        ({"run": "20261122T140000Z"}, "its run is 20261122T140000Z, and its manifest says 20261122T130000Z"),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--line"]])
def test_a_pointer_that_says_otherwise_than_its_manifest_is_found_and_named(
    change: dict[str, Any], found: str, arguments: list[str], store: Path
) -> None:
    rewrite(store / "latest/default.json", lambda pointer: {**pointer, **change})
    assert verify(store, *arguments) == (1, [{"object": "latest/default.json", "problem": found}])
    assert verify(store, "--run", LATEST) == (0, []), "the run itself is as written"


@pytest.mark.parametrize(
    ("units", "counted", "found"),
    [
        ({"newly_lost": True}, 2, None),
        ({"newly_lost": True}, None, "its count of newly lost is None, and its units have 2"),
        ({"newly_lost": True}, 3, "its count of newly lost is 3, and its units have 2"),
        ({}, 1, "its count of newly lost is 1, and its units have 0"),
        ({}, None, None),
    ],
)
def test_a_count_of_what_is_newly_lost_that_its_units_do_not_bear_out_is_found(
    units: dict[str, Any], counted: int | None, found: str | None, store: Path
) -> None:
    def tamper(manifest: dict[str, Any]) -> None:
        lines = [{**one, **units} if one["state"] == "denied" else one for one in units_of(store, manifest)]
        replaced(store, manifest, "units", packed(lines))
        manifest["counts"]["newly_lost"] = counted

    resealed(store, tamper)
    assert [problem["problem"] for problem in verify(store)[1]] == ([found] if found else [])


def test_a_unit_that_is_collected_and_said_to_be_newly_lost_is_found(store: Path) -> None:
    def tamper(manifest: dict[str, Any]) -> None:
        lines = units_of(store, manifest)
        next(one for one in lines if one["state"] == "collected")["newly_lost"] = True
        replaced(store, manifest, "units", packed(lines))
        manifest["counts"]["newly_lost"] = 1

    resealed(store, tamper)
    assert "is newly lost, though it is collected, or accepted" in verify(store)[1][0]["problem"]


# --- accepted gaps ---

RULE = {
    "accounts": ["*"],
    "regions": ["us-*"],
    "types": ["*"],
    "reasons": ["iam", "scp"],
    "by": "Jo",
    "until": "2027-01-01T00:00:00Z",
    "why": "not in use",
    "units": 2,
    "expired": False,
}
EXPIRED = RULE | {"until": "2026-11-22T13:00:02Z", "expired": True}
WORD = {name: RULE[name] for name in ("by", "until", "why")}


def accept(store: Path, rule: dict[str, Any], word: dict[str, Any] | None = WORD, **said: Any) -> None:
    """The last run as one in which its two denied units are accepted, and the manifest and its count say so."""

    def tamper(manifest: dict[str, Any]) -> None:
        units = units_of(store, manifest)
        denied = [unit for unit in units if unit["state"] == "denied"]
        for unit in denied if word else ():
            unit["accepted"] = word
        replaced(store, manifest, "units", packed(units))
        manifest["accepted"] = [rule]
        manifest["counts"]["accepted"] = len(denied) if word else 0
        manifest.update(said)

    resealed(store, tamper)


def test_what_is_accepted_by_a_rule_of_the_manifest_is_as_written(store: Path) -> None:
    accept(store, RULE)
    assert verify(store) == (0, [])


def test_a_rule_that_had_expired_when_the_run_began_and_accepts_nothing_is_as_written(store: Path) -> None:
    accept(store, EXPIRED, word=None)
    assert verify(store) == (0, [])


@pytest.mark.parametrize(
    ("rule", "word", "found"),
    [
        (RULE | {"types": ["AWS::S3::*"]}, WORD, "is not accepted as unseen by its rules"),
        (RULE | {"reasons": ["throttled"]}, WORD, "is not accepted as unseen by its rules"),
        (RULE | {"until": "2026-11-22T13:00:02Z"}, WORD, "is not accepted as unseen by its rules"),
        (EXPIRED, WORD, "is not accepted as unseen by its rules"),
        (RULE, None, "is accepted as unseen by its rules, and its unit says otherwise"),
        (RULE, WORD | {"by": "Mia"}, "is accepted as unseen by its rules, and its unit says otherwise"),
        (RULE | {"units": 3}, WORD, "its rule 1 accepts other units"),
        (EXPIRED | {"expired": False}, None, "its rule 1 accepts other units, or to another time"),
        ({"by": "Jo"}, WORD, "is not made as a manifest is"),
        (RULE | {"until": "2027-01-01T00:00:00"}, WORD, "is not made as a manifest is"),
    ],
)
def test_what_is_accepted_otherwise_than_by_a_rule_that_holds_is_found(
    rule: dict[str, Any], word: dict[str, Any] | None, found: str, store: Path
) -> None:
    accept(store, rule, word)
    code, problems = verify(store)
    assert code == 1
    assert any(found in problem["problem"] for problem in problems), problems


def test_a_wrong_count_of_what_is_accepted_is_found(store: Path) -> None:
    accept(store, RULE)
    resealed(store, lambda manifest: manifest["counts"].update(accepted=1))
    assert [problem["problem"] for problem in verify(store)[1]] == ["its count of accepted is 1, and its units have 2"]


def test_a_run_that_says_complete_though_units_are_neither_seen_nor_accepted_is_found(store: Path) -> None:
    accept(store, RULE, verdict="complete")
    (problem,) = verify(store)[1]
    assert problem["problem"].startswith("it says complete with a coverage of 0.736842, and its units make it partial")


def test_a_run_that_says_complete_as_the_rest_is_accepted_is_as_written_and_one_that_says_partial_is_not(
    store: Path,
) -> None:
    everything = RULE | {"reasons": ["iam", "scp", "malformed", "throttled", "deadline"], "units": 5}

    def tamper(manifest: dict[str, Any]) -> None:
        units = units_of(store, manifest)
        for unit in units:
            if unit["state"] not in ("collected", "unavailable"):
                unit["accepted"] = WORD
        replaced(store, manifest, "units", packed(units))
        manifest["accepted"] = [everything]
        manifest["counts"]["accepted"] = 5
        manifest["verdict"] = "complete"

    resealed(store, tamper)
    assert verify(store) == (0, [])
    resealed(store, lambda manifest: manifest.update(verdict="partial"))
    assert "its units make it complete with 0.736842" in verify(store)[1][0]["problem"]


@pytest.mark.parametrize("missing", ["objects", "counts", "previous", "run", "verdict", "coverage"])
def test_a_manifest_that_is_made_otherwise_is_a_problem_and_no_crash(missing: str, store: Path) -> None:
    resealed(store, lambda manifest: manifest.pop(missing))
    assert in_line(store)[0] == 1


def test_a_run_that_is_not_there_is_said_so(store: Path) -> None:
    code, problems = verify(store, "--run", "20200101T000000Z")
    assert (code, problems[0]["object"]) == (1, "20200101T000000Z")


def test_people_are_told_in_a_table(store: Path) -> None:
    done = CliRunner().invoke(cli, ["verify", "--store", str(store), "--line"], standalone_mode=False)
    assert done.output == "2 runs are as written\n"
    (store / OBJECTS[-1]).write_bytes(b"")
    done = CliRunner().invoke(cli, ["verify", "--store", str(store)], standalone_mode=False)
    assert done.return_value == 1
    assert "what is wrong" in done.output
