"""Questions about the trust in judges."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from evalsite.trust.configuration import Configuration
from evalsite.trust.models import JudgeTrust


def fresh_trust(configuration: Configuration, *, days: float) -> JudgeTrust | None:
    """Answer what a preflight of this configuration found in the last days, or None."""
    return JudgeTrust.objects.filter(
        configuration=configuration.digest, checked_at__gt=Now() - timedelta(days=days)
    ).first()
