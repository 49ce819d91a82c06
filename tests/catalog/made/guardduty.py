from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def detector(account: Account) -> str:
    return account.client("guardduty").create_detector(Enable=True, Tags=TAGS)["DetectorId"]


MAKERS: dict[str, Maker] = {"AWS::GuardDuty::Detector": detector}
