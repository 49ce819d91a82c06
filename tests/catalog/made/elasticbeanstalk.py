from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def application(account: Account) -> str:
    answer = account.client("elasticbeanstalk").create_application(ApplicationName="shop", Tags=KEY_VALUE)
    return answer["Application"]["ApplicationName"]


def environment(account: Account) -> str:
    answer = account.client("elasticbeanstalk").create_environment(
        ApplicationName=application(account), EnvironmentName="till", Tags=KEY_VALUE
    )
    return answer["EnvironmentId"]


MAKERS: dict[str, Maker] = {
    "AWS::ElasticBeanstalk::Application": application,
    "AWS::ElasticBeanstalk::Environment": environment,
}
