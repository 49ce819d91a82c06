"""AWS Private Certificate Authority."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::ACMPCA::CertificateAuthority",
        service="acm-pca",
        tier=Tier.FULL,
        doc="Private certificate authorities that the account owns; deleted ones for as long as they can be restored.",
        calls=(
            Call(
                operation="ListCertificateAuthorities",
                items="CertificateAuthorities",
                parameters={"ResourceOwner": "SELF", "MaxResults": 1000},
            ),
        ),
        enrich=(tags_in_bulk("Arn"),),
        id="Arn",
        arn="Arn",
        label="CertificateAuthorityConfiguration.Subject.CommonName",
        tags="Tags",
        created="CreatedAt",
    ),
)
