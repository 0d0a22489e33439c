"""Invitations. What is stored opens nothing: the link itself is in the mail only."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import Role, TenantKey, TenantModel, TenantWall

_CHANGES = "accepted_at, accepted_by, withdrawn_at"


class Invitation(TenantModel):
    """A mail that lets whoever has it join the tenant, once."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    digest = models.CharField(max_length=64, editable=False)
    invited_by = models.CharField(max_length=200, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_by = models.CharField(max_length=200, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(
                rights=("SELECT", "INSERT", f"UPDATE ({_CHANGES})"),
                lookup=(
                    *("id", "tenant_id", "digest"),
                    *("expires_at", "accepted_at", "withdrawn_at"),
                ),
            ),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "digest"], name="people_invitation_digest"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="people_invitation_role"
            ),
        ]
        # An invitation is looked up before its tenant is known.
        indexes = [models.Index(fields=["digest"], name="people_invitation_lookup")]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"
