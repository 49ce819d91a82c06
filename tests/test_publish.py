"""The order in which a run is published, and what is true of the store at every moment of it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.errors import AlreadyExists, Damaged, Missing
from stocktake.snapshot import OBJECT_BYTES, canonical, manifest_key, pointer_key
from stocktake.store import (
    DirectoryStore,
    Published,
    Store,
    find_manifest,
    read_lines,
    read_manifest,
    read_pointer,
)
from tests.helpers import at_once, few, in_a_process, manifest_of, run_at
from tests.publishing import (
    assert_readable,
    line_of_runs,
    note_figures,
    objects_in,
    published,
    published_or_settled,
    readers,
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def latest(store: Store) -> str | None:
    pointer, _ = read_pointer(store, "default")
    return None if pointer is None else str(pointer["run"])


# --- a store that watches, and one that breaks ---


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Watched:
    """A store that notes every operation, and calls `before` and `after` each with its number and name."""

    inner: Store
    before: Callable[[int, str], None] = lambda number, name: None
    after: Callable[[int, str], None] = lambda number, name: None
    names: list[str] = field(default_factory=list)

    def _watch(self, name: str, operation: Callable[[], Any]) -> Any:
        number = len(self.names)
        self.names.append(name)
        self.before(number, name)
        try:
            return operation()
        finally:
            self.after(number, name)

    def create(self, key: str, body: IO[bytes], sha256: str) -> None:
        self._watch(f"create {key}", lambda: self.inner.create(key, body, sha256))

    def read(self, key: str, most: int = OBJECT_BYTES) -> tuple[bytes, str]:
        answer: tuple[bytes, str] = self._watch(f"read {key}", lambda: self.inner.read(key, most))
        return answer

    def copy(self, key: str, file: IO[bytes], most: int) -> None:
        self._watch(f"read {key}", lambda: self.inner.copy(key, file, most))

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        answer: bytes = self._watch(f"read {key}", lambda: self.inner.read_range(key, offset, length))
        return answer

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        answer: bool = self._watch(f"swap {key}", lambda: self.inner.swap(key, body, tag))
        return answer

    def keys(self, prefix: str) -> list[str]:
        answer: list[str] = self._watch(f"keys {prefix}", lambda: self.inner.keys(prefix))
        return answer


def killing(at: int) -> Callable[[int, str], None]:
    def kill(number: int, name: str) -> None:
        if number == at:
            raise Killed(name)

    return kill


# --- order ---


def test_data_comes_first_then_the_manifest_then_the_pointer(store: DirectoryStore) -> None:
    watched = Watched(store)
    done = published(watched, run_at(13), verdict="partial")
    assert [name.replace("/", " ").split()[:2] for name in watched.names] == [
        ["create", "snapshots"],
        ["create", "snapshots"],
        ["create", "units"],
        ["read", "latest"],
        ["create", "manifests"],
        ["swap", "latest"],
    ]
    assert watched.names[-2:] == [f"create {done.key}", "swap latest/default.json"]


def test_the_pointer_says_where_the_run_is_and_what_became_of_it(store: DirectoryStore) -> None:
    done = published(store, run_at(13), verdict="partial")
    pointer, _ = read_pointer(store, "default")
    assert pointer == {
        "format": 1,
        "run": "20261122T130000Z",
        "verdict": "partial",
        "manifest": manifest_key(run_at(13), 1),
        "sha256": done.sha256,
    }
    assert done.is_latest
    assert read_manifest(store, done.key, done.sha256) == done.manifest
    assert done.manifest["run"]["revision"] == 1
    assert done.manifest["previous"] is None


def test_previous_is_what_the_pointer_led_to(store: DirectoryStore) -> None:
    first, second = published(store, run_at(13)), published(store, run_at(14))
    assert second.manifest["previous"] == {"run": "20261122T130000Z", "manifest": first.key, "sha256": first.sha256}
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T130000Z"]


def test_inventories_have_pointers_of_their_own(store: DirectoryStore) -> None:
    published(store, run_at(13, inventory="core"))
    assert published(store, run_at(12)).manifest["previous"] is None
    assert (line_of_runs(store, "core"), line_of_runs(store)) == (["20261122T130000Z"], ["20261122T120000Z"])


def test_the_same_run_writes_the_same_bytes_wherever_it_is_published(tmp_path: Path) -> None:
    def written(folder: Path) -> dict[str, bytes]:
        store = DirectoryStore(folder)
        published(store, run_at(13), verdict="partial")
        return {key: store.read(key)[0] for key in store.keys("")}

    assert written(tmp_path / "one") == written(tmp_path / "other")


def test_two_runs_over_the_same_estate_differ_in_no_line_of_their_snapshots(store: DirectoryStore) -> None:
    one, other = published(store, run_at(13)), published(store, run_at(14))

    def snapshot(done: Published) -> tuple[str, int]:
        (named,) = (named for named in done.manifest["objects"] if named["kind"] == "snapshot")
        return named["sha256"], named["bytes"]

    assert snapshot(one) == snapshot(other)


# --- where the pointer may move ---


def test_the_pointer_does_not_go_back_in_time(store: DirectoryStore) -> None:
    published(store, run_at(14))
    late = published(store, run_at(13))
    assert not late.is_latest
    assert latest(store) == "20261122T140000Z"
    assert find_manifest(store, run_at(13)) == late.key  # it is published all the same
    assert_readable(store, late.manifest)


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("complete", "partial", True),
        ("partial", "complete", True),
        ("partial", "partial", True),
        ("failed", "complete", True),
        ("failed", "failed", True),
        ("complete", "failed", False),
        ("partial", "failed", False),
    ],
)
def test_a_failed_run_never_stands_before_a_better_one(
    store: DirectoryStore, before: str, after: str, moves: bool
) -> None:
    published(store, run_at(13), verdict=before)
    done = published(store, run_at(14), verdict=after)
    assert done.is_latest is moves
    assert latest(store) == ("20261122T140000Z" if moves else "20261122T130000Z")
    assert_readable(store, done.manifest)


@pytest.mark.parametrize("verdict", ["complete", "partial", "failed"])
def test_the_first_run_of_all_is_the_latest_whatever_it_is(store: DirectoryStore, verdict: str) -> None:
    assert published(store, run_at(13), verdict=verdict, moves_pointer=False).is_latest
    assert line_of_runs(store) == ["20261122T130000Z"]


def test_a_narrower_run_is_published_but_moves_nothing(store: DirectoryStore) -> None:
    published(store, run_at(13))
    narrow = published(store, run_at(14), moves_pointer=False)
    assert not narrow.is_latest
    assert latest(store) == "20261122T130000Z"
    assert read_manifest(store, narrow.key, narrow.sha256)["previous"]["run"] == "20261122T130000Z"


def test_a_run_that_was_published_is_not_published_again(store: DirectoryStore) -> None:
    done = published(store, run_at(13))
    with pytest.raises(AlreadyExists, match=manifest_key(run_at(13), 1)):
        published(store, run_at(13), note="another clock")
    assert read_manifest(store, done.key, done.sha256) == done.manifest


# --- a pointer that moves meanwhile ---


def overtaken_by(store: Store, other: Callable[[], object], times: int = 1) -> Watched:
    """A store in which `other` happens just before the pointer is swapped."""
    left = [other] * times

    def before(_: int, name: str) -> None:
        if name.startswith("swap") and left:
            left.pop()()

    return Watched(store, before=before)


def test_a_pointer_that_moved_meanwhile_gives_a_revision_with_the_new_previous(store: DirectoryStore) -> None:
    published(store, run_at(11))
    between: list[Published] = []
    done = published(overtaken_by(store, lambda: between.append(published(store, run_at(12)))), run_at(13))
    assert done.is_latest
    assert done.key == manifest_key(run_at(13), 2)
    assert done.manifest["run"]["revision"] == 2
    assert done.manifest["previous"] == {
        "run": "20261122T120000Z",
        "manifest": between[0].key,
        "sha256": between[0].sha256,
    }
    assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z", "20261122T110000Z"]
    assert find_manifest(store, run_at(13)) == done.key


def test_a_pointer_that_moves_again_and_again_gives_a_revision_each_time(store: DirectoryStore) -> None:
    hours = iter([8, 9, 10])
    watched = overtaken_by(store, lambda: published(store, run_at(next(hours))), times=3)
    assert published(watched, run_at(13)).key == manifest_key(run_at(13), 4)
    assert [run[9:11] for run in line_of_runs(store)] == ["13", "10", "09", "08"]


def test_a_run_that_is_overtaken_by_a_newer_one_leaves_the_pointer_to_it(store: DirectoryStore) -> None:
    published(store, run_at(11))
    done = published(overtaken_by(store, lambda: published(store, run_at(14))), run_at(13))
    assert not done.is_latest
    assert line_of_runs(store) == ["20261122T140000Z", "20261122T110000Z"]


def test_a_run_that_is_overtaken_by_a_newer_one_writes_no_revision(store: DirectoryStore) -> None:
    published(store, run_at(11))
    published(overtaken_by(store, lambda: published(store, run_at(14))), run_at(13))
    assert find_manifest(store, run_at(13)) == manifest_key(run_at(13), 1)


# --- killed at any moment ---


def operations_of_a_run(tmp_path: Path) -> int:
    watched = Watched(DirectoryStore(tmp_path / "counted"))
    published(watched, run_at(13), verdict="partial")
    return len(watched.names)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_run_that_is_killed_at_any_operation_leaves_what_the_pointer_names_whole(
    tmp_path: Path, when: str, earlier: bool
) -> None:
    operations = operations_of_a_run(tmp_path)
    assert operations == 6
    for kill_at in range(operations):
        store = DirectoryStore(tmp_path / f"{kill_at}")
        if earlier:
            published(store, run_at(12))
        with pytest.raises(Killed):
            published(Watched(store, **{when: killing(kill_at)}), run_at(13), verdict="partial")  # type: ignore[arg-type]
        before, after = (["20261122T120000Z"] if earlier else []), ["20261122T130000Z"]
        moved = when == "after" and kill_at == operations - 1
        assert line_of_runs(store) == [*(after if moved else []), *before]
        # The next run neither minds nor names what was left.
        published(store, run_at(14))
        assert line_of_runs(store) == ["20261122T140000Z", *(after if moved else []), *before]


def test_a_run_that_was_killed_can_be_published_again(tmp_path: Path) -> None:
    """As long as it says the same; a manifest that differs by a clock is refused, and the next run goes on."""
    for kill_at in range(operations_of_a_run(tmp_path)):
        store = DirectoryStore(tmp_path / f"{kill_at}")
        with pytest.raises(Killed):
            published(Watched(store, before=killing(kill_at)), run_at(13), verdict="partial")
        assert published(store, run_at(13), verdict="partial").is_latest
        assert line_of_runs(store) == ["20261122T130000Z"]


# The functions outside Python by which files are made, filled, named and removed.
TOUCHES_A_FILE = {
    *("open", "write", "flush", "fsync", "close", "__exit__"),
    *("mkdir", "chmod", "link", "rename", "replace", "unlink", "flock"),
}
MORE_THAN_A_RUN_TAKES = 250


def killed_at_touch(number: int, store: DirectoryStore) -> Callable[[], None]:
    """Publishes a run in a process that kills itself just before it touches the file system for the n-th time."""

    def work() -> None:
        touches = 0

        def hook(_: FrameType, event: str, function: Any) -> None:
            nonlocal touches
            if event == "c_call" and function.__name__ in TOUCHES_A_FILE:
                touches += 1
                if touches == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(hook)
        published(store, run_at(13), verdict="partial")

    return work


def test_a_process_that_is_killed_at_any_touch_of_a_file_leaves_what_the_pointer_names_whole(tmp_path: Path) -> None:
    """Whoever reads meanwhile; and the same run can be published again, to the same bytes."""
    prepared = tmp_path / "prepared"
    published(DirectoryStore(prepared), run_at(12))
    reference = DirectoryStore(tmp_path / "reference")
    for hour, verdict in ((12, "complete"), (13, "partial")):
        published(reference, run_at(hour), verdict=verdict)
    lines: list[list[str]] = []
    reads = 0
    for number in range(1, MORE_THAN_A_RUN_TAKES):
        folder = tmp_path / f"{number}"
        shutil.copytree(prepared, folder)
        store = DirectoryStore(folder)
        with readers(store, 1) as found:
            end = in_a_process(killed_at_touch(number, store))
        reads += found.reads
        lines.append(line_of_runs(store))
        if end == 0:
            break
        assert end == -signal.SIGKILL
        assert published_or_settled(store, run_at(13), verdict="partial").is_latest
        assert objects_in(store) == objects_in(reference)
        shutil.rmtree(folder)
    assert end == 0, "the sweep did not come to the run's end"
    assert number > 30
    moved = [line == ["20261122T130000Z", "20261122T120000Z"] for line in lines]
    assert all(line == ["20261122T120000Z"] for line, new in zip(lines, moved, strict=True) if not new)
    assert moved == sorted(moved)  # once it has moved, it has moved
    assert moved[-1]
    note_figures("publish-killed-directory", kills=number - 1, reads=reads)


# --- races ---


def test_of_processes_that_publish_one_run_at_once_one_does(store: DirectoryStore) -> None:
    published(store, run_at(12))

    def work(number: int) -> str:
        try:
            published(store, run_at(13), by=number)
        except AlreadyExists:
            return "refused"
        return "published"

    answers = at_once(8, work)
    assert sorted(answers) == ["published", *["refused"] * 7]
    manifests = [key for key in store.keys("manifests/") if "20261122T13" in key]
    assert manifests == [manifest_key(run_at(13), 1)]
    assert read_manifest(store, manifests[0])["by"] == answers.index("published")
    assert line_of_runs(store) == ["20261122T130000Z", "20261122T120000Z"]


def test_of_different_runs_that_are_published_at_once_the_newest_is_the_latest(store: DirectoryStore) -> None:
    def work(number: int) -> bool:
        return published(store, run_at(10 + number), identities=[f"i-{number}"]).is_latest

    moved = at_once(8, work)
    assert moved[7]
    runs = line_of_runs(store)
    assert runs[0] == "20261122T170000Z"
    assert sorted(runs) == [f"20261122T{10 + number}0000Z" for number in range(8) if moved[number]]
    for number in range(8):
        key = find_manifest(store, run_at(10 + number))
        assert key is not None
        assert_readable(store, read_manifest(store, key))


# --- laws ---

attempts = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["complete", "partial", "failed"]), st.booleans(), st.integers(-1, 5)),
    max_size=6,
)


@few
@given(attempts)
def test_whatever_is_published_in_whatever_order_the_line_of_runs_is_whole(
    tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[int, str, bool, int]]
) -> None:
    store = DirectoryStore(tmp_path_factory.mktemp("store"))
    with patch.object(os, "fsync"):  # nothing here outlives a power failure
        for hour, verdict, moves_pointer, kill_at in attempts:
            before, _ = read_pointer(store, "default")
            done: Published | None = None
            try:
                watched = Watched(store, before=killing(kill_at))
                done = published(watched, run_at(hour), verdict=verdict, moves_pointer=moves_pointer)
            except (AlreadyExists, Killed):
                pass
            runs = line_of_runs(store)
            now, _ = read_pointer(store, "default")
            assert (now != before) is bool(done and done.is_latest)
            if now is not None and now != before:
                assert runs[0] == run_at(hour).id
                if before is not None:
                    assert moves_pointer
                    assert now["run"] > before["run"]
                    assert now["verdict"] != "failed" or before["verdict"] == "failed"
                    assert runs[1] == before["run"]


# --- reading ---


def test_before_the_first_run_there_is_no_pointer_and_no_manifest(store: DirectoryStore) -> None:
    assert read_pointer(store, "default") == (None, None)
    assert find_manifest(store, run_at(13)) is None


def test_the_newest_revision_is_the_one_with_the_greatest_number(store: DirectoryStore) -> None:
    for revision in (2, 10, 9):
        data = canonical(manifest_of(run_at(13), revision=revision))
        store.create(manifest_key(run_at(13), revision), io.BytesIO(data), hashlib.sha256(data).hexdigest())
    for other in ("20261122T130000Z.r11.json.bak", "20261122T130000Z.rx.json", "20261122T130001Z.r99.json"):
        key = manifest_key(run_at(13), 1).rpartition("/")[0] + "/" + other
        store.create(key, io.BytesIO(b"{}"), hashlib.sha256(b"{}").hexdigest())
    assert find_manifest(store, run_at(13)) == manifest_key(run_at(13), 10)


def overwrite(tmp_path: Path, key: str, data: bytes) -> None:
    (tmp_path / "store" / key).write_bytes(data)


def test_a_manifest_that_is_not_what_the_pointer_names_is_refused(store: DirectoryStore, tmp_path: Path) -> None:
    done = published(store, run_at(13))
    overwrite(tmp_path, done.key, canonical({**done.manifest, "coverage": 0.5}))
    with pytest.raises(Damaged, match=f"^{done.key} does not have the hash that the pointer names$"):
        read_manifest(store, done.key, done.sha256)


@pytest.mark.parametrize("kind", ["snapshot", "partial", "units"])
def test_an_object_that_is_not_what_its_manifest_names_is_refused_before_its_first_line(
    store: DirectoryStore, tmp_path: Path, kind: str
) -> None:
    done = published(store, run_at(13), verdict="partial")
    (named,) = (named for named in done.manifest["objects"] if named["kind"] == kind)
    data, _ = store.read(named["key"])
    for damaged in (data[:-1], b"", bytes([data[0], data[1], data[2], data[3], 1]) + data[5:]):
        overwrite(tmp_path, named["key"], damaged)
        with pytest.raises(Damaged, match=f"^{named['key']} does not have the hash that its manifest names"):
            next(read_lines(store, done.manifest, kind))
    overwrite(tmp_path, named["key"], data + data)
    with pytest.raises(Damaged, match=f"{named['key']} has more than {len(data)} bytes, and is not read$"):
        next(read_lines(store, done.manifest, kind))


def test_an_object_that_is_gone_is_missing_by_name(store: DirectoryStore, tmp_path: Path) -> None:
    done = published(store, run_at(13))
    key = done.manifest["objects"][0]["key"]
    (tmp_path / "store" / key).unlink()
    with pytest.raises(Missing, match=key):
        list(read_lines(store, done.manifest, "snapshot"))


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format": 2}', b"<Error/>"])
def test_a_pointer_that_is_none_is_refused_by_name(store: DirectoryStore, data: bytes) -> None:
    store.swap(pointer_key("default"), data, None)
    with pytest.raises(Damaged, match=r"^latest/default\.json "):
        read_pointer(store, "default")


def test_what_no_manifest_names_is_read_by_nobody(store: DirectoryStore) -> None:
    done = published(store, run_at(13))
    folder = done.manifest["objects"][0]["key"].rpartition("/")[0]
    orphan = f"{folder}/20261122T130000Z-all-000000000000.ndjson.gz"
    store.create(orphan, io.BytesIO(b"half"), hashlib.sha256(b"half").hexdigest())
    assert {line["id"] for line in read_lines(store, done.manifest, "snapshot")} == {"i-1", "i-2", "us-1"}
