"""The scorecard: all that was judged about one case in one batch, and what a purge leaves of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision
from evalsite.scoring.texts import DetailsField
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to, owned_by_tenant


class ScoreStatus(models.TextChoices):
    """`open` waits for a later step; unscored and errored are never a zero."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    UNSCORED = "unscored"
    ERRORED = "errored"


class Scorecard(TenantModel):
    """One case and repetition in one batch.

    `stages` maps stage to {status, score, code}, small enough to summarise from; `details` maps
    stage to why.
    """

    # The batch vouches for the tenant; checking it again costs a twelfth of scoring a case.
    tenant = owned_by_tenant(db_constraint=False)
    batch = belongs_to(Batch)
    revision = belongs_to(Revision)
    repetition = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveIntegerField(default=0, help_text="The step's round that wrote it last.")
    status = models.CharField(max_length=10, choices=ScoreStatus)
    overall_score = models.FloatField(null=True)
    overall_passed = models.BooleanField(null=True)
    stages = models.JSONField()
    details = DetailsField(default=dict)
    latency_ms = models.FloatField(null=True)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    scored_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            TenantModel.Meta.constraints[0],
            SameTenant("batch"),
            SameTenant("revision"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "revision", "repetition"], name="scoring_scorecard_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ScoreStatus.values), name="scoring_scorecard_status"
            ),
            models.CheckConstraint(
                condition=Q(overall_score__isnull=True) | Q(overall_score__range=(0, 1)),
                name="scoring_scorecard_score",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} / {self.revision_id} / {self.repetition}"

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("card", args=[self.pk])


class Extract(TenantModel):
    """What is kept of up to a thousand scorecards when they are purged, column by column.

    It holds every figure that a comparison rests on, and no text; PostgreSQL compresses a column
    of many alike to a tenth. In `stages`, a case that was written off has its code under "batch".
    """

    tenant = owned_by_tenant(db_constraint=False)
    batch = belongs_to(Batch)
    number = models.PositiveIntegerField(help_text="Its place among the batch's own.")
    n = models.PositiveIntegerField(help_text="Scorecards in it.")
    tiers = ArrayField(models.CharField(max_length=100), help_text="Sandboxes that code ran in.")
    revisions = ArrayField(models.UUIDField())
    repetitions = ArrayField(models.SmallIntegerField())
    statuses = ArrayField(models.CharField(max_length=10))
    scores = ArrayField(models.FloatField(null=True))
    stages = ArrayField(models.JSONField())
    latencies_ms = ArrayField(models.FloatField(null=True))
    tokens_in = ArrayField(models.IntegerField(null=True))
    tokens_out = ArrayField(models.IntegerField(null=True))
    costs_usd = ArrayField(models.FloatField(null=True))
    extracted_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            TenantModel.Meta.constraints[0],
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "number"], name="scoring_extract_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} extract {self.number}"
