"""What was done, by whom: rows that can be added and read, never changed."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from evalsite.tenants.acting import ActorKind
from evalsite.tenants.models import TenantKey, TenantModel, TenantWall


class Entry(TenantModel):
    """One thing that was done. The app role may insert and read, nothing else."""

    actor_kind = models.CharField(
        max_length=6,
        choices=[(kind.value, kind.value) for kind in ActorKind],
        default=ActorKind.SYSTEM.value,
    )
    actor = models.CharField(max_length=200, help_text="A person's name, a key's, or the command.")
    role = models.CharField(max_length=10, blank=True, help_text="The actor's, when it was done.")
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=100, help_text="Noun and verb, such as case.changed.")
    subject = models.CharField(max_length=200, help_text="What it was done to.")
    subject_id = models.CharField(max_length=64, blank=True)
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    details = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [TenantWall(rights=("SELECT", "INSERT")), TenantKey()]
        indexes = [
            models.Index(fields=["tenant", "-recorded_at", "-id"], name="audit_entry_recent"),
            models.Index(fields=["tenant", "subject_id"], name="audit_entry_subject"),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"


class Link(TenantModel):
    """An entry's place in its tenant's chain. Only the database adds one, when a change commits.

    Its id is the entry's. `hash` is the SHA-256 of `previous` and all that the entry says.
    """

    seq = models.BigIntegerField(help_text="From 1 up, without a gap.")
    previous = models.BinaryField(help_text="The hash before this one.")
    hash = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT",)),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "seq"], name="audit_link_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.seq}:{bytes(self.hash).hex()}"


class Anchor(TenantModel):
    """Where a tenant's chain begins: at 0, or at the last entry that was purged.

    Its id is the tenant's.
    """

    seq = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT",)),
            TenantKey(),
        ]

    def __str__(self) -> str:
        return f"{self.seq}:{bytes(self.hash).hex()}"
