"""A unit as a generator: what it asks for, in which order, and what is left of it when something breaks.

The rows and services here are invented, and a call layer of a few lines answers them.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocktake.catalog.spec import Batch, Call, Enrich, Item, Paging, ResourceType, item, parent, target
from stocktake.collect import collect, probe
from stocktake.errors import MalformedAnswer
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
    Target,
)
from stocktake.normalise import normalise
from tests.catalog.drive import drive
from tests.helpers import few

HERE = Target("111111111111", "xx-test-1", "xx-test-1", "aws-test")
EVERYWHERE = Target("111111111111", "global", "xx-home-1")
BASIC = False

DENIED = Problem(State.DENIED, Reason(ReasonCode.IAM, "Get: AccessDenied: no"), "AccessDenied")
THROTTLED = Problem(State.FAILED, Reason(ReasonCode.THROTTLED, "Get: Throttling: slowly"), "Throttling")
GONE = Problem(State.FAILED, Reason(ReasonCode.UNEXPECTED, "Get: NotFound: gone"), "NotFound")

EXPIRED = Problem(State.FAILED, Reason(ReasonCode.PAGE_TOKEN, "too late"), "ExpiredNextTokenException")

LIST = Call(operation="List", items="Items")

Answering = Callable[[Request], Answer]


def things(*names: str) -> list[Item]:
    return [{"Id": name} for name in names]


def a_row(*calls: Call, **members: Any) -> ResourceType:
    return ResourceType(name="AWS::Test::Thing", service="test", doc="Things.", calls=calls, id="Id", **members)


def page(request: Request, token: str | None = None, **answer: Any) -> Page:
    """An answer, and the request for the page after it where there is a token."""
    return Page(answer, None if token is None else request.at((token,)))


def listing(*pages: Sequence[Any]) -> Answering:
    """`Items` in so many pages, new ones at every answer."""

    def answer(request: Request) -> Page:
        number = int(request.token[0]) if request.token else 0
        following = str(number + 1) if number + 1 < len(pages) else None
        return page(request, following, Items=copy.deepcopy(list(pages[number])))

    return answer


def always(**answer: Any) -> Answering:
    return lambda request: page(request, **answer)


def broken(problem: Problem) -> Answering:
    return lambda request: problem


def by(parameter: str, answers: Mapping[Any, Answering], otherwise: Answering) -> Answering:
    """Another answer for some values of a parameter."""
    return lambda request: answers.get(request.parameters[parameter], otherwise)(request)


@dataclass(frozen=True)
class Taken:
    """A unit's end, what it asked for, and what it handed on."""

    collection: Collection
    requests: list[Request]
    found: list[Found]

    @property
    def ids(self) -> list[str]:
        return [one.item["Id"] for one in self.found]

    @property
    def items(self) -> dict[str, Item]:
        return {one.item["Id"]: one.item for one in self.found}

    @property
    def gaps(self) -> dict[str, tuple[Gap, ...]]:
        return {one.item["Id"]: one.gaps for one in self.found}

    def asked(self, operation: str) -> list[Request]:
        return [request for request in self.requests if request.operation == operation]


def take(row: ResourceType, at: Target = HERE, enriched: bool = True, /, **answers: Answering) -> Taken:
    """Collects a unit; `answers` by operation."""
    emitted: list[list[Found]] = []
    requests: list[Request] = []

    def answer(request: Request) -> Answer:
        requests.append(request)
        return answers[request.operation](request)

    collection = drive(collect(row, at, emitted.append, enriched=enriched), answer)
    return Taken(collection, requests, [one for found in emitted for one in found])


def rounds(row: ResourceType, **answers: Answering) -> list[list[str]]:
    """The operations that a unit asks for side by side, one list after another."""
    steps = collect(row, HERE, lambda found: None)
    asked: list[list[str]] = []
    requests = next(steps)
    try:
        while True:
            asked.append([request.operation for request in requests])
            requests = steps.send([answers[request.operation](request) for request in requests])
    except StopIteration:
        return asked


# --- requests ---


def test_a_request_says_where_it_goes_and_how_it_pages() -> None:
    paging = Paging(("Token",), ("Next",))
    call = Call(operation="List", items="Items", paging=paging, root="ListAnswer", service="other")
    (request,) = take(a_row(call), List=listing([])).requests
    assert (request.service, request.operation, request.account) == ("other", "List", "111111111111")
    assert (request.region, request.paging, request.root, request.token) == ("xx-test-1", paging, "ListAnswer", None)


def test_what_belongs_to_no_region_is_asked_at_home() -> None:
    (request,) = take(a_row(LIST), EVERYWHERE, List=listing([])).requests
    assert request.region == "xx-home-1"


def test_parameters_come_from_the_target_the_parent_and_the_item_however_deep() -> None:
    row = a_row(
        Call(operation="List", items="Names", parameters={"Owner": target("account"), "In": target("partition")}),
        Call(operation="ListChildren", items="Children", parameters={"Of": item(), "Page": 10}),
        Call(
            operation="Describe",
            items="[Item]",
            parameters={"Filters": [{"Name": "parent", "Values": [parent()]}], "Child": {"Id": item("Id")}},
        ),
    )
    taken = take(
        row,
        List=always(Names=["p"]),
        ListChildren=always(Children=things("c")),
        Describe=always(Item={"Id": "c"}),
    )
    assert [request.parameters for request in taken.requests] == [
        {"Owner": "111111111111", "In": "aws-test"},
        {"Of": "p", "Page": 10},
        {"Filters": [{"Name": "parent", "Values": ["p"]}], "Child": {"Id": "c"}},
    ]
    assert taken.ids == ["c"]


def test_an_item_is_asked_about_in_its_own_region_or_in_the_targets_where_it_names_none() -> None:
    row = a_row(LIST, Call(operation="Get", items="[Item]", parameters={"Id": item("Id")}, region="Region"))
    items = [{"Id": "a", "Region": "xx-far-1"}, {"Id": "b"}]
    taken = take(row, List=listing(items), Get=always(Item={"Id": "x"}))
    assert [request.region for request in taken.asked("Get")] == ["xx-far-1", "xx-test-1"]


# --- the chain ---

CHAIN = a_row(
    Call(operation="ListGroups", items="Items"),
    Call(operation="ListChildren", items="Items", parameters={"Group": item()}, absent=("NotFound",)),
    Call(operation="Describe", items="Items", parameters={"Group": parent()}, batch=Batch("Ids", 10)),
)


def family(children: Mapping[str, Sequence[str]]) -> dict[str, Answering]:
    """Groups, their children in pages of twelve, and what describes a batch of them."""

    def list_children(request: Request) -> Answer:
        names = children[request.parameters["Group"]]
        pages = [names[start : start + 12] for start in range(0, len(names), 12)]
        return listing(*pages or [[]])(request)

    def describe(request: Request) -> Answer:
        return page(request, Items=[{"Id": name} for name in request.parameters["Ids"]])

    return {"ListGroups": listing(list(children)), "ListChildren": list_children, "Describe": describe}


@few
@given(st.lists(st.integers(0, 30), max_size=5))
def test_children_are_described_in_batches_of_ten_that_never_mix_parents(sizes: list[int]) -> None:
    children = {f"g{group}": [f"g{group}-{child}" for child in range(size)] for group, size in enumerate(sizes)}
    taken = take(CHAIN, **family(children))
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for request in taken.asked("Describe"):
        assert 1 <= len(request.parameters["Ids"]) <= 10
        asked[request.parameters["Group"]] += request.parameters["Ids"]
    assert asked == {group: names for group, names in children.items() if names}
    assert sorted(taken.ids) == sorted(name for names in children.values() for name in names)
    assert taken.collection.state is State.COLLECTED


def test_the_parent_of_what_a_batch_describes_is_the_parent_of_the_batch() -> None:
    parts = Call(operation="ListParts", items="Items", parameters={"Group": parent(), "Child": item("Id")})
    taken = take(a_row(*CHAIN.calls, parts), **family({"a": ["a1", "a2"]}), ListParts=listing(things("part")))
    assert [request.parameters for request in taken.asked("ListParts")] == [
        {"Group": "a", "Child": "a1"},
        {"Group": "a", "Child": "a2"},
    ]


def test_requests_that_do_not_need_each_other_are_asked_side_by_side() -> None:
    assert rounds(CHAIN, **family({"a": ["a1", "a2"], "b": ["b1"], "c": []})) == [
        ["ListGroups"],
        ["ListChildren"] * 3,
        ["Describe"] * 2,
    ]


def test_the_items_of_a_page_are_handed_on_before_the_next_page_is_waited_for() -> None:
    happened: list[str] = []

    def emit(found: list[Found]) -> None:
        happened.append(" ".join(one.item["Id"] for one in found))

    def answer(request: Request) -> Answer:
        happened.append(f"page {request.token[0] if request.token else 0}")
        return listing(things("a", "b"), things("c"))(request)

    drive(collect(a_row(LIST), HERE, emit), answer)
    assert happened == ["page 0", "a b", "page 1", "c"]


def test_an_empty_page_with_a_token_goes_on() -> None:
    taken = take(a_row(LIST), List=listing([], [], things("a"), []))
    assert taken.ids == ["a"]
    assert taken.collection == Collection(pages=4, listed=4)


def test_an_answer_without_the_list_has_no_items() -> None:
    taken = take(a_row(LIST), List=always())
    assert (taken.found, taken.collection.state) == ([], State.COLLECTED)


def test_items_of_another_type_are_left_out() -> None:
    row = a_row(Call(operation="List", items="Items", where="Engine != 'other'"))
    taken = take(row, List=listing([{"Id": "a", "Engine": "ours"}, {"Id": "b", "Engine": "other"}]))
    assert taken.ids == ["a"]
    assert taken.collection.state is State.COLLECTED


def test_an_item_of_which_it_cannot_be_said_whether_it_is_wanted_stays() -> None:
    row = a_row(Call(operation="List", items="Items", where="starts_with(Engine, 'our')"))
    taken = take(row, List=listing([{"Id": "a", "Engine": "ours"}, {"Id": "b", "Engine": 5}]))
    assert taken.ids == ["a", "b"]
    assert taken.collection.state is State.PARTIAL


def test_a_child_that_is_gone_since_it_was_listed_is_no_failure() -> None:
    answers = family({"a": ["a1"], "b": ["b1"], "c": ["c1"]})
    answers["ListChildren"] = by("Group", {"b": broken(GONE)}, answers["ListChildren"])
    taken = take(CHAIN, **answers)
    assert taken.ids == ["a1", "c1"]
    assert taken.collection.state is State.COLLECTED


def test_an_absent_code_of_the_first_call_means_that_the_service_is_not_enabled() -> None:
    taken = take(a_row(Call(operation="List", items="Items", absent=("NotFound",))), List=broken(GONE))
    assert taken.collection.state is State.UNAVAILABLE
    assert taken.collection.reason == Reason(ReasonCode.NOT_ENABLED, GONE.reason.message)


# --- what breaks ---


@pytest.mark.parametrize("state", [state for state in State if state not in (State.COLLECTED, State.PARTIAL)])
def test_a_problem_on_the_first_page_is_the_units_own(state: State) -> None:
    problem = Problem(state, Reason(ReasonCode.SCP, "List: no"))
    taken = take(a_row(LIST), List=broken(problem))
    assert taken.collection == Collection(problem=problem)
    assert (taken.collection.state, taken.collection.reason) == (state, problem.reason)


def test_a_problem_on_a_further_page_keeps_what_was_read() -> None:
    def second_is_throttled(request: Request) -> Answer:
        return THROTTLED if request.token else page(request, "more", Items=things("a", "b"))

    taken = take(a_row(LIST), List=second_is_throttled)
    assert taken.ids == ["a", "b"]
    assert (taken.collection.state, taken.collection.reason) == (State.PARTIAL, THROTTLED.reason)


def test_a_denied_child_keeps_the_rest() -> None:
    answers = family({"a": ["a1"], "b": ["b1"], "c": ["c1"], "d": ["d1"]})
    answers["ListChildren"] = by("Group", {"b": broken(DENIED), "d": broken(THROTTLED)}, answers["ListChildren"])
    taken = take(CHAIN, **answers)
    assert taken.ids == ["a1", "c1"]
    assert taken.collection.state is State.PARTIAL
    assert taken.collection.reason == Reason(ReasonCode.IAM, "Get: AccessDenied: no (and 1 more)")


def test_where_nothing_that_bears_resources_was_read_the_unit_is_not_partial() -> None:
    answers = family({"a": ["a1"], "b": ["b1"]})
    answers["Describe"] = broken(DENIED)
    taken = take(CHAIN, **answers)
    assert (taken.collection.state, taken.collection.pages, taken.collection.listed) == (State.DENIED, 3, 0)


def test_what_an_answer_leaves_out_makes_the_unit_partial() -> None:
    row = a_row(Call(operation="List", items="Items", unanswered="Failures[?Reason != 'MISSING']"))
    missing, refused = {"Id": "b", "Reason": "MISSING"}, {"Id": "c", "Reason": "BUSY"}
    assert take(row, List=always(Items=things("a"), Failures=[missing])).collection.state is State.COLLECTED
    taken = take(row, List=always(Items=things("a"), Failures=[missing, refused]))
    assert taken.ids == ["a"]
    assert taken.collection.state is State.PARTIAL
    assert taken.collection.reason == Reason(
        ReasonCode.UNEXPECTED, "List: the answer leaves out 1 of what was asked for"
    )


@pytest.mark.parametrize("tokens", ["AA", "ABAB", "ABCDB"])
def test_a_page_token_that_comes_twice_ends_the_listing_and_every_item_is_kept(tokens: str) -> None:
    served: list[str] = []

    def answer(request: Request) -> Answer:
        served.append(f"item {len(served)}")
        return page(request, tokens[len(served) - 1], Items=things(served[-1]))

    taken = take(a_row(LIST), List=answer)
    assert taken.ids == served
    assert len(served) == len(set(tokens)) + 1
    assert taken.collection.state is State.PARTIAL
    assert taken.collection.reason == Reason(ReasonCode.TOKEN_LOOP, "List: a page token came twice")


def expiring(answering: Answering, *, at: str, times: int) -> Answering:
    """The same, but that the token `at` is refused so many times."""
    left = times

    def answer(request: Request) -> Answer:
        nonlocal left
        if request.token == (at,) and left:
            left -= 1
            return EXPIRED
        return answering(request)

    return answer


@pytest.mark.parametrize("at", ["1", "2"])
def test_a_page_token_that_expired_starts_the_listing_again_once(at: str) -> None:
    pages = [things("a"), things("b"), things("c")]
    taken = take(a_row(LIST), List=expiring(listing(*pages), at=at, times=1))
    assert taken.collection.state is State.COLLECTED
    assert sorted(set(taken.ids)) == ["a", "b", "c"]
    assert taken.ids[-3:] == ["a", "b", "c"]


def test_a_page_token_that_expires_again_makes_the_unit_partial() -> None:
    pages = [things("a"), things("b"), things("c")]
    taken = take(a_row(LIST), List=expiring(listing(*pages), at="2", times=9))
    assert (taken.collection.state, taken.collection.reason) == (State.PARTIAL, EXPIRED.reason)
    assert set(taken.ids) == {"a", "b"}
    assert len(taken.requests) == 6


def test_a_first_page_that_is_refused_for_its_token_is_not_asked_for_again() -> None:
    taken = take(a_row(LIST), List=broken(EXPIRED))
    assert (taken.collection.state, len(taken.requests)) == (State.FAILED, 1)


@pytest.mark.parametrize(("times", "gaps"), [(1, ()), (9, (Gap("Tags", Reason(ReasonCode.PAGE_TOKEN, "too late")),))])
def test_an_enrichments_pages_start_again_once_too(times: int, gaps: tuple[Gap, ...]) -> None:
    row = a_row(LIST, enrich=(Enrich(call=Call(operation="Tags", items="Items"), into="Tags"),))
    tags = expiring(listing(["x"], ["y"]), at="1", times=times)
    taken = take(row, List=listing(things("a")), Tags=tags)
    assert taken.gaps == {"a": gaps}
    if not gaps:
        assert taken.items["a"]["Tags"] == ["x", "y"]


def test_items_that_are_no_objects_are_malformed_and_the_others_are_kept() -> None:
    taken = take(a_row(LIST), List=listing([{"Id": "a"}, "b", None, {"Id": "c"}], things("d")))
    assert taken.ids == ["a", "c", "d"]
    assert taken.collection.state is State.PARTIAL
    assert taken.collection.reason == Reason(ReasonCode.MALFORMED, "List: an item is no object")


def test_a_page_whose_items_are_no_list_is_malformed_and_the_others_are_kept() -> None:
    def answer(request: Request) -> Answer:
        return page(request, Items=things("b")) if request.token else page(request, "more", Items={"Id": "a"})

    taken = take(a_row(LIST), List=answer)
    assert taken.ids == ["b"]
    assert taken.collection.reason == Reason(ReasonCode.MALFORMED, "List: Items is no list in the answer")


def test_a_page_with_an_item_that_cannot_be_recorded_is_malformed_and_the_next_is_read() -> None:
    emitted: list[str] = []

    def emit(found: list[Found]) -> None:
        emitted.extend(one.item["Id"] for one in found)
        if "a" in emitted[-1]:
            raise MalformedAnswer("AWS::Test::Thing: an item has no Id")

    collection = drive(collect(a_row(LIST), HERE, emit), listing(things("a"), things("b")))
    assert emitted == ["a", "b"]
    assert (collection.state, collection.listed) == (State.PARTIAL, 2)
    assert collection.reason == Reason(ReasonCode.MALFORMED, "AWS::Test::Thing: an item has no Id")


def test_an_error_of_ours_is_the_units_problem_and_not_the_runs() -> None:
    def emit(found: list[Found]) -> None:
        raise ZeroDivisionError

    collection = drive(collect(a_row(LIST), HERE, emit), listing(things("a"), things("b")))
    assert collection.state is State.PARTIAL
    assert collection.reason is not None
    assert collection.reason.code is ReasonCode.UNEXPECTED
    assert collection.reason.message.startswith("ZeroDivisionError at test_collect.py:")


def test_a_request_that_cannot_be_made_is_the_units_problem_and_not_the_runs() -> None:
    taken = take(a_row(Call(operation="List", items="Items", parameters={"Size": target("length(nothing)")})))
    assert (taken.requests, taken.collection.state) == ([], State.FAILED)
    assert taken.collection.reason is not None
    assert taken.collection.reason.code is ReasonCode.UNEXPECTED


# --- enrichments ---

POLICY = Enrich(
    call=Call(operation="Get", items="Policy", parameters={"Id": item("Id")}, absent=("NotFound",)), into="Policy"
)
ENRICHED = a_row(LIST, enrich=(POLICY,))
ABC = listing(things("a", "b", "c"))


def test_an_enrichment_joins_its_item() -> None:
    taken = take(ENRICHED, List=ABC, Get=lambda request: page(request, Policy=f"of {request.parameters['Id']}"))
    assert taken.items["b"] == {"Id": "b", "Policy": "of b"}
    assert taken.collection == Collection(pages=4, listed=1)


def test_an_absent_code_of_an_enrichment_sets_null() -> None:
    taken = take(ENRICHED, List=ABC, Get=by("Id", {"b": broken(GONE)}, always(Policy="p")))
    assert taken.found[1] == Found({"Id": "b", "Policy": None})
    assert taken.collection.state is State.COLLECTED


@pytest.mark.parametrize("problem", [DENIED, THROTTLED])
def test_a_refused_enrichment_is_a_gap_on_that_resource_alone(problem: Problem) -> None:
    taken = take(ENRICHED, List=ABC, Get=by("Id", {"b": broken(problem)}, always(Policy="p")))
    assert taken.found[1] == Found({"Id": "b"}, (Gap("Policy", problem.reason),), frozenset({"Policy"}))
    assert [(one.gaps, one.unread) for one in (taken.found[0], taken.found[2])] == [((), frozenset())] * 2
    assert (taken.collection.state, taken.collection.problem) == (State.COLLECTED, None)


def test_an_enrichment_can_bring_several_members_and_null_for_one_that_is_not_there() -> None:
    row = a_row(LIST, enrich=(Enrich(call=POLICY.call, into=("Policy", "Tags")),))
    taken = take(row, List=ABC, Get=by("Id", {"b": broken(DENIED), "c": broken(GONE)}, always(Policy={"Tags": []})))
    assert taken.items["a"] == {"Id": "a", "Policy": None, "Tags": []}
    assert taken.gaps["b"] == (Gap("Policy", DENIED.reason), Gap("Tags", DENIED.reason))
    assert taken.items["c"] == {"Id": "c", "Policy": None, "Tags": None}


def test_an_enrichment_is_asked_only_when_its_condition_holds() -> None:
    row = a_row(LIST, enrich=(Enrich(call=POLICY.call, into="Policy", when="Kind == 'open'"),))
    taken = take(row, List=listing([{"Id": "a", "Kind": "open"}, {"Id": "b"}]), Get=always(Policy="p"))
    assert [request.parameters["Id"] for request in taken.asked("Get")] == ["a"]
    assert taken.items["b"] == {"Id": "b"}


def test_what_needs_a_part_that_was_refused_is_not_asked_for_and_has_its_gap() -> None:
    place = Enrich(call=Call(operation="GetPlace", items="Place", parameters={"Id": item("Id")}), into="Place")
    rules = Enrich(call=Call(operation="GetRules", items="Rules", parameters={"In": item("Place")}), into="Rules")
    taken = take(a_row(LIST, enrich=(place, rules)), List=ABC, GetPlace=broken(DENIED), GetRules=always(Rules=[]))
    assert taken.asked("GetRules") == []
    assert taken.gaps["a"] == (Gap("Place", DENIED.reason), Gap("Rules", DENIED.reason))


def test_the_lists_of_an_enrichments_pages_are_joined() -> None:
    row = a_row(LIST, enrich=(Enrich(call=Call(operation="Get", items="Items"), into="Tags"),))
    taken = take(row, List=listing(things("a")), Get=listing([1, 2], [], [3]))
    assert taken.items["a"]["Tags"] == [1, 2, 3]
    assert (taken.collection.pages, taken.collection.listed) == (4, 1)


def test_the_maps_of_an_enrichments_pages_are_joined() -> None:
    def answer(request: Request) -> Answer:
        return page(request, Tags={"b": "2"}) if request.token else page(request, "more", Tags={"a": "1"})

    row = a_row(LIST, enrich=(Enrich(call=Call(operation="Get", items="Tags"), into="Tags"),))
    assert take(row, List=listing(things("x")), Get=answer).items["x"]["Tags"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("tokens", ["AA", "ABAB"])
def test_a_page_token_of_an_enrichment_that_comes_twice_is_a_gap(tokens: str) -> None:
    left = list(tokens)
    row = a_row(LIST, enrich=(Enrich(call=Call(operation="Get", items="Items"), into="Tags"),))
    taken = take(row, List=listing(things("a")), Get=lambda request: page(request, left.pop(0), Items=[1]))
    (gap,) = taken.gaps["a"]
    assert (gap.path, gap.reason.code) == ("Tags", ReasonCode.TOKEN_LOOP)
    assert taken.collection.state is State.COLLECTED


def test_an_enrichment_whose_answer_cannot_be_joined_is_a_gap() -> None:
    row = a_row(LIST, enrich=(Enrich(call=Call(operation="Get", items="length(Missing)"), into="Size"),))
    (gap,) = take(row, List=listing(things("a")), Get=always()).gaps["a"]
    assert (gap.path, gap.reason.code) == ("Size", ReasonCode.UNEXPECTED)


def test_an_enrichment_waits_for_the_one_whose_result_it_needs_and_the_others_go_side_by_side() -> None:
    def about(operation: str, **more: Any) -> Call:
        return Call(operation=operation, items="Value", parameters={"Id": item("Id")}, **more)

    row = a_row(
        LIST,
        enrich=(
            Enrich(call=about("GetPlace"), into="Place", when="!Region"),
            Enrich(call=about("GetRules", region="Region || Place"), into="Rules"),
            Enrich(call=about("GetOwner"), into="Owner"),
            Enrich(call=about("GetLimits"), into="Limits", when="Rules"),
        ),
    )
    answers = {
        "List": listing([{"Id": "a", "Region": "xx-near-1"}, {"Id": "b"}]),
        "GetPlace": always(Value="xx-far-1"),
        "GetRules": always(Value="strict"),
        "GetOwner": always(Value="me"),
        "GetLimits": always(Value=5),
    }
    assert rounds(row, **answers) == [
        ["List"],
        ["GetPlace", "GetOwner", "GetOwner"],
        ["GetRules", "GetRules"],
        ["GetLimits", "GetLimits"],
    ]
    assert [request.region for request in take(row, **answers).asked("GetRules")] == ["xx-near-1", "xx-far-1"]


def test_an_enrichment_waits_for_what_stands_deep_in_its_parameters() -> None:
    row = a_row(
        LIST,
        enrich=(
            Enrich(call=Call(operation="GetPlace", items="Value", parameters={"Id": item("Id")}), into="Place"),
            Enrich(
                call=Call(operation="GetRules", items="Value", parameters={"In": {"Place": item("Place")}}),
                into="Rules",
            ),
        ),
    )
    taken = take(row, List=listing(things("a")), GetPlace=always(Value="here"), GetRules=always(Value="r"))
    assert [request.parameters for request in taken.asked("GetRules")] == [{"In": {"Place": "here"}}]


TAGS = Enrich(
    call=Call(operation="DescribeTags", items="Sets", batch=Batch("Ids", 3, "Id"), unanswered="Failures"),
    into="Tags",
    match="Owner",
    value="Tags",
)
TAGGED = a_row(LIST, enrich=(TAGS,), tags="Tags")
SEVEN = listing(things(*"abcdefg"))


def tags_of(names: Sequence[str], **more: Any) -> dict[str, Any]:
    return {"Sets": [{"Owner": name, "Tags": {"is": name}} for name in reversed(names)], **more}


def test_a_batch_of_an_enrichment_gives_each_item_its_own() -> None:
    taken = take(TAGGED, List=SEVEN, DescribeTags=lambda request: page(request, **tags_of(request.parameters["Ids"])))
    assert [request.parameters["Ids"] for request in taken.asked("DescribeTags")] == [[*"abc"], [*"def"], ["g"]]
    assert {name: one["Tags"] for name, one in taken.items.items()} == {name: {"is": name} for name in "abcdefg"}
    assert rounds(TAGGED, List=SEVEN, DescribeTags=always()) == [["List"], ["DescribeTags"] * 3]


def test_an_item_that_a_batch_does_not_mention_gets_null() -> None:
    taken = take(TAGGED, List=listing(things("a", "b")), DescribeTags=always(**tags_of("b")))
    assert taken.found == [Found({"Id": "a", "Tags": None}), Found({"Id": "b", "Tags": {"is": "b"}})]


def test_an_item_that_a_batch_says_it_leaves_out_has_a_gap() -> None:
    taken = take(TAGGED, List=listing(things("a", "b")), DescribeTags=always(**tags_of("b", Failures=["a"])))
    (gap,) = taken.gaps["a"]
    assert (gap.path, gap.reason.message) == ("Tags", "DescribeTags: left out of the answer")
    assert taken.found[1] == Found({"Id": "b", "Tags": {"is": "b"}})
    assert taken.collection.state is State.COLLECTED


def test_what_an_answer_calls_otherwise_than_we_asked_for_makes_what_it_does_not_mention_unknown() -> None:
    """An ARN in another form, say: its tags would be told as none."""
    taken = take(TAGGED, List=listing(things("a", "b")), DescribeTags=always(**tags_of(["A", "b"])))
    (gap,) = taken.gaps["a"]
    assert (gap.path, gap.reason.message) == ("Tags", "DescribeTags: left out of the answer")
    assert normalise(TAGGED, HERE, taken.found[0]).tags is None
    assert taken.found[1] == Found({"Id": "b", "Tags": {"is": "b"}})


def test_a_refused_batch_is_a_gap_on_its_items_alone() -> None:
    def answer(request: Request) -> Answer:
        names = request.parameters["Ids"]
        return DENIED if "e" in names else page(request, **tags_of(names))

    taken = take(TAGGED, List=SEVEN, DescribeTags=answer)
    assert {name for name, gaps in taken.gaps.items() if gaps} == {*"def"}


def test_a_batch_may_ask_by_arns_that_the_items_do_not_have() -> None:
    arn = "arn:{partition}:test:{region}:{account}:thing/{Id}"
    enrich = replace(TAGS, call=replace(TAGS.call, batch=Batch("Arns", 3, arn), unanswered=""))
    row = a_row(LIST, enrich=(enrich,))
    arns = [f"arn:{HERE.partition}:test:{HERE.region}:{HERE.account}:thing/{name}" for name in "ab"]
    taken = take(row, List=listing(things("a", "b")), DescribeTags=always(**tags_of(arns[1:])))
    assert taken.asked("DescribeTags")[0].parameters == {"Arns": arns}
    assert {name: one["Tags"] for name, one in taken.items.items()} == {"a": None, "b": {"is": arns[1]}}


@pytest.mark.parametrize("odd", [{}, {"Key": None}, {"Key": ""}, {"Key": {"no": "text"}}, {"Key": ["no text"]}])
def test_an_item_without_what_a_batch_asks_by_has_a_gap_and_the_others_are_asked_about(odd: dict[str, Any]) -> None:
    enrich = replace(TAGS, call=replace(TAGS.call, batch=Batch("Ids", 3, "Key")))
    items = [{"Id": "a", **odd}, {"Id": "b", "Key": "b"}, {"Id": "c", "Key": "b"}]
    taken = take(a_row(LIST, enrich=(enrich,)), List=listing(items), DescribeTags=always(**tags_of(["b"])))
    assert [request.parameters["Ids"] for request in taken.asked("DescribeTags")] == [["b"]]
    (gap,) = taken.gaps["a"]
    assert (gap.path, gap.reason.code) == ("Tags", ReasonCode.MALFORMED)
    assert [taken.items[name]["Tags"] for name in "bc"] == [{"is": "b"}] * 2


@pytest.mark.parametrize(
    ("arn", "is_asked"),
    [
        (f"arn:aws:test:xx-test-1:{HERE.account}:thing/a", True),
        (f"arn:aws:test::{HERE.account}:thing/a", True),
        ("arn:aws:test:::thing/a:222222222222:b", True),
        ("no arn", True),
        ("arn:aws:test:xx-test-1:222222222222:thing/a", False),
        ("arn:aws:test::aws:thing/a", False),
    ],
)
def test_what_knows_our_own_alone_is_not_asked_about_another_accounts(arn: str, is_asked: bool) -> None:
    enrich = replace(TAGS, call=replace(TAGS.call, batch=Batch("Arns", 3, "Arn", own=True), unanswered=""))
    row = a_row(LIST, enrich=(enrich,), tags="Tags")
    taken = take(row, List=listing([{"Id": "a", "Arn": arn}]), DescribeTags=always(Sets=[]))
    assert [request.parameters["Arns"] for request in taken.asked("DescribeTags")] == [[arn]] * is_asked
    assert normalise(row, HERE, taken.found[0]).tags == ({} if is_asked else None)
    assert not taken.gaps["a"]


def test_an_enrichment_is_not_asked_for_in_other_partitions_than_it_names() -> None:
    for partitions, tags in ((("aws-test",), {"is": "a"}), (("aws", "aws-other"), None)):
        row = a_row(LIST, enrich=(replace(TAGS, partitions=partitions),), tags="Tags")
        taken = take(row, List=listing(things("a")), DescribeTags=always(**tags_of("a")))
        assert len(taken.asked("DescribeTags")) == (tags is not None)
        assert normalise(row, HERE, taken.found[0]).tags == tags
        assert not taken.gaps["a"]


# --- detail: basic ---


def test_detail_basic_asks_the_chain_and_in_batches_and_says_what_is_unread() -> None:
    row = a_row(LIST, enrich=(POLICY, TAGS), tags="Tags")
    taken = take(row, HERE, BASIC, List=ABC, DescribeTags=lambda request: page(request, **tags_of(["a", "b", "c"])))
    assert [request.operation for request in taken.requests] == ["List", "DescribeTags"]
    assert {one.unread for one in taken.found} == {frozenset({"Policy"})}
    assert {name: one["Tags"] for name, one in taken.items.items()} == {name: {"is": name} for name in "abc"}
    assert all(not one.gaps for one in taken.found)


def test_tags_are_null_where_they_were_not_asked_for_or_refused_and_empty_where_there_are_none() -> None:
    def tags(taken: Taken) -> list[Mapping[str, str] | None]:
        return [normalise(TAGGED, HERE, one).tags for one in taken.found]

    one = listing(things("a"))
    per_resource = a_row(LIST, enrich=(POLICY,), tags="Policy")
    (found,) = take(per_resource, HERE, BASIC, List=one).found
    assert normalise(per_resource, HERE, found).tags is None
    assert tags(take(TAGGED, List=one, DescribeTags=broken(DENIED))) == [None]
    assert tags(take(TAGGED, List=one, DescribeTags=always(Sets=[]))) == [{}]


# --- probe ---


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (listing(things("a", "b")), State.COLLECTED),
        (listing([]), State.COLLECTED),
        (broken(DENIED), State.DENIED),
    ],
)
def test_a_probe_asks_the_first_call_once_and_looks_at_no_item(answer: Answering, state: State) -> None:
    asked: list[Request] = []

    def once(request: Request) -> Answer:
        asked.append(request)
        return answer(request)

    row = a_row(LIST, enrich=(POLICY, TAGS))
    collection = drive(probe(row, HERE), once)
    assert [request.operation for request in asked] == ["List"]
    assert (collection.state, collection.listed) == (state, 0)


# --- Collection ---


@pytest.mark.parametrize(
    ("collection", "state", "reason"),
    [
        (Collection(), State.COLLECTED, None),
        (Collection(pages=3, listed=3), State.COLLECTED, None),
        (Collection(DENIED), State.DENIED, DENIED.reason),
        (Collection(DENIED, pages=2, listed=0), State.DENIED, DENIED.reason),
        (Collection(DENIED, pages=2, listed=1), State.PARTIAL, DENIED.reason),
        (Collection(DENIED, 2, 2, 1), State.PARTIAL, Reason(ReasonCode.IAM, "Get: AccessDenied: no (and 2 more)")),
    ],
)
def test_a_collection_is_partial_where_something_was_listed_before_it_broke(
    collection: Collection, state: State, reason: Reason | None
) -> None:
    assert (collection.state, collection.reason) == (state, reason)
