"""What several test files share: a small estate, and processes that begin something at the same moment."""

from __future__ import annotations

import json
import os
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import HealthCheck, settings

from stocktake.model import Gap, Outcome, Reason, ReasonCode, Resource, Run, State, Target, Unit
from stocktake.snapshot import Content, Spool, UnitLines, UnitRecord

ACCOUNT = "123456789012"
TYPE = "AWS::EC2::Instance"

law = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""A property that is checked with the same examples every time."""

few = settings(law, max_examples=30)
"""The same, for a property whose every example costs something."""


def unit(name: str = TYPE, region: str = "eu-west-1", account: str = ACCOUNT) -> Unit:
    return Unit(name, Target(account, region, "us-east-1" if region == "global" else region))


def resource(identity: str, *, of: Unit | None = None, gaps: Iterable[Gap] = (), **members: Any) -> Resource:
    """A resource with `members` as its data."""
    of = of or unit()
    return Resource(
        account=of.target.account,
        region=of.target.region,
        type=of.type,
        id=identity,
        arn=f"arn:aws:test:::{identity}",
        name=None,
        tags={},
        created=None,
        data={"Id": identity, **members},
        gaps=tuple(gaps),
    )


def record(
    spool: Spool,
    of: Unit,
    identities: Iterable[str] = (),
    *,
    state: State = State.COLLECTED,
    reason: Reason | None = None,
    seconds: float = 0.25,
) -> UnitRecord:
    """What a run knows of a unit with these resources."""
    lines = UnitLines(spool)
    lines.add(resource(identity, of=of) for identity in identities)
    if reason is None and state is not State.COLLECTED:
        reason = Reason(ReasonCode.UNEXPECTED, "broken")
    content = lines.finish() if state in (State.COLLECTED, State.PARTIAL) else Content()
    return UnitRecord(Outcome(of, state, reason, pages=1, calls=2, retries=1, throttles=0, seconds=seconds), content)


def run_at(hour: int, *, inventory: str = "default") -> Run:
    """A run of 22 November 2026."""
    return Run(f"20261122T{hour:02}0000Z", inventory, "test", None, f"2026-11-22T{hour:02}:00:00Z")


def manifest_of(run: Run, verdict: str = "complete", **members: Any) -> dict[str, Any]:
    """The least that `publish` and the readers need of a manifest; its objects are the caller's."""
    about = {"id": run.id, "inventory": run.inventory, "trigger": run.trigger, "started": run.started, "seconds": 1.0}
    return {"format": 1, "run": about, "verdict": verdict, "coverage": 1.0, "objects": [], **members}


def at_once(processes: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(number)` answers, as JSON, in each of so many processes that begin it at the same moment."""
    gate, opener = os.pipe()
    children: list[tuple[int, int]] = []
    for number in range(processes):
        reader, writer = os.pipe()
        process = _fork()
        if process == 0:
            os.close(opener)
            os.read(gate, 1)  # until the parent has closed it
            os._exit(_answer(writer, work, number))
        os.close(writer)
        children.append((process, reader))
    os.close(opener)
    os.close(gate)
    answers = []
    for process, reader in children:
        with open(reader) as answer:
            answers.append(answer.read())
        os.waitpid(process, 0)
    return [_value(answer) for answer in answers]


def in_a_process(work: Callable[[], None]) -> int:
    """How a process that does `work` ended: its exit code, or the number of the signal that killed it, negative."""
    process = _fork()
    if process == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that other tests have left; ours take no lock
        return os.fork()


def _answer(writer: int, work: Callable[[int], Any], number: int) -> int:
    try:
        answer: Mapping[str, Any] = {"value": work(number)}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    with open(writer, "w") as file:
        json.dump(answer, file)
    return 0


def _value(answer: str) -> Any:
    read = json.loads(answer)
    if "error" in read:
        raise AssertionError(read["error"])
    return read["value"]
