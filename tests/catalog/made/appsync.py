from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def graphql_api(account: Account) -> tuple[str, str]:
    made = account.client("appsync").create_graphql_api(name="shop", authenticationType="API_KEY", tags=TAGS)
    return made["graphqlApi"]["apiId"], made["graphqlApi"]["arn"]


def api(account: Account) -> tuple[str, str]:
    by_key = [{"authType": "API_KEY"}]
    made = account.client("appsync").create_api(
        name="shop",
        eventConfig={
            "authProviders": by_key,
            "connectionAuthModes": by_key,
            "defaultPublishAuthModes": by_key,
            "defaultSubscribeAuthModes": by_key,
        },
        tags=TAGS,
    )
    return made["api"]["apiId"], made["api"]["apiArn"]


MAKERS: dict[str, Maker] = {"AWS::AppSync::GraphQLApi": graphql_api, "AWS::AppSync::Api": api}
