from __future__ import annotations

from tests.catalog.made.account import SECRET, TAGS, Account, Maker


def rest_api(account: Account) -> str:
    """One with a stage: a stage needs a deployment, and that something to deploy."""
    client = account.client("apigateway")
    made = client.create_rest_api(name="shop", tags=TAGS)["id"]
    root = client.get_resources(restApiId=made)["items"][0]["id"]
    method = {"restApiId": made, "resourceId": root, "httpMethod": "GET"}
    client.put_method(authorizationType="NONE", **method)
    client.put_integration(type="MOCK", **method)
    deployed = client.create_deployment(restApiId=made)["id"]
    client.create_stage(restApiId=made, stageName="live", deploymentId=deployed, variables={"token": SECRET})
    return made


def api_key(account: Account) -> str:
    return account.client("apigateway").create_api_key(name="partner", value=2 * SECRET, enabled=True, tags=TAGS)["id"]


def usage_plan(account: Account) -> str:
    return account.client("apigateway").create_usage_plan(name="partners", tags=TAGS)["id"]


def domain_name(account: Account) -> str:
    return account.client("apigateway").create_domain_name(
        domainName="api.shop.test", certificateName="shop", endpointConfiguration={"types": ["REGIONAL"]}, tags=TAGS
    )["domainName"]


def vpc_link(account: Account) -> str:
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop/0123456789abcdef"
    return account.client("apigateway").create_vpc_link(name="shop", targetArns=[balancer], tags=TAGS)["id"]


MAKERS: dict[str, Maker] = {
    "AWS::ApiGateway::RestApi": rest_api,
    "AWS::ApiGateway::ApiKey": api_key,
    "AWS::ApiGateway::UsagePlan": usage_plan,
    "AWS::ApiGateway::DomainName": domain_name,
    "AWS::ApiGateway::VpcLink": vpc_link,
}
