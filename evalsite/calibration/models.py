"""What people say of cases that a machine judged, and the queues in which they are asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to

LONGEST_NOTE = 2_000


class LabelSource(models.TextChoices):
    """Where it was given: on a scorecard whose verdict was seen, or in a queue."""

    OVERRIDE = "override"
    QUEUE = "queue"


class Label(TenantModel):
    """A person's verdict on a case in a batch, whole or of one stage.

    It belongs to what was judged, not to the scorecard, which a purge takes away. It is never
    rewritten: another one withdraws it.
    """

    batch = belongs_to(Batch)
    revision = belongs_to(Revision)
    repetition = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True, help_text="Blank: the case as a whole.")
    passed = models.BooleanField()
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    author = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=LabelSource)
    is_blind = models.BooleanField(default=False, help_text="The machine's verdict was not shown.")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.CharField(max_length=200, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT", "INSERT", "UPDATE")),
            TenantKey(),
            SameTenant("batch"),
            SameTenant("revision"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "revision", "repetition", "stage", "author"],
                condition=Q(withdrawn_at__isnull=True),
                name="calibration_label_standing",
            ),
            models.CheckConstraint(
                condition=Q(source__in=LabelSource.values), name="calibration_label_source"
            ),
            models.CheckConstraint(condition=~Q(author=""), name="calibration_label_author"),
        ]
        indexes = [
            models.Index(fields=["tenant", "batch", "revision"], name="calibration_label_card"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="calibration_label_recent"),
        ]

    def __str__(self) -> str:
        where = self.stage or "overall"
        return f"{where}: {'passed' if self.passed else 'failed'}"
