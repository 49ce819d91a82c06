"""Amazon Macie. No finding is read."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::Macie::Session",
        service="macie2",
        doc="Whether Macie is on, and since when. No finding is read.",
        calls=(Call(operation="GetMacieSession", items="status && [@]", absent=("ResourceNotFoundException",)),),
        id="'Session'",
        created="createdAt",
    ),
)
