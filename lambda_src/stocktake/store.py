"""A bucket or a directory behind one small interface, and the order in which a run is published.

Objects are created once and never overwritten: data keys end in their content's hash, a manifest's key in its run and
revision. Only the pointer is replaced, by comparing and swapping. The order (data, manifest, pointer) makes a run that
is killed at any moment harmless: what the pointer names was complete before the pointer moved; what no manifest names
is an orphan that no reader looks at.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

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


class Store(Protocol):
    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        """Writes a key that does not exist. That it exists with this very content is success (a repeated run, or our
        own write whose answer was lost); with other content it raises AlreadyExists."""

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        """Content and tag; raises Missing, and Damaged where it has more than `most` bytes, which are not read."""

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        """Writes the content to a file; raises as `read` does."""

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        """Part of an object; raises Missing."""

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        """Replaces a key if its tag is still `tag`, or creates it if `tag` is None; false where it is not so."""

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
    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        if not self._put(key, body, IfNoneMatch="*"):
            existing, _ = self.read(key)
            if hashlib.sha256(existing).hexdigest() != sha256:
                raise AlreadyExists(f"{self._name(key)} exists with other content")

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        answer = self._get(key)
        return b"".join(self._pieces(key, answer, most)), answer["ETag"]

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        for piece in self._pieces(key, self._get(key), most):
            file.write(piece)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        answer = self._get(key, Range=f"bytes={offset}-{offset + length - 1}")
        return b"".join(self._pieces(key, answer, length))

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        if self._put(key, io.BytesIO(body), **condition):
            return True
        try:
            return self.read(key)[0] == body  # our own write, whose answer was lost
        except Missing:
            return False

    def keys(self, prefix: str) -> list[str]:
        paginate = self._client.get_paginator("list_objects_v2").paginate

        def every_key(**bucket: str) -> list[str]:
            pages = paginate(Prefix=self._prefix + prefix, **bucket)
            return [one["Key"] for page in pages for one in page.get("Contents", [])]

        return sorted(key[len(self._prefix) :] for key in self._do("ListObjectsV2", prefix, every_key))

    def _put(self, key: str, body: IO[bytes], **condition: str) -> bool:
        """Whether the condition held. A conflict with another write at the same moment (409) is tried again."""
        for _ in range(CONFLICTS):
            body.seek(0)
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=body, **condition)
                return True
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code in ("PreconditionFailed", "412") or (code in ("NoSuchKey", "404") and "IfMatch" in condition):
                    return False
                if code not in ("ConditionalRequestConflict", "409"):
                    raise self._refused("PutObject", key, error) from error
            except BotoCoreError as error:
                raise StoreError(f"{self._name(key)} cannot be written: {error}") from error
        raise StoreError(f"{self._name(key)} cannot be written: others write it at the same moment")

    def _do(self, operation: str, key: str, function: Callable[..., Any], **parameters: Any) -> Any:
        try:
            return function(Bucket=self._bucket, **parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise Missing(f"{self._name(key)} does not exist") from error
            raise self._refused(operation, key, error) from error
        except BotoCoreError as error:
            raise StoreError(f"{self._name(key)} cannot be read: {error}") from error

    def _get(self, key: str, **part: str) -> Any:
        _check(key)
        return self._do("GetObject", key, self._client.get_object, Key=self._prefix + key, **part)

    def _pieces(self, key: str, answer: Any, most: int) -> Iterator[bytes]:
        body = answer["Body"]
        try:
            yield from _at_most(most, answer.get("ContentLength") or 0, body, self._name(key))
        except (BotoCoreError, OSError) as error:
            raise StoreError(f"{self._name(key)} cannot be read: {type(error).__name__}") from error
        finally:
            body.close()

    def _refused(self, operation: str, key: str, error: ClientError) -> StoreError:
        code = error.response.get("Error", {}).get("Code")
        message = error.response.get("Error", {}).get("Message")
        return StoreError(f"{operation} {self._name(key)}: {code}: {message}")

    def _name(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"


class DirectoryStore:
    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        path = self._root / key
        with self._written(path, body) as written:
            try:
                os.link(written, path)
            except FileExistsError:
                if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                    raise AlreadyExists(f"{path} exists with other content") from None

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        with self._open(key) as file:
            data = b"".join(self._pieces(key, file, most))
        return data, hashlib.sha256(data).hexdigest()

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
        path.parent.mkdir(parents=True, exist_ok=True)
        with (self._root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            current = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
            if current != tag:
                return False
            with self._written(path, io.BytesIO(body)) as written:
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
        pointer, tag = read_pointer(store, run.inventory)
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
