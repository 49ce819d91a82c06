"""Which types' tags the Resource Groups Tagging API knows, by AWS's documentation.

What GetResources does not mention has no tags, so a row that asks it about a type that it does not know would tell tags
as none. AWS says of it: "All tagged resources, whether the tagging used the Resource Groups Tagging API or not, are
returned by the Get* operation" (API reference, GetResources, ResourceTypeFilters) and "The GetResources, GetTagKeys,
and GetTagValues operations support all resource types", but for IAM's users and roles and for Auto Scaling groups (API
reference, "Services that support the Resource Groups Tagging API"). Rows rely on more than that: on the list of types.
"""

KNOWN = {
    # "Resource types you can use with AWS Resource Groups and Tag Editor" (Resource Groups user guide, "Supported
    # resource types"), those with Yes for "Tag-based Groups": the types of the services that the catalogue has.
    "ACMPCA": "CertificateAuthority",
    "AccessAnalyzer": "Analyzer",
    "AmazonMQ": "Broker Configuration",
    "Amplify": "App",
    "ApiGateway": "ApiKey ClientCertificate RestApi Stage UsagePlan",
    "ApiGatewayV2": "Api",
    "AppRunner": "AutoScalingConfiguration Connection ObservabilityConfiguration Service VpcConnector "
    "VpcIngressConnection",
    "AppSync": "Api DomainName",
    "Athena": "CapacityReservation DataCatalog WorkGroup",
    "Backup": "BackupPlan BackupVault Framework LegalHold ReportPlan RestoreTestingPlan",
    "Batch": "ComputeEnvironment ConsumableResource Job JobDefinition JobQueue SchedulingPolicy",
    "Bedrock": "Agent AgentAlias ApplicationInferenceProfile AsyncInvoke CustomModel EvaluationJob Flow FlowAlias "
    "Guardrail KnowledgeBase ModelCustomizationJob ModelEvaluationJob ModelImportJob ModelInvocationJob PromptVersion",
    "Budgets": "Budget BudgetsAction",
    "CertificateManager": "Certificate",
    "CloudFormation": "Stack StackSet",
    "CloudFront": "Distribution StreamingDistribution VpcOrigin",
    "CloudTrail": "Channel Dashboard EventDataStore Trail",
    "CloudWatch": "Alarm InsightRule MetricStream ServiceLevelObjective",
    "CodeBuild": "Fleet Project ReportGroup",
    "CodeCommit": "Repository",
    "CodeDeploy": "Application DeploymentGroup Instance",
    "CodePipeline": "CustomActionType Pipeline Webhook",
    "Cognito": "IdentityPool UserPool",
    "Config": "AggregationAuthorization ConfigRule ConfigurationAggregator ConfigurationRecorder ConformancePack "
    "OrganizationConfigRule OrganizationConformancePack StoredQuery",
    "DAX": "Cluster",
    "DMS": "Certificate DataMigration DataProvider Endpoint EventSubscription InstanceProfile MigrationProject "
    "ReplicationConfig ReplicationInstance ReplicationSubnetGroup ReplicationTask ReplicationTaskAssessmentRun",
    "DataSync": "Agent DiscoveryJob Location StorageSystem Task TaskExecution",
    "Detective": "Graph",
    "DirectConnect": "Connection Gateway Lag VirtualInterface",
    "DirectoryService": "Directory",
    "DynamoDB": "Table",
    "ECR": "Repository",
    "ECS": "CapacityProvider Cluster ContainerInstance Service Task TaskDefinition TaskSet",
    "EFS": "AccessPoint FileSystem",
    "EKS": "Addon Cluster EKSAnywhereSubscription FargateProfile IdentityProviderConfig Nodegroup "
    "PodIdentityAssociation",
    "EMR": "Cluster Editor NotebookExecution Studio",
    "ElastiCache": "CacheCluster ParameterGroup ReplicationGroup ReservedInstance SecurityGroup ServerlessCache "
    "ServerlessCacheSnapshot Snapshot SubnetGroup User UserGroup",
    "ElasticBeanstalk": "Application ApplicationVersion ConfigurationTemplate Environment",
    "ElasticLoadBalancing": "LoadBalancer",
    "ElasticLoadBalancingV2": "Listener ListenerRule LoadBalancer TargetGroup TrustStore",
    # "Rules in custom event buses aren't supported in Tag Editor."
    "Events": "EventBus Rule",
    "FSx": "Backup DataRepositoryTask FileCache FileSystem Snapshot StorageVirtualMachine Volume",
    "GlobalAccelerator": "Accelerator CrossAccountAttachment",
    "Glue": "Blueprint Catalog Completion Connection Crawler CustomEntityType DataQualityRuleset Database DevEndpoint "
    "Job MLTransform Registry Schema Session Trigger UsageProfile Workflow",
    "GuardDuty": "Detector Filter IPSet MalwareProtectionPlan ThreatIntelSet",
    # In the region where IAM has its home; not roles, of which the page says No, nor users, which it leaves out.
    "IAM": "InstanceProfile ManagedPolicy OpenIDConnectProvider SAMLProvider ServerCertificate VirtualMFADevice",
    "InspectorV2": "CisScanConfiguration Filter",
    "KMS": "Key",
    "Kinesis": "Stream",
    "KinesisFirehose": "DeliveryStream",
    "Lambda": "CodeSigningConfig EventSourceMapping Function",
    "Logs": "AnomalyDetector Delivery DeliveryDestination DeliverySource Destination LogGroup",
    "MSK": "Replicator VpcConnection",
    "Macie": "ClassificationJob CustomDataIdentifier FindingsFilter Member",
    "MemoryDB": "ACL Cluster MultiRegionCluster ParameterGroup Snapshot SubnetGroup User",
    "NetworkFirewall": "Firewall FirewallPolicy RuleGroup",
    "OpenSearchService": "Domain",
    "Organizations": "Account OrganizationalUnit Policy ResourcePolicy Root",
    "Pipes": "Pipe",
    "RAM": "ResourceShare",
    "RDS": "CustomDBEngineVersion DBCluster DBClusterEndpoint DBClusterParameterGroup DBClusterSnapshot DBInstance "
    "DBParameterGroup DBProxy DBProxyEndpoint DBProxyTargetGroup DBSecurityGroup DBSnapshot DBSubnetGroup Deployment "
    "EventSubscription GlobalCluster Integration OptionGroup ReservedDBInstance SnapshotTenantDatabase TenantDatabase",
    "Redshift": "Cluster ClusterParameterGroup ClusterSecurityGroup ClusterSubnetGroup EventSubscription "
    "HSMClientCertificate HSMConfiguration Integration Namespace Snapshot SnapshotCopyGrant SnapshotSchedule "
    "UsageLimit",
    "RedshiftServerless": "Namespace RecoveryPoint Snapshot Workgroup",
    "ResourceGroups": "Group",
    "Route53": "Domain HealthCheck HostedZone",
    # Of Route53Resolver's, which lie in every region, the page says that they are known in us-east-1 alone: not relied
    # on.
    "S3": "AccessGrant AccessGrantsLocation Bucket Job StorageLens StorageLensGroup",
    "SES": "ConfigurationSet ContactList DedicatedIpPool Identity MailManagerArchive MailManagerIngressPoint "
    "MailManagerRuleSet MailManagerTrafficPolicy",
    "SNS": "Topic",
    "SQS": "Queue",
    "SSM": "Association AutomationExecution Document MaintenanceWindow ManagedInstance OpsItem OpsMetadata Parameter "
    "PatchBaseline Session",
    "SageMaker": "Action Algorithm App AppImageConfig Artifact AutoMLJob Cluster ClusterSchedulerConfig CodeRepository "
    "CompilationJob ComputeQuota Context DataQualityJobDefinition DeviceFleet Domain EdgeDeploymentPlan "
    "EdgePackagingJob Endpoint EndpointConfig Experiment ExperimentTrial ExperimentTrialComponent FeatureGroup "
    "FlowDefinition Hub HubContent HumanTaskUi HyperParameterTuningJob Image InferenceComponent InferenceExperiment "
    "InferenceRecommendationsJob LabelingJob LineageGroup MlflowTrackingServer Model ModelBiasJobDefinition ModelCard "
    "ModelExplainabilityJobDefinition ModelPackage ModelPackageGroup ModelQualityJobDefinition MonitoringSchedule "
    "NotebookInstance OptimizationJob Pipeline ProcessingJob Project Space StudioLifecycleConfig TrainingJob "
    "TransformJob UserProfile Workforce Workteam",
    "Scheduler": "ScheduleGroup",
    "SecretsManager": "Secret",
    "SecurityHub": "AutomationRule ConfigurationPolicy Hub ProductSubscription",
    "ServiceDiscovery": "Namespace Service",
    "Shield": "Protection ProtectionGroup",
    "StepFunctions": "Activity StateMachine",
    "Transfer": "Agreement Certificate Connector HostKey Profile Server User WebApp Workflow",
    "WorkSpaces": "ConnectionAlias Directory Workspace WorkspaceBundle WorkspaceImage WorkspaceIpGroup WorkspacesPool",
}

AS = {
    # Alarms of every kind are one resource type, with one form of ARN (service authorization reference, CloudWatch).
    "AWS::CloudWatch::CompositeAlarm": "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::LogAlarm": "AWS::CloudWatch::Alarm",
    "AWS::SES::EmailIdentity": "AWS::SES::Identity",
}
"""Rows whose type that page has under another name."""

SEEN = {
    # Not on that page. Cloud Custodian reads the tags of WAF's web ACLs so (c7n/resources/waf.py, universal_augment),
    # and YACE finds them so (pkg/config/services.go, AWS/WAFV2).
    "AWS::WAFv2::CloudFrontWebACL",
    "AWS::WAFv2::WebACL",
}
"""Types that others are known to read from GetResources."""

TAGGABLE_WITHOUT_TAGS = {
    # Settings of what is another row's type, under the ARN of that; the tags stand there.
    "AWS::DynamoDB::ContinuousBackups",
    "AWS::ECR::LifecyclePolicy",
    "AWS::ECR::RepositoryPolicy",
    "AWS::S3::BucketSettings",
    # Asked for by an ARN, which the answer does not have.
    "AWS::AppConfig::Application",
    # What the service says of its tags is marked sensitive.
    "AWS::RolesAnywhere::TrustAnchor",
}
"""Rows without tags, though CloudFormation or the service authorization reference say that the type can have them."""


def is_known(name: str) -> bool:
    """Whether GetResources knows the tags of a row's type."""
    _, service, kind = AS.get(name, name).split("::")
    return name in SEEN or kind in KNOWN.get(service, "").split()
