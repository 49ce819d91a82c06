"""AWS Organizations: global. The management account, and those to which it delegates, may list; others are denied.

Organizational units are known one parent at a time, to any depth, which no chain of calls says; an account's own stand
in its `Paths`.
"""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Scope, Tier, item
from stocktake.catalog.tagging import HOMES, tags_in_bulk

PAGE = {"MaxResults": 20}

# Known to the management account: all are its resources, as their ARNs say, and not those of an account to which it
# delegates.
TAGS = tags_in_bulk("Arn", partitions=HOMES)

ROWS = (
    ResourceType(
        name="AWS::Organizations::Organization",
        service="organizations",
        scope=Scope.GLOBAL,
        doc="The organization that the account is in and whose it is; every member account may know.",
        calls=(Call(operation="DescribeOrganization", items="[Organization]"),),
        id="Id",
        arn="Arn",
    ),
    ResourceType(
        name="AWS::Organizations::Root",
        service="organizations",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        cloudformation=False,
        doc="The top of the organization and the kinds of policy that are switched on there.",
        calls=(Call(operation="ListRoots", items="Roots", parameters=PAGE),),
        enrich=(TAGS,),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Organizations::Account",
        service="organizations",
        scope=Scope.GLOBAL,
        doc="Accounts of the organization, closed ones included for as long as they are listed. Names and addresses "
        "are redacted, as AWS marks them sensitive.",
        calls=(Call(operation="ListAccounts", items="Accounts", parameters=PAGE),),
        enrich=(TAGS,),
        id="Id",
        arn="Arn",
        label="Id",
        tags="Tags",
        created="JoinedTimestamp",
    ),
    ResourceType(
        name="AWS::Organizations::Policy",
        service="organizations",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="Policies of every kind that is switched on in the organization, AWS's own included, with their content.",
        calls=(
            # Policies are listed by kind, and the root says which there are.
            Call(operation="ListRoots", items="Roots[].PolicyTypes[]", parameters=PAGE),
            Call(operation="ListPolicies", items="Policies", parameters={"Filter": item("Type"), **PAGE}),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribePolicy",
                    items="Policy.Content",
                    parameters={"PolicyId": item("Id")},
                    absent=("PolicyNotFoundException",),
                ),
                into="Content",
            ),
            TAGS,
        ),
        id="Id",
        arn="Arn",
        label="Name",
        tags="Tags",
    ),
)
