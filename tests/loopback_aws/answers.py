"""An estate's answers, as values and as bytes.

What a call is answered with follows from the estate, the account, the region and the call alone. There are two ways to
it, which a test holds together: values, made and filled as Python objects, which is how expectations are computed; and
bytes, for which an operation's frame and items are rendered once, with marks for what differs, and a page is put
together from the pieces.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from tests.loopback_aws import special
from tests.loopback_aws.estate import Estate
from tests.loopback_aws.generate import FLAG, Maker, alone, bare, made
from tests.loopback_aws.http1 import REQUEST_ID
from tests.loopback_aws.marks import (
    ACCOUNT,
    ANY_BYTES,
    COUNT,
    ECHO,
    ITEMS,
    PARTITION,
    PLACE,
    PLACES,
    REGION,
    SALT,
    SHARED_BYTES,
    SUFFIX,
    TOKEN,
    fill,
    index_of,
    is_shared,
    of_place,
)
from tests.loopback_aws.models import is_global, operation_model, service_model
from tests.loopback_aws.names import NOT_LISTED
from tests.loopback_aws.pages import FOLLOWING, LEFT_OUT, TOKENS, Listing, listing, needed
from tests.loopback_aws.render import Rendered, render, render_item
from tests.loopback_aws.route import Asked
from tests.loopback_aws.selection import Selection, Span, select

VARIANTS = 8
BLOCKS_KEPT = 96 * 2**20
COUNTS = re.compile(r"^(quantity|(item|key|result)?count)$", re.IGNORECASE)
GROUPS = (1, 3, 1, 2, 4, 1)
"""The instances of one reservation after another, again and again."""
OF_A_PERIOD = [sum(GROUPS[:number]) for number in range(len(GROUPS))]

Echo = tuple[tuple[str, bool], ...]
"""The parameters that an answer repeats, and whether their value is an ARN."""


class Style(NamedTuple):
    """What of an estate decides how answers look."""

    seed: int
    bare: bool


@dataclass(slots=True)
class Whole:
    """An answer in pieces; `page` is the page of a listing, from 0."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes]
    page: int = 0


class Parts:
    """Bytes cut at their marks."""

    __slots__ = ("marks", "pieces")

    def __init__(self, text: bytes, at: re.Pattern[bytes] = SHARED_BYTES) -> None:
        self.pieces = at.split(text)
        self.marks = [mark.decode() for mark in self.pieces[1::2]]

    def filled(self, values: Mapping[str, bytes]) -> list[bytes]:
        pieces = self.pieces.copy()
        pieces[1::2] = [values[mark] for mark in self.marks]
        return pieces


class Places(dict[str, bytes]):
    """What marks stand for in an item at a place of its block."""

    def __init__(self, index: int, shared: Mapping[str, bytes], identity: str = "") -> None:
        super().__init__(shared)
        self._index = index
        if identity:
            self[PLACE] = identity[-PLACES:].encode()

    def __missing__(self, mark: str) -> bytes:
        value = self[mark] = of_place(mark, self._index).encode()
        return value


class Kept:
    """The most recently used values, up to a number of bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._values: OrderedDict[Any, tuple[Any, int]] = OrderedDict()

    def get(self, key: Any) -> Any:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Any, value: Any, size: int) -> None:
        before = self._values.pop(key, None)
        self._size += size - (before[1] if before else 0)
        self._values[key] = (value, size)
        while self._size > self._most and len(self._values) > 1:
            self._size -= self._values.popitem(last=False)[1][1]


def partition_of(region: str) -> tuple[str, str]:
    """The partition of a region, and what its host names end in."""
    if region.startswith("cn-"):
        return "aws-cn", "amazonaws.com.cn"
    return ("aws-us-gov" if region.startswith("us-gov-") else "aws"), "amazonaws.com"


class Answers:
    """Answers for one estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._style = Style(estate.seed, estate.bare)
        self._blocks = Kept(BLOCKS_KEPT)

    def items(self, account: str, region: str, asked: Asked) -> list[Any]:
        """All items of a listing, as botocore's parser gives them; of an answer without a list, the answer itself."""
        here = listing(asked.service, asked.operation, asked.parameters)
        if asked.name in special.BY_HAND:
            parameters = dict(asked.parameters)
            found: list[Any] = []
            while True:
                asked = replace(asked, parameters=parameters)
                answer = self._by_hand(account, region, asked, special.user_of(account))[0]
                found += answer[here.items[0]] if here.items else [answer]
                following = answer.get(here.tokens_out[0][0]) if here.tokens_out else None
                if not following:
                    return found
                parameters[here.tokens_in[0]] = following
        selection = select(self.estate, account, region, asked, whole=True)
        return list(self._values(selection, account, region)) if here.items else [self._one(selection, account, region)]

    def value(
        self, account: str, region: str, asked: Asked, who: str = "", *, hollow: bool = False
    ) -> tuple[dict[str, Any], int]:
        """The answer as botocore's parser gives it, and its page's number. Raises Refused."""
        if asked.service == "s3" and "Bucket" in asked.parameters:
            bucket = str(asked.parameters["Bucket"])
            special.check_bucket(self.estate, account, region, asked.operation, bucket)
        if asked.name in special.BY_HAND:
            return self._by_hand(account, region, asked, who, hollow)
        selection = select(self.estate, account, region, asked, hollow=hollow)
        here = selection.here
        if not here.items:
            return self._one(selection, account, region), 0
        items = list(self._values(selection, account, region))
        listed = self._grouped(selection, items, account, region) if here.inner else items
        frame = _frame(
            self._style, here, _echo_of(selection), bool(selection.next), selection.number == 0, bool(selection.count)
        )
        shared = self._shared(selection, account, region)
        return fill(_with_items(frame, listed, len(items)), shared, 0), selection.number

    def answer(self, account: str, region: str, asked: Asked, who: str = "", *, hollow: bool = False) -> Whole:
        """The answer as bytes; `hollow`: without the items of its page, and with a token for them. Raises Refused."""
        if asked.protocol == "cbor" or asked.service == "s3" or asked.name in special.BY_HAND:
            value, number = self.value(account, region, asked, who, hollow=hollow)
            rendered = render(asked.protocol, operation_model(asked.service, asked.operation), value, REQUEST_ID)
            return Whole(rendered.status, rendered.headers, [rendered.body], number)
        selection = select(self.estate, account, region, asked, hollow=hollow)
        shared = self._shared(selection, account, region)
        values = {mark: _escaped(asked.protocol, text) for mark, text in shared.items()}
        if not selection.here.items:
            return self._one_in_bytes(selection, asked.protocol, shared, values)
        head, tail, rendered = _frame_in_bytes(
            self._style,
            selection.here,
            asked.protocol,
            _echo_of(selection),
            bool(selection.next),
            selection.number == 0,
            bool(selection.count),
        )
        around = Places(0, values)
        pieces = head.filled(around)
        pieces += self._items_in_bytes(selection, asked.protocol, values)
        pieces += tail.filled(around)
        headers = {name: fill(text, shared, 0) for name, text in rendered.headers.items()}
        return Whole(rendered.status, headers, pieces, selection.number)

    def _by_hand(self, account: str, region: str, asked: Asked, who: str, hollow: bool = False) -> special.Answer:
        context = special.Context(self.estate, account, region, asked.parameters, who, asked.name, hollow)
        found, number = special.BY_HAND[asked.name](context)
        here = listing(asked.service, asked.operation)
        if needed(here.service, here.operation):
            found = _in(self._style, here, here.model.output_shape, found, TOKENS)
        return found, number

    def _shared(self, selection: Selection, account: str, region: str) -> dict[str, str]:
        partition, suffix = partition_of(region)
        shared = {
            SALT: selection.spans[0].salt if selection.spans else "",
            ACCOUNT: account,
            REGION: region,
            PARTITION: partition,
            SUFFIX: suffix,
            COUNT: str(selection.count),
            TOKEN: selection.next,
        }
        echo = selection.echo or {}
        names = sorted([*echo, *([selection.by_item] if selection.by_item else [])])
        return shared | {chr(ECHO[place]): echo.get(name, "") for place, name in enumerate(names)}

    # Values.

    def _one(self, selection: Selection, account: str, region: str) -> dict[str, Any]:
        assert selection.asked
        identity = selection.asked[0][0]
        value = _alone(self._style, selection.here, _echo_of(selection), index_of(identity) % VARIANTS)
        shared = self._shared(selection, account, region) | {SALT: identity[:-PLACES]}
        filled: dict[str, Any] = fill(value, shared, index_of(identity), identity)
        return filled

    def _values(self, selection: Selection, account: str, region: str) -> Iterator[Any]:
        here, echo = selection.here, _echo_of(selection)
        shared = self._shared(selection, account, region)
        for identity, text in selection.asked or ():
            index = index_of(identity)
            own = shared | {SALT: identity[:-PLACES]} | _own_echo(selection, text)
            yield fill(_item(self._style, here, echo, index % VARIANTS), own, index, identity)
        for span in selection.spans:
            own = shared | {SALT: span.salt}
            for index in range(span.first, span.first + span.count):
                yield fill(_item(self._style, here, echo, index % VARIANTS), own, index)

    def _grouped(self, selection: Selection, items: list[Any], account: str, region: str) -> list[Any]:
        """Instances in their reservations."""
        shared = self._shared(selection, account, region)
        group = _group(self._style, selection.here, _echo_of(selection))
        groups: list[Any] = []
        rest = iter(items)
        for salt, index, count in _runs(selection):
            filled = fill({**group, selection.here.inner: []}, shared | {SALT: salt}, index)
            groups.append({**filled, selection.here.inner: [next(rest) for _ in range(count)]})
        return groups

    # Bytes.

    def _one_in_bytes(
        self, selection: Selection, protocol: str, shared: Mapping[str, str], values: Mapping[str, bytes]
    ) -> Whole:
        assert selection.asked
        identity = selection.asked[0][0]
        index = index_of(identity)
        rendered, body = _alone_in_bytes(self._style, selection.here, protocol, _echo_of(selection), index % VARIANTS)
        places = Places(index, {**values, SALT: identity[:-PLACES].encode()}, identity)
        own = {**shared, SALT: identity[:-PLACES]}
        headers = {name: fill(text, own, index, identity) for name, text in rendered.headers.items()}
        return Whole(rendered.status, headers, body.filled(places))

    def _items_in_bytes(self, selection: Selection, protocol: str, values: dict[str, bytes]) -> list[bytes]:
        here, echo, style = selection.here, _echo_of(selection), self._style
        between = b"," if "json" in protocol else b""
        pieces: list[bytes] = []
        if selection.asked is not None:
            filled = []
            for identity, text in selection.asked:
                index = index_of(identity)
                own = {mark: _escaped(protocol, value) for mark, value in _own_echo(selection, text).items()}
                places = Places(index, {**values, SALT: identity[:-PLACES].encode(), **own}, identity)
                filled.append(b"".join(_item_in_bytes(style, here, protocol, echo, index % VARIANTS).filled(places)))
            if here.inner:
                return self._runs_in_bytes(selection, protocol, values, filled)
            return [between.join(filled)]
        for span in selection.spans:
            parts = self._block(here, protocol, echo, span)
            if pieces:
                pieces.append(between)
            pieces += parts.filled({**values, SALT: span.salt.encode()})
        return pieces

    def _block(self, here: Listing, protocol: str, echo: Echo, span: Span) -> Parts:
        """The items of a span, rendered, with marks only for what they share."""
        key = (here, protocol, echo, span.first, span.count)
        found: Parts | None = self._blocks.get(key)
        if found is None:
            items = []
            for index in range(span.first, span.first + span.count):
                item = _item_in_bytes(self._style, here, protocol, echo, index % VARIANTS)
                pieces = item.pieces.copy()
                pieces[1::2] = [
                    mark.encode() if is_shared(mark) else of_place(mark, index).encode() for mark in item.marks
                ]
                items.append(b"".join(pieces))
            if here.inner:
                items = self._in_runs(here, protocol, echo, span, items)
            text = (b"," if "json" in protocol else b"").join(items)
            found = Parts(text)
            self._blocks.put(key, found, 2 * len(text))
        return found

    def _in_runs(self, here: Listing, protocol: str, echo: Echo, span: Span, items: list[bytes]) -> list[bytes]:
        head, tail = _group_in_bytes(self._style, here, protocol, echo)
        found, rest = [], iter(items)
        for begin, count in _runs_of(span.first, span.count):
            around = []
            for parts in (head, tail):
                pieces = parts.pieces.copy()
                pieces[1::2] = [
                    mark.encode() if is_shared(mark) else of_place(mark, begin).encode() for mark in parts.marks
                ]
                around.append(b"".join(pieces))
            found.append(around[0] + b"".join(next(rest) for _ in range(count)) + around[1])
        return found

    def _runs_in_bytes(
        self, selection: Selection, protocol: str, values: dict[str, bytes], items: list[bytes]
    ) -> list[bytes]:
        head, tail = _group_in_bytes(self._style, selection.here, protocol, _echo_of(selection))
        pieces, rest = [], iter(items)
        for salt, index, count in _runs(selection):
            places = Places(index, {**values, SALT: salt.encode()})
            pieces += [*head.filled(places), *(next(rest) for _ in range(count)), *tail.filled(places)]
        return pieces


# Templates: what an operation's answers are made of, with marks. They follow from the style and the call's form alone.


def _echo_of(selection: Selection) -> Echo:
    found = {name: text.startswith("arn:") for name, text in (selection.echo or {}).items()}
    if selection.by_item and selection.asked:
        found[selection.by_item] = selection.asked[0][1].startswith("arn:")
    return tuple(sorted(found.items()))


def _own_echo(selection: Selection, text: str) -> dict[str, str]:
    names = sorted([*(selection.echo or {}), selection.by_item])
    return {chr(ECHO[names.index(selection.by_item)]): text} if selection.by_item else {}


def _maker(style: Style, here: Listing, echo: Echo, variant: int) -> Maker:
    model = service_model(here.service)
    arn_service = model.signing_name if here.service != "elbv2" else "elasticloadbalancing"
    return made(
        here.service, here.operation, style.seed, variant,
        arn_service=arn_service, is_global=is_global(here.service), kind=here.kind, echo=dict(echo),
        status=int(here.model.http.get("responseCode", 200)),
    )  # fmt: skip


def _in(style: Style, here: Listing, shape: Any, value: Any, kept: Iterable[str] = ()) -> Any:
    return bare(shape, value, needed(here.service, here.operation).union(kept)) if style.bare else value


@lru_cache(maxsize=20_000)
def _item(style: Style, here: Listing, echo: Echo, variant: int) -> Any:
    name = here.inner or here.items[-1]
    shape = here.list_shape.member
    return _in(style, here, shape, _maker(style, here, echo, variant).item(shape, name))


@lru_cache(maxsize=20_000)
def _item_in_bytes(style: Style, here: Listing, protocol: str, echo: Echo, variant: int) -> Parts:
    return Parts(render_item(protocol, here.list_shape, _item(style, here, echo, variant)), ANY_BYTES)


@lru_cache(maxsize=20_000)
def _alone(style: Style, here: Listing, echo: Echo, variant: int) -> dict[str, Any]:
    shape = here.model.output_shape
    if shape is None:
        return {}
    made = alone(_maker(style, here, echo, variant), shape)
    whole = {name: value for name, value in made.items() if name not in FOLLOWING}  # there is no further page
    found: dict[str, Any] = _in(style, here, shape, whole)
    return found


@lru_cache(maxsize=20_000)
def _alone_in_bytes(style: Style, here: Listing, protocol: str, echo: Echo, variant: int) -> tuple[Rendered, Parts]:
    rendered = render(protocol, here.model, _alone(style, here, echo, variant), REQUEST_ID)
    return rendered, Parts(rendered.body, ANY_BYTES)


@lru_cache(maxsize=20_000)
def _frame(style: Style, here: Listing, echo: Echo, goes_on: bool, is_first: bool, is_full: bool) -> dict[str, Any]:
    """An answer but for its items. Lists beside that of the items come with these, and with the first page only."""
    maker = _maker(style, here, echo, -1)

    def level(shape: Any, path: tuple[str, ...], above: tuple[str, ...]) -> dict[str, Any]:
        tokens = {there[-1] for there in here.tokens_out if there and there[:-1] == above}
        found = maker.structure(shape, leave=frozenset({path[0], *tokens}))
        if not (is_first and is_full):
            found = {name: value for name, value in found.items() if not isinstance(value, list)}
        for name, member in shape.members.items():
            if NOT_LISTED.search(name) and member.type_name in ("list", "map"):
                found.pop(name, None)
            elif (*above, name) == here.more or (member.type_name == "boolean" and FLAG.search(name)):
                found[name] = goes_on
            elif COUNTS.search(name) and member.type_name in ("integer", "long"):
                found[name] = COUNT
        if goes_on:
            first = next((there for there in here.tokens_out if there), ())
            if first and first[:-1] == above:
                found[first[-1]] = TOKEN
        if path[1:]:
            return {**found, path[0]: level(shape.members[path[0]], path[1:], (*above, path[0]))}
        if is_full:
            return {**found, path[0]: [ITEMS]}
        return found if _says_nothing_of_nothing(here, shape) else {**found, path[0]: []}

    found = level(here.model.output_shape, here.items, ())
    paging = (*here.tokens_out, here.more) if goes_on else ()
    kept = {name for path in (here.items, *paging) for name in path}
    framed: dict[str, Any] = _in(style, here, here.model.output_shape, found, kept)
    return framed


def _says_nothing_of_nothing(here: Listing, shape: Any) -> bool:
    """Whether the list of items is not in an answer that has none. Lists that say their length are so: CloudFront's
    (aws-doc-sdk-examples, pull request 223; CloudFront API reference, DistributionList)."""
    return (here.service, here.operation) in LEFT_OUT or "Quantity" in shape.required_members


def _with_items(frame: Any, items: list[Any], count: int) -> Any:
    if isinstance(frame, dict):
        return {name: _with_items(value, items, count) for name, value in frame.items()}
    if isinstance(frame, str) and frame == COUNT:
        return count
    return items if frame == [ITEMS] else frame


@lru_cache(maxsize=20_000)
def _frame_in_bytes(
    style: Style, here: Listing, protocol: str, echo: Echo, goes_on: bool, is_first: bool, is_full: bool
) -> tuple[Parts, Parts, Rendered]:
    value = _frame(style, here, echo, goes_on, is_first, is_full)
    rendered = render(protocol, here.model, value, REQUEST_ID)
    head, _, tail = rendered.body.partition(ITEMS.encode())
    return Parts(head, ANY_BYTES), Parts(tail, ANY_BYTES), rendered


@lru_cache(maxsize=1000)
def _group(style: Style, here: Listing, echo: Echo) -> dict[str, Any]:
    shape: Any = here.model.output_shape
    for name in here.items:
        shape = shape.members[name]
    maker = _maker(style, replace(here, kind="Reservation"), echo, -2)
    maker.budget = 300
    found = maker.structure(shape.member, "Reservation", leave=frozenset({here.inner}))
    group: dict[str, Any] = _in(style, here, shape.member, found)
    return group


@lru_cache(maxsize=1000)
def _group_in_bytes(style: Style, here: Listing, protocol: str, echo: Echo) -> tuple[Parts, Parts]:
    shape: Any = here.model.output_shape
    for name in here.items:
        shape = shape.members[name]
    text = render_item(protocol, shape, {**_group(style, here, echo), here.inner: [ITEMS]})
    head, _, tail = text.partition(ITEMS.encode())
    return Parts(head, ANY_BYTES), Parts(tail, ANY_BYTES)


def _runs(selection: Selection) -> Iterator[tuple[str, int, int]]:
    """Salt, first place and length of each group of a selection; what is asked for by name is in one of its own."""
    for identity, _ in selection.asked or ():
        yield identity[:-PLACES], _begin_of(index_of(identity)), 1
    for span in selection.spans:
        for begin, count in _runs_of(span.first, span.count):
            yield span.salt, begin, count


def _runs_of(first: int, count: int) -> Iterator[tuple[int, int]]:
    """Where the group of each run of items began, and how many of it are among `count` items from `first` on."""
    end = first + count
    while first < end:
        begin = _begin_of(first)
        stop = min(end, _end_of(begin))
        yield begin, stop - first
        first = stop


def _begin_of(index: int) -> int:
    period, within = divmod(index, sum(GROUPS))
    return period * sum(GROUPS) + max(begin for begin in OF_A_PERIOD if begin <= within)


def _end_of(begin: int) -> int:
    return begin + GROUPS[OF_A_PERIOD.index(begin % sum(GROUPS))]


def _escaped(protocol: str, text: str) -> bytes:
    """A text as it stands inside an answer."""
    if "json" in protocol:
        return json.dumps(text, ensure_ascii=False)[1:-1].encode()
    return escape(text).encode()
