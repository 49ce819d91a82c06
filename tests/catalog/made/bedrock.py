from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, TAGS, Account, Maker
from tests.catalog.made.needed import bucket, role


def custom_model(account: Account) -> str:
    client, place = account.client("bedrock"), f"s3://{bucket(account)}/model"
    client.create_model_customization_job(
        jobName="tune",
        customModelName="support",
        roleArn=role(account),
        baseModelIdentifier="amazon.titan-text-lite-v1",
        trainingDataConfig={"s3Uri": place},
        outputDataConfig={"s3Uri": place},
        hyperParameters={"epochCount": "1"},
        customModelTags=LOWER_KEY_VALUE,
    )
    return client.get_custom_model(modelIdentifier="support")["modelArn"]


def agent(account: Account) -> tuple[str, str]:
    made = account.client("bedrock-agent").create_agent(
        agentName="support", agentResourceRoleArn=role(account), tags=TAGS
    )["agent"]
    return made["agentId"], made["agentArn"]


def knowledge_base(account: Account) -> tuple[str, str]:
    made = account.client("bedrock-agent").create_knowledge_base(
        name="manuals",
        roleArn=role(account),
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {
                "embeddingModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v1"
            },
        },
        storageConfiguration={
            "type": "OPENSEARCH_SERVERLESS",
            "opensearchServerlessConfiguration": {
                "collectionArn": "arn:aws:aoss:us-east-1:123456789012:collection/0123456789abcdefghij",
                "vectorIndexName": "manuals",
                "fieldMapping": {"vectorField": "vector", "textField": "text", "metadataField": "about"},
            },
        },
        tags=TAGS,
    )["knowledgeBase"]
    return made["knowledgeBaseId"], made["knowledgeBaseArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Bedrock::CustomModel": custom_model,
    "AWS::Bedrock::Agent": agent,
    "AWS::Bedrock::KnowledgeBase": knowledge_base,
}

UNTAGGED = dict.fromkeys(MAKERS, "moto's tagging API does not know Bedrock")
