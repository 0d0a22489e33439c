"""Texts too long for the row that they belong to, each kept once for a tenant."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import TenantKey, TenantModel, TenantWall


class Blob(TenantModel):
    """A content by its hash; `data` is compressed by zlib, null where it is in object storage."""

    sha256 = models.CharField(max_length=64, help_text="Of the content, not compressed.")
    size = models.PositiveBigIntegerField(help_text="Bytes of the content, not compressed.")
    data = models.BinaryField(null=True)
    kept_at = models.DateTimeField(
        db_default=Now(), help_text="When a row that refers to it was last written or seen."
    )

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT", "INSERT", "UPDATE (kept_at)", "DELETE")),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "sha256"], name="blobs_blob_once"),
        ]
        indexes = [models.Index(fields=["tenant", "kept_at"], name="blobs_blob_age")]

    def __str__(self) -> str:
        return self.sha256
