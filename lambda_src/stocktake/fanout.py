"""The asyncio loop: order, gates, rates, retries, circuits, deadline, threads. Knows no AWS.

The loop owns time, threads own I/O. Waiting for a rate, a retry or the deadline holds no thread; a thread makes exactly
one call, and the thread that brings the last answer that a unit waits for advances the unit's generator (parsing,
normalising and encoding happen there, not in the loop). What a thread touches of a unit it touches under the unit's
lock; all other bookkeeping happens on the loop.

Units of one host take turns while other hosts' units wait, so that the connection that one of them opened is there for
the next; once only units of busy hosts wait, they go side by side.

Pages ahead: as soon as the call layer has read the token of a page that is still being parsed, the request for the page
after it is sent. It waits under its own identity (`_Job.ahead`) until the generator asks for that very request; only
one page of a chain is ever ahead, so memory stays bounded.

A thread cannot be stopped. A call that takes too long is given up: its connection is shut under it, as a time-out is
of one read and an answer may come in drips. At the deadline all that are under way are given up, and every unfinished
unit is closed: what it still waits for is answered with a problem, its generator runs to its end, and an answer that
comes later finds the unit closed and is dropped. The executor is the caller's, who must not wait for it.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from stocktake.circuit import Circuit
from stocktake.errors import classify, deadline_problem
from stocktake.gate import Gate
from stocktake.model import (
    Answer,
    Collection,
    FanOutReport,
    Outcome,
    Page,
    Problem,
    Progress,
    Reason,
    Request,
    ServiceCalls,
    Steps,
    Unit,
)
from stocktake.rates import Bucket, Rates
from stocktake.settings import Settings

Call = Callable[[Request, Callable[[Request], None]], Page]
OnProgress = Callable[[Progress], None]
CLOSING_SECONDS = 10.0

CALLS_OF_A_CONNECTION = 3
"""To open a connection takes as long as two calls on an open one: of three requests, the last is answered as soon."""

GATE_SECONDS = 2.0
"""So long are units that might begin held back for the sake of those whose region has not answered yet."""

AHEAD_AND_ONE = 2
"""What a unit that reads one listing has in flight: a page, and the page ahead of it."""

_Place = tuple[int, int, "_Slot"]
"""Where a request stands in a queue: its unit's order, then first come, first served."""


async def fan_out(
    work: Iterable[tuple[Unit, Steps]],
    call: Call,
    executor: Executor,
    settings: Settings,
    *,
    deadline: float | None = None,
    rates: Rates | None = None,
    has_room: Callable[[], bool] = lambda: True,
    host_of: Callable[[Unit], Hashable] = lambda unit: unit,
    gates: Sequence[Gate] = (),
    give_up: Callable[[Request], None] = lambda request: None,
    rng: random.Random | None = None,
    on_progress: OnProgress | None = None,
) -> FanOutReport:
    """Runs every unit's generator to its end, or to the deadline (seconds from now; None: no deadline).

    `call` makes one API call, once; it is called from the executor's threads. `rates` are those of the whole run, which
    may fan out more than once. While `has_room` says no, nothing more is sent; it is asked again at each answer.
    `host_of` says which units share connections. `gates` are what some units wait for. `give_up` ends a call that is
    under way, so that its thread comes free.
    """
    probes = {probe for gate in gates for probe in gate.probes}
    ordered = sorted(work, key=lambda one: one[0] not in probes)
    rates = rates or Rates.of(settings)
    rng = rng or random.Random()
    fan = _FanOut(ordered, call, executor, settings, rates, has_room, host_of, gates, give_up, rng, on_progress)
    return await fan.run(deadline)


@dataclass(eq=False, slots=True)
class _Slot:
    """A request on its way, and where its answer goes. Not `adopted`: sent ahead of the generator's asking. `refused`:
    its answer is not AWS's."""

    job: _Job
    request: Request
    adopted: bool
    sends: int = 0
    sent: float = 0.0
    refused: bool = False
    answer: Answer | None = None
    following: Request | None = None


@dataclass(eq=False, slots=True)
class _Job:
    unit: Unit
    steps: Steps
    order: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    step: list[Request] | Collection = field(default_factory=list)
    slots: list[_Slot] = field(default_factory=list)
    missing: int = 0
    closed: bool = False
    ahead: dict[Request, _Slot] = field(default_factory=dict)
    backlog: deque[_Slot] = field(default_factory=deque)
    flying: int = 0
    at_once: int = AHEAD_AND_ONE
    started: float | None = None
    calls: int = 0
    retries: int = 0
    throttles: int = 0
    outcome: Outcome | None = None


class _Waiting:
    """The units that have not begun. Next is the first in order whose host has less than so many under way: one, and
    one more whenever every host that still has units is as busy as that. While more are `behind` gates there is, for a
    while, no next: it would be another of a busy host, whose connection is not free yet."""

    def __init__(self, jobs: Iterable[_Job], host_of: Callable[[Unit], Hashable], behind: int) -> None:
        self.behind = behind
        self._host_of = host_of
        self._hosts: dict[Hashable, deque[_Job]] = {}
        for job in jobs:
            self._hosts.setdefault(host_of(job.unit), deque()).append(job)
        self._under_way: Counter[Hashable] = Counter()
        self._at_once = 1
        self._free = [(waiting[0].order, host) for host, waiting in self._hosts.items()]
        self._left = sum(map(len, self._hosts.values()))

    def __bool__(self) -> bool:
        """Whether one may begin now."""
        return bool(self._free) or (bool(self._left) and self.behind <= 0)

    def add(self, jobs: Iterable[_Job]) -> None:
        """More units, that were not to begin before now."""
        for job in jobs:
            host = self._host_of(job.unit)
            before = self._hosts.get(host, ())
            self._hosts[host] = deque(sorted([*before, job], key=lambda one: one.order))
            self._left += 1
            if not before:
                self._offer(host)

    def next(self) -> _Job:
        while not self._free:
            self._at_once += 1
            for host in self._hosts:
                self._offer(host)
        _, host = heapq.heappop(self._free)
        job = self._hosts[host].popleft()
        self._left -= 1
        self._under_way[host] += 1
        self._offer(host)
        return job

    def ended(self, job: _Job) -> None:
        host = self._host_of(job.unit)
        full = self._under_way[host] >= self._at_once
        self._under_way[host] -= 1
        if full:
            self._offer(host)

    def _offer(self, host: Hashable) -> None:
        """A host is among the free ones once, while it has units and is not as busy as may be."""
        waiting = self._hosts[host]
        if waiting and self._under_way[host] < self._at_once:
            heapq.heappush(self._free, (waiting[0].order, host))


class _FanOut:
    def __init__(
        self,
        work: Iterable[tuple[Unit, Steps]],
        call: Call,
        executor: Executor,
        settings: Settings,
        rates: Rates,
        has_room: Callable[[], bool],
        host_of: Callable[[Unit], Hashable],
        gates: Sequence[Gate],
        give_up: Callable[[Request], None],
        rng: random.Random,
        on_progress: OnProgress | None,
    ) -> None:
        self._jobs = [_Job(unit, steps, order) for order, (unit, steps) in enumerate(work)]
        self._gates = {probe: gate for gate in gates for probe in gate.probes}
        behind = {unit: gate for gate in gates for unit in gate.behind}
        self._behind: dict[Gate, list[_Job]] = {gate: [] for gate in gates}
        for job in self._jobs:
            if job.unit in behind:
                self._behind[behind[job.unit]].append(job)
        self._waiting = _Waiting((job for job in self._jobs if job.unit not in behind), host_of, len(behind))
        self._give_up = give_up
        self._call = call
        self._executor = executor
        self._settings = settings
        self._rates = rates
        self._has_room = has_room
        self._rng = rng
        self._on_progress = on_progress
        self._ready: list[_Place] = []
        self._parked: dict[Bucket, list[_Place]] = {}
        self._circuits: dict[tuple[str, str, str], Circuit] = {}
        self._held: dict[Circuit, list[_Place]] = {}
        self._closed: dict[str, Problem] = {}
        self._sent: dict[_Slot, None] = {}
        self._patience = 2 * (settings.connect_timeout + settings.read_timeout)
        self._watch: asyncio.TimerHandle | None = None
        self._sequence = count()
        self._flying = 0
        self._unfinished = len(self._jobs)
        self._troubled = 0
        self._over = False
        self._services: dict[str, ServiceCalls] = {}
        self._loop: asyncio.AbstractEventLoop
        self._finished: asyncio.Event

    async def run(self, deadline: float | None) -> FanOutReport:
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        timer = None if deadline is None else self._loop.call_later(max(0.0, deadline), self._expire)
        waiting = self._loop.call_later(GATE_SECONDS, self._wait_no_longer)
        if deadline is not None and deadline <= 0:
            self._expire()
        self._pump()
        if self._unfinished:
            await self._finished.wait()
        for one in (timer, waiting, self._watch):
            if one is not None:
                one.cancel()
        outcomes = tuple(job.outcome for job in self._jobs if job.outcome is not None)
        return FanOutReport(outcomes, dict(sorted(self._services.items())), self._closed)

    # --- on the loop ---

    def _pump(self) -> None:
        """Keeps the threads busy: with requests of the units already begun, earliest first, then with new units."""
        while not self._over and self._flying < self._settings.threads:
            if self._flying and not self._has_room():
                return
            if self._ready:
                place = heapq.heappop(self._ready)
                if place[2].job.outcome is None:
                    self._send(place)
            elif self._waiting:
                self._start(self._waiting.next())
            else:
                return

    def _wait_no_longer(self) -> None:
        self._waiting.behind = 0
        self._pump()

    def _start(self, job: _Job) -> None:
        job.started = self._loop.time()
        with job.lock:
            step = _advance(job, None)
        self._go_on(job, step)

    def _enqueue(self, slot: _Slot) -> None:
        if slot.job.flying < slot.job.at_once:
            slot.job.flying += 1
            heapq.heappush(self._ready, (slot.job.order, next(self._sequence), slot))
        else:
            slot.job.backlog.append(slot)

    def _send(self, place: _Place) -> None:
        slot = place[2]
        now = self._loop.time()
        bucket = self._rates.bucket(slot.request)
        circuit = self._circuit(slot)
        refusal = self._refusal(slot.request) or circuit.verdict(slot.request.operation)
        if refusal is not None:
            slot.refused = True
            self._flying += 1
            self._executor.submit(self._answered, slot, refusal)
            return
        if not bucket.take(now):
            self._park(bucket, place, now)
            return
        pause = circuit.wait(now, self._settings.connect_timeout + self._settings.read_timeout)
        if pause:
            self._hold(circuit, place, pause)
            return
        slot.sent = now
        slot.sends += 1
        slot.job.calls += 1
        self._flying += 1
        counts = self._counts(slot)
        counts.calls += 1
        counts.peak_rate = max(counts.peak_rate, bucket.peak)
        self._sent[slot] = None
        if self._watch is None:
            self._watch = self._loop.call_later(self._patience, self._look_after)
        self._executor.submit(self._work, slot)

    def _refusal(self, request: Request) -> Problem | None:
        """What a call of an account is answered with whose credentials were refused."""
        problem = self._closed.get(request.account)
        if problem is None:
            return None
        message = f"{request.operation}: not asked, as credentials were refused: {problem.reason.message}"
        return replace(problem, reason=Reason(problem.reason.code, message))

    def _look_after(self) -> None:
        """Gives up the calls that take too long, and looks again when the next may."""
        now = self._loop.time()
        for slot in list(self._sent):
            if slot.sent + self._patience > now:
                self._watch = self._loop.call_at(slot.sent + self._patience, self._look_after)
                return
            del self._sent[slot]
            self._give_up(slot.request)
        self._watch = None

    def _park(self, bucket: Bucket, place: _Place, now: float) -> None:
        """Sets a request aside until its bucket has a token. Other buckets' requests go on meanwhile."""
        if bucket not in self._parked:
            self._parked[bucket] = []
            self._loop.call_later(bucket.wait(now), self._unpark, bucket)
        heapq.heappush(self._parked[bucket], place)

    def _unpark(self, bucket: Bucket) -> None:
        if self._over:
            return
        now = self._loop.time()
        places = self._parked[bucket]
        ready = max(1, bucket.available(now))
        for _ in range(min(ready, len(places))):
            heapq.heappush(self._ready, heapq.heappop(places))
        if places:
            self._loop.call_later(bucket.wait(now, ready + 1), self._unpark, bucket)
        else:
            del self._parked[bucket]
        self._pump()

    def _circuit(self, slot: _Slot) -> Circuit:
        where = (slot.request.account, slot.request.region, slot.request.service)
        return self._circuits.setdefault(where, Circuit())

    def _hold(self, circuit: Circuit, place: _Place, pause: float) -> None:
        """Sets a request aside while its host is left alone."""
        if circuit not in self._held:
            self._held[circuit] = []
            self._loop.call_later(pause, self._let_go, circuit)
        self._held[circuit].append(place)

    def _let_go(self, circuit: Circuit) -> None:
        """Looks again whether what was set aside may be sent."""
        places = self._held.pop(circuit, ())
        for place in places:
            heapq.heappush(self._ready, place)
        if places:
            self._pump()

    def _counts(self, slot: _Slot) -> ServiceCalls:
        return self._services.setdefault(slot.request.service, ServiceCalls())

    def _go_on(self, job: _Job, step: list[Request] | Collection) -> None:
        if isinstance(step, Collection):
            self._finish(job, step)
            return
        new, adopted = [], []
        with job.lock:
            job.slots = []
            for request in step:
                slot = job.ahead.pop(request, None)
                if slot is None:
                    slot = _Slot(job, request, adopted=True)
                    new.append(slot)
                else:
                    slot.adopted = True
                    adopted.append(slot)
                job.slots.append(slot)
            job.missing = sum(slot.answer is None for slot in job.slots)
            answered = not job.missing
        job.at_once = min(self._settings.unit_requests, max(AHEAD_AND_ONE, len(step) // CALLS_OF_A_CONNECTION))
        for slot in new:
            self._enqueue(slot)
        for slot in adopted:
            if slot.following is not None:
                self._send_ahead(job, slot.following)
        if answered:
            self._executor.submit(self._resume, job)

    def _saw_next(self, slot: _Slot, request: Request) -> None:
        if self._over or slot.job.outcome is not None:
            return
        slot.following = request
        if slot.adopted:
            self._send_ahead(slot.job, request)
            self._pump()

    def _send_ahead(self, job: _Job, request: Request) -> None:
        if request not in job.ahead:
            slot = job.ahead[request] = _Slot(job, request, adopted=False)
            self._enqueue(slot)

    def _landed(self, slot: _Slot, step: list[Request] | Collection | None) -> None:
        self._flying -= 1
        self._sent.pop(slot, None)
        self._note_throttle(slot, slot.answer)
        if slot.sends and slot.answer is not None and not slot.refused:
            circuit = self._circuit(slot)
            circuit.heard(slot.answer, self._loop.time(), slot.sent)
            self._let_go(circuit)
        if isinstance(slot.answer, Problem) and slot.answer.account:
            self._closed.setdefault(slot.request.account, slot.answer)
        if not self._over:
            self._heard_at_gate(slot.job.unit, slot.answer)
            self._give_way(slot.job)
            if step is not None:
                self._go_on(slot.job, step)
        self._pump()

    def _heard_at_gate(self, unit: Unit, answer: Answer | None) -> None:
        gate = self._gates.get(unit)
        if gate is not None and answer is not None:
            gate.heard(unit, answer)
            self._pass(gate)

    def _pass(self, gate: Gate) -> None:
        """Lets the units behind a gate begin once it is open; once it is shut, they end as its probes did."""
        refusal = gate.refusal
        if not gate.is_open and refusal is None:
            return
        waiting = self._behind.pop(gate, [])
        self._waiting.behind -= len(waiting)
        if refusal is None:
            self._waiting.add(waiting)
            return
        for job in waiting:
            job.closed = True
            job.steps.close()
            self._finish(job, Collection(refusal))

    def _note_throttle(self, slot: _Slot, answer: Answer | None) -> None:
        if isinstance(answer, Problem) and answer.throttled:
            self._rates.bucket(slot.request).refused(self._loop.time(), slot.sent)
            self._counts(slot).throttles += 1
            slot.job.throttles += 1

    def _give_way(self, job: _Job) -> None:
        job.flying -= 1
        if job.backlog:
            self._enqueue(job.backlog.popleft())

    def _again(self, slot: _Slot, problem: Problem) -> None:
        """Sends a request again after a random wait: full jitter, doubled each time (AWS Architecture Blog,
        "Exponential Backoff And Jitter"). It keeps its place in its unit meanwhile: were others of the unit sent in its
        stead, all of them would have been tried before the circuit hears of the first that failed to the end."""
        self._flying -= 1
        self._sent.pop(slot, None)
        job = slot.job
        self._counts(slot).retries += 1
        job.retries += 1
        self._note_throttle(slot, problem)
        circuit = self._circuit(slot)
        circuit.heard(problem, self._loop.time(), slot.sent, last=False)
        self._let_go(circuit)
        if not self._over:
            self._heard_at_gate(job.unit, problem)
            longest = min(self._settings.backoff_limit_seconds, self._settings.backoff_seconds * 2 ** (slot.sends - 1))
            self._loop.call_later(self._rng.uniform(0, longest), self._retry, slot)
        self._pump()

    def _retry(self, slot: _Slot) -> None:
        if not self._over and slot.job.outcome is None:
            heapq.heappush(self._ready, (slot.job.order, next(self._sequence), slot))
            self._pump()

    def _finish(self, job: _Job, collection: Collection) -> None:
        self._troubled += collection.problem is not None
        job.ahead.clear()
        job.backlog.clear()
        job.outcome = Outcome(
            unit=job.unit,
            state=collection.state,
            reason=collection.reason,
            pages=collection.pages,
            calls=job.calls,
            retries=job.retries,
            throttles=job.throttles,
            seconds=0.0 if job.started is None else self._loop.time() - job.started,
        )
        self._unfinished -= 1
        if job.started is not None:
            self._waiting.ended(job)
        gate = self._gates.get(job.unit)
        if gate is not None and not self._over:
            gate.ended(job.unit)
            self._pass(gate)
        if self._on_progress is not None:
            calls = sum(service.calls for service in self._services.values())
            total = len(self._jobs)
            self._on_progress(Progress(total, total - self._unfinished, calls, self._troubled))
        if not self._unfinished:
            self._finished.set()

    def _expire(self) -> None:
        """The deadline: nothing new starts, every unfinished unit ends with what it has."""
        self._over = True
        self._ready.clear()
        self._parked.clear()
        self._held.clear()
        for slot in self._sent:
            self._give_up(slot.request)
        self._sent.clear()
        patience = self._loop.time() + CLOSING_SECONDS
        for job in self._jobs:
            if job.outcome is not None:
                continue
            # The lock is held only while a generator advances: processor time, never I/O.
            if job.lock.acquire(timeout=max(0.0, patience - self._loop.time())):
                try:
                    job.closed = True
                    self._finish(job, _close(job))
                finally:
                    job.lock.release()
            else:
                job.closed = True
                self._finish(job, Collection(deadline_problem()))

    # --- in a thread ---

    def _work(self, slot: _Slot) -> None:
        if self._over:  # it waited for a thread, and the deadline came first
            self._post(self._landed, slot, None)
            return
        answer: Answer
        before = slot.following  # of an earlier send: its page ahead is under way

        def saw_next(request: Request) -> None:
            if before is None or before.token != request.token:
                self._post(self._saw_next, slot, request)

        try:
            answer = self._call(slot.request, saw_next)
            if before is not None and answer.next is not None and answer.next.token == before.token:
                answer = replace(answer, next=before)
        except Exception as error:
            answer = classify(error)
            if answer.retry and slot.sends < self._settings.attempts:
                self._post(self._again, slot, answer)
                return
        self._answered(slot, answer)

    def _answered(self, slot: _Slot, answer: Answer) -> None:
        job = slot.job
        step: list[Request] | Collection | None = None
        with job.lock:
            if not job.closed:
                slot.answer = answer
                if slot.adopted:
                    job.missing -= 1
                    if not job.missing:
                        step = _advance(job, [one.answer for one in job.slots if one.answer is not None])
        self._post(self._landed, slot, step)

    def _resume(self, job: _Job) -> None:
        """Advances a unit whose answers were all there before it asked."""
        with job.lock:
            if job.closed:
                return
            step = _advance(job, [one.answer for one in job.slots if one.answer is not None])
        self._post(self._resumed, job, step)

    def _resumed(self, job: _Job, step: list[Request] | Collection) -> None:
        if not self._over:
            self._go_on(job, step)
            self._pump()

    def _post(self, function: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # a straggler: its loop has closed, and nobody waits for it any more
            self._loop.call_soon_threadsafe(function, *arguments)


def _advance(job: _Job, answers: list[Answer] | None) -> list[Request] | Collection:
    """One step of a unit's generator, under the unit's lock."""
    job.slots = []
    try:
        job.step = next(job.steps) if answers is None else job.steps.send(answers)
    except StopIteration as end:
        job.step = end.value
    except Exception as error:
        job.step = Collection(classify(error))
    return job.step


def _close(job: _Job) -> Collection:
    """Runs a unit's generator to its end; whatever it has no answer for is answered with the deadline. A unit that was
    answered so has not been collected, also where what it lacks are no more than parts of its resources."""
    problem = deadline_problem()
    if job.started is None:
        job.steps.close()
        return Collection(problem)
    step = job.step
    cut = False
    answers: list[Answer] = [slot.answer or problem for slot in job.slots]
    while not isinstance(step, Collection):
        answers = answers or [problem] * len(step)
        cut = cut or problem in answers
        step = _advance(job, answers)
        answers = []
    return replace(step, problem=problem) if cut and step.problem is None else step
