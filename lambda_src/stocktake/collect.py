"""A unit as a generator of requests. Names no service and does no I/O.

A row's chain is walked page by page, depth first: the items of a page go through the rest of the chain and through the
enrichments, and are handed on, before the page after it is asked for (the fan-out has asked for it in the meantime).
What is in memory is therefore a page and its children, not the listing. Requests that do not need each other's answers
are yielded together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from stocktake.catalog.spec import Batch, Call, Enrich, From, Item, ResourceType
from stocktake.errors import MalformedAnswer, classify, unexpected
from stocktake.expressions import filler, searcher
from stocktake.model import (
    Answer,
    Collection,
    Found,
    Gap,
    Page,
    Problem,
    Reason,
    ReasonCode,
    Request,
    State,
    Steps,
    Target,
)

Emit = Callable[[list[Found]], None]
T = TypeVar("T")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def collect(row: ResourceType, target: Target, emit: Emit, *, enriched: bool = True) -> Steps:
    """Collects one unit. Hands its items to `emit` page by page, and answers what was read and what broke.

    Whatever happens, what was read before stays: an exception here is the unit's problem, never the run's.
    """
    walk = _Walk(row, target, emit, enriched)
    try:
        yield from walk.level(0, [_Link(None, None)])
    except Exception as error:
        walk.broke(classify(error))
    return Collection(walk.problem, walk.more_problems, walk.pages, walk.listed)


def probe(row: ResourceType, target: Target) -> Steps:
    """Asks the first of a row's calls once, and answers whether it may be asked. No item is looked at."""
    walk = _Walk(row, target, lambda found: None, enriched=False)
    walk.asked_once((yield [walk.first()]))
    return Collection(walk.problem, pages=walk.pages)


@dataclass(eq=False, slots=True)
class _Link:
    """An item and the one that led to it."""

    item: Any
    up: _Link | None


@dataclass(eq=False, slots=True)
class _Listing:
    """A request whose pages are being read, and the tokens it has seen."""

    request: Request
    origin: _Link
    seen: set[str] = field(default_factory=set)
    restarted: bool = False

    def restart(self, problem: Problem) -> bool:
        """Goes back to the first page, once, where AWS no longer takes the token of a later one: tokens expire, within
        a quarter of an hour at the Resource Groups Tagging API. What comes twice is kept once."""
        if problem.reason.code is not ReasonCode.PAGE_TOKEN or self.request.token is None or self.restarted:
            return False
        self.restarted = True
        self.seen.clear()
        self.request = replace(self.request, token=None)
        return True

    def follow(self, page: Page) -> Problem | None:
        """Moves on to the page's next; a token that was there before is a loop, however long it is."""
        assert page.next is not None
        token = repr(page.next.token)
        if token in self.seen:
            reason = Reason(ReasonCode.TOKEN_LOOP, f"{self.request.operation}: a page token came twice")
            return Problem(State.FAILED, reason)
        self.seen.add(token)
        self.request = page.next
        return None


@dataclass(eq=False, slots=True)
class _Finding:
    """An item on its way to be handed on."""

    item: Item
    gaps: list[Gap] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def wants(self, enrichment: Enrich) -> bool:
        """Whether to ask. What needs a part that could not be read is missing for the same reason: it would be asked in
        the wrong place, or for the wrong thing."""
        needed = _mentioned(enrichment)
        for gap in self.gaps:
            if gap.path in needed:
                self.miss(enrichment, gap.reason)
                return False
        try:
            wanted = not enrichment.when or bool(searcher(enrichment.when)(self.item))
        except Exception as error:
            self.miss(enrichment, classify(error).reason)
            return False
        if not wanted:
            self.unread.update(enrichment.members)
        return wanted

    def put(self, enrichment: Enrich, value: Any) -> None:
        for member in enrichment.members:
            if isinstance(enrichment.into, str):
                self.item[member] = value
            else:
                self.item[member] = value.get(member) if isinstance(value, Mapping) else None

    def miss(self, enrichment: Enrich, reason: Reason) -> None:
        for member in enrichment.members:
            self.gaps.append(Gap(member, reason))
            self.unread.add(member)


class _Walk:
    def __init__(self, row: ResourceType, target: Target, emit: Emit, enriched: bool) -> None:
        self.row = row
        self.target = target
        self.emit = emit
        self.enriched = enriched
        self.problem: Problem | None = None
        self.more_problems = 0
        self.pages = 0
        self.listed = 0

    def broke(self, problem: Problem) -> None:
        if self.problem is None:
            self.problem = problem
        else:
            self.more_problems += 1

    def first(self) -> Request:
        return self._request(self.row.calls[0], None, None)

    def asked_once(self, answers: list[Answer]) -> None:
        for answer in answers:
            if isinstance(answer, Problem):
                self._refused(0, self.row.calls[0], answer)
            else:
                self.pages += 1

    def level(self, depth: int, links: list[_Link]) -> Generator[list[Request], list[Answer], None]:
        """Reads the pages of the chain's call at `depth`, for every link or batch of them, and all below them."""
        call = self.row.calls[depth]
        last = depth == len(self.row.calls) - 1
        listings = list(self._listings(call, links))
        while listings:
            answers = yield [listing.request for listing in listings]
            found: list[_Link] = []
            following: list[_Listing] = []
            for listing, answer in zip(listings, answers, strict=True):
                if isinstance(answer, Problem):
                    if listing.restart(answer):
                        following.append(listing)
                    else:
                        self._refused(depth, call, answer)
                    continue
                self.pages += 1
                self.listed += last
                try:
                    found += [_Link(item, listing.origin) for item in self._items(call, listing.request, answer)]
                except Exception as error:
                    self.broke(classify(error))
                if answer.next is not None:
                    loop = listing.follow(answer)
                    if loop is None:
                        following.append(listing)
                    else:
                        self.broke(loop)
            del answers
            if last:
                yield from self._finish(call, [link.item for link in found])
            elif found:
                yield from self.level(depth + 1, found)
            listings = following

    def _refused(self, depth: int, call: Call, problem: Problem) -> None:
        if not problem.error or problem.error not in call.absent:
            self.broke(problem)
        elif depth == 0:
            self.broke(Problem(State.UNAVAILABLE, Reason(ReasonCode.NOT_ENABLED, problem.reason.message)))

    def _listings(self, call: Call, links: list[_Link]) -> Iterator[_Listing]:
        if call.batch is None:
            for link in links:
                yield _Listing(self._request(call, link.item, link.up and link.up.item), link)
            return
        siblings: dict[int, list[_Link]] = {}
        for link in links:
            siblings.setdefault(id(link.up), []).append(link)
        for group in siblings.values():
            above = group[0].up
            for some in _slices(group, call.batch.size):
                values = [self._value(call.batch, link.item) for link in some]
                request = self._request(call, None, above and above.item, {call.batch.parameter: values})
                yield _Listing(request, above or group[0])

    def _request(self, call: Call, item: Any, parent: Any, batch: Mapping[str, Any] | None = None) -> Request:
        context = {"item": item, "parent": parent, "target": _as_json(self.target)}
        parameters = {name: _resolve(value, context) for name, value in call.parameters.items()}
        return Request(
            service=self.row.service_of(call),
            operation=call.operation,
            parameters={**parameters, **(batch or {})},
            account=self.target.account,
            region=(searcher(call.region)(item) if call.region else "") or self.target.home,
            paging=call.paging,
            root=call.root,
            needs=call.needs,
        )

    def _value(self, batch: Batch, item: Any) -> Any:
        return filler(batch.value)(item, _as_json(self.target))

    def _items(self, call: Call, request: Request, page: Page) -> list[Any]:
        if call.batch is not None and call.batch.accounted:
            asked = len(request.parameters[call.batch.parameter])
            answered = len(searcher(call.batch.accounted)(page.answer) or ())
            if answered < asked:
                self.broke(classify(MalformedAnswer(f"{call.operation}: {answered} of {asked} were answered")))
        if call.unanswered:
            refused = searcher(call.unanswered)(page.answer)
            if refused:
                self.broke(unexpected(f"{call.operation}: the answer leaves out {len(refused)} of what was asked for"))
        items = searcher(call.items)(page.answer)
        if items is None:
            return []
        if not isinstance(items, list):
            raise MalformedAnswer(f"{call.operation}: {call.items} is no list in the answer")
        return items

    def _finish(self, call: Call, items: list[Any]) -> Generator[list[Request], list[Answer], None]:
        """Enriches the items of a page and hands them on."""
        objects = [item for item in items if isinstance(item, dict)]
        if len(objects) < len(items):
            self.broke(classify(MalformedAnswer(f"{call.operation}: an item is no object")))
        findings = [_Finding(item) for item in objects if self._is_wanted(call, item)]
        for enrichments in _stages(self.row):
            yield from self._enrich(enrichments, findings)
        if findings:
            try:
                self.emit([Found(one.item, tuple(one.gaps), frozenset(one.unread)) for one in findings])
            except Exception as error:
                self.broke(classify(error))

    def _is_wanted(self, call: Call, item: Item) -> bool:
        """An item of which it cannot be said stays, and the unit says that something is odd."""
        try:
            return not call.where or bool(searcher(call.where)(item))
        except Exception as error:
            self.broke(classify(error))
            return True

    def _enrich(
        self, enrichments: Iterable[Enrich], findings: list[_Finding]
    ) -> Generator[list[Request], list[Answer], None]:
        asked: list[tuple[Enrich, dict[str, list[_Finding]], _Listing]] = []
        for enrichment in enrichments:
            elsewhere = enrichment.partitions and self.target.partition not in enrichment.partitions
            if elsewhere or (not self.enriched and enrichment.per_resource):
                for finding in findings:
                    finding.unread.update(enrichment.members)
                continue
            call = enrichment.call
            wanted = [one for one in findings if one.wants(enrichment)]
            if call.batch is None:
                for one in wanted:
                    listing = _Listing(self._request(call, one.item, None), _Link(None, None))
                    asked.append((enrichment, {"": [one]}, listing))
                continue
            by_value = self._by_value(enrichment, call.batch, wanted)
            for values in _slices(list(by_value), call.batch.size):
                request = self._request(call, None, None, {call.batch.parameter: values})
                some = {value: by_value[value] for value in values}
                asked.append((enrichment, some, _Listing(request, _Link(None, None))))
        answers = yield from self._every_page([listing for _, _, listing in asked])
        for (enrichment, some, _), pages in zip(asked, answers, strict=True):
            try:
                _join(enrichment, some, pages)
            except Exception as error:
                for finding in _all(some):
                    finding.miss(enrichment, classify(error).reason)

    def _by_value(self, enrichment: Enrich, batch: Batch, findings: list[_Finding]) -> dict[str, list[_Finding]]:
        """Items by what a batch asks for; one that lacks it cannot be asked about, nor another account's where only
        our own are known: an answer would not mention it, and that says nothing."""
        found: dict[str, list[_Finding]] = {}
        for finding in findings:
            value = self._value(batch, finding.item)
            if batch.own and isinstance(value, str) and self._is_anothers(value):
                finding.unread.update(enrichment.members)
            elif isinstance(value, str):
                found.setdefault(value, []).append(finding)
            else:
                problem = MalformedAnswer(f"{enrichment.call.operation}: the item has no {batch.value}")
                finding.miss(enrichment, classify(problem).reason)
        return found

    def _is_anothers(self, arn: str) -> bool:
        account = [*arn.split(":", 5), *[""] * 5][4]
        return account not in ("", self.target.account)

    def _every_page(self, listings: list[_Listing]) -> Generator[list[Request], list[Answer], list[list[Answer]]]:
        read: list[list[Answer]] = [[] for _ in listings]
        going = list(zip(listings, read, strict=True))
        while going:
            answers = yield [listing.request for listing, _ in going]
            following = []
            for (listing, pages), answer in zip(going, answers, strict=True):
                if isinstance(answer, Problem) and listing.restart(answer):
                    pages.clear()
                    following.append((listing, pages))
                    continue
                pages.append(answer)
                if isinstance(answer, Problem):
                    continue
                self.pages += 1
                if answer.next is not None:
                    loop = listing.follow(answer)
                    if loop is None:
                        following.append((listing, pages))
                    else:
                        pages.append(loop)
            going = following
        return read


def _join(enrichment: Enrich, asked: dict[str, list[_Finding]], pages: list[Answer]) -> None:
    """Puts the answers of one request for one item, or one batch of them, where they belong."""
    values = []
    batch = enrichment.call.batch
    accounted = 0
    left_out = False
    for page in pages:
        if isinstance(page, Problem):
            for finding in _all(asked):
                if page.error and page.error in enrichment.call.absent:
                    finding.put(enrichment, None)
                else:
                    finding.miss(enrichment, page.reason)
            return
        values.append(searcher(enrichment.call.items)(page.answer))
        if enrichment.call.unanswered and searcher(enrichment.call.unanswered)(page.answer):
            left_out = True
        accounted += len(searcher(batch.accounted)(page.answer) or ()) if batch and batch.accounted else 0
    value = _together(values)
    if batch is None:
        for finding in _all(asked):
            finding.put(enrichment, value)
        return
    whose = searcher(enrichment.match)
    entries = {whose(entry): searcher(enrichment.value)(entry) for entry in value or []}
    left_out = left_out or bool(batch.accounted and accounted < len(asked))
    # What an answer calls by another name than we asked for is not what it does not mention.
    left_out = left_out or not entries.keys() <= asked.keys()
    for asked_for, findings in asked.items():
        for finding in findings:
            if left_out and asked_for not in entries:
                finding.miss(enrichment, unexpected(f"{enrichment.call.operation}: left out of the answer").reason)
            else:
                finding.put(enrichment, entries.get(asked_for))


def _all(asked: Mapping[str, list[_Finding]]) -> Iterator[_Finding]:
    return (finding for findings in asked.values() for finding in findings)


def _together(parts: list[Any]) -> Any:
    """The parts that several pages gave of one value."""
    there = [part for part in parts if part is not None]
    if len(there) < 2:
        return there[0] if there else None
    if all(isinstance(part, dict) for part in there):
        return {key: value for part in there for key, value in part.items()}
    if not all(isinstance(part, list) for part in there):
        raise MalformedAnswer("several pages, but their parts are neither lists nor objects")
    return [entry for part in there for entry in part]


@cache
def _stages(row: ResourceType) -> tuple[tuple[Enrich, ...], ...]:
    """The enrichments in the order in which they need each other: one that mentions what another brings comes after
    it, the others go side by side."""
    stages: list[list[Enrich]] = []
    stage_of: dict[str, int] = {}
    for enrichment in row.enrich:
        stage = max((stage_of[name] + 1 for name in _mentioned(enrichment) if name in stage_of), default=0)
        stages.extend([] for _ in range(stage + 1 - len(stages)))
        stages[stage].append(enrichment)
        stage_of.update((member, stage) for member in enrichment.members)
    return tuple(tuple(stage) for stage in stages)


@cache
def _mentioned(enrichment: Enrich) -> set[str]:
    call = enrichment.call
    texts = [enrichment.when, call.region, call.batch.value if call.batch else ""]
    texts += _paths_in(call.parameters)
    return {name for text in texts for name in IDENTIFIER.findall(text)}


def _paths_in(value: Any) -> list[str]:
    """The expressions that stand anywhere in parameters."""
    if isinstance(value, From):
        return [value.path]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [path for one in inner for path in _paths_in(one)]


def _resolve(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, From):
        return searcher(value.path)(context[value.source])
    if isinstance(value, Mapping):
        return {key: _resolve(inner, context) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, context) for inner in value]
    return value


@cache
def _as_json(target: Target) -> dict[str, str]:
    return {"account": target.account, "region": target.home, "partition": target.partition}


def _slices(items: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
