"""Messages that a committed transaction owes to the broker."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import TenantKey, TenantModel, TenantWall


class OutboxMessage(TenantModel):
    """A task to be sent: written with the change that calls for it, gone once it is sent."""

    task = models.CharField(max_length=100)
    key = models.CharField(max_length=200, help_text="One message per key.")
    arguments = models.JSONField(help_text="Ids only.")
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id",)),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "key"], name="pipeline_outboxmessage_key"),
        ]
        indexes = [models.Index(fields=["tenant", "due_at"], name="pipeline_outbox_due")]

    def __str__(self) -> str:
        return self.key
