from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import ROLE, network


def domain(account: Account) -> str:
    vpc, subnets = network(account)
    answer = account.client("sagemaker").create_domain(
        DomainName="shop",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
        SubnetIds=subnets,
        VpcId=vpc,
        Tags=KEY_VALUE,
    )
    return answer["DomainArn"].rpartition("/")[2]


def notebook_instance(account: Account) -> tuple[str, str]:
    made = account.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="shop", InstanceType="ml.t3.medium", RoleArn=ROLE, Tags=KEY_VALUE
    )
    return "shop", made["NotebookInstanceArn"]


def model(account: Account) -> str:
    account.client("sagemaker").create_model(
        ModelName="sales",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": "sales:1", "Environment": {"PIN": SECRET}},
        Tags=KEY_VALUE,
    )
    return "sales"


def endpoint_config(account: Account) -> str:
    variant = {
        "VariantName": "only",
        "ModelName": model(account),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    account.client("sagemaker").create_endpoint_config(
        EndpointConfigName="sales", ProductionVariants=[variant], Tags=KEY_VALUE
    )
    return "sales"


def endpoint(account: Account) -> tuple[str, str]:
    made = account.client("sagemaker").create_endpoint(
        EndpointName="sales", EndpointConfigName=endpoint_config(account), Tags=KEY_VALUE
    )
    return "sales", made["EndpointArn"]


def model_package_group(account: Account) -> tuple[str, str]:
    made = account.client("sagemaker").create_model_package_group(ModelPackageGroupName="sales", Tags=KEY_VALUE)
    return "sales", made["ModelPackageGroupArn"]


def pipeline(account: Account) -> tuple[str, str]:
    made = account.client("sagemaker").create_pipeline(
        PipelineName="sales", PipelineDefinition="{}", ClientRequestToken="1" * 32, RoleArn=ROLE, Tags=KEY_VALUE
    )
    return "sales", made["PipelineArn"]


def cluster(account: Account) -> str:
    instances = {
        "InstanceGroupName": "only",
        "InstanceCount": 1,
        "ThreadsPerCore": 1,
        "InstanceType": "ml.m5.large",
        "LifeCycleConfig": {"SourceS3Uri": "s3://sagemaker-shop", "OnCreate": "start.sh"},
        "ExecutionRole": ROLE,
    }
    answer = account.client("sagemaker").create_cluster(ClusterName="sales", InstanceGroups=[instances], Tags=KEY_VALUE)
    return answer["ClusterArn"]


MAKERS: dict[str, Maker] = {
    "AWS::SageMaker::Domain": domain,
    "AWS::SageMaker::NotebookInstance": notebook_instance,
    "AWS::SageMaker::Endpoint": endpoint,
    "AWS::SageMaker::EndpointConfig": endpoint_config,
    "AWS::SageMaker::Model": model,
    "AWS::SageMaker::ModelPackageGroup": model_package_group,
    "AWS::SageMaker::Pipeline": pipeline,
    "AWS::SageMaker::Cluster": cluster,
}
UNTAGGED: dict[str, str] = {
    "AWS::SageMaker::EndpointConfig": "moto's tagging API has a tuple where its ARN should be",
}
