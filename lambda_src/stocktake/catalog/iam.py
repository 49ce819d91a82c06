"""AWS Identity and Access Management: global, once an account.

GetAccountAuthorizationDetails describes users, groups, roles and policies with everything attached to them, a thousand
an answer. What it leaves out: when a user's password was last used (asked for per user), a role's description and
longest session, a policy's tags. Policy documents are kept as AWS gives them: JSON, percent-encoded.
"""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Scope, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxItems": 1000}
USERS = Call(operation="ListUsers", items="Users", parameters=PAGE)


def details(what: str, items: str) -> Call:
    return Call(operation="GetAccountAuthorizationDetails", items=items, parameters={"Filter": [what], **PAGE})


ROWS = (
    ResourceType(
        name="AWS::IAM::Role",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Roles with their trust policy, inline and attached policies, boundary, instance profiles, tags and last "
        "use; without their description and longest session, which are known one role at a time alone.",
        calls=(details("Role", "RoleDetailList"),),
        id="RoleName",
        arn="Arn",
        label="RoleName",
        tags="Tags",
        created="CreateDate",
        volatile=("RoleLastUsed", "InstanceProfileList[].Roles[].RoleLastUsed"),
    ),
    ResourceType(
        name="AWS::IAM::User",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Users with their groups, inline and attached policies, boundary and tags, and when their password was "
        "last used. Passwords are not read.",
        calls=(details("User", "UserDetailList"),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetUser",
                    items="User",
                    parameters={"UserName": item("UserName")},
                    absent=("NoSuchEntity",),
                ),
                into=("PasswordLastUsed",),
            ),
        ),
        id="UserName",
        arn="Arn",
        label="UserName",
        tags="Tags",
        created="CreateDate",
        volatile=("PasswordLastUsed",),
    ),
    ResourceType(
        name="AWS::IAM::Group",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Groups with their inline and attached policies. Who is in them stands with the users.",
        calls=(details("Group", "GroupDetailList"),),
        id="GroupName",
        arn="Arn",
        label="GroupName",
        created="CreateDate",
    ),
    ResourceType(
        name="AWS::IAM::ManagedPolicy",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Policies that the account manages itself, with all versions' documents and how often they are attached; "
        "not AWS's own.",
        calls=(details("LocalManagedPolicy", "Policies"),),
        enrich=(tags_in_bulk("Arn"),),
        id="Arn",
        arn="Arn",
        label="PolicyName",
        tags="Tags",
        created="CreateDate",
        # Attaching it changes what it is attached to.
        volatile=("AttachmentCount", "PermissionsBoundaryUsageCount"),
    ),
    ResourceType(
        name="AWS::IAM::InstanceProfile",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Instance profiles and the role in each.",
        calls=(Call(operation="ListInstanceProfiles", items="InstanceProfiles", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="InstanceProfileName",
        arn="Arn",
        label="InstanceProfileName",
        tags="Tags",
        created="CreateDate",
        volatile=("Roles[].RoleLastUsed",),
    ),
    ResourceType(
        name="AWS::IAM::AccessKey",
        service="iam",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="Access keys of users, by their id, with status and last use. No secret key is read, nor does AWS have it.",
        calls=(
            USERS,
            Call(
                operation="ListAccessKeys",
                items="AccessKeyMetadata",
                parameters={"UserName": item("UserName"), **PAGE},
                absent=("NoSuchEntity",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetAccessKeyLastUsed",
                    items="AccessKeyLastUsed",
                    parameters={"AccessKeyId": item("AccessKeyId")},
                ),
                into="AccessKeyLastUsed",
            ),
        ),
        id="AccessKeyId",
        label="AccessKeyId",
        created="CreateDate",
        volatile=("AccessKeyLastUsed",),
    ),
    ResourceType(
        name="AWS::IAM::LoginProfile",
        service="iam",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        cloudformation=False,
        doc="Which users have a password for the console, and since when. No password is read.",
        calls=(
            USERS,
            Call(
                operation="GetLoginProfile",
                items="[LoginProfile]",
                parameters={"UserName": item("UserName")},
                absent=("NoSuchEntity",),
            ),
        ),
        id="UserName",
        label="UserName",
        created="CreateDate",
    ),
    ResourceType(
        name="AWS::IAM::MFADevice",
        service="iam",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        cloudformation=False,
        doc="Devices for multi-factor authentication of every kind, by the user who has them.",
        calls=(
            USERS,
            Call(
                operation="ListMFADevices",
                items="MFADevices",
                parameters={"UserName": item("UserName"), **PAGE},
                absent=("NoSuchEntity",),
            ),
        ),
        id="SerialNumber",
        label="SerialNumber",
        created="EnableDate",
    ),
    ResourceType(
        name="AWS::IAM::VirtualMFADevice",
        service="iam",
        scope=Scope.GLOBAL,
        doc="Virtual devices for multi-factor authentication, assigned or not, the root user's included. No seed is "
        "read.",
        calls=(
            Call(
                operation="ListVirtualMFADevices",
                items="VirtualMFADevices",
                parameters={"AssignmentStatus": "Any", **PAGE},
            ),
        ),
        enrich=(tags_in_bulk("SerialNumber"),),
        id="SerialNumber",
        arn="SerialNumber",
        label="SerialNumber",
        tags="Tags",
        created="EnableDate",
        volatile=("User.PasswordLastUsed",),
    ),
    ResourceType(
        name="AWS::IAM::ServiceSpecificCredential",
        service="iam",
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        cloudformation=False,
        doc="Credentials of users for one service, such as CodeCommit or Bedrock, by their id. No password is read.",
        calls=(
            Call(
                operation="ListServiceSpecificCredentials",
                items="ServiceSpecificCredentials",
                parameters={"AllUsers": True, **PAGE},
                paging=Paging(("Marker",), ("Marker",), "IsTruncated"),
            ),
        ),
        id="ServiceSpecificCredentialId",
        label="ServiceSpecificCredentialId",
        created="CreateDate",
    ),
    ResourceType(
        name="AWS::IAM::OIDCProvider",
        service="iam",
        scope=Scope.GLOBAL,
        doc="OpenID Connect providers with their audiences and thumbprints.",
        # Neither list has pages.
        calls=(Call(operation="ListOpenIDConnectProviders", items="OpenIDConnectProviderList"),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetOpenIDConnectProvider",
                    items="Url && @",
                    parameters={"OpenIDConnectProviderArn": item("Arn")},
                    absent=("NoSuchEntity",),
                ),
                into=("Url", "ClientIDList", "ThumbprintList", "CreateDate", "Tags"),
            ),
        ),
        id="Arn",
        arn="Arn",
        label="Url",
        tags="Tags",
        created="CreateDate",
    ),
    ResourceType(
        name="AWS::IAM::SAMLProvider",
        service="iam",
        scope=Scope.GLOBAL,
        doc="SAML providers and until when they are valid. Their metadata is not read.",
        calls=(Call(operation="ListSAMLProviders", items="SAMLProviderList"),),
        enrich=(tags_in_bulk("Arn"),),
        id="Arn",
        arn="Arn",
        tags="Tags",
        created="CreateDate",
    ),
    ResourceType(
        name="AWS::IAM::ServerCertificate",
        service="iam",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Server certificates kept in IAM and when they expire. Neither certificates nor keys are read.",
        calls=(Call(operation="ListServerCertificates", items="ServerCertificateMetadataList", parameters=PAGE),),
        enrich=(tags_in_bulk("Arn"),),
        id="ServerCertificateName",
        arn="Arn",
        label="ServerCertificateName",
        tags="Tags",
        created="UploadDate",
    ),
    ResourceType(
        name="AWS::IAM::AccountPasswordPolicy",
        service="iam",
        scope=Scope.GLOBAL,
        cloudformation=False,
        doc="The account's own rules for passwords. Where it has none, IAM's default holds and the type is not "
        "enabled.",
        calls=(Call(operation="GetAccountPasswordPolicy", items="[PasswordPolicy]", absent=("NoSuchEntity",)),),
        id="'AccountPasswordPolicy'",
    ),
    ResourceType(
        name="AWS::IAM::AccountSummary",
        service="iam",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        cloudformation=False,
        doc="How many of each thing IAM has in the account, its quotas, and whether the root user has keys and MFA.",
        calls=(Call(operation="GetAccountSummary", items="[SummaryMap]"),),
        id="'AccountSummary'",
        # What is counted has rows of its own.
        volatile=(
            "Groups",
            "InstanceProfiles",
            "MFADevices",
            "MFADevicesInUse",
            "Policies",
            "PolicyVersionsInUse",
            "Providers",
            "Roles",
            "ServerCertificates",
            "Users",
        ),
    ),
    ResourceType(
        name="AWS::IAM::AccountAlias",
        service="iam",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        cloudformation=False,
        doc="The name that stands for the account's number in the address of its console.",
        calls=(Call(operation="ListAccountAliases", items="AccountAliases[].{AccountAlias: @}", parameters=PAGE),),
        id="AccountAlias",
        label="AccountAlias",
    ),
)
