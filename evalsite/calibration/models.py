"""What people say of cases that a machine judged, and the queues in which they are asked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision
from evalsite.clock import CreatedAt
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to

LONGEST_NOTE = 2_000
LARGEST_QUEUE = 2_000
MOST_LABELS = 9


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
    is_drawn = models.BooleanField(
        default=False, help_text="The case was drawn by chance, whatever the machine said of it."
    )
    created_at = CreatedAt()
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


class Queue(TenantModel):
    """Cases of a batch that people are asked about, drawn once when it was made."""

    name = models.CharField(max_length=100)
    batch = belongs_to(Batch)
    stage = models.CharField(max_length=100, blank=True, help_text="Blank: the case as a whole.")
    status = models.CharField(
        max_length=10, blank=True, help_text="Only cases of which the machine says so."
    )
    slice_kind = models.CharField(max_length=10, blank=True)
    slice_value = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_QUEUE)],
        help_text="How many to draw.",
    )
    seed = models.BigIntegerField(help_text="The same draws the same.")
    wanted = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_LABELS)],
        help_text="People to be asked about each case.",
    )
    is_blind = models.BooleanField(default=True, help_text="Hide the machine's verdict.")
    created_by = models.CharField(max_length=200, blank=True)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(),
            TenantKey(),
            SameTenant("batch"),
            models.UniqueConstraint(fields=["tenant", "name"], name="calibration_queue_name"),
            models.CheckConstraint(condition=Q(wanted__gte=1), name="calibration_queue_wanted"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="calibration_queue_recent")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_drawn(self) -> bool:
        """Whether its cases are a draw by chance, whatever the machine said of them."""
        return not self.status


class QueueItem(TenantModel):
    """One case of a queue. Who has it open holds it until `held_until`, or until they answer."""

    queue = belongs_to(Queue, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="Its place in the draw.")
    revision = belongs_to(Revision)
    repetition = models.PositiveSmallIntegerField(default=0)
    held_by = models.CharField(max_length=200, blank=True)
    held_until = models.DateTimeField(null=True)
    answered_by = ArrayField(models.CharField(max_length=200), default=list)
    skipped_by = ArrayField(models.CharField(max_length=200), default=list)
    done_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(),
            TenantKey(),
            SameTenant("queue"),
            SameTenant("revision"),
            models.UniqueConstraint(
                fields=["tenant", "queue", "number"], name="calibration_queueitem_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} item {self.number}"
