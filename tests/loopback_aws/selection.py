"""Which items a call is answered with: those of a page of a listing, or those that it asks for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.loopback_aws.estate import Estate
from tests.loopback_aws.failures import bad_page_size, bad_token, not_found
from tests.loopback_aws.marks import BLOCK, IDENTITY, digest, identity_in, index_of, place
from tests.loopback_aws.models import is_global
from tests.loopback_aws.names import singular, stem
from tests.loopback_aws.pages import Listing, listing, read_token, token
from tests.loopback_aws.route import Asked

NO_SUCH = "no-such"
"""A made-up name is answered for as if it were there, unless it says that it is not."""


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbours of one block: `count` items from `first` on, whose identities begin with `salt`."""

    salt: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What a call is answered with.

    spans     the items of a listing's page
    asked     identity and text of each thing asked for, where the call names things; then there are no spans
    number    of the page, from 0
    next      the next page's token; empty where this is the last
    echo      parameter → value, of those whose value the answer repeats
    by_item   the parameter whose list `asked` is, in the singular: each item repeats its own
    """

    here: Listing
    spans: tuple[Span, ...] = ()
    asked: tuple[tuple[str, str], ...] | None = None
    number: int = 0
    next: str = ""
    echo: Mapping[str, str] | None = None
    by_item: str = ""

    @property
    def count(self) -> int:
        return len(self.asked) if self.asked is not None else sum(span.count for span in self.spans)


def home_of(service: str, region: str) -> str:
    """Where a service's things lie: a region, or nowhere in particular."""
    return "" if is_global(service) else region


@lru_cache(maxsize=100_000)
def salt_of(seed: int, account: str, home: str, service: str, *parents: str) -> str:
    """The first 5 digits of the identities of all that a service lists in one place, or below one parent."""
    return digest(seed, account, home, service, *parents)[:5]


def size_of(estate: Estate, account: str, region: str, name: str, *parents: str) -> int:
    """How many items a listing has in all."""
    for key in (f"{name}@{region}@{account}", f"{name}@{region}", name):
        if key in estate.sizes:
            return estate.sizes[key]
    if isinstance(estate.items, int):
        return estate.items
    low, high = estate.items
    service = name.partition(":")[0]
    return low + int(digest("size", estate.seed, account, home_of(service, region), name, *parents)[:6], 16) % (
        high - low + 1
    )


def spans(salt: str, offset: int, count: int) -> tuple[Span, ...]:
    found = []
    while count > 0:
        block, first = divmod(offset, BLOCK)
        some = min(count, BLOCK - first)
        found.append(Span(f"{salt}{block:03x}", first, some))
        offset, count = offset + some, count - some
    return tuple(found)


def select(
    estate: Estate, account: str, region: str, asked: Asked, *, whole: bool = False, hollow: bool = False
) -> Selection:
    """`whole`: all pages at once; `hollow`: none of the page's items yet, and a token for them. Raises Refused."""
    here = listing(asked.service, asked.operation, asked.parameters)
    parameters = asked.parameters
    echo = _echo(here, parameters)
    parents = _parents(here, parameters)
    home = home_of(asked.service, region)
    salt = salt_of(estate.seed, account, home, asked.service, *parents)
    _refuse_strangers(estate, account, home, here, parameters)
    if not here.items:
        text = _one(here, parameters)
        things = ((identity_in(text), text),) if text else ((salt + "000" + place(0), ""),)
        return Selection(here, asked=things, echo=echo)
    for name in (*here.batch, *here.single):
        value = parameters.get(name)
        texts = [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
        if texts:
            required = name in here.model.input_shape.required_members
            known = tuple((identity_in(text), text) for text in texts if required or _is_there(here, text, salt))
            return Selection(here, asked=known, echo=echo, by_item=singular(name.removesuffix("List")))
    total = size_of(estate, account, region, asked.name, *parents)
    if whole or not here.pages:
        return Selection(here, spans(salt, 0, total), echo=echo)
    size = _page_size(here, parameters)
    size = min(size, estate.page_size or size)
    secret = digest(estate.seed, account, region, asked.name, *parents)
    offset, number = _begin(here, parameters, secret, salt, size)
    count = 0 if hollow else max(0, min(size, total - offset))
    is_last = offset + count >= total and not hollow
    following = "" if is_last else token(secret, offset + count, number + 1)
    return Selection(here, spans(salt, offset, count), number=number, next=following, echo=echo)


def _echo(here: Listing, parameters: Mapping[str, Any]) -> dict[str, str]:
    taken = {*here.tokens_in, here.limit}
    return {name: value for name, value in parameters.items() if isinstance(value, str) and value and name not in taken}


def _parents(here: Listing, parameters: Mapping[str, Any]) -> list[str]:
    """What a listing is below: what the call must name, and whatever else has an identity in it."""
    shape = here.model.input_shape
    taken = {*here.tokens_in, here.limit, *here.batch, *here.single}
    found = []
    for name in sorted(parameters):
        value = parameters[name]
        if name in taken or not isinstance(value, str) or not here.items:
            continue
        if IDENTITY.search(value):
            found.append(identity_in(value))
        elif name in shape.required_members and not shape.members[name].metadata.get("enum"):
            found.append(value)
    return found


def _one(here: Listing, parameters: Mapping[str, Any]) -> str:
    """What the parameter says that names the one thing which a call is about."""
    texts = {name: value for name, value in parameters.items() if isinstance(value, str) and value}
    own = {name.lower() for name in here.identity} | {here.kind.lower()}
    for name, value in texts.items():
        if name.lower() in own or stem(name)[0].lower() == here.kind.lower():
            return str(value)
    required = here.model.input_shape.required_members if here.model.input_shape is not None else ()
    named = [value for name, value in texts.items() if IDENTITY.search(value) or name in required]
    return str(named[-1]) if named else ""


def _refuse_strangers(estate: Estate, account: str, home: str, here: Listing, parameters: Mapping[str, Any]) -> None:
    """Whoever asks for a thing of another account or region is told that there is none."""
    for name, value in parameters.items():
        for text in value if isinstance(value, list) else (value,):
            if not isinstance(text, str) or name in here.tokens_in:
                continue
            found = IDENTITY.search(text)
            owner = found and _owners(estate, here.service).get(identity_in(text)[:5])
            if NO_SUCH in text or (owner and owner != (account, home)):
                error = not_found(here.model, stem(singular(name))[0] or here.kind, text)
                if error is not None:
                    raise error


@lru_cache(maxsize=1000)
def _owners_of(
    seed: int, accounts: tuple[str, ...], regions: tuple[str, ...], service: str
) -> dict[str, tuple[str, str]]:
    homes = {home_of(service, region) for region in regions}
    return {salt_of(seed, account, home, service): (account, home) for account in accounts for home in homes}


def _owners(estate: Estate, service: str) -> dict[str, tuple[str, str]]:
    """The beginning of identities → whose, of all that is listed below nothing else."""
    return _owners_of(estate.seed, estate.accounts, estate.regions, service)


def _is_there(here: Listing, text: str, salt: str) -> bool:
    """EC2's things are below no others, so that an id that was never listed is known to be none."""
    if NO_SUCH in text:
        return False
    if here.service != "ec2" or identity_in(text).startswith(salt):
        return True
    error = not_found(here.model, here.kind, text)
    assert error is not None
    raise error


def _page_size(here: Listing, parameters: Mapping[str, Any]) -> int:
    wanted = parameters.get(here.limit) if here.limit else None
    if wanted is None:
        return here.default
    try:
        size = int(wanted)
    except (TypeError, ValueError):
        raise bad_page_size(here.model, here.limit, wanted, here.largest) from None
    if size > here.largest and here.refuses:
        raise bad_page_size(here.model, here.limit, wanted, here.largest)
    return max(1, min(size, here.largest))


def _begin(here: Listing, parameters: Mapping[str, Any], secret: str, salt: str, size: int) -> tuple[int, int]:
    """Offset and number of the page that the call asks for."""
    for name in here.tokens_in:
        sent = parameters.get(name)
        if sent in (None, ""):
            continue
        found = read_token(secret, sent)
        if found is not None:
            return found
        if () in here.tokens_out:  # the token is the last item's name
            identity = identity_in(str(sent))
            if identity.startswith(salt):
                offset = int(identity[5:8], 16) * BLOCK + index_of(identity) + 1
                return offset, -(-offset // size)
        raise bad_token(here.model, name)
    return 0, 0
