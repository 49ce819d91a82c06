"""A bucket and a directory behave alike: one contract for both, then what is particular to each."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.response import StreamingBody

from demo.server import ACCESS_KEY, REGION, SECRET_KEY, MotoServer
from stocktake import store as storing
from stocktake.errors import AlreadyExists, Damaged, Missing, StoreError, UsageError
from stocktake.store import BucketStore, DirectoryStore, Store, open_store
from tests.helpers import at_once

Put = Callable[..., None]


def put(store: Store, key: str, content: bytes) -> None:
    store.create(key, io.BytesIO(content), hashlib.sha256(content).hexdigest())


# --- the stores ---


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    with MotoServer() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: MotoServer) -> Iterator[Any]:
    """An S3 client as the store's is made (Aws.s3), to the local server."""
    made = botocore.session.Session().create_client(
        "s3",
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}, s3={"addressing_style": "path"}),
    )
    yield made
    made.close()


_numbers = count()


@pytest.fixture
def bucket(client: Any) -> str:
    """The name of a bucket with nothing in it."""
    name = f"stocktake-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["directory", "bucket", "prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "directory":
        return DirectoryStore(tmp_path / "store")
    prefix = "some/where" if request.param == "prefix" else ""
    return BucketStore(request.getfixturevalue("client"), request.getfixturevalue("bucket"), prefix)


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


class TestContract:
    """What publishing and reading rely on, of every store."""

    def test_what_was_created_can_be_read(self, store: Store) -> None:
        put(store, "a/b/c.gz", b"\x00\xffcontent")
        content, tag = store.read("a/b/c.gz")
        assert content == b"\x00\xffcontent"
        assert tag

    def test_an_empty_object_is_an_object(self, store: Store) -> None:
        put(store, "empty", b"")
        assert store.read("empty")[0] == b""

    def test_a_key_is_created_from_the_beginning_of_the_body(self, store: Store) -> None:
        body = io.BytesIO(b"content")
        body.seek(4)
        store.create("key", body, hashlib.sha256(b"content").hexdigest())
        assert store.read("key")[0] == b"content"

    def test_to_create_the_same_content_again_is_success(self, store: Store) -> None:
        put(store, "key", b"content")
        put(store, "key", b"content")
        assert store.read("key")[0] == b"content"

    def test_to_create_other_content_under_a_key_that_exists_is_refused_by_name(self, store: Store) -> None:
        put(store, "the/key", b"content")
        with pytest.raises(AlreadyExists, match="the/key exists with other content"):
            put(store, "the/key", b"other")
        assert store.read("the/key")[0] == b"content"

    def test_a_key_that_is_not_there_is_missing_by_name(self, store: Store) -> None:
        with pytest.raises(Missing, match="the/key does not exist"):
            store.read("the/key")
        with pytest.raises(Missing, match="the/key does not exist"):
            store.read_range("the/key", 0, 1)

    def test_a_prefix_of_a_key_is_no_key(self, store: Store) -> None:
        put(store, "the/key", b"content")
        with pytest.raises(Missing):
            store.read("the")

    @pytest.mark.parametrize(("offset", "length"), [(0, 4), (3, 5), (9, 1), (0, 10)])
    def test_a_part_of_an_object_can_be_read(self, store: Store, offset: int, length: int) -> None:
        put(store, "key", b"0123456789")
        assert store.read_range("key", offset, length) == b"0123456789"[offset : offset + length]

    @pytest.mark.parametrize("most", [1, 9, 10, 11, 10**6])
    def test_of_an_object_no_more_is_peeked_at_than_was_asked_for_and_its_tag_is_that_of_all(
        self, store: Store, most: int
    ) -> None:
        put(store, "key", b"0123456789")
        assert store.peek("key", most) == (b"0123456789"[:most], store.read("key")[1])
        assert store.swap("key", b"other", store.peek("key", 1)[1])

    def test_what_is_not_there_or_empty_can_be_peeked_at_too(self, store: Store) -> None:
        with pytest.raises(Missing, match="the/key does not exist"):
            store.peek("the/key", 1)
        put(store, "empty", b"")
        assert store.peek("empty", 1)[0] == b""

    def test_a_range_beyond_the_end_is_refused(self, store: Store) -> None:
        put(store, "key", b"0123456789")
        with pytest.raises(StoreError):
            store.read_range("key", 10, 5)

    def test_a_tag_stays_while_the_content_does(self, store: Store) -> None:
        assert store.swap("pointer", b"one", None)
        tag = store.read("pointer")[1]
        assert store.read("pointer")[1] == tag
        assert store.swap("pointer", b"two", tag)
        assert store.read("pointer")[1] != tag

    def test_a_swap_without_a_tag_creates(self, store: Store) -> None:
        assert store.swap("latest/default.json", b"one", None)
        assert store.read("latest/default.json")[0] == b"one"

    def test_a_swap_without_a_tag_does_not_replace(self, store: Store) -> None:
        store.swap("pointer", b"one", None)
        assert not store.swap("pointer", b"two", None)
        assert store.read("pointer")[0] == b"one"

    def test_a_swap_with_the_right_tag_replaces(self, store: Store) -> None:
        store.swap("pointer", b"one", None)
        assert store.swap("pointer", b"two", store.read("pointer")[1])
        assert store.read("pointer")[0] == b"two"

    def test_a_swap_with_an_old_tag_does_not_replace(self, store: Store) -> None:
        store.swap("pointer", b"one", None)
        old = store.read("pointer")[1]
        store.swap("pointer", b"two", old)
        assert not store.swap("pointer", b"three", old)
        assert store.read("pointer")[0] == b"two"

    def test_a_swap_with_a_tag_does_not_create(self, store: Store) -> None:
        store.swap("other", b"one", None)
        assert not store.swap("pointer", b"two", store.read("other")[1])
        with pytest.raises(Missing):
            store.read("pointer")

    def test_a_swap_to_what_is_there_already_is_success_whatever_the_tag(self, store: Store) -> None:
        store.swap("pointer", b"one", None)
        old = store.read("pointer")[1]
        store.swap("pointer", b"two", old)
        assert store.swap("pointer", b"two", old)
        assert store.swap("pointer", b"two", None)
        assert store.read("pointer")[0] == b"two"

    def test_keys_are_those_with_the_prefix_sorted(self, store: Store) -> None:
        for key in ("b/2", "a/2", "a/1", "a/10", "a/x/y/z", "ab"):
            put(store, key, key.encode())
        assert store.keys("a/") == ["a/1", "a/10", "a/2", "a/x/y/z"]
        assert store.keys("a/1") == ["a/1", "a/10"]
        assert store.keys("a") == ["a/1", "a/10", "a/2", "a/x/y/z", "ab"]
        assert store.keys("") == ["a/1", "a/10", "a/2", "a/x/y/z", "ab", "b/2"]
        assert store.keys("c/") == []
        assert store.keys("a/x/y/z/") == []

    def test_an_empty_store_has_no_keys(self, store: Store) -> None:
        assert store.keys("") == []
        assert store.keys("manifests/inventory=default/") == []

    def test_a_key_that_was_listed_can_be_read(self, store: Store) -> None:
        key = "snapshots/inventory=default/date=2026-11-22/hour=13/20261122T130000Z-all-0123.ndjson.gz"
        put(store, key, b"content")
        assert store.keys("snapshots/") == [key]
        assert store.read(key)[0] == b"content"


# --- a directory ---


def files_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_directory_holds_the_objects_as_files_and_nothing_temporary(
    directory: DirectoryStore, tmp_path: Path
) -> None:
    put(directory, "a/b", b"content")
    put(directory, "a/b", b"content")
    with pytest.raises(AlreadyExists):
        put(directory, "a/b", b"other")
    directory.swap("pointer", b"one", None)
    directory.swap("pointer", b"two", "wrong")
    assert files_under(tmp_path / "store") == ["a/b", "pointer"]
    assert (tmp_path / "store/a/b").read_bytes() == b"content"


class Interrupted(io.BytesIO):
    """A body that breaks off."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise KeyboardInterrupt
        return super().read(3)


def test_a_body_that_breaks_off_leaves_nothing(directory: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        directory.create("a/b", Interrupted(b"content"), "")
    assert files_under(tmp_path / "store") == []


def test_what_a_killed_writer_left_is_no_key(directory: DirectoryStore, tmp_path: Path) -> None:
    put(directory, "a/b", b"content")
    (tmp_path / "store/a/.tmp123").write_bytes(b"half")
    assert directory.keys("") == ["a/b"]


def test_a_directory_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        put(DirectoryStore(tmp_path / "file"), "a/b", b"content")


def test_a_full_disk_is_a_store_error(directory: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError):
        put(directory, "a/b", b"content")


def test_files_can_be_read_by_others(directory: DirectoryStore, tmp_path: Path) -> None:
    put(directory, "a/b", b"content")
    assert (tmp_path / "store/a/b").stat().st_mode & 0o777 == 0o644


def test_of_processes_that_create_one_key_at_once_one_wins(directory: DirectoryStore) -> None:
    def create(number: int) -> str:
        try:
            put(directory, "a/key", b"%d" % number * 100_000)
        except AlreadyExists:
            return "refused"
        return "created"

    answers = at_once(8, create)
    assert sorted(answers) == ["created", *["refused"] * 7]
    winner = answers.index("created")
    assert directory.read("a/key")[0] == b"%d" % winner * 100_000
    assert directory.keys("") == ["a/key"]


def test_of_processes_that_create_one_key_with_the_same_content_all_succeed(directory: DirectoryStore) -> None:
    assert at_once(8, lambda _: put(directory, "a/key", b"same")) == [None] * 8
    assert directory.read("a/key")[0] == b"same"


@pytest.mark.parametrize("existing", [False, True])
def test_of_processes_that_swap_at_once_exactly_one_wins(directory: DirectoryStore, existing: bool) -> None:
    if existing:
        directory.swap("pointer", b"before", None)
    tag = directory.read("pointer")[1] if existing else None
    answers = at_once(8, lambda number: directory.swap("pointer", b"%d" % number, tag))
    assert answers.count(True) == 1
    assert directory.read("pointer")[0] == b"%d" % answers.index(True)


def test_processes_that_swap_until_they_succeed_all_have_their_turn(directory: DirectoryStore) -> None:
    directory.swap("line", b"", None)

    def append(number: int) -> int:
        for attempt in range(1000):
            content, tag = directory.read("line")
            if directory.swap("line", content + b"%d" % number, tag):
                return attempt
        raise AssertionError("no turn")

    at_once(8, append)
    assert sorted(directory.read("line")[0]) == sorted(b"01234567")


def test_where_a_directory_cannot_be_locked_a_file_in_it_is(
    directory: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on NFS, which locks only what is open for writing (flock(2))."""
    lock = fcntl.flock

    def only_files(file: Any, operation: int) -> None:
        if isinstance(file, int):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", only_files)
    assert directory.swap("pointer", b"one", None)
    answers = at_once(8, lambda number: directory.swap("pointer", b"%d" % number, directory.read("pointer")[1]))
    assert True in answers
    assert files_under(tmp_path / "store") == [".lock", "pointer"]
    assert directory.keys("") == ["pointer"]


def test_a_directory_that_cannot_be_locked_at_all_is_a_store_error(
    directory: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match="pointer cannot be written: No locks available"):
        directory.swap("pointer", b"one", None)
    assert directory.keys("") == []


# --- a bucket ---


@pytest.mark.parametrize(
    ("prefix", "key"), [("", "a"), ("/", "a"), ("p", "p/a"), ("p/", "p/a"), ("/p/q/", "p/q/a"), ("p/q", "p/q/a")]
)
def test_a_prefix_stands_before_every_key(client: Any, bucket: str, prefix: str, key: str) -> None:
    store = BucketStore(client, bucket, prefix)
    put(store, "a", b"content")
    store.swap("pointer", b"one", None)
    assert [one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"]] == [key, key[:-1] + "pointer"]
    assert store.keys("") == ["a", "pointer"]


def test_stores_of_different_prefixes_do_not_see_each_other(client: Any, bucket: str) -> None:
    one, other = BucketStore(client, bucket, "one"), BucketStore(client, bucket, "one-more")
    put(one, "a", b"1")
    put(other, "a", b"2")
    assert (one.keys(""), other.keys("")) == (["a"], ["a"])
    assert one.read("a")[0] == b"1"


def test_more_keys_than_a_page_holds_are_all_listed(client: Any, bucket: str) -> None:
    store = BucketStore(client, bucket, "p")
    for number in range(7):
        put(store, f"k{number}", b"")

    def small_pages(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 3

    client.meta.events.register("before-parameter-build.s3.ListObjectsV2", small_pages)
    try:
        assert store.keys("k") == [f"k{number}" for number in range(7)]
    finally:
        client.meta.events.unregister("before-parameter-build.s3.ListObjectsV2", small_pages)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))


class Answers:
    """Stands before the server: a list of what to do with the next requests of an operation, then lets all through."""

    def __init__(self, client: Any, operation: str, *steps: Callable[[Any], AWSResponse | None]) -> None:
        self.steps = list(steps)
        self.seen = 0
        self._events = client.meta.events
        self._name = f"before-send.s3.{operation}"

    def __enter__(self) -> Answers:
        self._events.register(self._name, self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister(self._name, self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse | None:
        self.seen += 1
        return self.steps.pop(0)(request) if self.steps else None


class _Raw(io.BytesIO):
    """A body as urllib3 would give it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def refuse(status: int, code: str) -> Callable[[Any], AWSResponse]:
    body = f"<Error><Code>{code}</Code><Message>as S3 put it</Message></Error>".encode()
    return lambda request: AWSResponse(request.url, status, {"content-type": "application/xml"}, _Raw(body))


def lose_the_answer(client: Any) -> Callable[[Any], None]:
    """Lets the request through, and cuts the connection before its answer."""

    def lose(request: Any) -> None:
        assert client._endpoint.http_session.send(request).status_code == 200
        raise ConnectionClosedError(endpoint_url=request.url)

    return lose


CONFLICT = refuse(409, "ConditionalRequestConflict")


@pytest.mark.usefixtures("no_waiting")
def test_to_create_is_success_where_the_answer_was_lost_and_the_object_is_ours(client: Any, bucket: str) -> None:
    store = BucketStore(client, bucket)
    with Answers(client, "PutObject", lose_the_answer(client)) as answers:
        put(store, "key", b"content")
    assert answers.seen == 2  # the second was answered with 412
    assert store.read("key")[0] == b"content"


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("existing", [False, True])
def test_a_swap_is_success_where_the_answer_was_lost_and_the_object_is_ours(
    client: Any, bucket: str, existing: bool
) -> None:
    store = BucketStore(client, bucket)
    if existing:
        store.swap("pointer", b"one", None)
    tag = store.read("pointer")[1] if existing else None
    with Answers(client, "PutObject", lose_the_answer(client)) as answers:
        assert store.swap("pointer", b"two", tag)
    assert answers.seen == 2
    assert store.read("pointer")[0] == b"two"


def unhurried(client: Any, bucket: str) -> tuple[BucketStore, list[float]]:
    """A store, and the seconds that it would have waited, each time as long as it may."""
    waits: list[float] = []
    longest: Any = SimpleNamespace(uniform=lambda low, high: high if low == 0 else pytest.fail("no full jitter"))
    return BucketStore(client, bucket, sleep=waits.append, rng=longest), waits


def test_a_conflict_with_another_write_is_tried_again_with_the_whole_body(client: Any, bucket: str) -> None:
    store, waits = unhurried(client, bucket)
    with Answers(client, "PutObject", CONFLICT, CONFLICT) as answers:
        put(store, "key", b"content")
    assert answers.seen == 3
    assert waits == [0.2, 0.4]
    assert store.read("key")[0] == b"content"


def test_a_wait_after_a_conflict_is_as_likely_short_as_long(client: Any, bucket: str) -> None:
    waits: list[float] = []
    store = BucketStore(client, bucket, sleep=waits.append, rng=random.Random(0))
    for number in range(50):
        with Answers(client, "PutObject", CONFLICT):
            put(store, f"key{number}", b"")
    assert min(waits) < 0.02 < 0.18 < max(waits) <= 0.2


def test_after_a_conflict_it_may_turn_out_that_the_other_won(client: Any, bucket: str) -> None:
    store, _ = unhurried(client, bucket)
    put(store, "key", b"theirs")
    with Answers(client, "PutObject", CONFLICT), pytest.raises(AlreadyExists):
        put(store, "key", b"ours")
    with Answers(client, "PutObject", CONFLICT):
        assert not store.swap("key", b"ours", None)
    with Answers(client, "PutObject", CONFLICT):
        put(store, "key", b"theirs")


def test_conflicts_without_end_are_a_store_error_after_three_seconds(client: Any, bucket: str) -> None:
    store, waits = unhurried(client, bucket)
    with (
        Answers(client, "PutObject", *[CONFLICT] * storing.CONFLICTS) as answers,
        pytest.raises(StoreError, match=f"PutObject: s3://{bucket}/key cannot be written: others"),
    ):
        put(store, "key", b"content")
    assert answers.seen == storing.CONFLICTS
    assert sum(waits) == pytest.approx(3)


def test_a_pointer_that_is_gone_is_not_swapped(client: Any, bucket: str) -> None:
    store = BucketStore(client, bucket)
    with Answers(client, "PutObject", refuse(404, "NoSuchKey")):
        assert not store.swap("pointer", b"two", '"tag"')


@pytest.mark.parametrize(
    ("operation", "use"),
    [
        ("PutObject", lambda store: put(store, "key", b"content")),
        ("PutObject", lambda store: store.swap("key", b"content", None)),
        ("GetObject", lambda store: store.read("key")),
        ("GetObject", lambda store: store.read_range("key", 0, 1)),
        ("ListObjectsV2", lambda store: store.keys("key")),
    ],
)
def test_a_refusal_is_a_store_error_that_names_operation_object_and_code(
    client: Any, bucket: str, operation: str, use: Callable[[Store], Any]
) -> None:
    store = BucketStore(client, bucket, "p")
    with Answers(client, operation, refuse(403, "AccessDenied")), pytest.raises(StoreError) as raised:
        use(store)
    assert not isinstance(raised.value, Missing | AlreadyExists)
    needed = {
        "PutObject": "s3:PutObject on the object",
        "GetObject": "s3:GetObject on the object, and s3:ListBucket on the bucket, without which S3 does not say "
        "whether there is such an object",
        "ListObjectsV2": "s3:ListBucket on the bucket",
    }[operation]
    assert str(raised.value) == f"{operation} s3://{bucket}/p/key: AccessDenied: as S3 put it (it needs {needed})"


@pytest.mark.parametrize(
    "use",
    [
        lambda store: put(store, "key", b"content"),
        lambda store: store.swap("key", b"content", None),
        lambda store: store.read("key"),
        lambda store: store.read_range("key", 0, 1),
        lambda store: store.keys("key"),
    ],
    ids=["create", "swap", "read", "read_range", "keys"],
)
def test_a_bucket_that_is_not_there_is_a_store_error_and_no_missing_key(
    client: Any, use: Callable[[Store], Any]
) -> None:
    with pytest.raises(StoreError, match="NoSuchBucket") as raised:
        use(BucketStore(client, "stocktake-nowhere"))
    assert not isinstance(raised.value, Missing)


@pytest.mark.usefixtures("no_waiting")
def test_a_bucket_that_cannot_be_reached_is_a_store_error(client: Any, bucket: str) -> None:
    def unreachable(request: Any) -> None:
        raise ConnectionClosedError(endpoint_url=request.url)

    store = BucketStore(client, bucket)
    with Answers(client, "PutObject", *[unreachable] * 4), pytest.raises(StoreError, match="cannot be written"):
        put(store, "key", b"content")
    with Answers(client, "GetObject", *[unreachable] * 4), pytest.raises(StoreError, match="cannot be read"):
        store.read("key")


def cut(request: Any) -> AWSResponse:
    headers = {"content-length": "4", "etag": '"tag"'}
    return AWSResponse(request.url, 200, headers, _Raw(b"onl"))


@pytest.mark.parametrize("cuts", [1, 2])
def test_a_body_that_breaks_off_is_asked_for_again(client: Any, bucket: str, cuts: int) -> None:
    store = BucketStore(client, bucket)
    put(store, "key", b"content")
    for use, found in (
        (lambda: store.read("key")[0], b"content"),
        (lambda: store.read_range("key", 3, 4), b"tent"),
        (lambda: put(store, "key", b"content"), None),  # reads it to compare
    ):
        with Answers(client, "GetObject", *[cut] * cuts) as answers:
            assert use() == found
        assert answers.seen == cuts + 1


def test_a_body_that_breaks_off_again_and_again_is_a_store_error(client: Any, bucket: str) -> None:
    store = BucketStore(client, bucket)
    put(store, "key", b"content")
    uses: list[Callable[[], Any]] = [
        lambda: store.read("key"),
        lambda: store.read_range("key", 0, 4),
        lambda: put(store, "key", b"content"),
    ]
    for use in uses:
        with (
            Answers(client, "GetObject", *[cut] * storing.READS) as answers,
            pytest.raises(StoreError, match=r"GetObject: s3://.*/key cannot be read: IncompleteReadError"),
        ):
            use()
        assert answers.seen == storing.READS


def somebody_elses_page(status: int) -> Callable[[Any], AWSResponse]:
    body = b"<html><body>Please log in</body></html>"
    return lambda request: AWSResponse(request.url, status, {"content-type": "text/html"}, _Raw(body))


def nothing(status: int) -> Callable[[Any], AWSResponse]:
    return lambda request: AWSResponse(request.url, status, {"content-length": "0"}, _Raw(b""))


def test_a_body_that_does_not_announce_its_size_is_read_no_further_than_it_may_go() -> None:
    assert b"".join(storing._at_most(5, 0, io.BytesIO(b"12345"), "x")) == b"12345"
    with pytest.raises(Damaged, match="x has more than 5 bytes"):
        list(storing._at_most(5, 0, io.BytesIO(b"123456"), "x"))


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("answer", [somebody_elses_page(200), somebody_elses_page(404), nothing(200), nothing(404)])
@pytest.mark.parametrize(
    ("operation", "use"),
    [
        ("PutObject", lambda store: put(store, "key", b"content")),
        ("PutObject", lambda store: store.swap("key", b"content", None)),
        ("PutObject", lambda store: store.swap("key", b"content", "tag")),
        ("GetObject", lambda store: store.read("key")),
        ("GetObject", lambda store: store.read_range("key", 0, 1)),
        ("ListObjectsV2", lambda store: store.keys("key")),
    ],
)
def test_what_stands_between_and_answers_for_s3_is_not_believed(
    client: Any,
    bucket: str,
    operation: str,
    use: Callable[[Store], Any],
    answer: Callable[[Any], AWSResponse],
) -> None:
    """A page of a proxy or a portal is neither a written object, nor an object, nor its absence, nor an empty list."""
    store = BucketStore(client, bucket)
    with Answers(client, operation, answer), pytest.raises(StoreError, match=f"^{operation}.* s3://{bucket}/key") as e:
        use(store)
    assert not isinstance(e.value, Missing | AlreadyExists)


@pytest.mark.usefixtures("no_waiting")
def test_a_listing_that_is_cut_is_asked_for_again_and_never_short(client: Any, bucket: str) -> None:
    store = BucketStore(client, bucket)
    for number in range(3):
        put(store, f"k{number}", b"")
    whole = client._endpoint.http_session

    def cut_at(length: int) -> Callable[[Any], AWSResponse]:
        def answer(request: Any) -> AWSResponse:
            sent = whole.send(request)
            return AWSResponse(request.url, 200, sent.headers, _Raw(sent.content[:length]))

        return answer

    with Answers(client, "ListObjectsV2", cut_at(1), cut_at(200), cut_at(400)):
        assert store.keys("k") == ["k0", "k1", "k2"]
    with Answers(client, "ListObjectsV2", *[cut_at(300)] * 4), pytest.raises(StoreError, match="ListObjectsV2"):
        store.keys("k")


def test_an_object_that_is_there_already_is_compared_piece_by_piece(
    client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a write whose answer was lost does not cost its size in memory."""
    monkeypatch.setattr(storing, "CHUNK", 1000)
    pieces: list[int] = []
    read = StreamingBody.read

    def noted(self: Any, amt: int | None = None) -> bytes:
        pieces.append(amt or 10**9)
        data: bytes = read(self, amt)
        return data

    monkeypatch.setattr(StreamingBody, "read", noted)
    store = BucketStore(client, bucket)
    put(store, "key", b"c" * 2500)
    put(store, "key", b"c" * 2500)
    assert pieces == [1000] * 4
    with pytest.raises(AlreadyExists):
        put(store, "key", b"c" * 2501)


# --- locations ---


def no_client() -> Any:
    raise AssertionError("no client is needed")


@pytest.mark.parametrize(
    ("location", "accepted"),
    [
        ("", "it is s3://bucket/prefix or a directory"),
        ("s3://", "it names no bucket: s3://bucket/prefix"),
        ("s3:///prefix", "it names no bucket: s3://bucket/prefix"),
        ("https://bucket.s3.amazonaws.com/prefix", "it is s3://bucket/prefix or a directory"),
        ("S3://bucket", "it is s3://bucket/prefix or a directory"),
        ("gs://bucket", "it is s3://bucket/prefix or a directory"),
    ],
)
def test_a_location_that_is_none_is_refused_with_what_one_is(location: str, accepted: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_store(location, no_client)
    assert str(raised.value) == f"store: {location!r} cannot be taken; {accepted}"


def test_a_directory_is_opened_without_a_client(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "new"), no_client)
    put(store, "a", b"content")
    assert (tmp_path / "new/a").read_bytes() == b"content"


@pytest.mark.parametrize(("location", "key"), [("", "a"), ("/", "a"), ("/p/q", "p/q/a"), ("/p/q/", "p/q/a")])
def test_a_bucket_is_opened_at_its_prefix(client: Any, bucket: str, location: str, key: str) -> None:
    put(open_store(f"s3://{bucket}{location}", lambda: client), "a", b"content")
    assert [one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
