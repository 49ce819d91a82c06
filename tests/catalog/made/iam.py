from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker

TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal":
{"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}}]}"""
POLICY = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}"""
METADATA = "<EntityDescriptor>" + "shop" * 300 + "</EntityDescriptor>"


def role(account: Account) -> str:
    client = account.client("iam")
    return client.create_role(RoleName="shop", AssumeRolePolicyDocument=TRUST, Tags=KEY_VALUE)["Role"]["RoleName"]


def user(account: Account) -> str:
    return account.client("iam").create_user(UserName="till", Tags=KEY_VALUE)["User"]["UserName"]


def group(account: Account) -> str:
    return account.client("iam").create_group(GroupName="tills")["Group"]["GroupName"]


def managed_policy(account: Account) -> str:
    answer = account.client("iam").create_policy(PolicyName="look", PolicyDocument=POLICY, Tags=KEY_VALUE)
    return answer["Policy"]["Arn"]


def instance_profile(account: Account) -> tuple[str, str]:
    answer = account.client("iam").create_instance_profile(InstanceProfileName="shop", Tags=KEY_VALUE)
    return answer["InstanceProfile"]["InstanceProfileName"], answer["InstanceProfile"]["Arn"]


def access_key(account: Account) -> str:
    return account.client("iam").create_access_key(UserName=user(account))["AccessKey"]["AccessKeyId"]


def login_profile(account: Account) -> str:
    answer = account.client("iam").create_login_profile(UserName=user(account), Password=SECRET)
    return answer["LoginProfile"]["UserName"]


def mfa_device(account: Account) -> str:
    number = virtual_mfa_device(account)
    account.client("iam").enable_mfa_device(
        UserName=user(account), SerialNumber=number, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    return number


def virtual_mfa_device(account: Account) -> str:
    answer = account.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="till", Tags=KEY_VALUE)
    return answer["VirtualMFADevice"]["SerialNumber"]


def oidc_provider(account: Account) -> str:
    answer = account.client("iam").create_open_id_connect_provider(
        Url="https://shop.example", ClientIDList=["till"], ThumbprintList=["0" * 40], Tags=KEY_VALUE
    )
    return answer["OpenIDConnectProviderArn"]


def saml_provider(account: Account) -> str:
    answer = account.client("iam").create_saml_provider(Name="shop", SAMLMetadataDocument=METADATA, Tags=KEY_VALUE)
    return answer["SAMLProviderArn"]


def server_certificate(account: Account) -> tuple[str, str]:
    answer = account.client("iam").upload_server_certificate(
        ServerCertificateName="shop", CertificateBody="certificate", PrivateKey=SECRET, Tags=KEY_VALUE
    )
    return answer["ServerCertificateMetadata"]["ServerCertificateName"], answer["ServerCertificateMetadata"]["Arn"]


def account_password_policy(account: Account) -> str:
    account.client("iam").update_account_password_policy(MinimumPasswordLength=12)
    return "AccountPasswordPolicy"


def account_summary(account: Account) -> str:
    return "AccountSummary"


def account_alias(account: Account) -> str:
    account.client("iam").create_account_alias(AccountAlias="shop")
    return "shop"


MAKERS: dict[str, Maker] = {
    "AWS::IAM::Role": role,
    "AWS::IAM::User": user,
    "AWS::IAM::Group": group,
    "AWS::IAM::ManagedPolicy": managed_policy,
    "AWS::IAM::InstanceProfile": instance_profile,
    "AWS::IAM::AccessKey": access_key,
    "AWS::IAM::LoginProfile": login_profile,
    "AWS::IAM::MFADevice": mfa_device,
    "AWS::IAM::VirtualMFADevice": mfa_device,
    "AWS::IAM::OIDCProvider": oidc_provider,
    "AWS::IAM::SAMLProvider": saml_provider,
    "AWS::IAM::ServerCertificate": server_certificate,
    "AWS::IAM::AccountPasswordPolicy": account_password_policy,
    "AWS::IAM::AccountSummary": account_summary,
    "AWS::IAM::AccountAlias": account_alias,
}
UNTAGGED: dict[str, str] = {
    "AWS::IAM::ManagedPolicy": "moto's tagging API does not know IAM",
    "AWS::IAM::InstanceProfile": "moto's tagging API does not know IAM",
    "AWS::IAM::VirtualMFADevice": "moto's tagging API does not know IAM",
    "AWS::IAM::SAMLProvider": "moto's tagging API does not know IAM",
    "AWS::IAM::ServerCertificate": "moto's tagging API does not know IAM",
}
