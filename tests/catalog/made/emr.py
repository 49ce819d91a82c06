from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def cluster(account: Account) -> str:
    answer = account.client("emr").run_job_flow(
        Name="shop",
        Instances={
            "MasterInstanceType": "m5.xlarge",
            "InstanceCount": 1,
            "KeepJobFlowAliveWhenNoSteps": True,
        },
        JobFlowRole="EMR_EC2_DefaultRole",
        ServiceRole="EMR_DefaultRole",
        Tags=KEY_VALUE,
    )
    return answer["JobFlowId"]


MAKERS: dict[str, Maker] = {"AWS::EMR::Cluster": cluster}
