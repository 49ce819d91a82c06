from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker

QUERY = {
    "Type": "TAG_FILTERS_1_0",
    "Query": '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "team", "Values": ["shop"]}]}',
}


def group(account: Account) -> str:
    answer = account.client("resource-groups").create_group(Name="shop", ResourceQuery=QUERY, Tags=TAGS)
    return answer["Group"]["GroupArn"]


MAKERS: dict[str, Maker] = {"AWS::ResourceGroups::Group": group}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Resource Groups")
