"""A bucket or a directory behind one small interface, and the order in which a run is published.

Objects are created once and never overwritten: data keys end in their content's hash, a manifest's key in its run and
revision. Only the pointer and leases are replaced, by comparing and swapping. The order (data, manifest, pointer) makes
a run that is killed at any moment harmless: what the pointer names was complete before the pointer moved; what no
manifest names is an orphan that no reader looks at.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from stocktake.errors import AlreadyExists, Damaged, Missing, StoreError, UsageError
from stocktake.model import Run, Verdict
from stocktake.snapshot import (
    FORMAT,
    MANIFEST_BYTES,
    OBJECT_BYTES,
    POINTER_BYTES,
    UNITS,
    StoredObject,
    canonical,
    is_key,
    is_resource,
    is_unit,
    lines_of,
    manifest_in,
    manifest_key,
    place,
    pointer_in,
    pointer_key,
)

CHUNK = 1024 * 1024

CONFLICTS = 5
CONFLICT_SECONDS = 0.2
"""S3 refuses a conditional write while another of the same key is under way. It is sent as often as this, after waits
at random, at most this long at first and twice as long each time: three seconds in all."""

READS = 3
"""How often a body that breaks off is asked for: botocore does not ask again once an answer has begun."""

NEEDS = {
    "GetObject": "s3:GetObject on the object, and s3:ListBucket on the bucket, without which S3 does not say whether "
    "there is such an object",
    "ListObjectsV2": "s3:ListBucket on the bucket",
    "PutObject": "s3:PutObject on the object",
}
"""What a role must be allowed for each of the three operations that a bucket is used with."""

T = TypeVar("T")


class Store(Protocol):
    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        """Writes a key that does not exist. That it exists with this very content is success (a repeated run, or our
        own write whose answer was lost); with other content it raises AlreadyExists."""

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        """Content and tag; raises Missing, and Damaged where it has more than `most` bytes, which are not read."""

    def peek(self, key: str, most: int) -> tuple[bytes, str]:
        """The first bytes of the content, at most `most`, however many there are, and its tag; raises Missing."""

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        """Writes the content to a file; raises as `read` does."""

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        """Part of an object; raises Missing."""

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        """Replaces a key if its tag is still `tag`, or creates it if `tag` is None; false where it is not so. That it
        has this very content already is success: our own write, whose answer was lost, or another's of the same."""

    def keys(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`, sorted."""


def open_store(location: str, s3: Callable[[], Any]) -> Store:
    """The store at `s3://bucket/prefix`, or in a directory; `s3` makes the client where one is needed."""
    if not location:
        raise UsageError("store", location, "it is s3://bucket/prefix or a directory")
    if not location.startswith("s3://"):
        if "://" in location:
            raise UsageError("store", location, "it is s3://bucket/prefix or a directory")
        return DirectoryStore(Path(location))
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError("store", location, "it names no bucket: s3://bucket/prefix")
    return BucketStore(s3(), bucket, prefix)


class BucketStore:
    """`client` is an S3 client that sends again by itself what S3 is too busy for; `sleep` and `rng` are for what it
    does not: a write that meets another one of the same key."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str = "",
        *,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._sleep = sleep
        self._rng = rng or random.Random()

    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        if not self._put(key, body, IfNoneMatch="*") and self._get(key, _digest) != sha256:
            raise AlreadyExists(f"{self._name(key)} exists with other content")

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        return self._get(key, lambda answer: (b"".join(self._pieces(key, answer, most)), answer["ETag"]))

    def peek(self, key: str, most: int) -> tuple[bytes, str]:
        def begin(answer: Mapping[str, Any]) -> tuple[bytes, str]:
            with closing(answer["Body"]) as body:
                return body.read(most), answer["ETag"]

        found: tuple[bytes, str] = self._get(key, begin)
        return found

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        start = file.tell()

        def take(answer: Mapping[str, Any]) -> None:
            file.seek(start)
            file.truncate()
            for piece in self._pieces(key, answer, most):
                file.write(piece)

        self._get(key, take)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        span = f"bytes={offset}-{offset + length - 1}"
        data: bytes = self._get(key, lambda answer: b"".join(self._pieces(key, answer, length)), Range=span)
        return data

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        if self._put(key, io.BytesIO(body), **condition):
            return True
        try:
            return self.peek(key, len(body) + 1)[0] == body
        except Missing:
            return False

    def keys(self, prefix: str) -> list[str]:
        paginate = self._client.get_paginator("list_objects_v2").paginate

        def every_key(**bucket: str) -> list[str]:
            keys: list[str] = []
            for page in paginate(Prefix=self._prefix + prefix, **bucket):
                self._from_s3("ListObjectsV2", prefix, page, "Name")
                keys += [one["Key"] for one in page.get("Contents", [])]
            return keys

        return sorted(key[len(self._prefix) :] for key in self._do("ListObjectsV2", prefix, every_key))

    def _put(self, key: str, body: IO[bytes], **condition: str) -> bool:
        """Whether the condition held."""
        for attempt in range(CONFLICTS):
            if attempt:
                self._sleep(self._rng.uniform(0, CONFLICT_SECONDS * 2 ** (attempt - 1)))
            body.seek(0)
            try:
                answer = self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=body, **condition)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code in ("PreconditionFailed", "412") or (code == "NoSuchKey" and "IfMatch" in condition):
                    return False
                if code not in ("ConditionalRequestConflict", "409"):
                    raise self._refused("PutObject", key, error) from error
            except BotoCoreError as error:
                raise StoreError(f"PutObject: {self._name(key)} cannot be written: {error}") from error
            else:
                self._from_s3("PutObject", key, answer, "ETag")
                return True
        raise StoreError(f"PutObject: {self._name(key)} cannot be written: others write it at the same moment")

    def _get(self, key: str, take: Callable[[Any], T], **parameters: str) -> T:
        """What `take` makes of GetObject's answer, in which the body is still to be read."""
        _check(key)
        broken = ""
        for _ in range(READS):
            answer = self._do("GetObject", key, self._client.get_object, Key=self._prefix + key, **parameters)
            self._from_s3("GetObject", key, answer, "ETag")
            try:
                return take(answer)
            except (BotoCoreError, OSError) as error:
                broken = type(error).__name__
                if isinstance(error, ReadTimeoutError):
                    break  # there is no time to be silent for as long once more
        raise StoreError(f"GetObject: {self._name(key)} cannot be read: {broken}")

    def _do(self, operation: str, key: str, function: Callable[..., Any], **parameters: Any) -> Any:
        try:
            return function(Bucket=self._bucket, **parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                raise Missing(f"{self._name(key)} does not exist") from error
            raise self._refused(operation, key, error) from error
        except BotoCoreError as error:
            raise StoreError(f"{operation}: {self._name(key)} cannot be read: {error}") from error

    def _pieces(self, key: str, answer: Mapping[str, Any], most: int) -> Iterator[bytes]:
        body = answer["Body"]
        try:
            yield from _at_most(most, answer.get("ContentLength") or 0, body, self._name(key))
        finally:
            body.close()

    def _from_s3(self, operation: str, key: str, answer: Mapping[str, Any], member: str) -> None:
        """Refuses an answer without a member that all of S3's have. What stands between may answer 200 with a page of
        its own, which the SDK takes for an object, an empty listing, or a write that was done."""
        if not answer.get(member):
            raise StoreError(f"{operation}: {self._name(key)}: the answer is not one of S3's: it has no {member}")

    def _refused(self, operation: str, key: str, error: ClientError) -> StoreError:
        code = error.response.get("Error", {}).get("Code")
        message = error.response.get("Error", {}).get("Message")
        needs = f" (it needs {NEEDS[operation]})" if code in ("AccessDenied", "403") else ""
        return StoreError(f"{operation} {self._name(key)}: {code}: {message}{needs}")

    def _name(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"


def _digest(answer: Mapping[str, Any]) -> str:
    """The hash of a body, of which no more than a piece is in memory."""
    digest = hashlib.sha256()
    for piece in answer["Body"].iter_chunks(CHUNK):
        digest.update(piece)
    return digest.hexdigest()


class DirectoryStore:
    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        path = self._root / key
        with self._written(path, body) as written:
            try:
                os.link(written, path)
            except FileExistsError:
                if _file_digest(path) != sha256:
                    raise AlreadyExists(f"{path} exists with other content") from None

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        with self._open(key) as file:
            data = b"".join(self._pieces(key, file, most))
        return data, hashlib.sha256(data).hexdigest()

    def peek(self, key: str, most: int) -> tuple[bytes, str]:
        with self._open(key) as file:
            data = file.read(most)
            file.seek(0)
            return data, hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        with self._open(key) as source:
            for piece in self._pieces(key, source, most):
                file.write(piece)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        with self._open(key) as file:
            file.seek(offset)
            data = file.read(length)
        if not data:
            raise StoreError(f"{self._root / key} has no byte {offset}")
        return data

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        path = self._root / key
        with self._written(path, io.BytesIO(body)) as written, self._locked():
            current = _file_digest(path) if path.exists() else None
            if current != tag:
                return current == hashlib.sha256(body).hexdigest()
            written.replace(path)
            return True

    def keys(self, prefix: str) -> list[str]:
        folder = self._root / prefix.rpartition("/")[0]
        found = (path.relative_to(self._root).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(key for key in found if key.startswith(prefix) and not Path(key).name.startswith("."))

    @contextmanager
    def _open(self, key: str) -> Iterator[IO[bytes]]:
        """The file of a key, which lies under the root; what links there lead to is the owner's business."""
        _check(key)
        path = self._root / key
        try:
            if not path.is_file():
                raise Missing(f"{path} does not exist")
            with path.open("rb") as file:
                yield file
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error

    def _pieces(self, key: str, file: IO[bytes], most: int) -> Iterator[bytes]:
        return _at_most(most, os.fstat(file.fileno()).st_size, file, str(self._root / key))

    @contextmanager
    def _written(self, path: Path, body: IO[bytes]) -> Iterator[Path]:
        """The content on disk, whole, beside where it will stand."""
        name = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
            with open(descriptor, "wb") as file:
                body.seek(0)
                shutil.copyfileobj(body, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            yield Path(name)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
        finally:
            if name is not None:
                Path(name).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time. The lock is on the directory itself, so that nothing is left in it; where that cannot
        be (NFS locks what is open for writing, and a directory is not), it is on a file."""
        with ExitStack() as opened:
            directory = os.open(self._root, os.O_RDONLY)
            opened.callback(os.close, directory)
            try:
                fcntl.flock(directory, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise
                fcntl.flock(opened.enter_context((self._root / ".lock").open("w")), fcntl.LOCK_EX)
            yield


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(key: str) -> None:
    """Manifests name keys, and may be anybody's: none leads out of the store."""
    if not is_key(key):
        raise Damaged(f"{key[:200]!r} can be no key of this store")


def _at_most(most: int, announced: int, body: Any, name: str) -> Iterator[bytes]:
    """A body in pieces. Raises Damaged for one of more bytes, before the first piece where it announces them."""
    left = most
    if announced <= most:
        while piece := body.read(CHUNK):
            left -= len(piece)
            if left < 0:
                break
            yield piece
        else:
            return
    raise Damaged(f"{name} has more than {most:,} bytes, and is not read")


# --- publishing ---


@dataclass(frozen=True, slots=True)
class Published:
    """A manifest as it was written, where, and whether the pointer leads to it."""

    manifest: Mapping[str, Any]
    key: str
    sha256: str
    is_latest: bool


def publish(
    store: Store,
    run: Run,
    objects: Sequence[StoredObject],
    manifest: Mapping[str, Any],
    *,
    moves_pointer: bool,
    resumed: Published | None = None,
) -> Published:
    """Writes a run, or the next revision of one that was `resumed`: data, manifest, pointer. Raises AlreadyExists where
    another process has published it.

    The manifest's `previous` is what the pointer led to. If the pointer moves meanwhile and this run is still the
    newest, a revision with the new `previous` is written and tried again, so that `previous`, followed from the
    pointer, is one line.
    """
    for one in objects:
        store.create(one.key, one.file, one.sha256)
    revision = 1 + (resumed.manifest["run"]["revision"] if resumed else 0)
    begun = None if resumed is None else {"run": run.id, "manifest": resumed.key, "sha256": resumed.sha256}
    pointer, tag = read_pointer(store, run.inventory)
    while True:
        moves = _may_move(pointer, run.id, manifest["verdict"], moves_pointer, begun)
        after = pointer if moves or begun is None else begun
        previous = after and {name: after[name] for name in ("run", "manifest", "sha256")}
        whole = {**manifest, "run": {**manifest["run"], "revision": revision}, "previous": previous}
        data = canonical(whole)
        key = manifest_key(run, revision)
        digest = hashlib.sha256(data).hexdigest()
        store.create(key, io.BytesIO(data), digest)
        if not moves or _move(store, run, whole, key, digest, tag):
            return Published(whole, key, digest, moves)
        before, (pointer, tag) = tag, read_pointer(store, run.inventory)
        if tag == before:
            raise StoreError(f"{pointer_key(run.inventory)} cannot be replaced, though nobody else has")
        if not _may_move(pointer, run.id, manifest["verdict"], moves_pointer, begun):
            return Published(whole, key, digest, False)  # a newer run was quicker
        revision += 1


def published_at(store: Store, key: str) -> Published:
    """A run as it was published, whether or not the pointer leads to it."""
    data, _ = store.read(key, MANIFEST_BYTES)
    return Published(manifest_in(data, key), key, hashlib.sha256(data).hexdigest(), is_latest=False)


def settle(store: Store, run: Run, key: str) -> Published:
    """A run that was published before: moves the pointer to it where whoever published it did not live to do so."""
    there = published_at(store, key)
    manifest = there.manifest
    pointer, tag = read_pointer(store, run.inventory)
    is_latest = pointer is not None and pointer["manifest"] == key
    before = manifest["previous"]
    follows = (pointer and pointer["run"]) == (before and before["run"])
    moves_pointer = not manifest["scope"]["narrowed"]
    if not is_latest and follows and _may_move(pointer, run.id, manifest["verdict"], moves_pointer, before):
        is_latest = _move(store, run, manifest, key, there.sha256, tag)
    return replace(there, is_latest=is_latest)


def _move(store: Store, run: Run, manifest: Mapping[str, Any], key: str, digest: str, tag: str | None) -> bool:
    pointer = {"format": FORMAT, "run": run.id, "verdict": manifest["verdict"], "manifest": key, "sha256": digest}
    return store.swap(pointer_key(run.inventory), canonical(pointer), tag)


def _may_move(
    pointer: Mapping[str, Any] | None,
    run: str,
    verdict: str,
    moves_pointer: bool,
    begun: Mapping[str, Any] | None = None,
) -> bool:
    """Only forward in time, or on from the revision that was `begun` with; never from a better run to a failed one; a
    narrower run only where there is nothing."""
    if pointer is None:
        return True
    if begun is not None and pointer["manifest"] == begun["manifest"] and pointer["run"] == run:
        return True
    if verdict == Verdict.FAILED and pointer["verdict"] != Verdict.FAILED:
        return False
    return moves_pointer and bool(pointer["run"] < run)


# --- reading ---

IN_MEMORY = 16 * 1024 * 1024
"""Of an object; the rest of a larger one is in a temporary file."""


def read_pointer(store: Store, inventory: str) -> tuple[dict[str, Any] | None, str | None]:
    """Where an inventory's newest good run is, and the pointer's tag; (None, None) before the first. Raises Damaged."""
    key = pointer_key(inventory)
    try:
        data, tag = store.read(key, POINTER_BYTES)
    except Missing:
        return None, None
    return pointer_in(data, key), tag


def read_manifest(store: Store, key: str, sha256: str | None = None, named_by: str = "the pointer") -> dict[str, Any]:
    """Raises Damaged where it does not have the hash that named it."""
    data, _ = store.read(key, MANIFEST_BYTES)
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise Damaged(f"{key} does not have the hash that {named_by} names")
    return manifest_in(data, key)


def find_manifest(store: Store, run: Run) -> str | None:
    """The key of a run's newest revision, if it was published."""
    stem = f"{place(run, 'manifests')}{run.id}.r"
    revisions = {key: key[len(stem) :].removesuffix(".json") for key in store.keys(stem)}
    numbers = {key: int(number) for key, number in revisions.items() if REVISION.match(number)}
    return max(numbers, key=lambda key: numbers[key], default=None)


REVISION = re.compile(r"[0-9]{1,9}\Z")


def read_resources(store: Store, manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a run: of the units that were collected, then of those that were in part."""
    yield from read_lines(store, manifest, "snapshot")
    yield from read_lines(store, manifest, "partial")


def read_lines(store: Store, manifest: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """The lines of a run's objects of one kind, each object's hash checked before its first line. Raises Damaged."""
    for named in manifest["objects"]:
        if named["kind"] == kind:
            with stored(store, named) as file:
                yield from lines_in(file, named)


@contextmanager
def stored(store: Store, named: Mapping[str, Any]) -> Iterator[IO[bytes]]:
    """An object that a manifest names, as a file, whole. Raises Missing, and Damaged where it is not what it names."""
    key = named["key"]
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            store.copy(key, file, named["bytes"])
        except OSError as error:
            raise StoreError(f"{key} cannot be kept in {tempfile.gettempdir()}: {error.strerror}") from error
        file.seek(0)
        digest = hashlib.sha256()
        while piece := file.read(CHUNK):
            digest.update(piece)
        if digest.hexdigest() != named["sha256"]:
            size = f"; {file.tell():,} bytes instead of {named['bytes']:,}" if file.tell() != named["bytes"] else ""
            raise Damaged(f"{key} does not have the hash that its manifest names{size}")
        file.seek(0)
        yield file


def lines_in(file: IO[bytes], named: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of an object that a manifest names, as many as it says, each made as its kind is. Raises Damaged."""
    key, kind = named["key"], named["kind"]
    if kind == "units" and named["count"] > UNITS:
        raise Damaged(f"{key}: its manifest says {named['count']:,} units; no more than {UNITS:,} are read")
    is_made = {"snapshot": is_resource, "partial": is_resource, "units": is_unit}.get(kind)
    for number, line in enumerate(lines_of(file, key, named["count"]), 1):
        if is_made is not None and not is_made(line):
            raise Damaged(f"{key}: its line {number:,} is not made as one of its kind, {kind}, is")
        yield line
