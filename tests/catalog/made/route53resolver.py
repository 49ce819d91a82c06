from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import security_group, subnets


def resolver_endpoint(account: Account) -> str:
    answer = account.client("route53resolver").create_resolver_endpoint(
        CreatorRequestId="1",
        Name="shop",
        Direction="OUTBOUND",
        SecurityGroupIds=[security_group(account)],
        IpAddresses=[{"SubnetId": subnet} for subnet in subnets(account)],
        Tags=KEY_VALUE,
    )
    return answer["ResolverEndpoint"]["Id"]


def resolver_rule(account: Account) -> tuple[str, str]:
    answer = account.client("route53resolver").create_resolver_rule(
        CreatorRequestId="1",
        Name="bank",
        RuleType="FORWARD",
        DomainName="bank.example",
        TargetIps=[{"Ip": "192.0.2.1", "Port": 53}],
        ResolverEndpointId=resolver_endpoint(account),
        Tags=KEY_VALUE,
    )
    return answer["ResolverRule"]["Id"], answer["ResolverRule"]["Arn"]


MAKERS: dict[str, Maker] = {
    "AWS::Route53Resolver::ResolverEndpoint": resolver_endpoint,
    "AWS::Route53Resolver::ResolverRule": resolver_rule,
}
