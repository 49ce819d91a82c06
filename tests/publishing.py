"""A small run that is published, and everything that it says read back; in this process and in others."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Any

import botocore.session
from botocore.config import Config

from demo.server import ACCESS_KEY, REGION, SECRET_KEY
from stocktake.errors import AlreadyExists
from stocktake.model import Run, State
from stocktake.snapshot import Spool, assemble, counts_of, lines_of, verdict_of
from stocktake.store import (
    BucketStore,
    Published,
    Store,
    find_manifest,
    publish,
    read_lines,
    read_manifest,
    read_pointer,
    settle,
)
from tests.helpers import manifest_of, record, run_at, unit
from tests.loopback import Call, Loopback, Reply, forward

FIGURES = Path(__file__).parents[1] / "out" / "figures"


def published(
    store: Store,
    run: Run,
    *,
    verdict: str = "complete",
    moves_pointer: bool = True,
    identities: Iterable[str] = ("i-1", "i-2"),
    **members: Any,
) -> Published:
    """Publishes a run of two units, one of which is partial where the run is."""
    state = {"complete": State.COLLECTED, "partial": State.PARTIAL, "failed": State.FAILED}[verdict]
    with Spool() as spool:
        records = [
            record(spool, unit(region="eu-west-1"), identities if verdict != "failed" else (), state=state),
            record(spool, unit(region="us-east-1"), ["us-1"] if verdict != "failed" else (), state=_but(state)),
        ]
        objects = assemble(run, records, spool, {})
        scope = {"accounts": ["123456789012"], "regions_from": "test", "narrowed": not moves_pointer}
        about = {"coverage": verdict_of(records)[1], "counts": counts_of(records), "calls": {}, "scope": scope}
        manifest = manifest_of(run, verdict, **{**about, **members})
        manifest["objects"] = [one.as_json() for one in objects]
        return publish(store, run, objects, manifest, moves_pointer=moves_pointer)


def _but(state: State) -> State:
    return State.COLLECTED if state is State.PARTIAL else state


def published_or_settled(store: Store, run: Run, **members: Any) -> Published:
    """As the pipeline does where a run may have been published before."""
    try:
        return published(store, run, **members)
    except AlreadyExists:
        key = find_manifest(store, run)
        assert key is not None
        return settle(store, run, key)


def line_of_runs(store: Store, inventory: str = "default") -> list[str]:
    """The runs that `previous` leads through from the pointer, newest first; all that they name is read and checked."""
    pointer, _ = read_pointer(store, inventory)
    runs: list[str] = []
    while pointer is not None:
        manifest = read_manifest(store, pointer["manifest"], pointer["sha256"])
        assert manifest["run"]["id"] == pointer["run"]
        assert manifest["verdict"] == pointer.get("verdict", manifest["verdict"])
        assert_readable(store, manifest)
        runs.append(pointer["run"])
        pointer = manifest["previous"]
    assert runs == sorted(set(runs), reverse=True)
    return runs


def assert_readable(store: Store, manifest: Mapping[str, Any]) -> None:
    """Everything that a manifest names is there, whole: objects by their hashes, blocks by theirs and their place."""
    for named in manifest["objects"]:
        assert len(store.read(named["key"])[0]) == named["bytes"]
    counts = {kind: len(list(read_lines(store, manifest, kind))) for kind in ("snapshot", "partial", "units")}
    assert counts == {"partial": 0} | {named["kind"]: named["count"] for named in manifest["objects"]}
    for line in read_lines(store, manifest, "units"):
        found = 0
        for block in line["blocks"]:
            data = store.read_range(block["object"], block["offset"], block["length"])
            assert hashlib.sha256(data).hexdigest() == block["sha256"]
            found += len(list(lines_of(data, "block")))
        assert found == line["count"]


def objects_in(store: Store) -> dict[str, bytes]:
    return {key: store.read(key)[0] for key in store.keys("")}


def read_latest(store: Store) -> str:
    """The run that the pointer names, all of which is read and checked; "" before the first."""
    pointer, _ = read_pointer(store, "default")
    if pointer is None:
        return ""
    manifest = read_manifest(store, pointer["manifest"], pointer["sha256"])
    assert manifest["run"]["id"] == pointer["run"]
    assert_readable(store, manifest)
    return str(pointer["run"])


@dataclass
class Readers:
    """How often the latest run was read, and by whom which runs in which order."""

    reads: int = 0
    seen: list[list[str]] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)


@contextmanager
def readers(store: Store, number: int = 2, read: Callable[[Store], str] = read_latest) -> Iterator[Readers]:
    """Reads the latest run again and again meanwhile, in threads. Raises what a reader raised, and AssertionError where
    one saw an earlier run after a later one."""
    found = Readers(seen=[[] for _ in range(number)])
    over = threading.Event()
    begun = threading.Barrier(number + 1)

    def loop(seen: list[str]) -> None:
        try:
            seen.append(read(store))
            begun.wait()
            while not over.is_set():
                seen.append(read(store))
            seen.append(read(store))
        except BaseException as error:
            found.broken.append(error)
            begun.abort()

    threads = [threading.Thread(target=loop, args=(seen,)) for seen in found.seen]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):
        begun.wait()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if found.broken:
        raise found.broken[0]
    found.reads = sum(map(len, found.seen))
    assert all(seen == sorted(seen) for seen in found.seen), "the pointer went back"


def note_figures(name: str, **figures: int | float) -> None:
    """Keeps figures of a test for the documentation, in out/figures."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / f"{name}.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


# --- a bucket ---


_session = botocore.session.Session()
for _kind in ("service-2", "endpoint-rule-set-1"):  # here, so that no child need read them again
    _session.get_component("data_loader").load_service_model("s3", _kind)


def s3_client(url: str) -> Any:
    """An S3 client as the store's is made (Aws.s3), to a local server that can tell the processes apart."""
    return _session.create_client(
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 4},
            s3={"addressing_style": "path"},
            user_agent_extra=f"process/{os.getpid()}",
        ),
    )


class Gate:
    """Stands before an S3 server. Lets one write through at a time, as S3 does: moto looks whether a condition holds
    and writes in two steps. May kill a process at a request, before the server gets it or after it was done."""

    def __init__(self, url: str, counts: str = "/") -> None:
        """`counts` is what the path of a request begins with that counts."""
        self._forward = forward(url)
        self._counts = counts
        self._writing = threading.Lock()
        self._server = Loopback(self._answer)
        self.url = self._server.url
        self.conflicts_every = 0
        self.calls = self._server.calls
        self._counting = threading.Lock()
        self._left: int | None = None
        self._after = False
        self._process: ForkServerProcess | None = None
        self._writes: dict[str, int] = {}

    def __enter__(self) -> Gate:
        self._server.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.__exit__(None, None, None)

    def kill(self, process: ForkServerProcess, at: int, *, after: bool) -> None:
        """Kills a process when its request number `at`, from 0, arrives, or after it was done but before its answer."""
        self._process, self._left, self._after = process, at, after

    def _answer(self, call: Call) -> Reply:
        here = False
        if call.path.startswith(self._counts):
            with self._counting:
                here = self._left == 0
                self._left = None if self._left is None else self._left - 1
        if here and not self._after:
            return self._kill()
        reply = self._write(call) if call.method == "PUT" else self._forward(call)
        return self._kill() if here else reply

    def _write(self, call: Call) -> Reply:
        writer = call.headers["User-Agent"]
        with self._writing:
            # Each writer's own writes are counted, from another number each: none is refused twice in a row, however
            # they take turns, and not all are refused at the same object.
            self._writes[writer] = self._writes.get(writer, len(self._writes)) + 1
            if self.conflicts_every and self._writes[writer] % self.conflicts_every == 0:
                return Reply(409, b"<Error><Code>ConditionalRequestConflict</Code><Message>busy</Message></Error>")
            return self._forward(call)

    def _kill(self) -> Reply:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        assert wait([self._process.sentinel], 10), "it lives"
        return Reply(reset=True)


# --- other processes ---

forks = multiprocessing.get_context("forkserver")
"""Children of a process that has all modules loaded, but no threads."""

forks.set_forkserver_preload(["tests.publishing", "stocktake.handler"])


def publishing(url: str, bucket: str, hour: int, **members: Any) -> None:
    """What a child does: publishes a run, or finds it published."""
    client = s3_client(url)
    published_or_settled(BucketStore(client, bucket, sleep=lambda _: None), run_at(hour), **members)


def race(work: Callable[..., Any], each: Iterable[tuple[Any, ...]]) -> list[Any]:
    """What `work` answers for each of the arguments, in a process for each, all begun at the same moment."""
    arguments = list(each)
    barrier = forks.Barrier(len(arguments))
    answers = [forks.Pipe(duplex=False) for _ in arguments]
    children = [
        forks.Process(target=_racing, args=(barrier, writer, work, *given))
        for (_, writer), given in zip(answers, arguments, strict=True)
    ]
    for child in children:
        child.start()
    found = []
    for (reader, writer), child in zip(answers, children, strict=True):
        writer.close()
        found.append(reader.recv())
        reader.close()
        child.join()
    return found


def _racing(barrier: Any, writer: Any, work: Callable[..., Any], *given: Any) -> None:
    answer = work(*given, barrier.wait)
    writer.send(answer)
    writer.close()


def published_at_once(url: str, bucket: str, hour: int, members: Mapping[str, Any], begin: Callable[[], Any]) -> str:
    """What became of a run that a child published as soon as all were ready: "latest", "published", or the name of the
    error."""
    store = BucketStore(s3_client(url), bucket, sleep=lambda _: None)
    begin()
    try:
        done = published(store, run_at(hour), **members)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "latest" if done.is_latest else "published"
