from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def namespace(account: Account) -> str:
    client = account.client("servicediscovery")
    made = client.create_http_namespace(Name="shop", Tags=KEY_VALUE)["OperationId"]
    return client.get_operation(OperationId=made)["Operation"]["Targets"]["NAMESPACE"]


def service(account: Account) -> tuple[str, str]:
    answer = account.client("servicediscovery").create_service(
        Name="till", NamespaceId=namespace(account), Tags=KEY_VALUE
    )
    return answer["Service"]["Id"], answer["Service"]["Arn"]


MAKERS: dict[str, Maker] = {
    "AWS::ServiceDiscovery::Namespace": namespace,
    "AWS::ServiceDiscovery::Service": service,
}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Cloud Map")
