"""A study of two groups, what was recorded in it, who writes to it, and what was decided."""

from __future__ import annotations

import math

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import CreatedAt
from evalsite.experiments.choices import (
    BOUNDED,
    Claim,
    ExperimentState,
    Group,
    Metric,
    Side,
    Verdict,
)
from evalsite.experiments.lock import DeclarationLock, LockByResult
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to

# Of any amount that is declared or measured: PostgreSQL takes NaN for more than every number.
_BOUNDS = (0, 1e12)
# What was promised before the first result, and may not change after it.
DECLARED = (
    *("primary_metric", "claim", "margin", "alpha", "tie_band", "peek_safe"),
    *("max_slower", "max_dearer"),
)


def _one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """Let the database know the choices too."""
    condition = Q(**{f"{field}__in": choices.values})
    return models.CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}")


class Experiment(TenantModel):
    """A baseline against a variant. What decides is declared before the first result."""

    name = models.SlugField(max_length=100, db_index=False)
    description = models.TextField(blank=True)
    suite = belongs_to(Suite, null=True, blank=True)
    primary_metric = models.CharField(max_length=20, choices=Metric, default=Metric.SCORE)
    claim = models.CharField(max_length=20, choices=Claim, default=Claim.NON_INFERIORITY)
    margin = models.FloatField(
        validators=[MinValueValidator(0), MaxValueValidator(1e12)],
        help_text="In the unit of the primary metric.",
    )
    alpha = models.FloatField(
        default=0.025,
        validators=[MinValueValidator(0.0001), MaxValueValidator(0.25)],
        help_text="How often a wrong verdict is accepted, on each side.",
    )
    tie_band = models.FloatField(
        default=0,
        validators=[MinValueValidator(0)],
        help_text="A task that differs by no more is a tie; for the counts, not for the verdict.",
    )
    peek_safe = models.BooleanField(
        default=False, help_text="Look after each chunk, and stop once it is decided."
    )
    planned_cases = models.PositiveIntegerField(null=True, blank=True)
    max_slower = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Guard: slower by at most this share of the baseline's latency; 0.1 is 10 %.",
    )
    max_dearer = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Guard: dearer by at most this share of the baseline's cost.",
    )
    state = models.CharField(max_length=10, choices=ExperimentState, default=ExperimentState.OPEN)
    locked_at = models.DateTimeField(null=True, editable=False, help_text="The first result's.")
    created_by = models.CharField(max_length=200, blank=True, editable=False)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            models.UniqueConstraint(fields=["tenant", "name"], name="experiments_experiment_name"),
            _one_of("primary_metric", Metric),
            _one_of("claim", Claim),
            _one_of("state", ExperimentState),
            models.CheckConstraint(
                condition=Q(margin__range=_BOUNDS, tie_band__range=_BOUNDS)
                & Q(alpha__gt=0, alpha__lt=0.5)
                & (Q(max_slower__isnull=True) | Q(max_slower__range=_BOUNDS))
                & (Q(max_dearer__isnull=True) | Q(max_dearer__range=_BOUNDS)),
                name="experiments_experiment_bounds",
            ),
            models.CheckConstraint(
                condition=Q(peek_safe=False) | Q(primary_metric__in=BOUNDED, margin__lt=1),
                name="experiments_experiment_peekable",
            ),
            DeclarationLock(fields=DECLARED),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what is no number, and to peek at what has no bounds."""
        for name in ("margin", "alpha", "tie_band", "max_slower", "max_dearer"):
            if not math.isfinite(getattr(self, name) or 0):
                raise ValidationError({name: "A finite number is wanted."})
        if self.primary_metric in BOUNDED and (self.margin or 0) >= 1:
            told = "Of score and success it is a share below 1; with 1 the claim says nothing."
            raise ValidationError({"margin": told})
        if self.peek_safe and self.primary_metric not in BOUNDED:
            raise ValidationError({"peek_safe": "Only score and success can be looked at."})

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("experiment", args=[self.pk])


class Result(TenantModel):
    """One task's record: written again under the same natural key, it replaces what was there."""

    experiment = belongs_to(Experiment)
    task = models.CharField(max_length=200, help_text="The case's key, or the task's own name.")
    group = models.CharField(max_length=10, choices=Group)
    version = models.CharField(max_length=100, help_text="Of the system under test.")
    repetition = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(null=True)
    success = models.BooleanField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why there is no score.")
    latency_ms = models.FloatField(null=True)
    tokens_used = models.PositiveBigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    model_version = models.CharField(max_length=100, blank=True)
    agent_name = models.CharField(max_length=100, blank=True)
    cluster = models.CharField(max_length=200, blank=True, help_text="Tasks that hang together.")
    judged_by = models.CharField(max_length=64, blank=True, help_text="Which judges gave it.")
    metadata = models.JSONField(default=dict)
    batch = belongs_to(Batch, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now(), help_text="Last written.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("experiment"),
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "experiment", "task", "group", "version", "repetition"],
                name="experiments_result_natural",
            ),
            _one_of("group", Group),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0, 1)),
                name="experiments_result_score",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=False) | ~Q(reason=""),
                name="experiments_result_score_or_reason",
            ),
            models.CheckConstraint(
                condition=(Q(latency_ms__isnull=True) | Q(latency_ms__range=_BOUNDS))
                & (Q(cost_usd__isnull=True) | Q(cost_usd__range=_BOUNDS)),
                name="experiments_result_measures",
            ),
            LockByResult(),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "experiment", "group", "version"],
                include=["score", "success", "latency_ms", "cost_usd", "tokens_used", "task"],
                name="experiments_result_version",
            ),
            models.Index(
                fields=["tenant", "agent_name", "recorded_at"],
                include=["version", "group", "score"],
                name="experiments_result_agent",
            ),
            models.Index(
                fields=["tenant", "recorded_at"],
                include=["version", "group", "score"],
                name="experiments_result_recent",
            ),
            models.Index(fields=["tenant", "experiment", "id"], name="experiments_result_listed"),
        ]

    def __str__(self) -> str:
        return f"{self.task} / {self.group} {self.version} / {self.repetition}"


class Arm(TenantModel):
    """A batch that writes its results to an experiment, and the looks at it while it runs."""

    experiment = belongs_to(Experiment)
    batch = belongs_to(Batch)
    group = models.CharField(max_length=10, choices=Group)
    version = models.CharField(max_length=100)
    against = models.CharField(
        max_length=100, blank=True, help_text="The baseline's version that a variant is held to."
    )
    n_looks = models.PositiveIntegerField(default=0)
    next_look = models.PositiveIntegerField(default=0, help_text="When so many chunks are done.")
    n_seen = models.PositiveIntegerField(default=0, help_text="Cases settled at the last look.")
    n_pairs = models.PositiveIntegerField(default=0, help_text="Of these, with two scores.")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    settled = models.CharField(max_length=5, choices=Side, blank=True, default=Side.OPEN)
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("experiment"),
            SameTenant("batch"),
            models.UniqueConstraint(fields=["tenant", "batch"], name="experiments_arm_batch"),
            _one_of("group", Group),
            _one_of("settled", Side),
        ]
        indexes = [models.Index(fields=["tenant", "experiment"], name="experiments_arm_experiment")]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.group} {self.version}"


class Decision(TenantModel):
    """What was decided, frozen with every figure it rests on: rows are added, never changed."""

    experiment = belongs_to(Experiment)
    verdict = models.CharField(max_length=15, choices=Verdict)
    reasons = models.JSONField(help_text="Why: code and text.")
    declaration = models.JSONField(help_text="What the experiment had declared.")
    figures = models.JSONField(help_text="Each metric: means, difference, interval, per cent.")
    baseline_version = models.CharField(max_length=100, blank=True)
    variant_version = models.CharField(max_length=100, blank=True)
    n_pairs = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    losses = models.PositiveIntegerField()
    ties = models.PositiveIntegerField()
    effect = models.FloatField(null=True, help_text="Primary metric: variant - baseline.")
    effect_low = models.FloatField(null=True)
    effect_high = models.FloatField(null=True)
    p_value = models.FloatField(null=True, help_text="Of the claim, one-sided.")
    method = models.CharField(max_length=300)
    more_cases = models.PositiveIntegerField(
        null=True, help_text="About how many more would settle it; 0 if settled."
    )
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT", "INSERT")),
            TenantKey(),
            SameTenant("experiment"),
            _one_of("verdict", Verdict),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "experiment", "decided_at"], name="experiments_decision_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment}: {self.verdict}"
