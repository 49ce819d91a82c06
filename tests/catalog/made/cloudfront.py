from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker

ORIGIN = {
    "Id": "shop",
    "DomainName": "shop.test",
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Token", "HeaderValue": SECRET}]},
}


def distribution(account: Account) -> tuple[str, str]:
    made = account.client("cloudfront").create_distribution_with_tags(
        DistributionConfigWithTags={
            "DistributionConfig": {
                "CallerReference": "once",
                "Comment": "",
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [ORIGIN]},
                "DefaultCacheBehavior": {"TargetOriginId": "shop", "ViewerProtocolPolicy": "https-only"},
            },
            "Tags": {"Items": KEY_VALUE},
        }
    )["Distribution"]
    return made["Id"], made["ARN"]


def function(account: Account) -> tuple[str, str]:
    client = account.client("cloudfront")
    made = client.create_function(
        Name="redirect",
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )["FunctionSummary"]
    client.tag_resource(Resource=made["FunctionMetadata"]["FunctionARN"], Tags={"Items": KEY_VALUE})
    return made["Name"], made["FunctionMetadata"]["FunctionARN"]


def origin_access_control(account: Account) -> str:
    made = account.client("cloudfront").create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "shop",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )
    return made["OriginAccessControl"]["Id"]


MAKERS: dict[str, Maker] = {
    "AWS::CloudFront::Distribution": distribution,
    "AWS::CloudFront::Function": function,
    "AWS::CloudFront::OriginAccessControl": origin_access_control,
}
