"""Keys of programs. What is stored opens nothing: the key itself is shown once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from evalsite.keys.token import PUBLIC_LENGTH
from evalsite.tenants.models import (
    Role,
    SameTenant,
    TenantKey,
    TenantModel,
    TenantWall,
    belongs_to,
)

_CHANGES = "digest, pepper_version, expires_at, revoked_at, rotated_to_id, last_used_at"


class ApiKey(TenantModel):
    """A program's key. It belongs to the tenant, not to the person who issued it."""

    name = models.CharField(max_length=100, help_text="What the key is for, such as nightly CI.")
    public_id = models.CharField(max_length=PUBLIC_LENGTH, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    pepper_version = models.CharField(max_length=12, editable=False)
    role = models.CharField(max_length=10, choices=Role)
    scopes = ArrayField(models.CharField(max_length=60))
    created_by = models.CharField(max_length=200, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    rotated_to = belongs_to("self", null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(
                rights=("SELECT", "INSERT", f"UPDATE ({_CHANGES})"),
                lookup=(
                    *("id", "tenant_id", "public_id", "name", "role", "scopes"),
                    *("digest", "pepper_version", "expires_at", "revoked_at"),
                    *("rotated_to_id", "last_used_at"),
                ),
            ),
            TenantKey(),
            SameTenant("rotated_to"),
            models.UniqueConstraint(fields=["tenant", "public_id"], name="keys_apikey_public_id"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="keys_apikey_role"
            ),
        ]
        # A key is looked up before its tenant is known.
        indexes = [models.Index(fields=["public_id"], name="keys_apikey_lookup")]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"
