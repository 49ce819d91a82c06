"""Amazon Route 53: global, once an account."""

from stocktake.catalog.spec import Batch, Call, Enrich, Item, ResourceType, Scope, Tier, item

ZONES = Call(operation="ListHostedZones", items="HostedZones", parameters={"MaxItems": "100"})
ZONE_ARN = "arn:{partition}:route53:::hostedzone/{Id}"
GONE = ("NoSuchHostedZone",)


def with_bare_id(zone: Item) -> Item:
    """ListHostedZones says `/hostedzone/Z1D633PJN98FT9` where everything else has the last part alone."""
    return {**zone, "Id": zone["Id"].rsplit("/", 1)[-1]}


def tags(kind: str, whose: str) -> Enrich:
    """Tags of ten resources a call; `whose` is JMESPath over an entry of the answer to the item's id."""
    return Enrich(
        call=Call(
            operation="ListTagsForResources",
            items="ResourceTagSets",
            parameters={"ResourceType": kind},
            batch=Batch("ResourceIds", 10, "Id", accounted="ResourceTagSets"),
        ),
        into="Tags",
        match=whose,
        value="Tags",
    )


ROWS = (
    ResourceType(
        name="AWS::Route53::HostedZone",
        service="route53",
        scope=Scope.GLOBAL,
        doc="Hosted zones with their name servers and, of private ones, networks. No record is read.",
        calls=(ZONES,),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetHostedZone",
                    items="HostedZone && {DelegationSet: DelegationSet, VPCs: VPCs}",
                    parameters={"Id": item("Id")},
                    absent=GONE,
                ),
                into=("DelegationSet", "VPCs"),
            ),
            tags("hostedzone", whose="ResourceId && join('', ['/hostedzone/', ResourceId])"),
        ),
        id="Id",
        arn=ZONE_ARN,
        label="Name",
        tags="Tags",
        reshape=with_bare_id,
        volatile=("ResourceRecordSetCount",),
    ),
    ResourceType(
        name="AWS::Route53::RecordSetGroup",
        service="route53",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="All records of a hosted zone, as one: a record does not say which zone it is of.",
        calls=(ZONES,),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListResourceRecordSets",
                    items="ResourceRecordSets",
                    parameters={"HostedZoneId": item("Id"), "MaxItems": "300"},
                    absent=GONE,
                ),
                into="ResourceRecordSets",
            ),
        ),
        id="Id",
        arn=ZONE_ARN,
        label="Name",
        reshape=with_bare_id,
    ),
    ResourceType(
        name="AWS::Route53::HealthCheck",
        service="route53",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Health checks and what they look at.",
        calls=(Call(operation="ListHealthChecks", items="HealthChecks", parameters={"MaxItems": "1000"}),),
        enrich=(tags("healthcheck", whose="ResourceId"),),
        id="Id",
        arn="arn:{partition}:route53:::healthcheck/{Id}",
        tags="Tags",
    ),
)
