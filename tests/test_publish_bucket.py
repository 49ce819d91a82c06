"""Publishing to a bucket: killed at every request, raced by other processes, and with every fault that S3 has."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from demo.server import MotoServer
from stocktake.cli import cli
from stocktake.errors import AlreadyExists, Missing, StoreError
from stocktake.snapshot import OBJECT_BYTES, manifest_key, pointer_key
from stocktake.store import BucketStore, Published, find_manifest, read_manifest, read_pointer, settle
from tests.helpers import few, run_at
from tests.loopback import Call, Loopback, Reply, forward
from tests.publishing import (
    Gate,
    assert_readable,
    forks,
    line_of_runs,
    note_figures,
    objects_in,
    published,
    published_at_once,
    published_or_settled,
    publishing,
    race,
    readers,
    s3_client,
)

REQUESTS = ("PutObject", "PutObject", "PutObject", "GetObject", "PutObject", "PutObject")
"""Of a partial run: two snapshots, the units, the pointer read, the manifest, the pointer."""

POINTER_READ, MANIFEST, POINTER = 3, 4, 5

NO_WAITING = SimpleNamespace(sleep=lambda _: None)


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    with MotoServer() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: MotoServer) -> Iterator[Any]:
    made = s3_client(server.url)
    yield made
    made.close()


_numbers = count()


def new_bucket(client: Any) -> str:
    name = f"stocktake-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def bucket(client: Any) -> str:
    """The name of a bucket with nothing in it."""
    return new_bucket(client)


@pytest.fixture
def store(client: Any, bucket: str) -> BucketStore:
    return BucketStore(client, bucket)


@pytest.fixture
def verified(server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """What `stocktake verify --line` says of a bucket."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)

    def verify(bucket: str) -> str:
        done = CliRunner().invoke(cli, ["verify", "--line", "--store", f"s3://{bucket}"], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.output.strip()

    return verify


# --- killed at any request ---


def test_a_process_killed_at_any_request_leaves_what_the_pointer_names_whole_and_the_run_can_be_published_again(
    server: MotoServer, client: Any, verified: Callable[[str], str]
) -> None:
    reference = BucketStore(client, new_bucket(client))
    published(reference, run_at(12))
    published(reference, run_at(13), verdict="partial")
    as_if_never_killed = objects_in(reference)
    kills = reads = 0
    for at in range(len(REQUESTS)):
        for after in (False, True):
            bucket = new_bucket(client)
            store = BucketStore(client, bucket)
            published(store, run_at(12))
            with Gate(server.url) as gate, readers(store) as found:
                child = forks.Process(target=publishing, args=(gate.url, bucket, 13), kwargs={"verdict": "partial"})
                gate.kill(child, at, after=after)
                child.start()
                child.join()
                assert child.exitcode == -signal.SIGKILL
                moved = after and at == POINTER
                assert len(gate.calls) == at + 1
                assert line_of_runs(store) == ["20261122T130000Z"] * moved + ["20261122T120000Z"]
                assert published_or_settled(store, run_at(13), verdict="partial").is_latest
            assert {run for seen in found.seen for run in seen} == {"20261122T120000Z", "20261122T130000Z"}
            assert objects_in(store) == as_if_never_killed
            assert verified(bucket) == "2 runs are as written"
            kills += 1
            reads += found.reads
    note_figures("publish-killed", kills=kills, reads=reads)


def test_the_first_run_of_all_killed_at_any_request_leaves_no_run_or_a_whole_one(
    server: MotoServer, client: Any, verified: Callable[[str], str]
) -> None:
    for at in (POINTER_READ, MANIFEST, POINTER):
        for after in (False, True):
            bucket = new_bucket(client)
            store = BucketStore(client, bucket)
            with Gate(server.url) as gate, readers(store, 1) as found:
                child = forks.Process(target=publishing, args=(gate.url, bucket, 13), kwargs={"verdict": "partial"})
                gate.kill(child, at, after=after)
                child.start()
                child.join()
                assert child.exitcode == -signal.SIGKILL
                assert line_of_runs(store) == ["20261122T130000Z"] * (after and at == POINTER)
                assert published_or_settled(store, run_at(13), verdict="partial").is_latest
            assert {run for seen in found.seen for run in seen} == {"", "20261122T130000Z"}
            assert verified(bucket) == "1 run is as written"


def test_what_a_killed_run_left_is_read_by_nobody_though_the_next_one_saw_something_else(
    server: MotoServer, client: Any, verified: Callable[[str], str]
) -> None:
    """As where the same event is delivered again after a run was killed: its sweep is another."""
    for at in range(POINTER):
        bucket = new_bucket(client)
        store = BucketStore(client, bucket)
        published(store, run_at(12))
        with Gate(server.url) as gate:
            child = forks.Process(target=publishing, args=(gate.url, bucket, 13), kwargs={"verdict": "partial"})
            gate.kill(child, at, after=True)
            child.start()
            child.join()
        other = published_or_settled(store, run_at(13), identities=["i-other"], by="another sweep")
        assert other.is_latest
        seen_first = at == MANIFEST  # a run that was published is that run, whoever comes after
        assert ("by" in other.manifest) is not seen_first
        assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z"]
        assert store.keys("manifests/inventory=default/date=2026-11-22/hour=13/") == [manifest_key(run_at(13), 1)]
        assert verified(bucket) == "2 runs are as written"


# --- races ---


@pytest.mark.parametrize("conflicts_every", [0, 3])
def test_of_processes_that_publish_one_run_at_once_with_what_each_has_seen_one_does(
    server: MotoServer, store: BucketStore, bucket: str, verified: Callable[[str], str], conflicts_every: int
) -> None:
    published(store, run_at(12))
    with Gate(server.url) as gate:
        gate.conflicts_every = conflicts_every
        answers = race(
            published_at_once,
            [(gate.url, bucket, 13, {"identities": [f"i-{number}"], "by": number}) for number in range(8)],
        )
    key = manifest_key(run_at(13), 1)
    refused = f"AlreadyExists: s3://{bucket}/{key} exists with other content"
    assert sorted(answers) == [*[refused] * 7, "latest"]
    assert store.keys("manifests/inventory=default/date=2026-11-22/hour=13/") == [key]
    assert read_manifest(store, key)["by"] == answers.index("latest")
    assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z"]
    assert verified(bucket) == "2 runs are as written"
    named = {one["key"] for one in read_manifest(store, key)["objects"]}
    assert len(store.keys("snapshots/inventory=default/date=2026-11-22/hour=13/")) == 8  # seven are orphans
    assert len(named & set(store.keys("snapshots/"))) == 1


@pytest.mark.parametrize("conflicts_every", [0, 3])
def test_of_processes_that_publish_one_run_at_once_with_the_same_content_all_succeed(
    server: MotoServer, store: BucketStore, bucket: str, verified: Callable[[str], str], conflicts_every: int
) -> None:
    published(store, run_at(12))
    with Gate(server.url) as gate:
        gate.conflicts_every = conflicts_every
        answers = race(published_at_once, [(gate.url, bucket, 13, {"verdict": "partial"}) for _ in range(8)])
    # One that reads the pointer when another has moved it already finds the run published before it.
    refused = f"AlreadyExists: s3://{bucket}/{manifest_key(run_at(13), 1)} exists with other content"
    assert set(answers) <= {"latest", refused}
    assert "latest" in answers
    assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z"]
    assert verified(bucket) == "2 runs are as written"


@pytest.mark.parametrize("conflicts_every", [0, 4])
def test_of_different_runs_that_are_published_at_once_the_newest_is_the_latest_and_the_line_is_one(
    server: MotoServer, store: BucketStore, bucket: str, verified: Callable[[str], str], conflicts_every: int
) -> None:
    with Gate(server.url) as gate, readers(store) as found:
        gate.conflicts_every = conflicts_every
        answers = race(
            published_at_once,
            [(gate.url, bucket, 10 + number, {"identities": [f"i-{number}"]}) for number in range(8)],
        )
    assert set(answers) <= {"latest", "published"}
    assert answers[7] == "latest"
    runs = line_of_runs(store)
    assert runs[0] == "20261122T170000Z"
    assert sorted(runs) == [f"20261122T{10 + number}0000Z" for number in range(8) if answers[number] == "latest"]
    assert verified(bucket) == ("1 run is" if len(runs) == 1 else f"{len(runs)} runs are") + " as written"
    for number in range(8):
        key = find_manifest(store, run_at(10 + number))
        assert key is not None
        assert_readable(store, read_manifest(store, key))
    assert found.reads


# --- where the pointer may move ---


def test_a_slow_run_does_not_overwrite_its_successor(store: BucketStore) -> None:
    published(store, run_at(12))
    published(store, run_at(14))
    late = published(store, run_at(13))
    assert not late.is_latest
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T120000Z"]
    assert_readable(store, late.manifest)


def test_a_failed_run_never_replaces_a_good_one(store: BucketStore) -> None:
    published(store, run_at(12), verdict="partial")
    assert not published(store, run_at(13), verdict="failed").is_latest
    assert line_of_runs(store) == ["20261122T120000Z"]
    assert published(store, run_at(14)).is_latest


def test_a_pointer_that_never_changes_and_cannot_be_replaced_ends_in_an_error(store: BucketStore) -> None:
    """As where something between changes the tags of what is read."""

    class Weak(BucketStore):
        def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
            data, tag = super().read(key, most)
            return data, f'"weak-{tag}'

    published(store, run_at(12))
    with pytest.raises(StoreError, match=r"^latest/default\.json cannot be replaced, though nobody else has$"):
        published(Weak(store._client, store._bucket), run_at(13))
    assert store.keys("manifests/inventory=default/date=2026-11-22/hour=13/") == [manifest_key(run_at(13), 1)]
    assert line_of_runs(store) == ["20261122T120000Z"]


# --- what S3 may do to a request ---


def error(status: int, code: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>as S3 put it</Message></Error>".encode()
    return Reply(status, body, {"Content-Type": "application/xml"})


@dataclass
class Spoiler:
    """A script for the server in front: what it does to requests from the n-th on, each told what S3 would do."""

    url: str
    fault: Callable[[Callable[[], Reply]], Reply] | None = None
    first: int = 0
    times: int = 0
    seen: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        number = len(self.seen)
        self.seen.append(call)

        def through() -> Reply:
            return forward(self.url)(call)

        if self.fault is not None and self.first <= number < self.first + self.times:
            return self.fault(through)
        return through()

    def spoil(self, fault: Callable[[Callable[[], Reply]], Reply] | None, first: int = 0, times: int = 1) -> None:
        self.fault, self.first, self.times = fault, first, times
        self.seen.clear()


def lost(through: Callable[[], Reply]) -> Reply:
    through()
    return Reply(reset=True)


def cut(through: Callable[[], Reply]) -> Reply:
    reply = through()
    return Reply(reply.status, reply.body[:-9], reply.headers, length=len(reply.body))


FAULTS: dict[str, tuple[Callable[[Callable[[], Reply]], Reply], str]] = {
    "SlowDown": (lambda _: error(503, "SlowDown"), "SlowDown"),
    "InternalError": (lambda _: error(500, "InternalError"), "InternalError"),
    "RequestTimeout": (lambda _: error(400, "RequestTimeout"), "RequestTimeout"),
    "an empty 503": (lambda _: Reply(503), "503"),
    "an HTML 502": (lambda _: Reply(502, b"<html><body>Bad gateway", {"Content-Type": "text/html"}), "502"),
    "a reset": (lambda _: Reply(reset=True), "Connection was closed"),
    "a lost answer": (lost, "Connection was closed"),
}
TO_A_WRITE = {
    "an error in a 200": (lambda _: error(200, "InternalError"), "InternalError"),
    "a conflict": (lambda _: error(409, "ConditionalRequestConflict"), "others write it at the same moment"),
}
TO_A_READ = {"a body that is cut": (cut, "cannot be read")}

CASES = [
    pytest.param(at, *fault, id=f"{name} at {at}: {operation}")
    for at, operation in enumerate(REQUESTS)
    for name, fault in {**FAULTS, **(TO_A_READ if operation == "GetObject" else TO_A_WRITE)}.items()
]

Through = Callable[[Callable[[], Reply]], Reply]


@pytest.fixture(scope="module")
def spoiler(server: MotoServer) -> Spoiler:
    return Spoiler(server.url)


@pytest.fixture(scope="module")
def spoiled_url(spoiler: Spoiler) -> Iterator[str]:
    with Loopback(spoiler) as proxy:
        yield proxy.url


@pytest.fixture
def spoiled(spoiler: Spoiler, spoiled_url: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketStore]:
    """The store, by way of the spoiler, with a client of its own: one that failed often sends less often. Nobody waits
    for anything."""
    monkeypatch.setattr(botocore.endpoint, "time", NO_WAITING)
    spoiler.spoil(None)
    client = s3_client(spoiled_url)
    yield BucketStore(client, bucket, sleep=lambda _: None)
    client.close()
    spoiler.spoil(None)


@pytest.mark.parametrize(("at", "fault", "said"), CASES)
@pytest.mark.parametrize("earlier", [True, False], ids=["", "of the first run"])
def test_a_request_that_fails_once_is_made_again_and_the_run_is_published(
    store: BucketStore, spoiled: BucketStore, spoiler: Spoiler, at: int, fault: Through, said: str, earlier: bool
) -> None:
    if earlier:
        published(store, run_at(12))
    elif fault is cut:
        return  # there is no pointer yet, and so no body
    spoiler.spoil(fault, at)
    assert published(spoiled, run_at(13), verdict="partial").is_latest
    was_own = fault is lost and REQUESTS[at] == "PutObject"  # 412, and a look whose it is
    assert len(spoiler.seen) == len(REQUESTS) + 1 + was_own
    assert line_of_runs(store) == ["20261122T130000Z"] + ["20261122T120000Z"] * earlier
    assert store.keys("manifests/inventory=default/date=2026-11-22/hour=13/") == [manifest_key(run_at(13), 1)]


@pytest.mark.parametrize(("at", "fault", "said"), CASES)
def test_a_request_that_fails_again_and_again_is_an_error_that_names_it_and_the_pointer_leads_to_a_whole_run(
    store: BucketStore, spoiled: BucketStore, spoiler: Spoiler, bucket: str, at: int, fault: Through, said: str
) -> None:
    published(store, run_at(12))
    spoiler.spoil(fault, at, times=1000)
    with pytest.raises(StoreError) as raised:
        published(spoiled, run_at(13), verdict="partial")
    assert not isinstance(raised.value, AlreadyExists | Missing)
    sentence = str(raised.value)
    key = spoiler.seen[at].path.partition("?")[0].replace("%3D", "=")
    assert sentence.startswith(REQUESTS[at])
    assert f"s3:/{key}" in sentence
    assert said in sentence
    assert at < len(spoiler.seen) <= at + 5
    moved = fault is lost and at == POINTER
    assert line_of_runs(store) == ["20261122T130000Z"] * moved + ["20261122T120000Z"]
    assert published_or_settled(store, run_at(13), verdict="partial").is_latest
    assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z"]


def test_a_lost_answer_is_not_taken_for_ones_own_where_another_wrote_meanwhile(
    store: BucketStore, spoiled: BucketStore, spoiler: Spoiler
) -> None:
    """Our write of the pointer never came to S3, and the successor's did."""
    published(store, run_at(12))

    def overtaken(_: Callable[[], Reply]) -> Reply:
        published(store, run_at(14))
        return Reply(reset=True)

    spoiler.spoil(overtaken, POINTER)
    assert not published(spoiled, run_at(13), verdict="partial").is_latest
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T120000Z"]


def test_a_pointer_that_was_moved_and_then_overtaken_stays_in_the_line(
    store: BucketStore, spoiled: BucketStore, spoiler: Spoiler
) -> None:
    """Our write of the pointer was done, its answer lost, and the successor came before we looked whose it is."""
    published(store, run_at(12))

    def done_and_overtaken(through: Callable[[], Reply]) -> Reply:
        through()
        published(store, run_at(14))
        return Reply(reset=True)

    spoiler.spoil(done_and_overtaken, POINTER)
    done = published(spoiled, run_at(13), verdict="partial")
    assert not done.is_latest
    assert done.key == manifest_key(run_at(13), 1)
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T130000Z", "20261122T120000Z"]


attempts = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["complete", "partial", "failed"]), st.booleans(), st.integers(0, 9)),
    min_size=1,
    max_size=4,
)


@few
@given(attempts, st.sampled_from(sorted(FAULTS)))
def test_whatever_is_published_under_whatever_faults_the_line_of_runs_is_whole(
    client: Any, spoiled_url: str, spoiler: Spoiler, attempts: list[tuple[int, str, bool, int]], fault: str
) -> None:
    store = BucketStore(client, new_bucket(client))
    through = s3_client(spoiled_url)
    spoiled = BucketStore(through, store._bucket, sleep=lambda _: None)
    for hour, verdict, moves_pointer, at in attempts:
        before, _ = read_pointer(store, "default")
        spoiler.spoil(FAULTS[fault][0], at, times=1000)
        done: Published | None = None
        try:
            with patch.object(botocore.endpoint, "time", NO_WAITING):
                done = published(spoiled, run_at(hour), verdict=verdict, moves_pointer=moves_pointer)
        except AlreadyExists:
            pass
        except StoreError:
            assert at < len(spoiler.seen)
        runs = line_of_runs(store)
        now, _ = read_pointer(store, "default")
        assert now != before or not (done and done.is_latest)
        if now != before:
            assert now is not None
            assert runs[0] == run_at(hour).id
        if now != before and now is not None and before is not None:
            assert moves_pointer
            assert now["run"] > before["run"]
            assert now["verdict"] != "failed" or before["verdict"] == "failed"
            assert runs[1] == before["run"]
    through.close()


# --- a bucket that does not say what is missing ---


def test_a_pointer_that_may_be_missing_is_not_taken_for_missing(
    store: BucketStore, spoiled: BucketStore, spoiler: Spoiler, bucket: str
) -> None:
    """Without s3:ListBucket, S3 answers 403 for a key that does not exist: no second line of manifests begins."""
    published(store, run_at(12))
    refused = error(403, "AccessDenied")
    spoiler.spoil(lambda _: refused, 0, times=1000)
    needed = "s3:ListBucket on the bucket"
    with pytest.raises(StoreError, match=rf"^GetObject s3://{bucket}/latest/default.json: AccessDenied.*{needed}") as e:
        read_pointer(spoiled, "default")
    assert not isinstance(e.value, Missing)
    with pytest.raises(StoreError, match=rf"^ListObjectsV2 s3://{bucket}/manifests/.*: AccessDenied.*{needed}"):
        find_manifest(spoiled, run_at(13))

    def only_reading(through: Callable[[], Reply]) -> Reply:
        return refused if spoiler.seen[-1].method == "GET" else through()

    spoiler.spoil(only_reading, 0, times=1000)
    with pytest.raises(StoreError, match=rf"GetObject s3://{bucket}/{pointer_key('default')}: AccessDenied"):
        published(spoiled, run_at(13))
    assert Counter(call.method for call in spoiler.seen) == {"PUT": 2, "GET": 1}
    assert store.keys("manifests/inventory=default/date=2026-11-22/hour=13/") == []
    with pytest.raises(StoreError, match="AccessDenied"):
        settle(spoiled, run_at(12), manifest_key(run_at(12), 1))
    assert line_of_runs(store) == ["20261122T120000Z"]
