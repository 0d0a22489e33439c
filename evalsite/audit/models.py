"""What was done, by whom: rows that can be added and read, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.models import TenantKey, TenantModel, TenantWall


class Entry(TenantModel):
    """One thing that was done. The app role may insert and read, nothing else."""

    actor = models.CharField(max_length=200, help_text="A person's name, or the command.")
    action = models.CharField(max_length=100, help_text="Noun and verb, such as case.changed.")
    subject = models.CharField(max_length=200, help_text="What it was done to.")
    details = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [TenantWall(rights=("SELECT", "INSERT")), TenantKey()]
        indexes = [models.Index(fields=["tenant", "-recorded_at"], name="audit_entry_recent")]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"
