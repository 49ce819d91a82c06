"""Who we are and where there is something to look at: the accounts, and the regions that each has enabled.

Collectors like any other: generators that yield requests and receive answers, so that retries, limits and deadline are
the fan-out's. Where the inventory asks for accounts, organizations:ListAccounts names them, and all of them are looked
at side by side. Three sources name the regions of an account, in this order:

    account:ListRegions      the account's own list, with the state of each
    ec2:DescribeRegions      the same as one region's EC2 knows it
    botocore                 the partition's list in the SDK: what may be there, not what is enabled
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from stocktake.errors import CredentialsError, UsageError, listed, unexpected
from stocktake.model import GLOBAL_HOME, AccountScope, Answer, Page, Problem, Request, Scope
from stocktake.settings import ACCOUNT

T = TypeVar("T")
Asking = Generator[list[Request], list[Answer], T]

MANAGEMENT_HOME = {**GLOBAL_HOME, "aws-cn": "cn-northwest-1"}
"""The region that Account Management and Organizations are called in (AWS general reference, their endpoints)."""

REGION = re.compile(r"[a-z0-9-]{1,63}\Z")
"""What can be a region: it becomes part of a host's name."""

OFF = {"DISABLED", "not-opted-in"}
"""A region that an account cannot use, as account:ListRegions and as ec2:DescribeRegions say it."""

CHANGING = {"ENABLING", "DISABLING"}
"""A region that answers some calls and not others (API reference, Account Management, Region)."""


def discover(
    partition: str,
    region: str,
    known: Mapping[str, Iterable[str]],
    wanted: Sequence[str] = (),
    narrowed_to: Sequence[str] = (),
) -> Asking[Scope]:
    """Finds the accounts and their regions, calling from `region`; `known` are botocore's regions of each partition,
    `wanted` an inventory's globs over accounts (none: the caller's own account), `narrowed_to` what an event leaves.

    Raises CredentialsError where AWS does not say who we are: without that, every answer would be a guess. Raises
    UsageError for a glob that matches no account, and where nobody says which accounts there are.
    """
    botocores = tuple(sorted(known[partition]))
    scope = Scope(
        partition,
        GLOBAL_HOME.get(partition, region),
        accounts=(),
        elsewhere=tuple(sorted(name for other, names in known.items() if other != partition for name in names)),
        accounts_from="sts:GetCallerIdentity",
    )
    asked: list[Asking[Any]] = [_identity("", region)]
    if not wanted:  # then our own regions are all that is to be found, and a cold start waits for them: ask at once
        asked.append(_look("", False, scope, region, botocores))
    caller, *own = yield from _side_by_side(asked)
    if isinstance(caller, Problem):
        raise CredentialsError(f"AWS does not say whose credentials these are: {caller.reason.message}")
    chosen: tuple[str, ...] = (caller,)
    if wanted:
        scope, chosen = yield from _organization(scope, wanted, MANAGEMENT_HOME.get(partition, region))
    chosen = _matching(chosen, narrowed_to, "the inventory's accounts are")
    if own:
        return replace(scope, accounts=(replace(own[0], account=caller),))
    looks = [_look(one, one != caller, scope, region, botocores) for one in chosen]
    return replace(scope, accounts=_with_guesses((yield from _side_by_side(looks)), botocores))


def _identity(account: str, region: str) -> Asking[str | Problem]:
    """Whose credentials those for an account are ("": the environment's); this needs no permission."""
    (who,) = yield [Request("sts", "GetCallerIdentity", {}, account, region)]
    if isinstance(who, Problem):
        return who
    account = str(who.answer.get("Account") or "")
    return account if ACCOUNT.match(account) else unexpected("the answer names no account")


# --- accounts ---


def _organization(scope: Scope, wanted: Sequence[str], home: str) -> Asking[tuple[Scope, tuple[str, ...]]]:
    """The active accounts of the organization that are wanted. Where it does not say which there are, the inventory's
    word counts, if it names each."""
    statuses = yield from _list_accounts(home)
    if isinstance(statuses, Problem):
        refusal = f"organizations:ListAccounts: {statuses.reason.message}"
        if not all(ACCOUNT.match(glob) for glob in wanted):
            raise UsageError(
                "accounts",
                list(wanted),
                "AWS does not say which accounts there are, which takes credentials of the organization's management "
                "account, or of a delegated administrator's, that may organizations:ListAccounts; without them, write "
                f"the id of each account ({refusal})",
            )
        return replace(scope, accounts_from="inventory", accounts_refused=(refusal,)), tuple(sorted(set(wanted)))
    matching = _matching(statuses, wanted, "the organization's accounts are")
    skipped = tuple((one, statuses[one]) for one in matching if statuses[one] != "ACTIVE")
    active = tuple(one for one in matching if statuses[one] == "ACTIVE")
    if not active:
        raise UsageError("accounts", list(wanted), "none of the accounts that it matches is active")
    return replace(scope, accounts_from="organizations:ListAccounts", accounts_skipped=skipped), active


def _list_accounts(home: str) -> Asking[dict[str, str] | Problem]:
    """Account → status. AWS may answer an empty page with a token (API reference, ListAccounts)."""
    listing = Request("organizations", "ListAccounts", {"MaxResults": 20}, "", home, needs=("Accounts",))
    pages = yield from _every_page(listing)
    if isinstance(pages, Problem):
        return pages
    accounts = [one for page in pages for one in page.answer.get("Accounts") or []]
    if not all(ACCOUNT.match(str(one.get("Id"))) for one in accounts):
        return unexpected("the answer names what is no account")
    # `State` has come to replace `Status` (API reference, Account).
    statuses = {str(one["Id"]): str(one.get("State") or one.get("Status") or "UNKNOWN") for one in accounts}
    return statuses or unexpected("the answer names no account")


def _matching(accounts: Iterable[str], globs: Sequence[str], are: str) -> tuple[str, ...]:
    """The accounts that globs match, all where there are none, sorted."""
    ordered = tuple(sorted(accounts))
    for glob in globs:
        if not any(fnmatchcase(one, glob) for one in ordered):
            raise UsageError("accounts", glob, f"it matches no account; {are} {listed(ordered)}")
    return tuple(one for one in ordered if not globs or any(fnmatchcase(one, glob) for glob in globs))


# --- the regions of an account ---


def _look(account: str, foreign: bool, scope: Scope, region: str, botocores: tuple[str, ...]) -> Asking[AccountScope]:
    """One account's regions. A foreign account is entered first, and has to be the one that was meant."""
    if foreign:
        who = yield from _identity(account, scope.home)
        if who != account:
            problem = who if isinstance(who, Problem) else unexpected(f"its role leads into the account {who}")
            return AccountScope(account, (), problem=problem)
        region = scope.home
    refused: list[str] = []
    for source, asking in (
        ("account:ListRegions", _list_regions(account, MANAGEMENT_HOME.get(scope.partition, region))),
        ("ec2:DescribeRegions", _describe_regions(account, region)),
    ):
        states = yield from asking
        if isinstance(states, dict) and not set(states.values()) - OFF:
            states = unexpected("the answer names no region that is enabled")
        if not isinstance(states, Problem):
            return AccountScope(
                account,
                enabled=tuple(sorted(name for name, state in states.items() if state not in OFF)),
                disabled=tuple(sorted(name for name, state in states.items() if state in OFF)),
                changing=tuple(sorted(name for name, state in states.items() if state in CHANGING)),
                source=source,
                refused=tuple(refused),
            )
        refused.append(f"{source}: {states.reason.message}")
    return AccountScope(account, botocores, source="botocore", refused=tuple(refused))


def _with_guesses(accounts: Iterable[AccountScope], botocores: tuple[str, ...]) -> tuple[AccountScope, ...]:
    """Gives the accounts that could not be entered the regions of those that could, so that what is not seen there is
    planned and counted."""
    found = tuple(accounts)
    others = tuple(sorted({region for one in found for region in one.enabled}))
    guess, source = (others, "other accounts") if others else (botocores, "botocore")
    return tuple(replace(one, enabled=guess, source=source) if one.problem else one for one in found)


def _list_regions(account: str, home: str) -> Asking[dict[str, str] | Problem]:
    """Region → its state, from the Account Management API (5 requests/s)."""
    listing = Request("account", "ListRegions", {"MaxResults": 50}, account, home, needs=("Regions",))
    pages = yield from _every_page(listing)
    if isinstance(pages, Problem):
        return pages
    return _states(pages, "RegionOptStatus")


def _describe_regions(account: str, region: str) -> Asking[dict[str, str] | Problem]:
    (page,) = yield [Request("ec2", "DescribeRegions", {"AllRegions": True}, account, region, needs=("Regions",))]
    return page if isinstance(page, Problem) else _states([page], "OptInStatus")


def _states(pages: Iterable[Page], status: str) -> dict[str, str] | Problem:
    """What pages say of each region that they name; one without a status may be enabled."""
    regions = [one for page in pages for one in page.answer.get("Regions") or []]
    if not all(REGION.match(str(one.get("RegionName"))) for one in regions):
        return unexpected("the answer names what is no region")
    return {one["RegionName"]: str(one.get(status) or "") for one in regions}


# --- asking ---


def _every_page(first: Request) -> Asking[list[Page] | Problem]:
    """All pages, or the problem that came instead of one: a list that breaks off is not half believed."""
    pages: list[Page] = []
    seen: set[str] = set()
    request: Request | None = first
    while request is not None:
        if repr(request.token) in seen:
            return unexpected("a page token came twice")
        seen.add(repr(request.token))
        (page,) = yield [request]
        if isinstance(page, Problem):
            return page
        pages.append(page)
        request = page.next
    return pages


def _side_by_side(askings: Iterable[Asking[T]]) -> Asking[list[T]]:
    """What each of them says in the end. They ask in rounds: the requests of all of them are one list."""
    ended: dict[int, T] = {}
    open_ = dict(enumerate(askings))
    answers: dict[int, list[Answer]] = {}
    while True:
        asked: dict[int, list[Request]] = {}
        for number, asking in list(open_.items()):
            try:
                asked[number] = asking.send(answers[number]) if answers else next(asking)
            except StopIteration as end:
                ended[number] = end.value
                del open_[number]
        if not asked:
            return [ended[number] for number in sorted(ended)]
        came = iter((yield [request for requests in asked.values() for request in requests]))
        answers = {number: [next(came) for _ in requests] for number, requests in asked.items()}
