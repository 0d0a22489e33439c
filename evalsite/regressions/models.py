"""What a comparison with the baseline found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evalsite.batches.models import Batch
from evalsite.tenants.models import SameTenant, TenantModel


class Verdict(models.TextChoices):
    """`inconclusive`: too few pairs to say anything, so nothing is said."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    NO_DIFFERENCE = "no_difference"
    INCONCLUSIVE = "inconclusive"


class Regression(TenantModel):
    """One metric of a batch against its baseline, case by case. Rates are shares in 0..1."""

    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    baseline = models.ForeignKey(
        Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    metric = models.CharField(max_length=100)
    verdict = models.CharField(max_length=15, choices=Verdict)
    n_pairs = models.PositiveIntegerField(help_text="Cases with a verdict in both batches.")
    left_out = models.PositiveIntegerField(help_text="Cases without a verdict on one side.")
    worse = models.PositiveIntegerField(help_text="Passed before, fail now.")
    better = models.PositiveIntegerField(help_text="Failed before, pass now.")
    baseline_rate = models.FloatField(null=True)
    rate = models.FloatField(null=True)
    effect = models.FloatField(null=True, help_text="Rate minus baseline rate over the pairs.")
    effect_low = models.FloatField(null=True)
    effect_high = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    method = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("batch"),
            SameTenant("baseline"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "metric"], name="regressions_regression_once"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="regressions_regression_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.verdict}"
