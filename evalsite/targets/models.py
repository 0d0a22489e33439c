"""Systems under test, their runs, and what they answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evalsite.blobs.fields import LongJSONField
from evalsite.cases.models import TestCase
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.tenants.models import SameTenant, TenantModel, TenantWall, belongs_to, owned_by_tenant


class Target(TenantModel):
    """A system under test."""

    name = models.SlugField(max_length=100, db_index=False)
    description = models.TextField(blank=True)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name"], name="targets_target_name"),
        ]

    def __str__(self) -> str:
        return self.name


class RunStatus(models.TextChoices):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    DRY_RUN = "dry_run"


class EvalMode(models.TextChoices):
    """Whether the outputs were recorded elsewhere or are asked for during the batch."""

    RECORDED = "recorded"
    LIVE = "live"


class Run(TenantModel):
    """One version of a target being evaluated."""

    target = belongs_to(Target)
    name = models.SlugField(max_length=100, db_index=False)
    client_type = models.CharField(max_length=100, blank=True, help_text="web, mobile, agent ...")
    client_version = models.CharField(max_length=100, blank=True)
    commit = models.CharField(
        max_length=64, blank=True, default="", help_text="The target's source, as git names it."
    )
    eval_mode = models.CharField(max_length=10, choices=EvalMode, default=EvalMode.RECORDED)
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.PENDING)
    connection = models.JSONField(
        null=True, editable=False, help_text="How a live target is asked; frozen with the run."
    )
    metadata = models.JSONField(default=dict, blank=True)
    created_at = CreatedAt()
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    outputs_purged_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When outputs of it were purged."
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("target"),
            models.UniqueConstraint(fields=["tenant", "name"], name="targets_run_name"),
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="targets_run_status"
            ),
            models.CheckConstraint(
                condition=Q(eval_mode__in=EvalMode.values), name="targets_run_eval_mode"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Output(TenantModel):
    """What a run answered to a case, once per repetition; `error` says why there is no answer."""

    # The run vouches for the tenant, and no row refers to an output.
    tenant = owned_by_tenant(db_constraint=False)
    run = belongs_to(Run)
    case = belongs_to(TestCase)
    repetition = models.PositiveSmallIntegerField(default=0)
    answer = LongJSONField(null=True, help_text="The pack's output schema.")
    error = models.TextField(blank=True)
    latency_ms = models.FloatField(null=True)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    recorded_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(),
            SameTenant("run"),
            SameTenant("case"),
            models.UniqueConstraint(
                fields=["tenant", "run", "case", "repetition"], name="targets_output_natural"
            ),
            models.CheckConstraint(
                condition=Q(answer__isnull=False) | ~Q(error=""), name="targets_output_or_error"
            ),
        ]
        # No other index begins with the run: of a new run, which the planner takes for one row, it
        # would be as good as the key, and each answer be looked for among all of the run's.

    def __str__(self) -> str:
        return f"{self.run_id} / {self.case_id} / {self.repetition}"
