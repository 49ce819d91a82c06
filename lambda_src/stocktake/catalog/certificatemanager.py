"""AWS Certificate Manager."""

from stocktake.catalog.spec import Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

# Without these, RSA keys of 1024 and 2048 bits and no ACME certificates are all that is listed (ACM API reference,
# ListCertificates and Filters).
EVERY_KIND = {
    "Includes": {
        "keyTypes": ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
    },
    "CertificateKeyPairOrigins": ["AWS_MANAGED", "ACME", "CUSTOMER_PROVIDED"],
}

ROWS = (
    ResourceType(
        name="AWS::CertificateManager::Certificate",
        service="acm",
        doc="Certificates in every state and of every kind of key, with their names and dates. Neither certificates "
        "nor keys are read.",
        calls=(
            Call(
                operation="ListCertificates",
                items="CertificateSummaryList",
                parameters={**EVERY_KIND, "MaxItems": 1000},
            ),
        ),
        enrich=(tags_in_bulk("CertificateArn"),),
        id="CertificateArn",
        arn="CertificateArn",
        label="DomainName",
        tags="Tags",
        created="CreatedAt",
    ),
)
