from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker

DOCUMENT = """{"schemaVersion": "2.2", "description": "Counts", "mainSteps": [{"action": "aws:runShellScript",
"name": "count", "inputs": {"runCommand": ["true"]}}]}"""


def parameter(account: Account) -> str:
    account.client("ssm").put_parameter(Name="/till/currency", Value=SECRET, Type="String", Tags=KEY_VALUE)
    return "/till/currency"


def document(account: Account) -> str:
    answer = account.client("ssm").create_document(
        Name="Count", Content=DOCUMENT, DocumentType="Command", DocumentFormat="JSON", Tags=KEY_VALUE
    )
    return answer["DocumentDescription"]["Name"]


def maintenance_window(account: Account) -> str:
    answer = account.client("ssm").create_maintenance_window(
        Name="night", Schedule="rate(1 day)", Duration=2, Cutoff=1, AllowUnassociatedTargets=False, Tags=KEY_VALUE
    )
    return answer["WindowId"]


def patch_baseline(account: Account) -> str:
    return account.client("ssm").create_patch_baseline(Name="shop")["BaselineId"]


MAKERS: dict[str, Maker] = {
    "AWS::SSM::Parameter": parameter,
    "AWS::SSM::Document": document,
    "AWS::SSM::MaintenanceWindow": maintenance_window,
    "AWS::SSM::PatchBaseline": patch_baseline,
}
UNTAGGED: dict[str, str] = {
    "AWS::SSM::Parameter": "moto leaves out the ARN that tags are asked by",
    "AWS::SSM::MaintenanceWindow": "moto's tagging API does not know maintenance windows",
    "AWS::SSM::PatchBaseline": "moto takes no tags of a patch baseline",
}
UNTIMED: dict[str, str] = {
    "AWS::SSM::Document": "moto leaves CreatedDate out",
}
