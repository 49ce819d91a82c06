"""Amazon Redshift Serverless."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"maxResults": 100}

ROWS = (
    ResourceType(
        name="AWS::RedshiftServerless::Namespace",
        service="redshift-serverless",
        doc="Namespaces: what workgroups compute on. No data is read.",
        calls=(Call(operation="ListNamespaces", items="namespaces", parameters=PAGE),),
        enrich=(tags_in_bulk("namespaceArn"),),
        id="namespaceName",
        arn="namespaceArn",
        label="namespaceName",
        tags="Tags",
        created="creationDate",
        volatile=("s3TablePublishStatus",),
    ),
    ResourceType(
        name="AWS::RedshiftServerless::Workgroup",
        service="redshift-serverless",
        doc="Workgroups: what computes, and in which network.",
        calls=(Call(operation="ListWorkgroups", items="workgroups", parameters=PAGE),),
        enrich=(tags_in_bulk("workgroupArn"),),
        id="workgroupName",
        arn="workgroupArn",
        label="workgroupName",
        tags="Tags",
        created="creationDate",
    ),
)
