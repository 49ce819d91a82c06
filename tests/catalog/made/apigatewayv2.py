from __future__ import annotations

from tests.catalog.made.account import SECRET, TAGS, Account, Maker


def api(account: Account) -> str:
    client = account.client("apigatewayv2")
    made = client.create_api(Name="shop", ProtocolType="HTTP", Tags=TAGS)["ApiId"]
    client.create_stage(ApiId=made, StageName="live", StageVariables={"token": SECRET})
    return made


def vpc_link(account: Account) -> str:
    return account.client("apigatewayv2").create_vpc_link(Name="shop", SubnetIds=["subnet-1"], Tags=TAGS)["VpcLinkId"]


MAKERS: dict[str, Maker] = {"AWS::ApiGatewayV2::Api": api, "AWS::ApiGatewayV2::VpcLink": vpc_link}
