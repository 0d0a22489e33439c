"""A batch's figures, whole and per slice."""

from __future__ import annotations

from django.db import models

from evalsite.batches.models import Batch
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to


class SliceKind(models.TextChoices):
    """What a slice of the suite is cut by."""

    ALL = "all"
    TAG = "tag"
    CATEGORY = "category"
    COMPLEXITY = "complexity"


class Summary(TenantModel):
    """One slice of one batch. Counts are of cases; means leave out what was not scored and say so.

    With repetitions a case's score and pass rate are averaged inside the case first.
    """

    batch = belongs_to(Batch)
    slice_kind = models.CharField(max_length=10, choices=SliceKind)
    slice_value = models.CharField(max_length=100, blank=True)
    n = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    unscored = models.PositiveIntegerField()
    errored = models.PositiveIntegerField()
    pass_rate = models.FloatField(null=True)
    pass_low = models.FloatField(null=True)
    pass_high = models.FloatField(null=True)
    pass_at = models.JSONField(null=True, help_text="pass@k for k from 1, with repetitions.")
    pass_hat = models.JSONField(null=True, help_text="pass^k for k from 1, with repetitions.")
    mean_score = models.FloatField(null=True)
    score_low = models.FloatField(null=True)
    score_high = models.FloatField(null=True)
    stages = models.JSONField(help_text="Per stage: n, counts, mean and interval.")
    latency_p50 = models.FloatField(null=True)
    latency_p95 = models.FloatField(null=True)
    latency_p99 = models.FloatField(null=True)
    tokens_in = models.BigIntegerField(null=True)
    tokens_out = models.BigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    cost_known = models.PositiveIntegerField(default=0, help_text="Cases whose cost is known.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "slice_kind", "slice_value"],
                name="summaries_summary_slice",
            ),
        ]
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"{self.batch_id} {self.slice_kind} {self.slice_value}".rstrip()
