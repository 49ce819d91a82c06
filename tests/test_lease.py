"""A lease: one of those who want it has it, none keeps it for longer than a function runs, and nothing in it is
believed that cannot be true."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from stocktake.cli import cli
from stocktake.errors import Damaged, Overlap, StoreError
from stocktake.lease import LONGEST_SECONDS, MARGIN_SECONDS, TRIES, Lease, give_back, take
from stocktake.model import Run
from stocktake.snapshot import POINTER_BYTES, canonical, lease_in, lease_key
from stocktake.store import DirectoryStore, Store
from tests.helpers import at_once, few, law, run_at

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
RUN = run_at(13)
KEY = "leases/default.json"
PROCESSES = 6


def at(seconds: float) -> Callable[[], datetime]:
    return lambda: NOW + timedelta(seconds=seconds)


def taken(
    store: Store, invocation: str = "one", after: float = 0, *, run: Run = RUN, attempt: str = "", seconds: float = 900
) -> Lease:
    return take(store, run, invocation, attempt or f"{invocation} at {after}", seconds, at(after))


def is_taken(store: Store, *arguments: Any, **more: Any) -> bool:
    try:
        taken(store, *arguments, **more)
    except Overlap:
        return False
    return True


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


class Counted(DirectoryStore):
    """Notes what is asked of it; `between` is done before each swap."""

    def __init__(self, root: Path, between: Callable[[], None] = lambda: None) -> None:
        super().__init__(root)
        self.asked: list[str] = []
        self._between = between

    def peek(self, key: str, most: int) -> tuple[bytes, str]:
        self.asked.append(f"peek {key}")
        return super().peek(key, most)

    def swap(self, key: str, body: bytes, tag: str | None) -> bool:
        self.asked.append(f"swap {key}")
        self._between()
        return super().swap(key, body, tag)


# --- who has it ---


def test_a_lease_says_which_run_is_being_taken_by_whom_and_until_when(store: DirectoryStore) -> None:
    lease = taken(store, "8694-abc", attempt="x1", seconds=120)
    assert (lease.key, lease.before) == (lease_key("default"), "")
    assert lease_in(store.read(KEY)[0], KEY) == {
        "format": 1,
        "run": RUN.id,
        "invocation": "8694-abc",
        "attempt": "x1",
        "taken": "2026-11-22T13:00:00Z",
        "until": "2026-11-22T13:02:30Z",
        "released": None,
    }


def test_while_it_is_held_another_is_told_by_whom_and_until_when(store: DirectoryStore) -> None:
    taken(store, "one")
    with pytest.raises(Overlap) as raised:
        taken(store, "two", 60, run=run_at(14))
    until = "2026-11-22T13:15:30Z"
    assert str(raised.value) == (
        f"the run {RUN.id} of the inventory default is being taken by the invocation one, until {until} at the latest"
    )
    assert raised.value.holder == {"run": RUN.id, "invocation": "one", "until": until}
    assert (raised.value.inventory, raised.value.run) == ("default", run_at(14).id)


@law
@given(seconds=st.floats(0.1, 5000), after=st.floats(0, 6000), given_back=st.booleans())
def test_a_lease_holds_for_the_functions_time_and_a_margin_unless_it_is_given_back(
    seconds: float, after: float, given_back: bool
) -> None:
    with TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder))
        lease = taken(store, "one", seconds=seconds)
        if given_back:
            give_back(store, lease, at(after / 2))
        expected = min(seconds, LONGEST_SECONDS) + MARGIN_SECONDS
        free = given_back or after >= int(expected)
        assert is_taken(store, "two", after) == free


def test_an_invocation_that_is_tried_again_takes_over_its_own_lease_at_once(store: DirectoryStore) -> None:
    first = taken(store, "one")
    assert taken(store, "one", 60).before == RUN.id
    give_back(store, first, at(61))
    assert not is_taken(store, "two", 62), "the first attempt's end is not the second's"


def test_inventories_have_leases_of_their_own(store: DirectoryStore) -> None:
    taken(store, "one")
    assert is_taken(store, "two", run=run_at(13, inventory="core"))


def test_whoever_takes_a_lease_is_told_which_run_the_one_before_was_for(store: DirectoryStore) -> None:
    give_back(store, taken(store, "one"), at(5))
    assert taken(store, "two", 10, run=run_at(14)).before == RUN.id


@pytest.mark.parametrize("found", [None, "released", "expired", "broken"])
def test_of_processes_that_want_it_at_once_exactly_one_has_it(found: str | None, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    if found == "broken":
        store.swap(KEY, b"{", None)
    elif found:
        lease = taken(store, "earlier", -2000 if found == "expired" else -5)
        if found == "released":
            give_back(store, lease, at(-1))
    won = at_once(PROCESSES, lambda number: is_taken(store, f"n{number}"))
    assert won.count(True) == 1
    assert lease_in(store.read(KEY)[0], KEY)["invocation"] == f"n{won.index(True)}"


def test_who_is_overtaken_between_looking_and_taking_sees_who_has_it(tmp_path: Path) -> None:
    quicker = DirectoryStore(tmp_path)
    store = Counted(tmp_path, lambda: None if quicker.keys("leases/") else taken(quicker, "two") and None)
    with pytest.raises(Overlap, match="by the invocation two,"):
        taken(store, "one")


def test_a_lease_that_others_write_again_and_again_is_a_store_error(tmp_path: Path) -> None:
    other = DirectoryStore(tmp_path)
    numbers = iter(range(99))

    def meddle() -> None:
        tag = other.peek(KEY, 1)[1] if other.keys("leases/") else None
        other.swap(KEY, f"{next(numbers)}".encode(), tag)

    store = Counted(tmp_path, meddle)
    with pytest.raises(StoreError, match=r"^leases/default.json cannot be taken: others write it"):
        taken(store, "one")
    assert len(store.asked) == 2 * TRIES


def test_a_lease_costs_a_run_four_small_requests(tmp_path: Path) -> None:
    store = Counted(tmp_path)
    for hour in (1, 2):
        store.asked.clear()
        give_back(store, taken(store, f"{hour}", 3600 * hour), at(3600 * hour + 5))
        assert store.asked == [f"peek {KEY}", f"swap {KEY}"] * 2


# --- giving it back ---


def test_what_another_has_meanwhile_is_left_alone(store: DirectoryStore) -> None:
    mine = taken(store, "one")
    taken(store, "two", 1000)
    before = store.read(KEY)
    give_back(store, mine, at(1001))
    assert store.read(KEY) == before


@pytest.mark.parametrize("there", [True, False])
def test_a_lease_that_cannot_be_given_back_is_said_to_end_by_itself(
    there: bool,
    store: DirectoryStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lease = taken(store, "one")
    if there:

        def refuse(*_: object) -> bool:
            raise StoreError("PutObject: no")

        monkeypatch.setattr(store, "swap", refuse)
    else:
        (tmp_path / KEY).unlink()
    give_back(store, lease, at(5))
    (said,) = caplog.messages
    assert said.startswith("leases/default.json could not be given back, and ends at 2026-11-22T13:15:30Z: ")


# --- what stands in it ---

TRUE: dict[str, Any] = {
    "format": 1,
    "run": "20261122T120000Z",
    "invocation": "somebody",
    "attempt": "x",
    "taken": "2026-11-22T12:59:00Z",
    "until": "2026-11-22T13:10:00Z",
    "released": None,
}
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=20),
    st.sampled_from(["2026-13-99T99:99:99Z", "9999-12-31T23:59:59Z", "2026-11-22T13:10:00Z", "\x1b[2J", "x" * 999]),
    st.lists(st.integers(), max_size=2),
)
contents = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda changes, dropped: json.dumps(
            {name: one for name, one in {**TRUE, **changes}.items() if name not in dropped}
        ).encode(),
        st.dictionaries(st.sampled_from(list(TRUE)), ODD, max_size=3),
        st.sets(st.sampled_from(list(TRUE)), max_size=2),
    ),
)


def is_true_and_holds(content: bytes) -> bool:
    """By the words of a lease alone, worked out another way."""
    try:
        said = json.loads(content)
        until = datetime.strptime(said["until"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        for name in ("taken", "until"):
            assert len(said[name]) == 20
            datetime.strptime(said[name], "%Y-%m-%dT%H:%M:%SZ")
        assert said["format"] == 1
        assert said["released"] is None
        assert isinstance(said["attempt"], str)
        assert said["run"] == TRUE["run"]
        assert 0 < len(said["invocation"]) <= 128
        assert said["invocation"].isascii()
        assert all(char.isalnum() or char in "_.-" for char in said["invocation"])
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return False
    return NOW < until <= NOW + timedelta(seconds=960)


@law
@given(contents)
def test_nothing_that_stands_in_a_lease_stops_a_run_but_one_that_is_true_and_holds(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder))
        store.swap(KEY, content, None)
        assert is_taken(store, "one") != is_true_and_holds(content)


@few
@given(st.integers(-10, 10**9))
def test_nobody_is_believed_to_have_it_for_longer_than_a_function_runs(seconds: int) -> None:
    until = min(NOW + timedelta(seconds=seconds), datetime(9999, 12, 31, tzinfo=UTC))
    with TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder))
        store.swap(KEY, canonical({**TRUE, "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}), None)
        assert is_taken(store, "one") == (not 0 < seconds <= 960)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"null", b"[]", b"\xff\xfe", b"{" * 100_000),
        json.dumps({**TRUE, "format": 2}).encode(),
        json.dumps({**TRUE, "invocation": "<b>\x1b[2J"}).encode(),
        json.dumps(TRUE).encode() + b" " * POINTER_BYTES,
    ],
    ids=["empty", "null", "a list", "no text", "deep", "another format", "no id", "large"],
)
def test_what_is_no_lease_is_taken_over_with_a_warning(
    content: bytes, store: DirectoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.swap(KEY, content, None)
    assert taken(store, "one").before == ""
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("stocktake.lease", logging.WARNING)
    assert record.getMessage().startswith("leases/default.json ")
    assert record.getMessage().endswith("; it is taken over")
    assert "\x1b" not in record.getMessage()


def test_what_is_no_lease_is_damaged() -> None:
    for name in TRUE:
        with pytest.raises(Damaged, match=r"^leases/default.json "):
            lease_in(json.dumps({**TRUE, name: 7 if name != "format" else None}).encode(), KEY)
    assert lease_in(json.dumps({**TRUE, "more": 1}).encode(), KEY)["more"] == 1


# --- readers ---


@pytest.mark.parametrize("command", [["show"], ["show", "--units"], ["find", "10.0.1.11"], ["verify", "--line"]])
def test_readers_do_not_look_at_leases(command: list[str], tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "golden" / "format-1", tmp_path / "store")

    def said() -> str:
        done = CliRunner().invoke(cli, [*command, "--store", str(tmp_path / "store")], standalone_mode=False)
        assert done.exception is None
        return done.output

    before = said()
    (tmp_path / "store" / "leases").mkdir()
    (tmp_path / "store" / KEY).write_bytes(b"{" * 1000)
    assert said() == before
