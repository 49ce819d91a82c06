"""AWS CodeBuild. No build is read."""

from stocktake.catalog.spec import Batch, Call, ResourceType, Tier

ROWS = (
    ResourceType(
        name="AWS::CodeBuild::Project",
        service="codebuild",
        doc="Build projects; of environment variables only the names, and of build specifications nothing.",
        calls=(
            # Its pages have no size to ask for.
            Call(operation="ListProjects", items="projects"),
            Call(
                operation="BatchGetProjects",
                items="projects",
                batch=Batch("names", 100, accounted="[projects, projectsNotFound][]"),
            ),
        ),
        id="name",
        arn="arn",
        label="name",
        tags="tags",
        created="created",
        # A build specification that stands in the project has its variables in it; the addresses of a badge, and of the
        # webhook that starts builds, have a token.
        secret=(
            "environment.environmentVariables[].value",
            "source.buildspec",
            "secondarySources[].buildspec",
            "webhook.payloadUrl",
            "webhook.secret",
            "badge.badgeRequestUrl",
        ),
    ),
    ResourceType(
        name="AWS::CodeBuild::ReportGroup",
        service="codebuild",
        tier=Tier.FULL,
        doc="Groups of test reports and where they are exported to. No report is read.",
        calls=(
            Call(operation="ListReportGroups", items="reportGroups", parameters={"maxResults": 100}),
            Call(
                operation="BatchGetReportGroups",
                items="reportGroups",
                batch=Batch("reportGroupArns", 100, accounted="[reportGroups, reportGroupsNotFound][]"),
            ),
        ),
        id="arn",
        arn="arn",
        label="name",
        tags="tags",
        created="created",
    ),
)
