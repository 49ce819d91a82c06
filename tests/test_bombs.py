"""A store that somebody else wrote cannot hurt who reads it: every bomb in every object is refused, by name, within
768 MB of address space and seconds."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from stocktake.errors import Damaged
from stocktake.snapshot import DEPTH, LINE_BYTES, VALUES, document, lines_of
from stocktake.store import BucketStore, DirectoryStore, read_manifest, read_pointer
from tests.limited import Ended, Limited
from tests.loopback import Loopback, Reply
from tests.stored import LATEST, OBJECTS, Stored

MEGABYTES = 768
SECONDS = 20
ZEROS = 50_000_000

READERS: dict[str, tuple[list[str], set[str]]] = {
    "show": (["show"], {"pointer", "manifest", "units"}),
    "show --json": (["show", "--json"], {"pointer", "manifest", "units"}),
    "find": (["find", "a"], {"pointer", "manifest", "snapshot", "partial"}),
    "verify --line": (["verify", "--line"], set(OBJECTS)),
    "look back": (["look-back"], {"pointer", "manifest", "units"}),
}
"""How each is asked, and which objects it reads."""


@pytest.fixture(scope="module")
def limited() -> Iterator[Limited]:
    environment = {**os.environ, "COLUMNS": "400"}
    with Limited(MEGABYTES, SECONDS, environment) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Stored:
    return Stored(tmp_path / "store")


def read(limited: Limited, reader: str, store: Stored) -> Ended:
    arguments, _ = READERS[reader]
    where = [str(store.folder)] if reader == "look back" else ["--store", str(store.folder)]
    return limited.run(*arguments, *where)


def refuses(ended: Ended, reader: str, name: str) -> None:
    """Exit code 1 and, of a command, one sentence that names the object."""
    assert (ended.code, "Traceback" in ended.err) == (1, False), (reader, ended)
    assert ended.seconds < SECONDS
    if reader == "look back":
        return
    said = ended.out if reader.startswith("verify") else ended.err
    assert name in "".join(said.split()), (reader, ended)
    if not reader.startswith("verify"):
        assert ended.err.startswith("stocktake: ")
        assert ended.err.count("\n") == 1
        assert ended.out == ""


# --- bombs ---


def compressed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


@cache
def zeros() -> bytes:
    return compressed(bytes(ZEROS))


@cache
def lines(line: bytes, number: int) -> bytes:
    """So many lines, in a hundred members."""
    return compressed((line + b"\n") * (number // 100)) * 100


def nested(depth: int) -> bytes:
    return b'{"format":1,"a":' + b"[" * depth + b"]" * depth + b"}"


DOCUMENTS: dict[str, bytes] = {
    "a million deep": nested(1_000_000),
    "never closed": b"[" * 1_000_000,
    "too deep": nested(DEPTH + 1),
    "many values": b'{"format":1,"a":[' + b"[]," * VALUES + b"[]]}",
    "a long number": b'{"format":1,"a":' + b"9" * 1_000_000 + b"}",
    "no number": b'{"format":1,"a":NaN}',
    "infinite": b'{"format":1,"a":-Infinity}',
    "too large a number": b'{"format":1,"a":1e999}',
    "a member twice": b'{"format":1,"format":1}',
    "a member twice further in": b'{"format":1,"a":[{"b":1,"b":2}]}',
    "UTF-16": '{"format":1}'.encode("utf-16"),
    "not UTF-8": b'{"format":1,"a":"\xed\xa0\x80"}',
    "a list": b"[]",
    "a text": b'"format"',
    "nothing": b"",
}
LINES: dict[str, Callable[[], bytes]] = {
    "50 MB of zeros": zeros,
    "10 GB of zeros": lambda: zeros() * 200,
    "100 million lines": lambda: lines(b"{}", 10**8),
    "100 million empty lines": lambda: lines(b"", 10**8),
    "a million empty members": lambda: compressed(b"") * 10**6,
    "an empty member at the end": lambda: compressed(b"{}\n") + compressed(b""),
    "a line without an end": lambda: compressed(b'{"a":"' + b"a" * (LINE_BYTES + 1)),
    "no end": lambda: compressed(b"{}"),
    "cut": lambda: compressed(b"{}\n")[:-9],
    "other bytes": lambda: b"<html>" * 100,
    "Zip's method": lambda: zlib.compress(b"{}\n"),
    **{name: (lambda data=data: compressed(data + b"\n")) for name, data in DOCUMENTS.items()},  # type: ignore[misc]
}


@pytest.mark.parametrize("kind", ["snapshot", "partial", "units"])
@pytest.mark.parametrize("bomb", LINES)
def test_every_bomb_of_lines_is_refused_by_who_reads_it_and_names_the_object(
    kind: str, bomb: str, store: Stored, limited: Limited
) -> None:
    store.put(kind, LINES[bomb]())
    for reader, (_, reads) in READERS.items():
        ended = read(limited, reader, store)
        if kind in reads:
            refuses(ended, reader, store.key(kind))
        else:
            assert ended.code == 0, (reader, ended)


@pytest.mark.parametrize("kind", ["pointer", "manifest"])
@pytest.mark.parametrize("bomb", DOCUMENTS)
def test_every_bomb_in_a_document_is_refused_by_every_reader_and_names_it(
    kind: str, bomb: str, store: Stored, limited: Limited
) -> None:
    store.put(kind, DOCUMENTS[bomb])
    for reader in READERS:
        refuses(read(limited, reader, store), reader, store.key(kind))


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_larger_than_is_said_of_it_is_not_read(kind: str, store: Stored, limited: Limited) -> None:
    """A gigabyte that is nowhere on the disk."""
    key = store.key(kind)
    os.truncate(store.folder / key, 2**30)
    for reader, (_, reads) in READERS.items():
        if kind in reads:
            ended = read(limited, reader, store)
            refuses(ended, reader, key)
            assert reader == "look back" or "bytes,andisnotread" in "".join((ended.out + ended.err).split())
            assert ended.seconds < 2


@pytest.mark.parametrize("kind", ["snapshot", "partial", "units"])
@pytest.mark.parametrize("more", [-1, 1, 10**8, 2**62, 2**70])
def test_more_or_fewer_lines_than_the_manifest_says_are_refused(
    kind: str, more: int, store: Stored, limited: Limited
) -> None:
    count = store.named(kind)["count"]
    store.rename(kind, count=max(0, count + more))
    named = store.key("manifest") if more == 2**70 else store.key(kind)
    for reader, (_, reads) in READERS.items():
        if kind in reads:
            refuses(read(limited, reader, store), reader, named)


@pytest.mark.parametrize("size", [-1, 2**40, 2**70, 1.5, "1"])
def test_a_size_that_no_object_can_have_is_refused(size: Any, store: Stored, limited: Limited) -> None:
    store.rename("units", bytes=size)
    for reader in READERS:
        refuses(read(limited, reader, store), reader, store.key("manifest"))


def test_a_hundred_million_units_are_too_many_whatever_the_manifest_says(store: Stored, limited: Limited) -> None:
    unit = json.dumps(store.lines("units")[0]).encode()
    store.put("units", lines(unit, 10**6), count=10**8)
    for reader, (_, reads) in READERS.items():
        if "units" in reads:
            refuses(read(limited, reader, store), reader, store.key("units"))


def test_ten_million_resources_are_read_no_further_than_the_manifest_says(store: Stored, limited: Limited) -> None:
    resource = json.dumps(store.lines("snapshot")[0]).encode()
    store.put("snapshot", lines(resource, 10**5) * 100)
    for reader in ("find", "verify --line"):
        refuses(read(limited, reader, store), reader, store.key("snapshot"))


def test_a_region_for_every_unit_is_a_short_table(store: Stored, limited: Limited) -> None:
    """A matrix as wide and as long as a hostile store makes it would take hours."""
    first = store.lines("units")[0]
    many = [
        {**first, "region": f"r{one:05}", "type": f"AWS::S{one:05}::T", "state": "failed", "blocks": []}
        for one in range(20_000)
    ]
    store.edit("units", lambda _: many)
    ended = read(limited, "show", store)
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended
    assert "and 19,940 more regions" in ended.out


# --- places ---


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "snapshots/../../outside",
        "/etc/passwd",
        "//etc/passwd",
        "snapshots//x",
        "./snapshots/x",
        "snapshots/.hidden",
        ".lock",
        "..",
        ".",
        "",
        "a/..",
        "a\\..\\b",
        "C:\\x",
        "a\x00b",
        "a\nb",
        "\ud800",
        "a" * 5000,
        "s3://other/x",
        None,
        1,
        ["a"],
    ],
)
def test_a_key_that_leads_out_of_the_store_is_refused_wherever_it_is_named(
    key: Any, store: Stored, limited: Limited
) -> None:
    (store.folder.parent / "outside").write_bytes((store.folder / store.key("units")).read_bytes())
    plain = store.pointer.read_bytes(), store.manifest.read_bytes()
    for kind, change in (
        ("pointer", lambda value: {**value, "manifest": key}),
        ("manifest", lambda value: {**value, "objects": [{**one, "key": key} for one in value["objects"][:1]]}),
    ):
        store.edit(kind, change)
        for reader in READERS:
            refuses(read(limited, reader, store), reader, store.key(kind))
        store.manifest.write_bytes(plain[1])
        store.pointer.write_bytes(plain[0])


def test_a_store_does_not_open_what_lies_outside_it_whoever_asks(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"{}")
    (tmp_path / "store").mkdir()
    (tmp_path / "store/link").symlink_to(tmp_path / "outside")
    store = DirectoryStore(tmp_path / "store")
    for key in ("../outside", "a/../../outside", str(tmp_path / "outside")):
        for reading in (
            lambda key: store.read(key),
            lambda key: store.read_range(key, 0, 1),
            lambda key: store.copy(key, io.BytesIO(), 10),
        ):
            with pytest.raises(Damaged, match="no key of this store"):
                reading(key)
    assert store.read("link")[0] == b"{}"  # what its owner links to is the owner's business


@pytest.mark.parametrize("name", ["x" * 250 + "/" + "y" * 250, "z" * 300])
def test_a_name_that_the_file_system_does_not_take_is_said_in_a_sentence(
    name: str, store: Stored, limited: Limited
) -> None:
    store.edit("pointer", lambda value: {**value, "manifest": name})
    ended = read(limited, "show", store)
    assert (ended.code, "Traceback" in ended.err) == (1, False), ended


# --- a bucket ---


def bucket_of(url: str) -> BucketStore:
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return BucketStore(client, "bucket")


@pytest.mark.parametrize("length", [65 * 1024, 2**30, 2**50])
def test_a_pointer_or_manifest_of_a_bucket_that_announces_too_much_is_not_read(length: int) -> None:
    with Loopback(lambda _: Reply(body=b"{", headers={"ETag": '"1"'}, length=length)) as server:
        store = bucket_of(server.url)
        with pytest.raises(Damaged, match=r"latest/default\.json has more than 65,536 bytes, and is not read"):
            read_pointer(store, "default")
        if length > 2**25:
            with pytest.raises(Damaged, match="manifests/x has more than 33,554,432 bytes, and is not read"):
                read_manifest(store, "manifests/x")


def test_a_part_of_a_bucket_s_object_is_no_more_than_what_was_asked_for() -> None:
    with Loopback(lambda _: Reply(206, b"0123456789", {"ETag": '"1"'})) as server:
        assert bucket_of(server.url).read_range("key", 0, 10) == b"0123456789"
        with pytest.raises(Damaged, match="more than 5 bytes"):
            bucket_of(server.url).read_range("key", 0, 5)


def test_a_run_s_revisions_are_numbers_and_nothing_else_is_one(store: Stored, limited: Limited) -> None:
    for odd in ("²", "٣", "9" * 200, "-1", "1e3"):
        store.manifest.with_name(f"{LATEST}.r{odd}.json").write_bytes(b"{}")
    ended = limited.run("show", LATEST, "--store", str(store.folder))
    assert (ended.code, ended.err) == (0, "")


# --- limits that are kept to the byte ---


def test_the_longest_line_and_the_deepest_value_are_read() -> None:
    longest = b'{"a":"' + b"a" * (LINE_BYTES - 8) + b'"}'
    assert len(longest) == LINE_BYTES
    assert len(list(lines_of(compressed(longest + b"\n"), "o", 1))) == 1
    with pytest.raises(Damaged, match=f"longer than {LINE_BYTES:,} bytes"):
        list(lines_of(compressed(longest + b" \n"), "o", 1))
    document(nested(DEPTH - 1), "o")
    with pytest.raises(Damaged, match=f"deeper than {DEPTH}"):
        document(nested(DEPTH), "o")
