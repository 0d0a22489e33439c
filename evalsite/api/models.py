"""What was answered to a request with an Idempotency-Key, so that asking again changes nothing."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import TenantModel


class Answered(TenantModel):
    """A request that was done, and its answer. It comes and goes with what the request did."""

    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64, help_text="The hash of who asked for what.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    location = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "key"], name="api_answered_key"),
        ]
        indexes = [models.Index(fields=["tenant", "answered_at"], name="api_answered_age")]
        verbose_name_plural = "answered"

    def __str__(self) -> str:
        return self.key
