"""Read an endpoint's secret for a batch, and put on the audit trail that it was read."""

from __future__ import annotations

from uuid import UUID

from evalsite.audit.record import record_once
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import open_secret


def read_secret(endpoint: Endpoint, *, batch_id: UUID) -> str | None:
    """Answer the secret that a batch's calls need, or None; raises SecretSealed.

    Any number of workers may ask: the trail has one entry for each endpoint and batch.
    """
    secret = open_secret(endpoint)
    if secret is not None:
        record_once("endpoint.secret_read", endpoint, by=batch_id, endpoint=str(endpoint.pk))
    return secret
