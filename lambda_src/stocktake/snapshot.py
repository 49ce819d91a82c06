"""What is written and how it is read: lines, blocks, the manifest, keys, and the format's version.

A snapshot is the units' blocks one after another. A block is up to BLOCK_BYTES of a unit's resource lines, sorted by
id, as one gzip member: any gzip reader reads the whole, and a block alone can be read by its offset. Nothing of the run
stands in a line, and a gzip header carries neither time nor name, so that two runs over the same estate give
byte-identical objects.

While a unit is collected its lines are kept as sorted runs: in memory up to RUN_BYTES, then compressed in the spool
file. At the unit's end they are merged into blocks. What is in memory is therefore a page or two a unit, whatever the
estate.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import io
import json
import math
import re
import struct
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import IO, Any

from stocktake.catalog.spec import holders, steps
from stocktake.errors import Damaged, MalformedAnswer
from stocktake.model import Outcome, Reason, ReasonCode, Resource, Run, State, Target, Unit, Verdict
from stocktake.settings import INVENTORY_NAME, RUN_ID, Acceptance

FORMAT = 1
TIME = "%Y-%m-%dT%H:%M:%SZ"
BLOCK_BYTES = 16 * 1024 * 1024
RUN_BYTES = 1024 * 1024
LEVEL = 6
RUN_LEVEL = 1
RUN_WINDOW = 13  # 8 kB: hundreds of runs are open at once when a large unit is merged, each with its window
CHUNK = 64 * 1024

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, unknown system (RFC 1952, 2.3)."""

# What readers take, as a store may be somebody else's. Python's values take up to thirty times the space of their JSON,
# so that it is their number that memory depends on. What is written keeps to the same limits.
POINTER_BYTES = 64 * 1024  # a few short members; of a lease too
MANIFEST_BYTES = 32 * 1024 * 1024  # some 1 kB an account, of which an organization may have 10,000
OBJECT_BYTES = 5 * 1024**3  # the most that S3 takes in one put, which is how objects are written
LINE_BYTES = BLOCK_BYTES
VALUES = 2_000_000  # in one document or line
DEPTH = 100
OBJECTS = 10_000  # of a run, which has three or four
UNITS = 1_000_000  # of a run: 40 accounts with 700 types in 34 regions

# (id, ARN, line): the order of lines in a unit, and what makes two of them the same resource.
Entry = tuple[str, str, bytes]


# --- lines ---


def canonical(value: Any) -> bytes:
    """Canonical JSON in UTF-8: sorted keys, no spaces, bytes as base64, no NaN, lone surrogates as U+FFFD."""
    try:
        return _dump(value).encode()
    except (ValueError, TypeError):  # UnicodeEncodeError is a ValueError
        return _dump(_plain(value)).encode()


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_odd)


def well_formed(text: str) -> str:
    """Text that UTF-8 can say: lone surrogates, which JSON lets through, become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _odd(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _plain(value: Any) -> Any:
    """Without what JSON and UTF-8 cannot say: NaN and infinities become their names, keys become text that is well
    formed; two keys that become one are told apart."""
    if isinstance(value, Mapping):
        plain: dict[str, Any] = {}
        for key, inner in value.items():
            name = well_formed(str(key))
            while name in plain:
                name += "\ufffd"
            plain[name] = _plain(inner)
        return plain
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return well_formed(value)
    return value if value is None or isinstance(value, int | float | bool) else well_formed(_odd(value))


def resource_line(resource: Resource) -> bytes:
    """One resource as its line, without the line's end. Raises MalformedAnswer for one that no reader would take."""
    record: dict[str, Any] = {
        "account": resource.account,
        "region": resource.region,
        "type": resource.type,
        "id": resource.id,
        "arn": resource.arn,
        "name": resource.name,
        "tags": resource.tags,
        "created": resource.created,
        "data": resource.data,
    }
    if resource.gaps:
        record["gaps"] = [gap.as_json() for gap in resource.gaps]
    return _readable(canonical(record), record)


def _readable(line: bytes, record: Any) -> bytes:
    """The line, if those who read it will take it. Raises MalformedAnswer: AWS describes nothing of the kind."""
    if len(line) > LINE_BYTES or _holds_too_much(line):
        raise MalformedAnswer(f"a resource has {len(line):,} bytes; no reader takes more than {LINE_BYTES:,} of them")
    if _is_too_deep(line, record):
        raise MalformedAnswer(f"a resource is nested deeper than {DEPTH}")
    return line


def stable_line(line: bytes, volatile: Iterable[tuple[str, ...]]) -> bytes:
    """A resource's line without the members that change by themselves."""
    record = json.loads(line)
    for path in volatile:
        for holder, key in list(holders(record["data"], path)):
            del holder[key]
    return canonical(record)


# --- spool and blocks ---


class Spool:
    """A temporary file that runs and finished blocks go to, from any thread; gone, with those made by `new_file`, when
    it is left."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._file = self.new_file()
        self._lock = threading.Lock()
        self._end = 0

    def new_file(self) -> IO[bytes]:
        return self._files.enter_context(tempfile.TemporaryFile(prefix="stocktake-"))

    def append(self, data: bytes) -> int:
        """Where it stands now."""
        with self._lock:
            offset = self._end
            self._file.seek(offset)
            self._file.write(data)
            self._end += len(data)
            return offset

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


@dataclass(frozen=True, slots=True)
class Block:
    """A gzip member of a unit's lines. `offset` is in the spool until `assemble` has placed it."""

    offset: int
    length: int
    sha256: str
    first: str
    count: int


@dataclass(frozen=True, slots=True)
class Content:
    """A unit's resources, encoded: `gaps` counts those with an unread part."""

    count: int = 0
    gaps: int = 0
    fingerprint: str = hashlib.sha256().hexdigest()
    blocks: tuple[Block, ...] = ()


class UnitLines:
    """Takes a unit's resources in any order, in any number, and gives them back sorted, each once, as blocks."""

    def __init__(self, spool: Spool, volatile: Iterable[str] = ()) -> None:
        self._spool = spool
        self._volatile = tuple(steps(path) for path in volatile)
        self._entries: list[Entry] = []
        self._bytes = 0
        self._runs: list[tuple[int, int]] = []
        self._gapped: set[tuple[str, str]] = set()

    def add(self, resources: Iterable[Resource]) -> None:
        for resource in resources:
            identity, arn = well_formed(resource.id), well_formed(resource.arn or "")
            line = resource_line(resource)
            self._entries.append((identity, arn, line))
            self._bytes += len(line)
            if resource.gaps:
                self._gapped.add((identity, arn))
            else:
                self._gapped.discard((identity, arn))
        if self._bytes > RUN_BYTES:
            self._set_aside()

    def _set_aside(self) -> None:
        self._entries.sort(key=itemgetter(0, 1))
        lines = b"".join(canonical([identity, arn]) + b"\n" + line + b"\n" for identity, arn, line in self._entries)
        data = zlib.compress(lines, RUN_LEVEL, RUN_WINDOW)
        self._runs.append((self._spool.append(data), len(data)))
        self._entries = []
        self._bytes = 0

    def finish(self) -> Content:
        self._entries.sort(key=itemgetter(0, 1))
        runs: list[Iterator[Entry]] = [self._read(offset, length) for offset, length in self._runs]
        sources: list[Iterable[Entry]] = [*runs, self._entries]
        fingerprint = hashlib.sha256()
        count = 0
        blocks: list[Block] = []
        lines: list[bytes] = []
        size = 0
        first = ""
        # Pages of a changing estate repeat resources; the later page's word counts.
        for identity, _, line in _latest(heapq.merge(*sources, key=itemgetter(0, 1))):
            if lines and size + len(line) >= BLOCK_BYTES:
                blocks.append(self._block(lines, first))
                lines, size = [], 0
            if not lines:
                first = identity
            lines.append(line)
            size += len(line) + 1
            count += 1
            fingerprint.update((stable_line(line, self._volatile) if self._volatile else line) + b"\n")
        if lines:
            blocks.append(self._block(lines, first))
        return Content(count, len(self._gapped), fingerprint.hexdigest(), tuple(blocks))

    def _read(self, offset: int, length: int) -> Iterator[Entry]:
        """A run's entries, a chunk at a time: many runs are open at once."""
        inflate = zlib.decompressobj(RUN_WINDOW)
        rest = b""
        end = offset + length
        heading: list[str] | None = None
        packed = b""
        while packed or offset < end:
            if not packed:
                packed = self._spool.read(offset, min(CHUNK, end - offset))
                offset += len(packed)
            *whole, rest = (rest + inflate.decompress(packed, CHUNK)).split(b"\n")
            packed = inflate.unconsumed_tail
            for line in whole:
                if heading is None:
                    heading = json.loads(line)
                else:
                    yield heading[0], heading[1], line
                    heading = None

    def _block(self, lines: Sequence[bytes], first: str) -> Block:
        data = member(b"\n".join(lines) + b"\n")
        return Block(self._spool.append(data), len(data), hashlib.sha256(data).hexdigest(), first, len(lines))


def _latest(entries: Iterable[Entry]) -> Iterator[Entry]:
    held: Entry | None = None
    for entry in entries:
        if held is not None and held[:2] != entry[:2]:
            yield held
        held = entry
    if held is not None:
        yield held


def member(data: bytes) -> bytes:
    """One gzip member, the same for the same data: Python's own header depends on version and platform."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(data) + deflate.flush()
    return GZIP_HEADER + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


# --- the objects of a run ---


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What a run knows of one unit.

    placed    where its blocks lie already, in an object of an earlier revision
    accepted  the rule by which it may be unseen, if it is and one holds
    newly_lost  whether the run before had seen what this one has not (earlier.Before)
    """

    outcome: Outcome
    content: Content = Content()
    placed: tuple[Mapping[str, Any], ...] = ()
    accepted: Acceptance | None = None
    newly_lost: bool = False

    @property
    def unit(self) -> Unit:
        return self.outcome.unit


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object to be written, as the manifest names it. `count` is of lines."""

    key: str
    kind: str
    size: int
    sha256: str
    count: int
    file: IO[bytes]

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "kind": self.kind, "bytes": self.size, "sha256": self.sha256, "count": self.count}


def place(run: Run, kind: str) -> str:
    """The folder of a run's objects of one kind; `run.id` is `YYYYMMDDTHHMMSSZ`."""
    day = f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]}"
    return f"{kind}/inventory={run.inventory}/date={day}/hour={run.id[9:11]}/"


def manifest_key(run: Run, revision: int) -> str:
    return f"{place(run, 'manifests')}{run.id}.r{revision}.json"


def pointer_key(inventory: str) -> str:
    return f"latest/{inventory}.json"


def lease_key(inventory: str) -> str:
    return f"leases/{inventory}.json"


def assemble(
    run: Run, records: Sequence[UnitRecord], spool: Spool, last_seen: Mapping[tuple[str, str, str], Any]
) -> list[StoredObject]:
    """The run's objects, in the order of writing: the snapshot; what partial units gave, apart, so that a later
    revision can drop it; and the units, a line each. `last_seen` says where a unit was last collected."""
    records = sorted(records, key=lambda record: record.unit.key)
    accounts = {record.unit.target.account for record in records}
    account = accounts.pop() if len(accounts) == 1 else "all"
    objects: list[StoredObject] = []
    placed = {record.unit.key: [dict(block) for block in record.placed] for record in records if record.placed}
    for kind, state in (("snapshot", State.COLLECTED), ("partial", State.PARTIAL)):
        those = [record for record in records if record.outcome.state is state and not record.placed]
        if not any(record.content.blocks for record in those) and (kind == "partial" or placed):
            continue
        objects.append(_snapshot_object(run, account, kind, those, spool, placed))
    lines = [_unit_line(record, placed.get(record.unit.key, []), last_seen) for record in records]
    data = member(b"".join(line + b"\n" for line in lines))
    file = spool.new_file()
    file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    objects.append(StoredObject(_data_key(run, "units", account, digest), "units", len(data), digest, len(lines), file))
    return objects


def _snapshot_object(
    run: Run,
    account: str,
    kind: str,
    records: Iterable[UnitRecord],
    spool: Spool,
    placed: dict[tuple[str, str, str], list[dict[str, Any]]],
) -> StoredObject:
    file = spool.new_file()
    digest = hashlib.sha256()
    offset = count = 0
    mine: list[dict[str, Any]] = []
    for record in records:
        for block in record.content.blocks:
            data = spool.read(block.offset, block.length)
            file.write(data)
            digest.update(data)
            position = {"offset": offset, "length": block.length, "sha256": block.sha256, "first": block.first}
            placed.setdefault(record.unit.key, []).append(position)
            mine.append(position)
            offset += block.length
            count += block.count
    if not offset:
        data = member(b"")
        file.write(data)
        digest.update(data)
        offset = len(data)
    key = _data_key(run, "snapshots", account, digest.hexdigest())
    for position in mine:
        position["object"] = key
    return StoredObject(key, kind, offset, digest.hexdigest(), count, file)


def _data_key(run: Run, folder: str, account: str, digest: str) -> str:
    return f"{place(run, folder)}{run.id}-{account}-{digest[:12]}.ndjson.gz"


def _unit_line(
    record: UnitRecord, blocks: list[dict[str, Any]], last_seen: Mapping[tuple[str, str, str], Any]
) -> bytes:
    outcome, content = record.outcome, record.content
    line: dict[str, Any] = {
        "account": outcome.unit.target.account,
        "region": outcome.unit.target.region,
        "type": outcome.unit.type,
        "state": outcome.state,
        "reason": outcome.reason and outcome.reason.as_json(),
        "count": content.count,
        "gaps": content.gaps,
        "pages": outcome.pages,
        "calls": outcome.calls,
        "retries": outcome.retries,
        "throttles": outcome.throttles,
        "seconds": round(outcome.seconds, 3),
        "fingerprint": content.fingerprint if outcome.state is State.COLLECTED else None,
        "blocks": blocks,
    }
    if outcome.state is not State.COLLECTED:
        line["last"] = last_seen.get(record.unit.key)
    if record.accepted is not None:
        line["accepted"] = record.accepted.word()
    if record.newly_lost:
        line["newly_lost"] = True
    return canonical(line)


def accept(
    records: Iterable[UnitRecord], rules: Sequence[Acceptance], started: str
) -> tuple[list[UnitRecord], list[dict[str, Any]]]:
    """The records, with the rule by which each may be unseen, and the rules as the manifest has them.

    `started` is the run's time, by which rules expire. Nothing but `accepted` differs in a record.
    """
    at = datetime.fromisoformat(started)
    units: Counter[int | None] = Counter()
    marked: list[UnitRecord] = []
    for record in records:
        reason = record.outcome.reason
        place = deciding(rules, at, record.unit.key, record.outcome.state, reason.code if reason else "")
        rule = None if place is None or rules[place].expired(at) else rules[place]
        units[place] += 1
        marked.append(replace(record, accepted=rule))
    listed = [
        {**rule.as_json(), "units": units[place], "expired": rule.expired(at)} for place, rule in enumerate(rules)
    ]
    return marked, listed


def deciding(
    rules: Sequence[Acceptance], at: datetime, key: tuple[str, str, str], state: str, reason: str
) -> int | None:
    """The place of the rule that decides about a unit: the first that fits and holds, else the first that fits and has
    expired. None where none fits, or where there is nothing to accept."""
    if state in (State.COLLECTED, State.UNAVAILABLE):
        return None
    fitting = [place for place, rule in enumerate(rules) if rule.fits(*key, reason)]
    return min(fitting, key=lambda place: rules[place].expired(at), default=None)


def verdict_of(records: Sequence[UnitRecord]) -> tuple[Verdict, float]:
    states = Counter(record.outcome.state for record in records)
    return verdict_from(states, sum(record.accepted is not None for record in records))


def verdict_from(states: Mapping[Any, int], accepted: int) -> tuple[Verdict, float]:
    """The verdict and the coverage: units collected ÷ (planned − unavailable), 1 where that is nothing.

    From the number of units in each state and of those that are accepted as unseen, which makes a run complete but
    neither raises its coverage nor saves one that collected nothing.
    """
    there = sum(states.values()) - states.get(State.UNAVAILABLE, 0)
    collected = states.get(State.COLLECTED, 0)
    if collected == there:
        return Verdict.COMPLETE, 1.0
    if not collected and not states.get(State.PARTIAL, 0):
        return Verdict.FAILED, 0.0
    verdict = Verdict.COMPLETE if collected and collected + accepted == there else Verdict.PARTIAL
    return verdict, min(round(collected / there, 6), 0.999999)


def counts_of(records: Iterable[UnitRecord], *, compared: bool = True) -> dict[str, Any]:
    """Resources by type and region, units by state, how many of them are accepted as unseen, and how many are newly
    lost: None unless they were `compared` with the run before."""
    by_state: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    by_region: Counter[str] = Counter()
    gaps = accepted = newly_lost = 0
    for record in records:
        by_state[record.outcome.state] += 1
        by_type[record.unit.type] += record.content.count
        by_region[record.unit.target.region] += record.content.count
        gaps += record.content.gaps
        accepted += record.accepted is not None
        newly_lost += record.newly_lost
    return {
        "resources": by_type.total(),
        "units": by_state.total(),
        "gaps": gaps,
        "accepted": accepted,
        "newly_lost": newly_lost if compared else None,
        "by_state": by_state,
        "by_type": by_type,
        "by_region": by_region,
    }


def record_in(line: Mapping[str, Any]) -> UnitRecord:
    """A unit of an earlier revision, from its line."""
    reason = line["reason"]
    region = line["region"]
    known = reason is not None and reason["code"] in set(ReasonCode)
    outcome = Outcome(
        Unit(line["type"], Target(line["account"], region, region)),
        State(line["state"]),
        reason and Reason(ReasonCode(reason["code"]) if known else ReasonCode.UNEXPECTED, reason["message"]),
        *(line.get(name, 0) for name in ("pages", "calls", "retries", "throttles", "seconds")),
    )
    content = Content(line["count"], line["gaps"], line["fingerprint"] or "")
    return UnitRecord(outcome, content, tuple(line["blocks"]))


def unplaced(record: UnitRecord, spool: Spool, read: Callable[[Mapping[str, Any]], bytes]) -> UnitRecord:
    """A unit of an earlier revision with its blocks in the spool, as if it had just been collected; `read` gives a
    block's bytes. Raises Damaged where a block is not what its unit names."""
    blocks = []
    for named in record.placed:
        data = read(named)
        if hashlib.sha256(data).hexdigest() != named["sha256"]:
            raise Damaged(f"a block of {named['object']} does not have the hash that its unit names")
        count = sum(1 for _ in lines_of(data, named["object"]))
        blocks.append(Block(spool.append(data), len(data), named["sha256"], named["first"], count))
    return UnitRecord(record.outcome, replace(record.content, blocks=tuple(blocks)))


def last_seen_in(run: str, units: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Any]:
    """From the units of an earlier run: where each was last collected."""
    seen: dict[tuple[str, str, str], Any] = {}
    for unit in units:
        last: Any = unit.get("last")
        if unit["state"] == State.COLLECTED:
            last = {"run": run, "blocks": unit["blocks"], "fingerprint": unit["fingerprint"]}
        if last:
            seen[(unit["account"], unit["region"], unit["type"])] = last
    return seen


def seconds_in(units: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], float]:
    """From the units of an earlier run: how long those took that were read to their end."""
    return {
        (unit["account"], unit["region"], unit["type"]): unit["seconds"]
        for unit in units
        if unit["state"] == State.COLLECTED
    }


def not_entered(manifest: Mapping[str, Any]) -> set[str]:
    """The accounts of a run that could not be entered, so that none of their units was called."""
    by_account = manifest["scope"].get("by_account", {})
    return {account for account, scope in by_account.items() if scope["problem"]}


def unseen(units: Iterable[Mapping[str, Any]], whole: Container[str] = ()) -> list[dict[str, Any]]:
    """The units that are not collected, those of one type, state and reason together: first those that are newly lost,
    last those that are accepted as unseen (by one rule together), and else most regions first. `whole` are accounts
    whose types are taken together too, as `*`."""
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    seen: set[tuple[tuple[str, ...], str]] = set()
    for unit in units:
        if unit["state"] == State.COLLECTED:
            continue
        reason = unit["reason"] or {"code": "", "message": ""}
        of_type = "*" if unit["account"] in whole else unit["type"]
        accepted = unit.get("accepted") or {}
        lost = bool(unit.get("newly_lost"))
        key = (unit["account"], of_type, unit["state"], reason["code"], str(lost), *accepted.values())
        group = groups.setdefault(
            key,
            {
                "account": unit["account"],
                "type": of_type,
                "state": unit["state"],
                "reason": reason["code"],
                "message": reason["message"],
                "regions": [],
                **({"accepted": accepted} if accepted else {}),
                **({"newly_lost": True} if lost else {}),
            },
        )
        if (key, unit["region"]) not in seen:
            seen.add((key, unit["region"]))
            group["regions"].append(unit["region"])
    return sorted(
        groups.values(),
        key=lambda group: (
            *("accepted" in group, "newly_lost" not in group),
            *(-len(group["regions"]), group["type"], group["state"]),
        ),
    )


# --- reading ---


def lines_of(source: bytes | IO[bytes], name: str, count: int | None = None) -> Iterator[dict[str, Any]]:
    """The records of an ndjson.gz object or block, a chunk at a time, `count` of them where that is known.

    Raises Damaged, naming it, where it is none, or is made so that reading it would take more than LINE_BYTES, VALUES
    and DEPTH allow.
    """
    number = 0
    try:
        for line in _split(_inflated(io.BytesIO(source) if isinstance(source, bytes) else source)):
            number += 1
            if count is not None and number > count:
                raise Damaged(f"{name} has more lines than its manifest says, {count:,}")
            record = _parsed(line)
            if not isinstance(record, dict):
                raise _Refused("a line is no object")
            yield record
    except UNREADABLE as error:
        raise Damaged(f"{name} cannot be read: {_said(error)}") from error
    if count is not None and number < count:
        raise Damaged(f"{name} has {number:,} lines, and its manifest says {count:,}")


def document(data: bytes, name: str) -> dict[str, Any]:
    """A manifest or pointer. Raises Damaged for what is none, or of a format that this version does not know."""
    try:
        value = _parsed(data)
    except _Refused as error:
        raise Damaged(f"{name} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{name} is no JSON") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        found = repr(value.get("format") if isinstance(value, dict) else None)[:40]
        raise Damaged(f"{name} has format {found}; this version of stocktake reads format {FORMAT}")
    return value


def pointer_in(data: bytes, name: str) -> dict[str, Any]:
    """A pointer, with all that readers rely on. Raises Damaged."""
    return _shaped(document(data, name), POINTER, name, "pointer")


def lease_in(data: bytes, name: str) -> dict[str, Any]:
    """A lease. Raises Damaged."""
    return _shaped(document(data, name), LEASE, name, "lease")


def manifest_in(data: bytes, name: str) -> dict[str, Any]:
    """A manifest; what it has of that which readers rely on is as it should be. Raises Damaged."""
    manifest = _shaped(document(data, name), MANIFEST, name, "manifest")
    keys = {named["key"] for named in manifest["objects"]}
    if not len(keys) == len(manifest["objects"]) <= OBJECTS:
        raise Damaged(f"{name} names an object twice, or more than {OBJECTS:,} of them")
    return manifest


def is_key(value: Any) -> bool:
    """Whether it can be the key of an object of a store: no place outside it, no temporary file, no odd character."""
    return isinstance(value, str) and len(value) <= 1024 and KEY.match(value) is not None


def is_resource(record: Mapping[str, Any]) -> bool:
    """Whether a line has what readers rely on in a resource."""
    get = record.get
    tags = get("tags")
    return (
        record.keys() >= RESOURCE
        and all(isinstance(get(name), str) for name in ("account", "region", "type", "id"))
        and all(isinstance(get(name), str | None) for name in ("arn", "name", "created"))
        and isinstance(get("data"), dict)
        and (tags is None or (isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())))
        and isinstance(get("gaps", []), list)
    )


def is_unit(record: Mapping[str, Any]) -> bool:
    """Whether a line has what readers rely on in a unit."""
    return not _misfit(record, UNIT)


RESOURCE = {"account", "region", "type", "id", "arn", "name", "tags", "created", "data"}
KEY = re.compile(r"[A-Za-z0-9_=-][\w=.-]*(/[A-Za-z0-9_=-][\w=.-]*)*\Z", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)
INVOCATION = re.compile(r"[\w.-]{1,128}\Z", re.ASCII)
UNREADABLE = (OSError, EOFError, zlib.error, ValueError, RecursionError)


class _Refused(ValueError):
    """What a limit or a shape refuses, in words."""


def _said(error: BaseException) -> str:
    """Why something cannot be read; other errors' texts may quote it."""
    return str(error) if isinstance(error, _Refused) else type(error).__name__


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    """The content of gzip members one after the other, at most CHUNK of it at a time."""
    packed = file.read(CHUNK)
    members = 0
    while packed or not members:
        members += 1
        length = 0
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not inflate.eof:
            content = inflate.decompress(packed, CHUNK)
            packed = inflate.unconsumed_tail
            length += len(content)
            if content:
                yield content
            elif not packed and not inflate.eof:
                packed = file.read(CHUNK)
                if not packed:
                    raise EOFError
        packed = inflate.unused_data or file.read(CHUNK)
        if not length and (packed or members > 1):  # a run of nothing is one empty member
            raise _Refused("a part of it is empty")


def _split(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends; the last has one too."""
    begun: list[bytes] = []
    length = 0
    for content in contents:
        *whole, rest = content.split(b"\n")
        for line in whole:
            if begun:
                _check_length(length + len(line))
                line = b"".join([*begun, line])
                begun, length = [], 0
            yield line
        if rest:
            begun.append(rest)
            length += len(rest)
            _check_length(length)
    if begun:
        raise EOFError


def _check_length(length: int) -> None:
    if length > LINE_BYTES:
        raise _Refused(f"a line is longer than {LINE_BYTES:,} bytes")


def _parsed(text: bytes) -> Any:
    """JSON as it is written here. Raises ValueError and RecursionError for any other, and where it holds too much."""
    if _holds_too_much(text):
        raise _Refused(f"it holds more than {VALUES:,} values")
    value = _DECODER.decode(text.decode())
    if _is_too_deep(text, value):
        raise _Refused(f"it is nested deeper than {DEPTH}")
    return value


def _holds_too_much(text: bytes) -> bool:
    """Whether JSON may have more than VALUES values; counted before it is read, commas in texts included."""
    return len(text) > VALUES and text.count(b",") + text.count(b"[") + text.count(b"{") > VALUES


def _is_too_deep(text: bytes, value: Any) -> bool:
    """Whether JSON and the value that it stands for are nested deeper than DEPTH."""
    if text.count(b"[") + text.count(b"{") <= DEPTH:
        return False
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, Mapping) else one)
            if isinstance(inner, Mapping | list | tuple)
        ]
        if not level:
            return False
    return True


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _Refused("a member stands there twice")
    return found


def _no_number(text: str) -> Any:
    raise _Refused("a number is none")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)


# A shape: a test; members by name, those with ? may be missing; {"*": shape of every member}; [shape of every element].
Shape = Callable[[Any], bool] | dict[str, Any] | list[Any]


def _misfit(value: Any, shape: Shape, path: str = "") -> str:
    """Where a value does not have a shape; nothing where it has."""
    if callable(shape):
        return "" if shape(value) else path
    if isinstance(shape, list):
        if not isinstance(value, list):
            return path
        places = ((inner, shape[0], f"{path}[{place}]") for place, inner in enumerate(value))
        return next((found for place in places if (found := _misfit(*place))), "")
    if not isinstance(value, dict):
        return path
    for name, inner in shape.items():
        if name == "*":
            return next((found for one in value.values() if (found := _misfit(one, inner, f"{path}.*"))), "")
        member = name.removesuffix("?")
        if member in value:
            found = _misfit(value[member], inner, f"{path}.{member}")
            if found:
                return found
        elif member == name:
            return f"{path}.{member}"
    return ""


def _shaped(value: dict[str, Any], shape: Shape, name: str, kind: str) -> dict[str, Any]:
    place = _misfit(value, shape)
    if place:
        raise Damaged(f"{name} is not made as a {kind} is: {place.removeprefix('.')}")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_size(value: Any) -> bool:
    return _is_count(value) and value <= OBJECT_BYTES


def _is_measure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_share(value: Any) -> bool:
    return _is_measure(value) and value <= 1


def _like(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _one_of(words: Container[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not TIMES.match(value):
        return False
    with suppress(ValueError):
        datetime.fromisoformat(value)
        return True
    return False


def _or_null(shape: Shape) -> Callable[[Any], bool]:
    return lambda value: value is None or not _misfit(value, shape, "it")


_is_digest, _is_run = _like(DIGEST), _like(RUN_ID)
LINK: dict[str, Any] = {"run": _is_run, "manifest": is_key, "sha256": _is_digest}
POINTER: Shape = {**LINK, "verdict": _one_of(set(Verdict))}
LEASE: Shape = {
    "run": _is_run,
    "invocation": _like(INVOCATION),
    "attempt": _is_text,
    "taken": _is_time,
    "until": _is_time,
    "released": _or_null(_is_time),
}
REASON: Shape = {"code": _is_text, "message": _is_text}
ACCEPTED: dict[str, Any] = {"by": _is_text, "until": _is_text, "why": _is_text}
MANIFEST: Shape = {
    "run": {"id": _is_run, "inventory": _like(INVENTORY_NAME), "revision?": _is_count, "seconds?": _is_measure},
    "verdict": _one_of(set(Verdict)),
    "coverage?": _is_share,
    "scope?": {
        "accounts": [_is_text],
        "regions_from": _is_text,
        "accounts_skipped?": {"*": _is_text},
        "by_account?": {"*": {"problem": _or_null(REASON)}},
    },
    "counts?": {
        "resources": _is_count,
        "units": _is_count,
        "gaps": _is_count,
        "by_state": {"*": _is_count},
        "by_type": {"*": _is_count},
        "accepted?": _is_count,
        "newly_lost?": _or_null(_is_count),
    },
    "accepted?": [{**ACCEPTED, "units": _is_count, "expired": _is_flag}],
    "calls?": {"*": {"calls": _is_count, "throttles": _is_count}},
    "objects": [{"key": is_key, "kind": _is_text, "bytes": _is_size, "sha256": _is_digest, "count": _is_count}],
    "previous?": _or_null(LINK),
}
BLOCKS: Shape = [
    {"object": is_key, "offset": _is_size, "length": _is_size, "sha256": _is_digest, "first": _is_text},
]
UNIT: Shape = {
    "account": _is_text,
    "region": _is_text,
    "type": _is_text,
    "state": _one_of(set(State)),
    "reason": _or_null(REASON),
    "count": _is_count,
    "gaps": _is_count,
    "calls": _is_count,
    "seconds": _is_measure,
    "fingerprint": _or_null(_is_digest),
    "blocks": BLOCKS,
    "accepted?": ACCEPTED,
    "newly_lost?": _is_flag,
    "last?": _or_null({"run": _is_run, "blocks": BLOCKS, "fingerprint": _is_digest}),
}
