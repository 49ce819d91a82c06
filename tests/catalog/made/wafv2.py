from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker

SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "shop"}


def _web_acl(account: Account, scope: str) -> tuple[str, str]:
    answer = account.client("wafv2").create_web_acl(
        Name="shop", Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=SEEN, Tags=KEY_VALUE
    )
    return answer["Summary"]["Id"], answer["Summary"]["ARN"]


def _rule_group(account: Account, scope: str) -> tuple[str, str]:
    answer = account.client("wafv2").create_rule_group(
        Name="shop", Scope=scope, Capacity=1, VisibilityConfig=SEEN, Tags=KEY_VALUE
    )
    return answer["Summary"]["Id"], answer["Summary"]["ARN"]


def _ip_set(account: Account, scope: str) -> tuple[str, str]:
    answer = account.client("wafv2").create_ip_set(
        Name="shop", Scope=scope, IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"], Tags=KEY_VALUE
    )
    return answer["Summary"]["Id"], answer["Summary"]["ARN"]


MAKERS: dict[str, Maker] = {
    "AWS::WAFv2::WebACL": lambda account: _web_acl(account, "REGIONAL"),
    "AWS::WAFv2::CloudFrontWebACL": lambda account: _web_acl(account, "CLOUDFRONT"),
    "AWS::WAFv2::RuleGroup": lambda account: _rule_group(account, "REGIONAL"),
    "AWS::WAFv2::CloudFrontRuleGroup": lambda account: _rule_group(account, "CLOUDFRONT"),
    "AWS::WAFv2::IPSet": lambda account: _ip_set(account, "REGIONAL"),
    "AWS::WAFv2::CloudFrontIPSet": lambda account: _ip_set(account, "CLOUDFRONT"),
}
UNTAGGED: dict[str, str] = dict.fromkeys(
    ("AWS::WAFv2::WebACL", "AWS::WAFv2::CloudFrontWebACL"), "moto's tagging API does not know WAF"
)
