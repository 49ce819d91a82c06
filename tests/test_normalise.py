"""normalise(): one item as AWS described it → one Resource."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import jmespath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import REDACTED, Call, Item, ResourceType
from stocktake.errors import MalformedAnswer
from stocktake.expressions import searcher
from stocktake.model import Found, Gap, Reason, ReasonCode, Resource, Target
from stocktake.normalise import normalise
from tests.helpers import ACCOUNT, law

HERE = Target(ACCOUNT, "eu-west-1", "eu-west-1")


def row(**members: Any) -> ResourceType:
    given: dict[str, Any] = {"name": "AWS::Test::Thing", "service": "test", "doc": "", "id": "Id"} | members
    return ResourceType(calls=(Call(operation="ListThings"),), **given)


def normal(item: Item, *, unread: Iterable[str] = (), target: Target = HERE, **members: Any) -> Resource:
    return normalise(row(**members), target, Found({"Id": "i-1", **item}, unread=frozenset(unread)))


# --- identity ---


def test_a_resource_says_where_it_was_found_and_carries_what_was_described() -> None:
    resource = normal({"Size": 8})
    assert resource == Resource(
        account=ACCOUNT,
        region="eu-west-1",
        type="AWS::Test::Thing",
        id="i-1",
        arn=None,
        name=None,
        tags=None,
        created=None,
        data={"Id": "i-1", "Size": 8},
    )


@pytest.mark.parametrize("item", [{}, {"Id": None}, {"Id": ""}, {"id": "i-1"}])
def test_an_item_without_an_id_is_malformed(item: Item) -> None:
    with pytest.raises(MalformedAnswer, match=r"^AWS::Test::Thing: an item has no Id$"):
        normalise(row(), HERE, Found(item))


@pytest.mark.parametrize(("value", "identity"), [(7, "7"), (0, "0"), ("a b", "a b")])
def test_an_id_is_text(value: Any, identity: str) -> None:
    assert normal({"Id": value}).id == identity


def test_an_id_may_lie_deeper_or_be_an_expression() -> None:
    assert normal({"Thing": {"Id": "deep"}}, id="Thing.Id").id == "deep"
    assert normal({"A": "a", "B": "b"}, id="join('/', [A, B])").id == "a/b"


def test_gaps_travel_with_their_resource() -> None:
    gap = Gap("Policy", Reason(ReasonCode.IAM, "no"))
    assert normalise(row(), HERE, Found({"Id": "i-1"}, gaps=(gap,))).gaps == (gap,)


# --- ARN ---


@pytest.mark.parametrize(
    ("template", "item", "arn"),
    [
        ("", {}, None),
        ("Arn", {"Arn": "arn:aws:test:::x"}, "arn:aws:test:::x"),
        ("Arn", {}, None),
        ("Arn", {"Arn": ""}, None),
        ("Thing.Arn", {"Thing": {"Arn": "arn:x"}}, "arn:x"),
        (
            "arn:{partition}:test:{region}:{account}:thing/{Id}",
            {},
            f"arn:aws-cn:test:cn-north-1:{ACCOUNT}:thing/i-1",
        ),
        ("arn:{partition}:test::{Owner.Id}:thing/{Id}", {"Owner": {"Id": "1"}}, "arn:aws-cn:test::1:thing/i-1"),
        ("arn:{partition}:test::{Owner}:thing/{Id}", {}, None),
        ("arn:{partition}:test::{Owner}:thing/{Id}", {"Owner": ""}, None),
        ("arn:{partition}:test:::{Kind || 'plain'}/{Id}", {}, "arn:aws-cn:test:::plain/i-1"),
        ("arn:{partition}:test:::{Names[0]}", {"Names": ["first"]}, "arn:aws-cn:test:::first"),
        # what is put in is not read as a template again
        ("arn:{partition}:test:::{Name}", {"Name": r"{region}\1"}, r"arn:aws-cn:test:::{region}\1"),
        # the target's own members come before an item's of that name
        ("arn:{partition}:test:{region}", {"region": "elsewhere"}, "arn:aws-cn:test:cn-north-1"),
    ],
)
def test_an_arn_is_a_path_or_a_template(template: str, item: Item, arn: str | None) -> None:
    target = Target(ACCOUNT, "cn-north-1", "cn-north-1", "aws-cn")
    assert normal(item, arn=template, target=target).arn == arn


# --- tags ---


@pytest.mark.parametrize(
    "raw",
    [
        [{"Key": "env", "Value": "prod"}, {"Key": "empty", "Value": ""}],
        [{"key": "env", "value": "prod"}, {"key": "empty", "value": ""}],
        [{"TagKey": "env", "TagValue": "prod"}, {"TagKey": "empty", "TagValue": ""}],
        [{"Key": "env", "Value": "prod"}, {"Key": "empty"}],
        [{"Key": "env", "Value": "prod"}, {"Key": "empty", "Value": None}],
        [{"Key": "env", "Value": "prod", "PropagateAtLaunch": True}, {"Key": "empty", "Value": ""}],
        {"env": "prod", "empty": ""},
        {"env": "prod", "empty": None},
    ],
)
def test_tags_of_every_shape_become_one_object(raw: Any) -> None:
    assert normal({"Tags": raw}, tags="Tags").tags == {"env": "prod", "empty": ""}


@pytest.mark.parametrize("item", [{}, {"Tags": None}, {"Tags": []}, {"Tags": {}}])
def test_where_aws_names_no_tags_there_are_none(item: Item) -> None:
    assert normal(item, tags="Tags").tags == {}


def test_where_the_row_knows_no_tags_they_are_unknown() -> None:
    assert normal({"Tags": [{"Key": "env", "Value": "prod"}]}).tags is None


@pytest.mark.parametrize("path", ["Tags", "Tags.List"])
def test_tags_that_were_not_read_are_unknown(path: str) -> None:
    assert normal({}, tags=path, unread=["Tags"]).tags is None


def test_a_part_that_was_not_read_leaves_the_tags_known() -> None:
    assert normal({}, tags="Tags", unread=["Policy"]).tags == {}


# --- name ---


def test_the_name_is_the_tag_of_that_name() -> None:
    assert normal({"Tags": [{"Key": "Name", "Value": "web-1"}]}, tags="Tags").name == "web-1"


def test_two_tags_that_differ_in_case_are_two() -> None:
    resource = normal({"Tags": [{"Key": "name", "Value": "low"}, {"Key": "Name", "Value": "High"}]}, tags="Tags")
    assert resource.name == "High"
    assert resource.tags == {"name": "low", "Name": "High"}


def test_the_name_tag_is_not_any_tag_like_it() -> None:
    assert normal({"Tags": {"name": "low", "NAME": "loud"}}, tags="Tags").name is None


def test_a_label_comes_before_the_name_tag() -> None:
    item = {"Tags": {"Name": "tagged"}, "Label": "labelled"}
    assert normal(item, tags="Tags", label="Label").name == "labelled"
    assert normal({"Label": 7}, label="Label").name == "7"
    assert normal({"Tags": {"Name": "tagged"}}, tags="Tags", label="Label").name is None


def test_without_tags_and_label_there_is_no_name() -> None:
    assert normal({"Name": "not the label"}).name is None
    assert normal({}, tags="Tags", unread=["Tags"]).name is None


# --- region and time ---


def test_a_row_says_in_which_region_a_resource_lies() -> None:
    target = Target(ACCOUNT, "global", "us-east-1")
    there = normal({"Where": "eu-south-1"}, region="Where", arn="arn:{region}", target=target)
    assert (there.region, there.arn) == ("eu-south-1", "arn:eu-south-1")
    assert normal({}, region="Where", target=target).region == "global"


@pytest.mark.parametrize(
    ("item", "region"),
    [
        ({"BucketRegion": "eu-south-1"}, "eu-south-1"),
        ({"BucketRegion": "eu-south-1", "Location": "eu-west-1"}, "eu-south-1"),
        ({"Location": "eu-west-1"}, "eu-west-1"),
    ],
)
def test_a_buckets_region_is_read_from_either_answer(item: Item, region: str) -> None:
    target = Target(ACCOUNT, "global", "us-east-1")
    bucket = normalise(CATALOG["AWS::S3::Bucket"], target, Found({"Name": "b", **item}))
    assert bucket.region == region


def test_a_bucket_whose_region_could_not_be_read_is_not_said_to_be_in_virginia() -> None:
    target = Target(ACCOUNT, "global", "us-east-1")
    found = Found({"Name": "b"}, unread=frozenset({"Location"}))
    assert normalise(CATALOG["AWS::S3::Bucket"], target, found).region == "global"


def test_created_is_the_time_that_the_row_names_as_aws_gave_it() -> None:
    assert normal({"At": "2026-01-05T10:00:00Z"}, created="At").created == "2026-01-05T10:00:00Z"
    assert normal({}, created="At").created is None
    assert normal({"At": "2026-01-05T10:00:00Z"}).created is None


@pytest.mark.parametrize(
    ("at", "created"),
    [
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        ("1700000000", "2023-11-14T22:13:20Z"),
        (1_700_000_000_500, "2023-11-14T22:13:20.5Z"),
        ("1700000000000", "2023-11-14T22:13:20Z"),
        (123, "123"),
        (1_700_000_000.5, "1700000000.5"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_created_may_be_seconds_or_milliseconds_since_1970(at: Any, created: str) -> None:
    assert normal({"At": at}, created="At").created == created


@law
@given(st.datetimes(datetime(1975, 1, 1), datetime(5000, 1, 1)))
def test_a_time_is_the_same_however_aws_counts_it(at: datetime) -> None:
    text = at.replace(microsecond=0).isoformat() + "Z"
    seconds = (at.replace(microsecond=0) - datetime(1970, 1, 1)) // timedelta(seconds=1)
    assert normal({"At": seconds}, created="At").created == text
    assert normal({"At": str(seconds * 1000)}, created="At").created == text


# --- secrets and reshaping ---


def test_secret_paths_are_redacted_and_their_keys_stay() -> None:
    item = {"Env": {"PASSWORD": "hunter2"}, "Token": "hunter2", "List": [{"S": "hunter2", "T": 1}]}
    resource = normal(item, secret=("Env.*", "Token", "List[].S", "Missing.*"))
    assert resource.data == {
        "Id": "i-1",
        "Env": {"PASSWORD": REDACTED},
        "Token": REDACTED,
        "List": [{"S": REDACTED, "T": 1}],
    }


def test_what_a_reshape_makes_is_what_counts() -> None:
    def reshape(item: Item) -> Item:
        return {**item, "Id": item["Url"].rsplit("/", 1)[-1], "Secret": item["Url"]}

    resource = normal({"Url": "https://q/name"}, reshape=reshape, secret=("Secret",), label="Id")
    assert (resource.id, resource.name) == ("name", "name")
    assert resource.data["Secret"] == REDACTED
    assert resource.data["Url"] == "https://q/name"


def test_a_queue_is_known_by_the_end_of_its_url() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs.fifo"
    item = {"QueueUrl": url, "Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:jobs.fifo"}, "Tags": None}
    queue = normalise(CATALOG["AWS::SQS::Queue"], HERE, Found(item))
    assert (queue.id, queue.name, queue.arn) == (url, "jobs.fifo", "arn:aws:sqs:eu-west-1:123456789012:jobs.fifo")
    assert queue.tags == {}


@pytest.mark.parametrize("name", CATALOG)
def test_a_row_of_the_catalogue_makes_a_resource_of_an_item_that_has_only_its_id(name: str) -> None:
    identity = jmespath.compile(CATALOG[name].id)
    item = {member: f"the-{member}" for member in members(identity.parsed)}
    resource = normalise(CATALOG[name], HERE, Found(item))
    assert (resource.id, resource.type, resource.account) == (identity.search(item), name, ACCOUNT)


def members(parsed: dict[str, Any]) -> set[str]:
    """The members that a JMESPath expression, as parsed, looks at: none where it is a constant."""
    inner = [members(child) for child in parsed["children"]]
    return {parsed["value"]}.union(*inner) if parsed["type"] == "field" else set().union(*inner)


# --- plain paths ---

fields = st.sampled_from(["A", "b", "_c", "D1"])
nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=3),
    max_leaves=10,
)


@law
@given(nested, st.lists(fields, min_size=1, max_size=4).map(".".join))
@example(None, "A")
@example([{"A": 1}], "A")
@example({"A": {"b": {"_c": 0}}}, "A.b._c")
@example({"A": "text"}, "A.b")
def test_a_plain_path_is_searched_as_jmespath_would(item: Any, path: str) -> None:
    assert searcher(path)(item) == jmespath.search(path, item)


@law
@given(nested, st.sampled_from(["A || b", "A[].b", "[A, b]", "A[0]", "*.A", "A | b", "length(keys(@))", "@", "`true`"]))
def test_another_expression_is_jmespaths(item: Any, expression: str) -> None:
    def outcome(search: Any) -> Any:
        try:
            return search(item)
        except jmespath.exceptions.JMESPathError as error:
            return type(error)

    assert outcome(searcher(expression)) == outcome(jmespath.compile(expression).search)


tag_keys = st.text(min_size=1, max_size=6)


@law
@given(st.dictionaries(tag_keys, st.text(max_size=6), max_size=5))
def test_the_shape_of_tags_does_not_matter(tags: Mapping[str, str]) -> None:
    shapes: list[Any] = [dict(tags)]
    for key, value in (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")):
        shapes.append([{key: name, value: text} for name, text in tags.items()])
    for shape in shapes:
        before = copy.deepcopy(shape)
        resource = normal({"Tags": shape}, tags="Tags")
        assert resource.tags == dict(tags)
        assert resource.name == tags.get("Name")
        assert resource.data["Tags"] == before
