"""What is written and read: canonical lines, blocks, a run's objects, and the refusal of what is damaged."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stocktake import snapshot
from stocktake.errors import Damaged
from stocktake.model import GLOBAL, Gap, Reason, ReasonCode, Resource, State, Unit, Verdict
from stocktake.snapshot import (
    Content,
    Spool,
    StoredObject,
    UnitLines,
    UnitRecord,
    assemble,
    canonical,
    counts_of,
    document,
    last_seen_in,
    lines_of,
    manifest_key,
    member,
    not_entered,
    pointer_key,
    record_in,
    resource_line,
    seconds_in,
    stable_line,
    unseen,
    verdict_of,
    well_formed,
)
from tests.helpers import ACCOUNT, TYPE, law, record, resource, run_at, unit

GAP = Gap("Policy", Reason(ReasonCode.IAM, "GetPolicy: AccessDenied: no"))

# --- canonical JSON ---

any_text = st.text(st.characters(), max_size=8)  # lone surrogates and control characters included
key_text = st.text(max_size=6)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.binary(max_size=8)
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
)
answers = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(key_text, inner, max_size=4)
    ),
    max_leaves=16,
)


def plainly(value: Any) -> Any:
    """What canonical JSON must say of a value, worked out another way."""
    if isinstance(value, dict):
        return {key: plainly(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, str):
        # A high surrogate followed by a low one is a character that JSON spells so; any other is U+FFFD.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members as they stand there, which must be sorted and different."""
    keys = [key for key, _ in pairs]
    assert keys == sorted(set(keys))
    return dict(pairs)


@law
@given(answers)
@example({"b": math.nan, "a": [math.inf, -math.inf], "c": {"z": 1, "y": b"\xff"}})
@example({"\u2028": "\x85\x00\x1f\x7f\r\n", "\ufeff": "\ud800x\udc00"})
@example(["\ud83d\ude00", "\ude00\ud83d"])
def test_canonical_json_is_utf_8_on_one_line_sorted_and_says_the_same(value: Any) -> None:
    written = canonical(value)
    assert b"\n" not in written
    assert json.loads(written.decode("utf-8"), object_pairs_hook=in_order) == plainly(value)


@law
@given(answers)
def test_canonical_json_read_and_written_again_is_the_same(value: Any) -> None:
    written = canonical(value)
    assert canonical(json.loads(written)) == written


@law
@given(st.dictionaries(key_text, answers, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(value: dict[str, Any], rng: Any) -> None:
    shuffled = dict(rng.sample(list(value.items()), len(value)))
    assert canonical(shuffled) == canonical(value)


@law
@given(answers)
def test_canonical_json_has_no_spaces_and_no_escapes_that_are_not_needed(value: Any) -> None:
    said = json.loads(canonical(value))
    assert canonical(value).decode() == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, 1.5]}, b'{"a":[true,null,1.5],"b":1}'),
        ({"text": "\u00fc \u2028"}, '{"text":"\u00fc \u2028"}'.encode()),
        ({"control": "\n\x00\x1f"}, b'{"control":"\\n\\u0000\\u001f"}'),
        ({"bytes": b"\x00\xff"}, b'{"bytes":"AP8="}'),
        ({"nan": math.nan, "inf": [math.inf, -math.inf]}, b'{"inf":["inf","-inf"],"nan":"nan"}'),
        ({"lone": "a\ud800b"}, '{"lone":"a\ufffdb"}'.encode()),
        ({"time": datetime(2026, 1, 5, 10, tzinfo=UTC)}, b'{"time":"2026-01-05T10:00:00+00:00"}'),
        (
            {"nan": math.nan, "bytes": b"\x00", "day": date(2026, 1, 5)},
            b'{"bytes":"AA==","day":"2026-01-05","nan":"nan"}',
        ),
        ({2: "b", 1: "a"}, b'{"1":"a","2":"b"}'),
        ({"big": 2**80}, b'{"big":1208925819614629174706176}'),
    ],
)
def test_canonical_json_by_example(value: Any, written: bytes) -> None:
    assert canonical(value) == written


def test_keys_with_lone_surrogates_stand_in_order_too() -> None:
    written = canonical({"\ud800": 1, "\ue000": 2})
    json.loads(written, object_pairs_hook=in_order)
    assert canonical(json.loads(written)) == written


def test_two_keys_with_different_lone_surrogates_are_not_one_key_twice() -> None:
    read = json.loads(canonical({chr(0xD800): 1, chr(0xD801): 2}), object_pairs_hook=in_order)
    assert sorted(read.values()) == [1, 2]


@law
@given(any_text)
@example("a\ud800b")
def test_well_formed_text_can_be_encoded_and_stays_as_it_is(text: str) -> None:
    once = well_formed(text)
    assert once.encode().decode() == once
    assert well_formed(once) == once
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert once == text


# --- resource lines ---


def test_a_line_has_every_member_and_gaps_only_where_there_are_some() -> None:
    line = json.loads(resource_line(resource("i-1")))
    assert sorted(line) == ["account", "arn", "created", "data", "id", "name", "region", "tags", "type"]
    assert json.loads(resource_line(resource("i-1", gaps=[GAP])))["gaps"] == [
        {"path": "Policy", "reason": {"code": "iam", "message": "GetPolicy: AccessDenied: no"}}
    ]


def test_two_tags_that_differ_in_case_are_two_members() -> None:
    line = resource_line(replace(resource("i-1"), tags={"name": "low", "Name": "High"}))
    assert b'"tags":{"Name":"High","name":"low"}' in line


def test_a_stable_line_lacks_the_volatile_members_and_nothing_else() -> None:
    line = resource_line(resource("i-1", Count=7, Deep={"Count": 8, "Kept": 9}, List=[{"Count": 1, "Kept": 2}]))
    stable = json.loads(stable_line(line, [("Count",), ("Deep", "Count"), ("List", "[]", "Count"), ("Missing", "X")]))
    assert stable["data"] == {"Id": "i-1", "Deep": {"Kept": 9}, "List": [{"Kept": 2}]}
    assert {**stable, "data": 0} == {**json.loads(line), "data": 0}


def test_the_elements_of_a_list_can_be_volatile() -> None:
    line = resource_line(resource("i-1", Seen=["a", "b", "c"]))
    assert json.loads(stable_line(line, [("Seen", "[]")]))["data"] == {"Id": "i-1", "Seen": []}


@law
@given(st.dictionaries(key_text, answers, max_size=4))
def test_a_line_without_volatile_members_is_its_own_stable_line(data: dict[str, Any]) -> None:
    line = resource_line(replace(resource("i-1"), data=data))
    assert stable_line(line, []) == line


# --- gzip members ---


def test_a_member_is_the_same_bytes_everywhere() -> None:
    assert member(b"").hex() == "1f8b08000000000000ff03000000000000000000"
    assert member(b'{"a":1}\n').hex() == "1f8b08000000000000ffab564a54b232ace5020046a3e87408000000"


@law
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_members_one_after_another_are_read_as_one_by_gzip(parts: list[bytes]) -> None:
    assert gzip.decompress(b"".join(member(part) for part in parts)) == b"".join(parts)


@pytest.mark.skipif(shutil.which("zcat") is None, reason="no zcat here")
def test_members_one_after_another_are_read_by_zcat() -> None:
    data = member(b"one\n") + member(b"") + member(b"two\n")
    assert subprocess.run(["zcat"], input=data, stdout=subprocess.PIPE, check=True).stdout == b"one\ntwo\n"


# --- a unit's lines ---


@contextmanager
def small(run: int = 600, block: int = 900) -> Iterator[None]:
    """Runs and blocks so small that a handful of resources makes several."""
    with patch.multiple(snapshot, RUN_BYTES=run, BLOCK_BYTES=block, CHUNK=64):
        yield


def encoded(spool: Spool, pages: Sequence[Sequence[Resource]], volatile: Sequence[str] = ()) -> Content:
    lines = UnitLines(spool, volatile)
    for page in pages:
        lines.add(page)
    return lines.finish()


def lines_in(spool: Spool, content: Content) -> list[bytes]:
    return b"".join(gzip.decompress(spool.read(one.offset, one.length)) for one in content.blocks).splitlines()


def unplaced(content: Content) -> Content:
    """Without where the spool has it."""
    return replace(content, blocks=tuple(replace(block, offset=0) for block in content.blocks))


ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
resources = st.lists(
    st.builds(
        lambda identity, text, gapped: resource(identity, Text=text, gaps=[GAP] if gapped else []),
        ids,
        st.text(max_size=60),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda one: one.id,
)


@law
@given(resources, st.randoms(use_true_random=False))
def test_any_order_and_any_pages_of_the_same_resources_give_the_same_blocks(found: list[Resource], rng: Any) -> None:
    shuffled = rng.sample(found, len(found))
    cuts = sorted(rng.randint(0, len(found)) for _ in range(rng.randint(0, 6)))
    pages = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(found)], strict=True)]
    with Spool() as spool:
        with small():
            content = encoded(spool, pages)
        with small(run=10**9):
            whole = encoded(spool, [sorted(found, key=lambda one: one.id)])
        assert unplaced(content) == unplaced(whole)
        expected = [resource_line(one) for one in sorted(found, key=lambda one: one.id)]
        assert lines_in(spool, content) == expected
    assert content.count == len(found)
    assert content.gaps == sum(bool(one.gaps) for one in found)
    assert content.fingerprint == hashlib.sha256(b"".join(line + b"\n" for line in expected)).hexdigest()


def many(number: int, **members: Any) -> list[Resource]:
    return [resource(f"i-{index:05}", Filler="x" * 50, **members) for index in range(number)]


def test_the_sizes_used_here_spill_runs_and_cut_blocks() -> None:
    with Spool() as spool, small():
        lines = UnitLines(spool)
        for one in many(20):
            lines.add([one])
        assert len(lines._runs) > 2
        assert len(lines.finish().blocks) > 2


def test_a_block_is_within_its_size_and_says_what_is_in_it() -> None:
    with Spool() as spool, small():
        content = encoded(spool, [many(30)])
        for block in content.blocks:
            data = spool.read(block.offset, block.length)
            lines = gzip.decompress(data).splitlines(keepends=True)
            assert sum(map(len, lines)) <= snapshot.BLOCK_BYTES
            assert block.first == json.loads(lines[0])["id"]
            assert block.count == len(lines)
            assert block.sha256 == hashlib.sha256(data).hexdigest()
        assert [block.first for block in content.blocks] == sorted(block.first for block in content.blocks)
        assert sum(block.count for block in content.blocks) == content.count == 30


def test_a_resource_larger_than_a_block_has_one_for_itself() -> None:
    with Spool() as spool, small():
        content = encoded(spool, [[resource("a"), resource("b", Big="x" * 5000), resource("c")]])
        assert [block.first for block in content.blocks] == ["a", "b", "c"]


@law
@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9), st.booleans()), max_size=5), max_size=8)
)
def test_a_resource_that_comes_again_stands_once_with_the_later_word(pages: list[list[tuple[str, int, bool]]]) -> None:
    latest = {
        identity: resource(identity, Version=version, Filler="x" * 80, gaps=[GAP] if gapped else [])
        for page in pages
        for identity, version, gapped in page
    }
    made = [
        [
            resource(identity, Version=version, Filler="x" * 80, gaps=[GAP] if gapped else [])
            for identity, version, gapped in page
        ]
        for page in pages
    ]
    with Spool() as spool, small(run=300, block=500):
        content = encoded(spool, made)
        assert lines_in(spool, content) == [resource_line(latest[identity]) for identity in sorted(latest)]
    assert content.count == len(latest)
    assert content.gaps == sum(bool(one.gaps) for one in latest.values())


def test_two_resources_of_one_id_and_different_arns_are_two() -> None:
    twins = [replace(resource("x"), arn="arn:b"), replace(resource("x"), arn="arn:a"), replace(resource("x"), arn=None)]
    with Spool() as spool:
        content = encoded(spool, [twins])
        assert [json.loads(line)["arn"] for line in lines_in(spool, content)] == [None, "arn:a", "arn:b"]


def test_a_volatile_member_changes_the_line_but_not_the_fingerprint() -> None:
    with Spool() as spool:
        before = encoded(spool, [[resource("i-1", Free=250, Size=8)]], ["Free"])
        after = encoded(spool, [[resource("i-1", Free=249, Size=8)]], ["Free"])
        grown = encoded(spool, [[resource("i-1", Free=250, Size=9)]], ["Free"])
    assert before.blocks[0].sha256 != after.blocks[0].sha256
    assert before.fingerprint == after.fingerprint
    assert before.fingerprint != grown.fingerprint


def test_without_a_volatile_path_every_member_counts() -> None:
    with Spool() as spool:
        before = encoded(spool, [[resource("i-1", Free=250)]])
        after = encoded(spool, [[resource("i-1", Free=249)]])
    assert before.fingerprint != after.fingerprint


def test_a_unit_without_resources_has_no_block() -> None:
    with Spool() as spool:
        assert encoded(spool, [[], []]) == Content()


def test_an_id_that_utf_8_cannot_say_is_written_and_sorted_as_it_is_read() -> None:
    with Spool() as spool, small():
        content = encoded(spool, [[resource("b\ud800"), *many(10), resource("\U0001f600")]])
        read = [json.loads(line)["id"] for line in lines_in(spool, content)]
    assert read == sorted(read)
    assert "b\ufffd" in read


def test_merging_a_large_unit_takes_a_part_of_its_size() -> None:
    """Every size is a sixteenth of the real one, the shape of the merge is the same: some 250 runs."""
    total = 0
    with (
        Spool() as spool,
        patch.multiple(snapshot, RUN_BYTES=1 << 16, BLOCK_BYTES=1 << 20, CHUNK=1 << 12, RUN_WINDOW=10),
    ):
        lines = UnitLines(spool)
        for page in range(1000):
            noise = hashlib.sha512(str(page).encode()).hexdigest()
            lines.add(resource(f"i-{hash_of(page, index)}", Noise=noise, Filler="x" * 600) for index in range(16))
            total += 16 * 950
        tracemalloc.start()
        try:
            lines.finish()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < total / 2


def hash_of(*parts: int) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


# --- the objects of a run ---

RUN = run_at(13)
INSTANCES, VOLUMES = unit("AWS::EC2::Instance"), unit("AWS::EC2::Volume")
ROLES = unit("AWS::IAM::Role", GLOBAL)
ELSEWHERE = unit("AWS::EC2::Instance", "us-east-1")


def an_estate(spool: Spool) -> list[UnitRecord]:
    """Units of every state, in no order, some of several blocks."""
    with small(block=500):
        return [
            record(spool, ELSEWHERE, [f"us-{index}" for index in range(9)]),
            record(spool, VOLUMES, ["v-2", "v-1"], state=State.PARTIAL),
            record(spool, ROLES, ["admin"]),
            record(spool, unit("AWS::SQS::Queue"), state=State.DENIED),
            record(spool, unit("AWS::EC2::VPC"), state=State.FAILED),
            record(spool, unit("AWS::ECS::Service"), state=State.UNAVAILABLE),
            record(spool, unit("AWS::S3::Bucket", GLOBAL), state=State.NOT_REACHED),
            record(spool, unit("AWS::EC2::Subnet"), []),
            record(spool, INSTANCES, [f"eu-{index}" for index in range(9)]),
        ]


def content_of(one: StoredObject) -> bytes:
    one.file.seek(0)
    return one.file.read()


def kinds(objects: Sequence[StoredObject]) -> dict[str, StoredObject]:
    return {one.kind: one for one in objects}


def unit_lines(objects: Sequence[StoredObject]) -> list[dict[str, Any]]:
    one = kinds(objects)["units"]
    return list(lines_of(content_of(one), one.key))


def test_an_object_is_what_the_manifest_will_say_of_it() -> None:
    with Spool() as spool:
        objects = assemble(RUN, an_estate(spool), spool, {})
        for one in objects:
            data = content_of(one)
            assert one.size == len(data)
            assert one.sha256 == hashlib.sha256(data).hexdigest()
            assert one.count == gzip.decompress(data).count(b"\n")
            assert one.key.endswith(f"-{one.sha256[:12]}.ndjson.gz")
            assert one.as_json() == {
                "key": one.key,
                "kind": one.kind,
                "bytes": one.size,
                "sha256": one.sha256,
                "count": one.count,
            }


def test_objects_are_written_snapshot_first_and_units_last() -> None:
    with Spool() as spool:
        assert [one.kind for one in assemble(RUN, an_estate(spool), spool, {})] == ["snapshot", "partial", "units"]


def test_every_block_can_be_cut_out_of_its_object() -> None:
    with Spool() as spool:
        objects = assemble(RUN, an_estate(spool), spool, {})
        content = {one.key: content_of(one) for one in objects}
        for line in unit_lines(objects):
            found: list[str] = []
            for block in line["blocks"]:
                data = content[block["object"]][block["offset"] : block["offset"] + block["length"]]
                assert hashlib.sha256(data).hexdigest() == block["sha256"]
                records = list(lines_of(data, "block"))
                assert records[0]["id"] == block["first"]
                assert {(one["account"], one["region"], one["type"]) for one in records} == {
                    (line["account"], line["region"], line["type"])
                }
                found += [one["id"] for one in records]
            assert len(found) == line["count"]
            assert found == sorted(found)
        several = [line for line in unit_lines(objects) if len(line["blocks"]) > 1]
        assert {line["region"] for line in several} == {"eu-west-1", "us-east-1"}


def test_the_blocks_of_an_object_lie_one_after_another_without_a_gap() -> None:
    with Spool() as spool:
        objects = assemble(RUN, an_estate(spool), spool, {})
        blocks = [block for line in unit_lines(objects) for block in line["blocks"]]
        for one in objects[:-1]:
            mine = [block for block in blocks if block["object"] == one.key]
            ends = [block["offset"] + block["length"] for block in mine]
            assert [block["offset"] for block in mine] == [0, *ends[:-1]]
            assert ends[-1] == one.size


def test_units_and_resources_stand_in_the_order_of_account_region_and_type() -> None:
    with Spool() as spool:
        records = [
            record(spool, unit(name, region, account), ["x"])
            for name in ("AWS::EC2::Volume", "AWS::EC2::Instance")
            for region in ("us-east-1", GLOBAL, "eu-west-1")
            for account in ("222222222222", "111111111111")
        ]
        objects = assemble(RUN, records, spool, {})
        for one in objects:
            keys = [(line["account"], line["region"], line["type"]) for line in lines_of(content_of(one), one.key)]
            assert keys == sorted(keys)
            assert len(keys) == 12


def test_a_block_of_an_earlier_revision_that_is_not_what_its_unit_names_is_not_gone_on_with() -> None:
    with Spool() as spool:
        written = content_of(kinds(assemble(RUN, an_estate(spool), spool, {}))["partial"])
        (line,) = (one for one in unit_lines(assemble(RUN, an_estate(spool), spool, {})) if one["state"] == "partial")
        earlier = record_in(line)

        def read(block: Mapping[str, Any]) -> bytes:
            return written[block["offset"] : block["offset"] + block["length"]]

        def other(block: Mapping[str, Any]) -> bytes:
            return member(gzip.decompress(read(block)).replace(b"1", b"2"))

        taken = snapshot.unplaced(earlier, spool, read).content
        assert (taken.count, sum(block.count for block in taken.blocks)) == (line["count"], line["count"])
        with pytest.raises(Damaged, match="does not have the hash"):
            snapshot.unplaced(earlier, spool, other)


def test_what_partial_units_gave_lies_in_an_object_of_its_own() -> None:
    with Spool() as spool:
        objects = kinds(assemble(RUN, an_estate(spool), spool, {}))
        whole, part = (content_of(objects[kind]) for kind in ("snapshot", "partial"))
        assert [line["id"] for line in lines_of(part, "partial")] == ["v-1", "v-2"]
        assert "AWS::EC2::Volume" not in {line["type"] for line in lines_of(whole, "snapshot")}
        assert objects["partial"].key.startswith("snapshots/inventory=default/")


def test_without_partial_resources_there_is_no_such_object() -> None:
    with Spool() as spool:
        records = [record(spool, INSTANCES, ["i-1"]), record(spool, VOLUMES, [], state=State.PARTIAL)]
        assert [one.kind for one in assemble(RUN, records, spool, {})] == ["snapshot", "units"]


@pytest.mark.parametrize("state", [State.COLLECTED, State.FAILED])
def test_a_snapshot_with_nothing_in_it_is_one_empty_member(state: State) -> None:
    with Spool() as spool:
        snapshot_object, units = assemble(RUN, [record(spool, INSTANCES, [], state=state)], spool, {})
        assert content_of(snapshot_object) == member(b"")
        assert (snapshot_object.count, snapshot_object.size) == (0, len(member(b"")))
        assert unit_lines([units])[0]["blocks"] == []


def test_two_assemblies_of_the_same_estate_are_the_same_to_the_byte() -> None:
    with Spool() as one, Spool() as other:
        other.append(b"something else lies before")
        first = assemble(RUN, an_estate(one), one, {})
        second = assemble(RUN, an_estate(other)[::-1], other, {})
        assert [(one.key, content_of(one)) for one in first] == [(one.key, content_of(one)) for one in second]


def test_nothing_of_the_run_stands_in_a_snapshot() -> None:
    with Spool() as spool:
        records = an_estate(spool)
        slower = [replace(one, outcome=replace(one.outcome, seconds=9.0, calls=99)) for one in records]
        now, later = assemble(RUN, records, spool, {}), assemble(run_at(14), slower, spool, {})
        assert [content_of(one) for one in now[:2]] == [content_of(one) for one in later[:2]]
        assert content_of(now[2]) != content_of(later[2])


def test_a_units_line_is_complete() -> None:
    with Spool() as spool:
        objects = assemble(RUN, [record(spool, INSTANCES, ["i-1"], seconds=1.23456)], spool, {})
        (line,) = unit_lines(objects)
        (block,) = record(spool, INSTANCES, ["i-1"]).content.blocks
        assert line == {
            "account": ACCOUNT,
            "region": "eu-west-1",
            "type": TYPE,
            "state": "collected",
            "reason": None,
            "count": 1,
            "gaps": 0,
            "pages": 1,
            "calls": 2,
            "retries": 1,
            "throttles": 0,
            "seconds": 1.235,
            "fingerprint": hashlib.sha256(resource_line(resource("i-1")) + b"\n").hexdigest(),
            "blocks": [
                {
                    "object": objects[0].key,
                    "offset": 0,
                    "length": block.length,
                    "sha256": block.sha256,
                    "first": "i-1",
                }
            ],
        }


LAST = {"run": "20261122T120000Z", "blocks": [], "fingerprint": "f"}


@pytest.mark.parametrize("state", [state for state in State if state is not State.COLLECTED])
def test_a_unit_that_is_not_collected_says_why_and_where_it_was_last(state: State) -> None:
    with Spool() as spool:
        reason = Reason(ReasonCode.THROTTLED, "slower")
        records = [record(spool, INSTANCES, ["i-1"], state=state, reason=reason), record(spool, VOLUMES, ["v-1"])]
        line, collected = unit_lines(assemble(RUN, records, spool, {INSTANCES.key: LAST, VOLUMES.key: LAST}))
        assert line["reason"] == {"code": "throttled", "message": "slower"}
        assert line["last"] == LAST
        assert line["fingerprint"] is None
        assert "last" not in collected
        (never, _) = unit_lines(assemble(RUN, records, spool, {}))
        assert never["last"] is None


def test_last_seen_follows_a_unit_through_the_runs_that_missed_it() -> None:
    earlier = [
        {**line_of(INSTANCES, "collected"), "blocks": [{"object": "o"}], "fingerprint": "f"},
        {**line_of(VOLUMES, "denied"), "last": LAST},
        {**line_of(ELSEWHERE, "failed"), "last": None},
        line_of(ROLES, "not_reached"),
    ]
    assert last_seen_in("20261122T130000Z", earlier) == {
        INSTANCES.key: {"run": "20261122T130000Z", "blocks": [{"object": "o"}], "fingerprint": "f"},
        VOLUMES.key: LAST,
    }


def test_only_a_unit_that_was_read_to_its_end_says_how_long_it_takes() -> None:
    states = dict(
        zip((INSTANCES, VOLUMES, ELSEWHERE, ROLES), ("collected", "partial", "failed", "not_reached"), strict=True)
    )
    earlier = [{**line_of(of, state), "seconds": 7.5} for of, state in states.items()]
    assert seconds_in(earlier) == {INSTANCES.key: 7.5}


def line_of(of: Unit, state: str, code: str = "iam", message: str = "no") -> dict[str, Any]:
    account, region, name = of.key
    reason = None if state == "collected" else {"code": code, "message": message}
    return {"account": account, "region": region, "type": name, "state": state, "reason": reason}


# --- keys ---


def test_a_runs_objects_lie_by_inventory_day_and_hour() -> None:
    with Spool() as spool:
        objects = assemble(run_at(7, inventory="core"), an_estate(spool), spool, {})
    place = "inventory=core/date=2026-11-22/hour=07/20261122T070000Z"
    digests = [one.sha256[:12] for one in objects]
    assert [one.key for one in objects] == [
        f"snapshots/{place}-{ACCOUNT}-{digests[0]}.ndjson.gz",
        f"snapshots/{place}-{ACCOUNT}-{digests[1]}.ndjson.gz",
        f"units/{place}-{ACCOUNT}-{digests[2]}.ndjson.gz",
    ]
    assert manifest_key(run_at(7, inventory="core"), 2) == f"manifests/{place}.r2.json"
    assert pointer_key("core") == "latest/core.json"


def test_a_run_over_several_accounts_names_none() -> None:
    with Spool() as spool:
        records = [record(spool, unit(account=account)) for account in ("111111111111", "222222222222")]
        assert all("-all-" in one.key for one in assemble(RUN, records, spool, {}))


# --- reading ---

GOOD = member(b'{"id":"a","n":1}\n') + member(b'{"id":"b","n":2}\n')
READ = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]


def test_lines_come_back() -> None:
    assert list(lines_of(GOOD, "o")) == READ
    assert list(lines_of(member(b""), "o")) == []


def test_an_object_that_was_cut_is_refused_by_name() -> None:
    ends_of_members = (0, GOOD.index(b"\x1f\x8b", 1))
    for length in range(len(GOOD)):
        if length not in ends_of_members:
            with pytest.raises(Damaged, match=r"^the/key cannot be read: "):
                list(lines_of(GOOD[:length], "the/key"))


def test_a_flipped_bit_is_refused_or_changes_nothing() -> None:
    """What nobody reads of a gzip header (time, system, level) may change."""
    for place in range(len(GOOD) * 8):
        flipped = bytearray(GOOD)
        flipped[place // 8] ^= 1 << place % 8
        with suppress(Damaged):
            assert list(lines_of(bytes(flipped), "o")) == READ


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b'{"id":"a"}\n',
        member(b"no json\n"),
        member(b'{"id":"a"}\n\n'),
        member(b'{"id":"\xff"}\n'),
        GOOD + b"more",
        GOOD[1:],
    ],
)
def test_what_is_no_compressed_lines_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"^the/key cannot be read: "):
        list(lines_of(data, "the/key"))


def test_an_object_of_no_bytes_is_refused() -> None:
    with pytest.raises(Damaged):
        list(lines_of(b"", "o"))


def test_a_last_line_without_its_end_is_not_dropped_in_silence() -> None:
    with pytest.raises(Damaged):
        assert list(lines_of(member(b'{"id":"a"}\n{"id":"b"}'), "o")) == [{"id": "a"}, {"id": "b"}]


def test_a_part_with_nothing_in_it_is_refused_where_it_is_not_all_there_is() -> None:
    """Of such parts a small object could hold any number."""
    assert list(lines_of(member(b""), "x")) == []
    for data in (member(b'{"a":1}\n') + member(b""), member(b"") * 2):
        with pytest.raises(Damaged, match="x cannot be read: a part of it is empty"):
            list(lines_of(data, "x"))


def test_a_member_that_stands_twice_is_refused() -> None:
    with pytest.raises(Damaged, match="twice"):
        document(b'{"format":1,"run":{"id":"a","id":"b"}}', "x")
    with pytest.raises(Damaged, match="twice"):
        list(lines_of(member(b'{"id":"a","id":"b"}\n'), "x"))


def test_more_values_than_memory_is_meant_for_are_refused_before_they_are_read() -> None:
    text = b'{"format":1,"values":[' + b"0," * 200 + b"0]}"
    assert document(text, "x")["format"] == 1
    with patch.object(snapshot, "VALUES", 100):
        with pytest.raises(Damaged, match="more than 100 values"):
            document(text, "x")
        with pytest.raises(Damaged, match="more than 100 values"):
            list(lines_of(member(text + b"\n"), "x"))


def test_a_value_a_little_deeper_than_the_deepest_is_refused() -> None:
    def nested(depth: int) -> bytes:
        return b'{"format":1,"value":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert document(nested(snapshot.DEPTH), "x")["format"] == 1
    with pytest.raises(Damaged, match="nested deeper"):
        document(nested(snapshot.DEPTH + 1), "x")


def test_lines_nested_too_deep_are_refused() -> None:
    with pytest.raises(Damaged):
        list(lines_of(member(b"[" * 100_000 + b"\n"), "o"))


def test_a_document_comes_back_and_what_it_says_besides_is_ignored() -> None:
    assert document(b'{"format":1,"run":"r","later":{}}', "o") == {"format": 1, "run": "r", "later": {}}


@pytest.mark.parametrize("data", [b"", b"{", b"<html>", b"\xff\xfe", b'{"format":1'])
def test_a_document_that_is_no_json_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"^latest/default\.json is no JSON$"):
        document(data, "latest/default.json")


@pytest.mark.parametrize("data", [b"{}", b"[]", b"1", b"null", b'{"format":2}', b'{"format":"1"}', b'{"format":null}'])
def test_a_document_of_another_format_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"^the/key has format .+; this version of stocktake reads format 1$"):
        document(data, "the/key")


# --- verdict, counts, what was not seen ---


def records_of(**numbers: int) -> list[UnitRecord]:
    """So many units in each state."""
    with Spool() as spool:
        return [
            record(spool, unit(region=f"r-{state}-{index}"), state=State(state))
            for state, number in numbers.items()
            for index in range(number)
        ]


@pytest.mark.parametrize(
    ("numbers", "verdict", "coverage"),
    [
        ({}, Verdict.COMPLETE, 1.0),
        ({"collected": 3}, Verdict.COMPLETE, 1.0),
        ({"collected": 3, "unavailable": 5}, Verdict.COMPLETE, 1.0),
        ({"unavailable": 5}, Verdict.COMPLETE, 1.0),
        ({"collected": 3, "denied": 1}, Verdict.PARTIAL, 0.75),
        ({"collected": 1, "denied": 2, "unavailable": 7}, Verdict.PARTIAL, 0.333333),
        ({"collected": 1, "partial": 1}, Verdict.PARTIAL, 0.5),
        ({"partial": 2, "failed": 1}, Verdict.PARTIAL, 0.0),
        ({"failed": 1}, Verdict.FAILED, 0.0),
        ({"denied": 2, "not_reached": 1, "unavailable": 1}, Verdict.FAILED, 0.0),
    ],
)
def test_the_verdict_follows_from_the_states(numbers: dict[str, int], verdict: Verdict, coverage: float) -> None:
    assert verdict_of(records_of(**numbers)) == (verdict, coverage)


def test_a_run_that_misses_one_of_very_many_is_not_rounded_to_complete() -> None:
    (seen, missed) = records_of(collected=1, failed=1)
    verdict, coverage = verdict_of([seen] * 3_000_000 + [missed])
    assert (verdict, coverage) == (Verdict.PARTIAL, 0.999999)


def test_counts_are_by_state_type_and_region() -> None:
    with Spool() as spool:
        counts = counts_of(an_estate(spool))
    assert counts["resources"] == 9 + 2 + 1 + 9
    assert counts["units"] == 9
    assert counts["by_state"] == {
        "collected": 4,
        "partial": 1,
        "denied": 1,
        "failed": 1,
        "unavailable": 1,
        "not_reached": 1,
    }
    assert counts["by_type"]["AWS::EC2::Instance"] == 18
    assert counts["by_type"]["AWS::SQS::Queue"] == 0
    assert counts["by_region"] == {"eu-west-1": 11, "us-east-1": 9, "global": 1}
    assert json.loads(canonical(counts)) == counts


def test_gaps_are_counted_over_all_units() -> None:
    with Spool() as spool:
        gapped = encoded(spool, [[resource("a", gaps=[GAP]), resource("b"), resource("c", gaps=[GAP, GAP])]])
        outcome = record(spool, INSTANCES).outcome
    assert counts_of([UnitRecord(outcome, gapped), UnitRecord(outcome, gapped)])["gaps"] == 4


def test_what_was_not_seen_is_grouped_by_account_type_state_and_reason() -> None:
    lines: list[Mapping[str, Any]] = [
        line_of(unit(region="eu-west-1"), "collected"),
        line_of(unit(region="eu-west-2"), "denied", message="first"),
        line_of(unit(region="us-east-1"), "denied", message="second"),
        line_of(unit(region="us-east-2"), "denied", code="scp"),
        line_of(unit(region="us-west-1"), "failed", code="throttled"),
        line_of(unit(region="us-west-2", account="999999999999"), "denied"),
        {**line_of(unit("AWS::A::B"), "unavailable"), "reason": None},
    ]
    groups = unseen(lines)
    assert groups[0] == {
        "account": ACCOUNT,
        "type": TYPE,
        "state": "denied",
        "reason": "iam",
        "message": "first",
        "regions": ["eu-west-2", "us-east-1"],
    }
    assert [(group["type"], group["state"], group["reason"], group["regions"]) for group in groups[1:]] == [
        ("AWS::A::B", "unavailable", "", ["eu-west-1"]),
        (TYPE, "denied", "scp", ["us-east-2"]),
        (TYPE, "denied", "iam", ["us-west-2"]),
        (TYPE, "failed", "throttled", ["us-west-1"]),
    ]


def test_of_an_account_that_could_not_be_entered_all_types_are_one_group() -> None:
    lines = [
        line_of(unit(name, region, account), "denied")
        for account in (ACCOUNT, "999999999999")
        for name in ("AWS::A::B", "AWS::A::C")
        for region in ("eu-west-1", "us-east-1")
    ]
    groups = unseen(lines, {"999999999999"})
    assert [(group["account"], group["type"], group["regions"]) for group in groups] == [
        ("999999999999", "*", ["eu-west-1", "us-east-1"]),
        (ACCOUNT, "AWS::A::B", ["eu-west-1", "us-east-1"]),
        (ACCOUNT, "AWS::A::C", ["eu-west-1", "us-east-1"]),
    ]


def test_a_manifest_says_which_accounts_could_not_be_entered() -> None:
    by_account = {"111111111111": {"problem": None}, "222222222222": {"problem": {"code": "iam", "message": "no"}}}
    assert not_entered({"scope": {"by_account": by_account}}) == {"222222222222"}
    assert not_entered({"scope": {}}) == set()


def test_where_everything_was_seen_nothing_is_grouped() -> None:
    assert unseen([line_of(INSTANCES, "collected")]) == []


# --- the spool ---


def test_the_spool_gives_back_what_it_was_given_and_is_gone_when_it_is_left() -> None:
    with Spool() as spool:
        first, second = spool.append(b"one"), spool.append(b"two!")
        file = spool.new_file()
        assert (spool.read(second, 4), spool.read(first, 3)) == (b"two!", b"one")
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        spool.read(0, 1)
