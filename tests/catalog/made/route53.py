from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def hosted_zone(account: Account) -> str:
    client = account.client("route53")
    answer = client.create_hosted_zone(Name="shop.example", CallerReference="1")
    identity = answer["HostedZone"]["Id"].removeprefix("/hostedzone/")
    client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=identity, AddTags=KEY_VALUE)
    return str(identity)


def record_set_group(account: Account) -> str:
    zone = hosted_zone(account)
    record = {"Name": "till.shop.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    account.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    return zone


def health_check(account: Account) -> str:
    client = account.client("route53")
    check = client.create_health_check(
        CallerReference="1",
        HealthCheckConfig={"Type": "HTTP", "IPAddress": "192.0.2.1", "Port": 80, "ResourcePath": "/"},
    )["HealthCheck"]["Id"]
    client.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check, AddTags=KEY_VALUE)
    return check


MAKERS: dict[str, Maker] = {
    "AWS::Route53::HostedZone": hosted_zone,
    "AWS::Route53::RecordSetGroup": record_set_group,
    "AWS::Route53::HealthCheck": health_check,
}
