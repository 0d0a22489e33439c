"""The scorecard: all that was judged about one case in one batch."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision
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
    details = models.JSONField(default=dict)
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
