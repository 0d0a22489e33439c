"""Gates, and what each of them answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from evalsite.cases.models import Suite
from evalsite.clock import CreatedAt
from evalsite.regressions.models import Comparison
from evalsite.targets.models import Target
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to


class Gate(TenantModel):
    """What a new batch must show against its baseline; `declare` is the only verb that saves one.

    `spec` is a `GateSpec` as JSON. `version` grows and `declared_at` moves with each change of it.
    """

    name = models.SlugField(max_length=100, help_text="What commands and files call it.")
    suite = belongs_to(Suite, null=True, blank=True, help_text="Only for batches of this suite.")
    target = belongs_to(Target, null=True, blank=True, help_text="Only for runs of this target.")
    note = models.CharField(max_length=500, blank=True, help_text="What it is for.")
    spec = models.JSONField(help_text="Claim, guards and limits.")
    version = models.PositiveIntegerField(default=1, editable=False)
    declared_at = models.DateTimeField(editable=False)
    declared_by = models.CharField(max_length=200, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            models.UniqueConstraint(fields=["tenant", "name"], name="gates_gate_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("gate", args=[self.pk])


class GateOutcome(models.TextChoices):
    """`needs_review`: neither the claim nor its opposite was shown, or no rule could say."""

    PASSED = "passed"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review", "Needs review"


class GateCheck(TenantModel):
    """What a gate answered about a comparison, with the spec as it was then."""

    gate = belongs_to(Gate, null=True, help_text="Null where a file was held against it.")
    gate_name = models.CharField(max_length=100)
    gate_version = models.PositiveIntegerField(null=True)
    comparison = belongs_to(Comparison)
    outcome = models.CharField(max_length=12, choices=GateOutcome)
    reasons = models.JSONField(help_text="One entry for each rule.")
    spec = models.JSONField(help_text="As it was when this was checked.")
    actor = models.CharField(max_length=200, blank=True)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("gate"),
            SameTenant("comparison"),
            models.CheckConstraint(
                condition=Q(outcome__in=GateOutcome.values), name="gates_gatecheck_outcome"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "comparison"], name="gates_gatecheck_comparison"),
            models.Index(fields=["tenant", "gate", "id"], name="gates_gatecheck_gate"),
        ]

    def __str__(self) -> str:
        return f"{self.gate_name}: {self.outcome}"

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("gate-check", args=[self.pk])
