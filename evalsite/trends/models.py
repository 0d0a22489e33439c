"""The series that are watched, and the shifts that were found in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.targets.models import Target
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to

# What tells one series from another.
LINE = ("suite", "target", "client_type", "metric")


class Watch(TenantModel):
    """One series, a value per version: how strongly it speaks for a shift since the last one."""

    suite = belongs_to(Suite)
    target = belongs_to(Target)
    client_type = models.CharField(max_length=100, blank=True)
    metric = models.CharField(max_length=120)
    since = models.DateTimeField(null=True, help_text="The last shift's; null: none so far.")
    n_versions = models.PositiveIntegerField(default=0, help_text="Versions since then.")
    evidence = models.FloatField(default=0, help_text="Grows on average by 1 a quiet version.")
    looked_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            models.UniqueConstraint(fields=["tenant", *LINE], name="trends_watch_once"),
        ]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"{self.suite} / {self.target} {self.client_type} {self.metric}"


class ShiftState(models.TextChoices):
    """Whether somebody has taken note of it."""

    OPEN = "open"
    SEEN = "seen"


class Shift(TenantModel):
    """A series that changed its level and stayed there: written once.

    `before` and `after` are means over versions, in the metric's unit.
    """

    suite = belongs_to(Suite)
    target = belongs_to(Target)
    client_type = models.CharField(max_length=100, blank=True)
    metric = models.CharField(max_length=120)
    batch = belongs_to(Batch)
    version = models.CharField(max_length=100, help_text="The first one at the new level.")
    found_in = belongs_to(Batch)
    before = models.FloatField()
    after = models.FloatField()
    effect_low = models.FloatField(null=True, help_text="Of after - before.")
    effect_high = models.FloatField(null=True)
    n_before = models.PositiveIntegerField(help_text="Versions at the level before.")
    n_after = models.PositiveIntegerField()
    is_harm = models.BooleanField(help_text="For this metric the new level is the worse one.")
    p_value = models.FloatField(help_text="Corrected for looking after each version.")
    p_corrected = models.FloatField(help_text="For all the tenant's series, too.")
    also_changed = models.JSONField(
        default=list, help_text="What changed at that version besides the system under test."
    )
    state = models.CharField(max_length=10, choices=ShiftState, default=ShiftState.OPEN)
    found_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            SameTenant("batch"),
            SameTenant("found_in"),
            models.UniqueConstraint(fields=["tenant", *LINE, "batch"], name="trends_shift_once"),
            models.CheckConstraint(
                condition=Q(state__in=ShiftState.values), name="trends_shift_state"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "found_at"], name="trends_shift_newest")]

    def __str__(self) -> str:
        return f"{self.metric} of {self.target} on {self.suite}: {self.before:g} -> {self.after:g}"
