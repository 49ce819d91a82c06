"""Plain list rows, made for the benchmark: they are no part of Stocktake's catalogue.

The catalogue is filled up with them to SIXTY list calls a region, so that the benchmark's figures are of one size
while the catalogue grows. Each is an operation that botocore can call without parameters, of a service that has items
in nearly any account.
"""

from __future__ import annotations

from collections.abc import Iterable

from stocktake.catalog.spec import Call, ResourceType, Scope

SIXTY = 60
PREFIX = "Benchmark::"

# service, operation, the member that holds the items, the item's id
LISTS = """
acm               ListCertificates             CertificateSummaryList    CertificateArn
apigateway        GetRestApis                  items                     id
apigatewayv2      GetApis                      Items                     Name
appconfig         ListApplications             Items                     Id
athena            ListWorkGroups               WorkGroups                Name
backup            ListBackupVaults             BackupVaultList           BackupVaultArn
batch             DescribeComputeEnvironments  computeEnvironments       computeEnvironmentArn
batch             DescribeJobQueues            jobQueues                 jobQueueArn
cloudtrail        ListTrails                   Trails                    TrailARN
codecommit        ListRepositories             repositories              repositoryId
codepipeline      ListPipelines                pipelines                 name
config            DescribeConfigRules          ConfigRules               ConfigRuleArn
datasync          ListTasks                    Tasks                     TaskArn
directconnect     DescribeConnections          connections               connectionId
dms               DescribeReplicationInstances ReplicationInstances      ReplicationInstanceArn
ecr               DescribeRepositories         repositories              repositoryArn
efs               DescribeFileSystems          FileSystems               FileSystemId
elasticache       DescribeCacheClusters        CacheClusters             CacheClusterId
elasticbeanstalk  DescribeEnvironments         Environments              EnvironmentId
elb               DescribeLoadBalancers        LoadBalancerDescriptions  LoadBalancerName
emr               ListClusters                 Clusters                  Id
events            ListRules                    Rules                     Name
fsx               DescribeFileSystems          FileSystems               FileSystemId
glue              GetDatabases                 DatabaseList              Name
imagebuilder      ListImagePipelines           imagePipelineList         arn
kafka             ListClustersV2               ClusterInfoList           ClusterArn
memorydb          DescribeClusters             Clusters                  Name
mq                ListBrokers                  BrokerSummaries           BrokerId
opensearch        ListDomainNames              DomainNames               DomainName
redshift          DescribeClusters             Clusters                  ClusterIdentifier
sagemaker         ListNotebookInstances        NotebookInstances         NotebookInstanceArn
servicediscovery  ListNamespaces               Namespaces                Arn
ssm               DescribeParameters           Parameters                Name
stepfunctions     ListStateMachines            stateMachines             stateMachineArn
transfer          ListServers                  Servers                   Arn
workspaces        DescribeWorkspaces           Workspaces                WorkspaceId
xray              GetGroups                    Groups                    GroupARN
ec2               DescribeInternetGateways     InternetGateways          InternetGatewayId
ec2               DescribeNetworkAcls          NetworkAcls               NetworkAclId
ec2               DescribeVpcEndpoints         VpcEndpoints              VpcEndpointId
"""


def plain_rows() -> list[ResourceType]:
    rows = []
    for line in LISTS.strip().splitlines():
        service, operation, items, identity = line.split()
        name = f"{PREFIX}{service}::{operation}"
        call = Call(operation=operation, items=items)
        rows.append(ResourceType(name=name, service=service, doc="For the benchmark.", calls=(call,), id=identity))
    return rows


def fill_up(catalogue: Iterable[ResourceType]) -> list[ResourceType]:
    """The rows that a catalogue lacks to make SIXTY list calls in a region."""
    regional = [row for row in catalogue if row.scope is Scope.REGIONAL]
    there = {(row.service, row.calls[0].operation) for row in regional}
    missing = [row for row in plain_rows() if (row.service, row.calls[0].operation) not in there]
    return missing[: max(0, SIXTY - len(regional))]
