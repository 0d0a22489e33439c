"""Links by which people without an account read one page. What is stored opens nothing."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import TenantKey, TenantModel, TenantWall

_CHANGES = "uses, first_used_at, last_used_at, revoked_at, revoked_by"


class ShareKind(models.TextChoices):
    """What can be shared: the names of the models."""

    COMPARISON = "comparison"
    BATCH = "batch"


class Share(TenantModel):
    """A link to exactly one row, read-only, until it expires or is revoked."""

    kind = models.CharField(max_length=10, choices=ShareKind)
    subject_id = models.UUIDField(help_text="The comparison or batch that it shows.")
    with_cases = models.BooleanField(
        default=False, help_text="Also what the worst cases asked, and how they were answered."
    )
    digest = models.CharField(max_length=64, editable=False)
    made_by = models.CharField(max_length=200, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.CharField(max_length=200, blank=True, editable=False)
    uses = models.PositiveIntegerField(default=0, editable=False)
    first_used_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(
                rights=("SELECT", "INSERT", f"UPDATE ({_CHANGES})"),
                lookup=("id", "tenant_id", "digest", "expires_at", "revoked_at"),
            ),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "digest"], name="shares_share_digest"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ShareKind.values), name="shares_share_kind"
            ),
        ]
        indexes = [
            # A link is looked up before its tenant is known.
            models.Index(fields=["digest"], name="shares_share_lookup"),
            models.Index(fields=["tenant", "subject_id"], name="shares_share_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
