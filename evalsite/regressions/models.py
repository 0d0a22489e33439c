"""What a batch is compared with, and what a comparison found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.targets.models import Target
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to


class Baseline(TenantModel):
    """The batch that a person pinned: what runs of a target are compared with on a suite."""

    suite = belongs_to(Suite)
    target = belongs_to(Target)
    client_type = models.CharField(max_length=100, blank=True, help_text="Blank: of any type.")
    batch = belongs_to(Batch)
    note = models.CharField(max_length=500, blank=True)
    pinned_by = models.CharField(max_length=200, blank=True, editable=False)
    pinned_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "suite", "target", "client_type"],
                name="regressions_baseline_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suite} / {self.target}"


class Verdict(models.TextChoices):
    """`no_difference`: none was shown. `inconclusive`: too little to say anything."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    NO_DIFFERENCE = "no_difference", "No difference seen"
    INCONCLUSIVE = "inconclusive"


class ChosenBy(models.TextChoices):
    """How the baseline was found."""

    PREVIOUS = "previous"
    PINNED = "pinned"
    VERSION = "version"
    COMMIT = "commit"
    NAMED = "named"


class Comparison(TenantModel):
    """A batch against a baseline, case by case; `findings` says it metric by metric."""

    batch = belongs_to(Batch)
    baseline = belongs_to(Batch)
    chosen_by = models.CharField(max_length=10, choices=ChosenBy, default=ChosenBy.PREVIOUS)
    is_own = models.BooleanField(
        default=False, help_text="Made when the batch was closed, with the baseline due to it."
    )
    verdict = models.CharField(max_length=15, choices=Verdict, help_text="Of the pass rate.")
    reason = models.TextField(blank=True, help_text="Why it is inconclusive.")
    warnings = models.JSONField(default=list, help_text="What differs besides the run: code, text.")
    losses = models.JSONField(default=dict, help_text="Cases without a pair, by why.")
    attribution = models.JSONField(default=dict, help_text="The change, split over its parts.")
    worst = models.JSONField(
        default=list, help_text="The cases that got worse, the worst first: revisions now, before."
    )
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("batch"),
            SameTenant("baseline"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "baseline"], name="regressions_comparison_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "batch"],
                condition=Q(is_own=True),
                name="regressions_comparison_own",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="regressions_comparison_verdict"
            ),
            models.CheckConstraint(
                condition=~Q(batch=F("baseline")), name="regressions_comparison_two_batches"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} against {self.baseline_id}: {self.verdict}"

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("comparison", args=[self.pk])


class Regression(TenantModel):
    """One metric of a comparison, whole or in one slice: what was found, and how sure it is.

    `effect` is after - before, in the metric's unit (shares in 0..1, milliseconds, US dollars);
    for metrics where less is better a negative effect is an improvement.
    """

    comparison = belongs_to(Comparison, on_delete=models.CASCADE, related_name="findings")
    metric = models.CharField(max_length=120, help_text="pass_rate, score, stage:logic ...")
    slice_kind = models.CharField(max_length=10, default="all")
    slice_value = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=15, choices=Verdict)
    n_pairs = models.PositiveIntegerField(help_text="Cases with a value in both batches.")
    left_out = models.PositiveIntegerField(help_text="Cases without a value on one side.")
    worse = models.PositiveIntegerField(help_text="Cases that got worse.")
    better = models.PositiveIntegerField(help_text="Cases that got better.")
    before = models.FloatField(null=True, help_text="The baseline's mean over the pairs.")
    after = models.FloatField(null=True, help_text="The batch's mean over the pairs.")
    effect = models.FloatField(null=True)
    effect_low = models.FloatField(null=True)
    effect_high = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    p_corrected = models.FloatField(null=True, help_text="For all findings of the comparison.")
    method = models.CharField(max_length=300)
    n_clusters = models.PositiveIntegerField(null=True)
    more_cases = models.PositiveIntegerField(
        null=True, help_text="About how many more would settle it; 0 if settled."
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("comparison"),
            models.UniqueConstraint(
                fields=["tenant", "comparison", "metric", "slice_kind", "slice_value"],
                name="regressions_regression_once",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="regressions_regression_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.verdict}"


class Fate(models.TextChoices):
    """What became of a case between two batches; `missing` is in one of them only."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    SAME = "same"
    NO_VERDICT = "no_verdict", "No verdict"
    MISSING = "missing"


class Pairs(TenantModel):
    """Up to a thousand cases of a comparison that fared alike, those with most harm first.

    `now` and `before` are their revisions in the two batches, null where a case is missing. Bit i
    of `moved` says that the score of the i-th stage of the comparison changed.
    """

    comparison = belongs_to(Comparison, on_delete=models.CASCADE, related_name="pairs")
    fate = models.CharField(max_length=10, choices=Fate)
    number = models.PositiveIntegerField(help_text="Its place among those of the same fate.")
    n = models.PositiveIntegerField(help_text="Cases in it.")
    now = ArrayField(models.UUIDField(null=True))
    before = ArrayField(models.UUIDField(null=True))
    moved = ArrayField(models.IntegerField())

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("comparison"),
            models.UniqueConstraint(
                fields=["tenant", "comparison", "fate", "number"], name="regressions_pairs_number"
            ),
            models.CheckConstraint(
                condition=Q(fate__in=Fate.values), name="regressions_pairs_fate"
            ),
        ]
        verbose_name_plural = "pairs"

    def __str__(self) -> str:
        return f"{self.comparison_id} {self.fate} {self.number}"
