from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def application(account: Account) -> tuple[str, str]:
    answer = account.client("elasticbeanstalk").create_application(ApplicationName="shop", Tags=KEY_VALUE)
    return answer["Application"]["ApplicationName"], answer["Application"]["ApplicationArn"]


MAKERS: dict[str, Maker] = {
    "AWS::ElasticBeanstalk::Application": application,
}
NOT_MADE: dict[str, str] = {
    "AWS::ElasticBeanstalk::Environment": "the id of an environment is empty at moto",
}
UNTAGGED: dict[str, str] = {
    "AWS::ElasticBeanstalk::Application": "moto's tagging API does not know applications, only environments",
}
UNTIMED: dict[str, str] = {"AWS::ElasticBeanstalk::Application": "moto leaves DateCreated out"}
