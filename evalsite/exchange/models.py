"""How far an old database has come in."""

from __future__ import annotations

from django.db import models

from evalsite.cases.models import Suite
from evalsite.clock import CreatedAt
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to


class LegacyImport(TenantModel):
    """The tables of one old database on their way into one suite.

    The marks say which rows are in when an import was interrupted; a finished one has none.
    """

    source = models.CharField(max_length=200, help_text="database@host:port, without secrets.")
    suite = belongs_to(Suite)
    made_suite = models.BooleanField(help_text="The import made the suite, so undoing takes it.")
    case_mark = models.TextField(blank=True)
    card_batch_mark = models.TextField(blank=True)
    card_mark = models.TextField(blank=True)
    created_at = CreatedAt()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            models.UniqueConstraint(fields=["tenant", "suite"], name="exchange_legacyimport_suite"),
        ]

    def __str__(self) -> str:
        return f"{self.source} into {self.suite_id}"
