"""Which judge configurations have shown that they cannot be talked over."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from evalsite.clock import ChangedAt
from evalsite.tenants.models import TenantModel


class JudgeTrust(TenantModel):
    """What the last preflight of one judge configuration found: a row for each configuration.

    `configuration` is the hash of all that makes a judge this one: see trust/configuration.py.
    """

    configuration = models.CharField(max_length=64)
    judge = models.CharField(max_length=100)
    material = models.JSONField(help_text="What the hash is of.")
    is_trusted = models.BooleanField()
    n_probes = models.PositiveSmallIntegerField()
    n_false_passes = models.PositiveSmallIntegerField(help_text="Wrong answers that it let pass.")
    n_false_fails = models.PositiveSmallIntegerField(help_text="Good answers that it failed.")
    findings = models.JSONField(default=list, help_text="The probes that went wrong.")
    checked_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "configuration"], name="trust_judgetrust_configuration"
            ),
            models.CheckConstraint(
                condition=Q(n_probes__gte=F("n_false_passes") + F("n_false_fails")),
                name="trust_judgetrust_counts",
            ),
        ]
        verbose_name_plural = "judge trusts"

    def __str__(self) -> str:
        return f"{self.judge}: {'trusted' if self.is_trusted else 'untrusted'}"
